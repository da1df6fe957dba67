//! The accesses of a range.

use crate::{accesses, line, puts};

fn ranges(settings: &str, times: usize) -> Vec<Vec<String>> {
    let value = if settings.contains("interface") {
        "int(1)"
    } else {
        "1"
    };
    let ranges = "0 range m\n".repeat(times);
    let text = format!("map m go-classic {settings}\ninit put m 1 {value}\n{ranges}");
    let made = accesses(&text);
    made.operations()
        .into_iter()
        .map(<[String]>::to_vec)
        .collect()
}

#[test]
fn a_range_marks_the_header_by_the_only_atomic_access() {
    let made = ranges("value=interface", 2);
    let atomic = |made: &[String]| made.iter().filter(|made| made.starts_with('A')).count();
    assert_eq!([atomic(&made[0]), atomic(&made[1])], [1, 0]);
    let before = "L8 header+0, L1 header+9, L8 header+16, L1 header+8, A1 header+8, L1 header+8";
    assert_eq!(line(&made[0][..6]), before);
}

#[test]
fn a_range_looks_at_the_flag_once_for_each_entry_and_once_at_the_end() {
    let made = ranges("value=interface", 2).remove(1);
    let flags = made.iter().filter(|made| *made == "L1 header+8");
    // One more for the marks, which are set.
    assert_eq!(flags.count(), 3);
    let entry = made.iter().position(|made| made == "L8 buckets+8").unwrap();
    let body = "L1 buckets+0, L8 buckets+8, L8 buckets+72, L8 buckets+80, L1 header+8";
    assert_eq!(line(&made[entry - 1..entry + 4]), body);
}

#[test]
fn a_range_over_buckets_without_pointers_stores() {
    let stores = |made: &[String]| {
        let stores = made.iter().filter(|made| !made.starts_with('L'));
        line(&stores.collect::<Vec<_>>())
    };
    let made = ranges("", 2);
    let [first, second] = [&made[0], &made[1]];
    assert_eq!(stores(first), "S8 header+40, S8 extra+0, A1 header+8");
    assert_eq!(stores(second), "");
}

#[test]
fn ranges_begin_at_different_slots() {
    let ranges = "0 range m\n".repeat(8);
    let text = format!("map m go-classic\n{}{ranges}", puts("init", 0..8));
    let made = accesses(&text);
    let first = |made: &[String]| {
        let key = |made: &&String| made.starts_with("L8 buckets") && !made.ends_with("+136");
        made.iter().find(key).cloned()
    };
    let first: Vec<_> = made.operations().into_iter().map(first).collect();
    assert!(first.iter().any(|other| *other != first[0]), "{first:?}");
}
