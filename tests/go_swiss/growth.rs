//! From one group to a table, to larger ones, and to more of them.

use crate::{accesses, line, puts, replay, stores};

#[test]
fn a_map_grows_when_seven_of_eight_slots_are_taken() {
    let made = accesses(&format!("map m go-swiss\n{}", puts("0", 1..=897)));
    let grows = |operation: &[String]| operation.iter().any(|made| made.contains("S8 directory"));
    let nth = (1..).zip(made.operations());
    let nth = nth.filter(|(_, made)| grows(made)).map(|(nth, _)| nth);
    let nth: Vec<u32> = nth.collect();
    // The first one fills all eight slots of the only group; the last one splits the table.
    assert_eq!(nth, [9, 15, 29, 57, 113, 225, 449, 897]);
    let groups = [2, 4, 8, 16, 32, 64, 128, 128, 128].map(|groups| groups * 136);
    assert_eq!(made.sizes("groups"), groups);
    assert_eq!(made.sizes("directory"), [8, 16]);
}

#[test]
fn the_first_table_is_complete_before_the_directory_is_shown_and_that_before_its_length() {
    let text = format!("map m go-swiss\n{}0 put m 9 9\n", puts("init", 1..=8));
    let made = accesses(&text).made;
    let stores = stores(&made);
    let shown = stores
        .iter()
        .position(|made| *made == "S8 header+16")
        .unwrap();
    let table = "S8 table+8, S1 table+6, S8 table+24, S8 table+16, S2 table+2, S2 table+4, \
                 S8 groups+0, S8 groups+136";
    assert_eq!(line(&stores[1..9]), table);
    let show = "S8 directory+0, S8 header+16, S8 header+24, S1 header+32, S1 header+33";
    assert_eq!(line(&stores[shown - 1..shown + 4]), show);
    // Eight entries of a key, a value, two counts and a control byte lie in between.
    assert_eq!(shown - 1 - 9, 8 * 5);
}

#[test]
fn a_larger_table_is_shown_by_one_store() {
    let text = format!("map m go-swiss\n{}0 put m 15 15\n", puts("init", 1..=14));
    let made = accesses(&text);
    let stores = made.stores();
    let show = "S8 directory+0, S8 table+8";
    assert!(line(&stores).contains(show), "{stores:?}");
    // The old one stays as it is, but for its index.
    let of_old = |made: &&&str| made.contains(" groups+") || made.contains(" table+");
    let old: Vec<_> = stores.iter().filter(of_old).collect();
    assert_eq!(old, [&"S8 table+8"]);
}

#[test]
fn a_split_changes_depth_and_shift_before_directory_and_length() {
    let text = format!(
        "map m go-swiss room=896\n{}0 put m 897 1\n",
        puts("init", 1..=896)
    );
    let made = accesses(&text);
    let install = "S8 directory2+0, S8 directory2+8, S8 table+8, S1 header+32, S1 header+33, \
                   S8 header+16, S8 header+24, S8 table2+8, S8 directory2+0, S8 table3+8, \
                   S8 directory2+8, S8 table+8";
    assert!(line(&made.stores()).contains(install));
}

#[test]
fn many_tables_hold_what_was_put() {
    let deletes: String = (1..=2000)
        .map(|n| format!("0 delete m {}\n", 3 * n))
        .collect();
    let again = puts("0", 6001..=7000);
    let text = format!(
        "map m go-swiss\n{}{deletes}{again}0 len m -> len\n0 range m -> visited\n",
        puts("0", 1..=6000)
    );
    let ended = replay(&text).run_whole(0, tearline::observe::Findings::default());
    let ended = ended.unwrap();
    let walk = &ended.maps[0];
    assert_eq!(
        (walk.faults.len(), walk.entries.len()),
        (0, 5000),
        "{:?}",
        walk.faults
    );
    let wrong = |entry: &&tearline::maps::Entry| entry.value[0] != entry.key;
    assert_eq!(walk.entries.iter().filter(wrong).count(), 0);
}
