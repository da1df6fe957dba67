//! What several threads do to a map.

use std::collections::BTreeSet;

use tearline::drive::Ending;
use tearline::maps::Fault;
use tearline::observe::Findings;
use tearline::replay::{Replay, Strategy};

use crate::{end, puts, replay};

fn ends(text: &str, seeds: u64) -> BTreeSet<&'static str> {
    let replay = replay(text);
    (0..seeds).map(|seed| end(&replay, seed)).collect()
}

#[test]
fn each_check_has_its_text() {
    let writer = format!("map m go-swiss\ninit put m 1 1\n{}", puts("0", [1; 20]));
    let other = |operation: &str| writer.clone() + &operation.repeat(20);
    let found = ends(&other("1 get m 1\n"), 20);
    assert!(found.contains("concurrent map read and map write"));
    let found = ends(&other("1 range m\n"), 20);
    assert!(found.contains("concurrent map iteration and map write"));
    for operation in ["1 put m 2 2\n", "1 delete m 1\n", "1 clear m\n"] {
        let found = ends(&other(operation), 20);
        assert!(found.contains("concurrent map writes"), "{operation}");
    }
    assert_eq!(ends(&other("1 len m\n"), 20), ["finished"].into());
}

#[test]
fn readers_alone_are_never_stopped() {
    let both = |operation: &str| format!("0 {operation}\n1 {operation}\n").repeat(9);
    let reads = both("range m") + &both("get m 1");
    let text = format!("map m go-swiss\n{}{reads}", puts("init", 1..=20));
    assert_eq!(ends(&text, 50), ["finished"].into());
}

/// What is chosen at random finds what times alone make rare.
fn at_random(text: &str) -> Replay {
    replay(text).choosing(Strategy::Random).unwrap()
}

#[test]
fn two_first_puts_can_find_a_group_without_an_empty_slot() {
    let replay = at_random("map m go-swiss\n0 put m 1 1\n1 put m 2 2\n");
    let found: BTreeSet<_> = (0..300).map(|seed| end(&replay, seed)).collect();
    let expected = [
        "concurrent map writes",
        "finished",
        "small map with no empty slot (concurrent map writes?)",
    ];
    assert_eq!(found, expected.into());
}

#[test]
fn what_two_growing_writers_leave_has_lost_entries() {
    // The 15th entry makes a larger table, twice: what is put into one of them is lost.
    let init = puts("init", 1..=14);
    let replay = at_random(&format!(
        "map m go-swiss\n{init}0 put m 15 1\n1 put m 16 2\n"
    ));
    let (mut faults, mut lost) = (BTreeSet::new(), 0);
    for seed in 0..500 {
        let ran = replay.run_whole(seed, ()).unwrap();
        if ran.ended.ending == Ending::Finished {
            let walk = &ran.maps[0];
            lost += u32::from(walk.entries.len() < 16);
            faults.extend(walk.faults.iter().map(Fault::name));
        }
    }
    assert!(lost > 5, "{lost}");
    assert!(faults.contains("wrong count"), "{faults:?}");
    assert!(faults.contains("mark left behind"), "{faults:?}");
}

/// How many entries a range visits beside a put that replaces the table and a delete after it,
/// in runs that nobody stops.
fn visited(entries: u64, seeds: u64) -> BTreeSet<u128> {
    let init = puts("init", 1..=entries);
    let put = puts("1", [entries + 1]);
    let text = format!("map m go-swiss\n{init}0 range m -> visited\n{put}1 delete m {entries}\n");
    // Few switches: the writer can be done between two steps of the range.
    let replay = replay(&text).choosing(Strategy::Pct { depth: 2 }).unwrap();
    let mut visited = BTreeSet::new();
    for seed in 0..seeds {
        let (ended, findings) = replay.run(seed, Findings::default()).unwrap();
        if ended.ending == Ending::Finished {
            let named = findings.named.values;
            visited.extend(named.get("visited").copied().flatten());
        }
    }
    visited
}

#[test]
fn a_range_looks_the_entries_of_a_table_up_that_has_given_way_to_others() {
    // From a group to a table, to a larger one, and to two in a longer directory.
    for (entries, seeds) in [(8, 60), (14, 60), (896, 20)] {
        let visited = visited(entries, seeds);
        let entries = u128::from(entries);
        // One less: the old table still has the deleted key, and has not the new one.
        assert!(visited.contains(&(entries - 1)), "{visited:?}");
        // Each other entry once.
        let most = visited.last().unwrap();
        assert!((entries..=entries + 1).contains(most), "{visited:?}");
    }
}
