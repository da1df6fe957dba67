//! The accesses of a range.

use crate::{accesses, last, line, puts, stores};

#[test]
fn a_range_stores_nothing_and_looks_at_the_flag_once_for_each_entry_and_once_at_the_end() {
    for (settings, entries) in [("", 3), ("", 8), ("", 100), ("value=string", 0)] {
        let text = format!("map m go-swiss {settings}\n{}", puts("init", 1..=entries));
        let made = last(&(text + "0 range m\n"));
        assert!(stores(&made).is_empty());
        let flags = made.iter().filter(|made| *made == "L1 header+34").count() as u64;
        assert_eq!(flags, if entries == 0 { 0 } else { entries + 1 });
    }
}

#[test]
fn a_range_over_a_small_map_looks_at_control_bytes_one_by_one() {
    let made = last("map m go-swiss\ninit put m 1 1\n0 range m\n");
    let begin = "L8 header+0, L8 header+24, L8 header+16, L1 header+32, L8 header+40, L1 header+34";
    assert_eq!(line(&made[..6]), begin);
    let entry = made.iter().position(|made| made == "L8 group+8").unwrap();
    // Whether the map has grown decides where the entry is.
    let body = "L1 group+0, L8 header+24, L8 group+8, L8 group+16, L1 header+34";
    assert_eq!(line(&made[entry - 2..entry + 3]), body);
    let bytes = made.iter().filter(|made| made.starts_with("L1 group+"));
    assert_eq!(bytes.count(), 8);
}

#[test]
fn a_range_over_tables_comes_to_each_group_by_its_control_word() {
    let init = puts("init", 1..=300);
    let text = format!("map m go-swiss buckets=256\n{init}0 range m\n");
    let made = last(&text);
    let word = |made: &&String| {
        let at = made.strip_prefix("L8 groups+");
        at.is_some_and(|at| at.parse::<u64>().unwrap() % 136 == 0)
    };
    // Each group once, and once more for each entry, for the word is not kept between two calls.
    let words = made.iter().filter(word).count();
    assert!((256..=256 + 300 + 2).contains(&words), "{words}");
    // The first slot of each table is looked at alone.
    let bytes = made.iter().filter(|made| made.starts_with("L1 groups+"));
    assert!(bytes.count() >= 2);
    // Where the table is in the directory says whether it is stale: once for each entry, and once
    // when it is come to.
    let indices = made.iter().filter(|made| made.starts_with("L8 table+8"));
    assert_eq!(indices.count(), 300 + 2);
}

#[test]
fn ranges_begin_at_different_slots() {
    let text = format!(
        "map m go-swiss\n{}{}",
        puts("init", 0..8),
        "0 range m\n".repeat(8)
    );
    let made = accesses(&text);
    let first = |made: &&[String]| {
        let control = |made: &&String| made.starts_with("L1 group+");
        made.iter().find(control).cloned()
    };
    let mut first: Vec<_> = made.operations().iter().map(first).collect();
    first.sort();
    first.dedup();
    assert!(first.len() > 2, "{first:?}");
}
