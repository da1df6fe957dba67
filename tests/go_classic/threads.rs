//! What several threads do to a map.

use std::collections::BTreeSet;

use tearline::maps::Fault;

use crate::{end, puts, replay};

fn ends(text: &str, seeds: u64) -> BTreeSet<&'static str> {
    let replay = replay(text);
    (0..seeds).map(|seed| end(&replay, seed)).collect()
}

/// Two threads put 40 new keys each, so the map grows four times.
fn two_writers(kind: &str) -> String {
    let puts = |who: u64| puts(&who.to_string(), (0..40).map(|key| 2 * key + who));
    format!("map m {kind}\n{}{}", puts(0), puts(1))
}

#[test]
fn two_writers_are_caught_or_break_the_map_or_come_through() {
    for kind in ["go-classic", "go-classic-generic"] {
        let ends = ends(&two_writers(kind), 300);
        // A fault is an index beyond the old array, or a bucket that is not there.
        let expected = [
            "bad map state",
            "concurrent map writes",
            "fault",
            "finished",
        ];
        assert!(ends.is_superset(&expected.into()), "{kind}: {ends:?}");
    }
}

#[test]
fn what_two_writers_leave_has_lost_counts_and_entries() {
    let replay = replay(&two_writers("go-classic"));
    let mut faults = BTreeSet::new();
    for seed in 0..100 {
        let maps = replay.run_whole(seed, ()).unwrap().maps;
        faults.extend(maps.iter().flat_map(|walk| &walk.faults).map(Fault::name));
    }
    assert!(faults.contains("wrong count"), "{faults:?}");
    assert!(faults.contains("unreachable entry"), "{faults:?}");
    // The flag is cleared by AND-NOT, so it never stays.
    assert!(!faults.contains("mark left behind"), "{faults:?}");
}

#[test]
fn each_check_has_its_text() {
    let writer = format!("map m go-classic\ninit put m 1 1\n{}", puts("0", [1; 20]));
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
    let text = format!("map m go-classic\n{}{reads}", puts("init", 1..=20));
    assert_eq!(ends(&text, 50), ["finished"].into());
}
