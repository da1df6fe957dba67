//! The accesses of a put, an increment, a delete and a clear.

use crate::{accesses, last, line, puts, stores};

/// What an operation stores after these lines.
fn stored(settings: &str, before: &str, operation: &str) -> String {
    let text = format!("map m go-swiss {settings}\n{before}0 {operation}\n");
    line(&stores(&last(&text)))
}

#[test]
fn the_first_put_shows_its_group_before_the_control_word_says_that_it_is_empty() {
    let order = "S1 header+34, S8 header+16, S8 group+0, S8 group+8, S1 group+0, S8 header+0, \
                 S1 header+34, S8 group+16";
    assert_eq!(stored("", "", "put m 1 1"), order);
}

#[test]
fn a_put_into_a_small_map() {
    let made = last("map m go-swiss\ninit put m 1 1\n0 put m 2 2\n");
    let begin = "L1 header+34, L8 header+8, L1 header+34, S1 header+34, \
                 L8 header+16, L8 header+24, L8 header+0, L8 header+16, L8 group+0";
    let insert = "S8 group+24, S1 group+1, L8 header+0, S8 header+0";
    let end = "L1 header+34, L1 header+34, S1 header+34, S8 group+32";
    assert_eq!(line(&made), format!("{begin}, {insert}, {end}"));
    let made = last("map m go-swiss\ninit put m 1 1\n0 put m 1 2\n");
    let end = "L1 header+34, L1 header+34, S1 header+34, S8 group+16";
    assert_eq!(line(&made), format!("{begin}, L8 group+8, {end}"));
}

#[test]
fn a_put_into_a_table() {
    let made = last("map m go-swiss buckets=2\n0 put m 1 1\n");
    let begin = "L1 header+34, L8 header+8, L1 header+34, S1 header+34, \
                 L8 header+16, L8 header+24, L8 header+24, L8 header+16, L8 directory+0, \
                 L8 table+24, L8 table+16";
    let group = match made.contains(&"L8 groups+0".to_owned()) {
        true => 0,
        false => 136,
    };
    let [key, value] = [group + 8, group + 16];
    let insert = format!(
        "L8 groups+{group}, L1 groups+{group}, L2 table+4, S8 groups+{key}, S1 groups+{group}, \
         L2 table+4, S2 table+4, L2 table+0, S2 table+0, L8 header+0, S8 header+0"
    );
    let end = format!("L1 header+34, L1 header+34, S1 header+34, S8 groups+{value}");
    assert_eq!(line(&made), format!("{begin}, {insert}, {end}"));
}

#[test]
fn a_string_has_its_length_stored_first_also_where_it_is_there_already() {
    let settings = "key=string value=string";
    let init = "init put m \"a\" \"v\"\n";
    let order = "S1 header+34, S8 group+48, S8 group+40, S1 group+1, S8 header+0, S1 header+34, \
                 S8 group+64, S8 group+56";
    assert_eq!(stored(settings, init, "put m \"b\" \"w\""), order);
    let order = "S1 header+34, S8 group+16, S8 group+8, S1 header+34, S8 group+32, S8 group+24";
    assert_eq!(stored(settings, init, "put m \"a\" \"w\""), order);
}

#[test]
fn an_increment_loads_and_stores_after_the_flag_is_toggled_back() {
    let made = last("map m go-swiss\ninit put m 1 1\n0 inc m 1\n");
    let last = &made[made.len() - 3..];
    assert_eq!(line(last), "S1 header+34, L8 group+16, S8 group+16");
}

#[test]
fn a_delete_from_a_small_map_leaves_no_tombstone_and_the_last_one_reseeds() {
    let init = "init put m 1 1\ninit put m 2 2\n";
    let order = "S1 header+34, S8 header+0, S8 group+32, S1 group+1, S1 header+34";
    assert_eq!(stored("", init, "delete m 2"), order);
    let order = "S1 header+34, S8 header+0, S8 group+16, S1 group+0, S8 header+8, S1 header+34";
    assert_eq!(stored("", "init put m 1 1\n", "delete m 1"), order);
    assert_eq!(stored("", init, "delete m 3"), "S1 header+34, S1 header+34");
    // What the collector would follow is taken away from the key as well.
    let init = "init put m \"a\" 1\ninit put m \"b\" 1\n";
    let order = "S1 header+34, S8 header+0, S8 group+8, S8 group+16, S8 group+24, S1 group+0, \
                 S1 header+34";
    assert_eq!(stored("key=string", init, "delete m \"a\""), order);
}

const GROWTH_LEFT: &str = "S2 table+4";

#[test]
fn a_delete_from_a_full_group_leaves_a_tombstone_that_a_put_uses_again() {
    // A table of 64 slots with as many entries as it may have: some groups are full.
    let init = puts("init", 1..=56);
    let text = |operations: &str| format!("map m go-swiss buckets=8\n{init}{operations}");
    let growth_left = |made: &[String]| made.iter().filter(|made| *made == GROWTH_LEFT).count();
    let mut tombstones = 0;
    for key in 1..=56 {
        let made = accesses(&text(&format!("0 delete m {key}\n0 put m {key} 1\n")));
        let [delete, put] = &made.operations()[..] else {
            panic!("two operations");
        };
        match growth_left(delete) {
            // Nothing is won by a tombstone: a put into it adds one and takes one away.
            0 => {
                assert_eq!(growth_left(put), 2, "{put:?}");
                tombstones += 1;
            }
            1 => assert_eq!(growth_left(put), 1, "{put:?}"),
            other => panic!("{other}: {delete:?}"),
        }
    }
    assert!((8..56).contains(&tombstones), "{tombstones}");
}

#[test]
fn tombstones_use_a_table_up() {
    // Never more than 13 entries where 14 fit, and yet the table gives way to a larger one.
    let churn: String = (14..100)
        .map(|key| format!("0 delete m {}\n0 put m {key} 1\n", key - 13))
        .collect();
    let init = puts("init", 1..=13);
    let made = accesses(&format!("map m go-swiss buckets=2\n{init}{churn}"));
    assert_eq!(made.sizes("groups"), [4 * 136]);
}

#[test]
fn a_clear_shows_eight_taken_slots_before_it_shows_none() {
    let made = stored("", "init put m 1 1\n", "clear m");
    assert!(
        made.starts_with("S1 header+34, S8 group+0, S8 group+8, S8 group+16"),
        "{made}"
    );
    let end = "S8 group+128, S8 group+0, S8 header+0, S8 header+40, S8 header+8, S1 header+34";
    assert!(made.ends_with(end), "{made}");
    let made = stored("buckets=2", "init put m 1 1\n", "clear m");
    let end = "S8 groups+136, S2 table+0, S2 table+4, S8 header+0, S8 header+40, S8 header+8, \
               S1 header+34";
    assert!(made.ends_with(end), "{made}");
    assert_eq!(last("map m go-swiss\n0 clear m\n"), ["L8 header+0"]);
}
