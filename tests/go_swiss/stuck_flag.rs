//! The flag is toggled at both ends of a call. Two calls can leave it set, and then a third one,
//! which is alone, is said to be concurrent.

use tearline::drive::Ending;
use tearline::drive::stepped::Bound;
use tearline::machine::Thread;
use tearline::maps::Fault;
use tearline::replay::{Explored, Replay, Strategy, Verdict, explore};

use crate::common::read;
use crate::{end, replay};

const TWO_PUTS: &str = "init put m 1 0\ninit put m 2 0\n0 put m 1 1\n1 put m 2 2\n";

fn two_puts(kind: &str) -> String {
    format!("map m {kind}\n{TWO_PUTS}")
}

/// All schedules that leave the usual one at most so often.
fn explored(text: &str, deviations: u32) -> Explored {
    let bound = Bound::Deviations(deviations);
    let replay = replay(text).choosing(Strategy::Exhaustive(bound));
    let explored = explore(&replay.unwrap(), bound, 100_000, || ()).unwrap();
    assert!(explored.complete);
    explored
}

fn runs(explored: &Explored, verdict: Verdict) -> u64 {
    let found = explored.tally.verdicts.get(&verdict);
    found.map_or(0, |example| example.runs)
}

#[test]
fn two_toggles_leave_the_flag_set_in_schedules_that_leave_the_usual_one_twice() {
    let once = explored(&two_puts("go-swiss"), 1);
    assert_eq!(runs(&once, Verdict::CorruptMap), 0);
    let twice = explored(&two_puts("go-swiss"), 2);
    assert!(runs(&twice, Verdict::CorruptMap) > 0);
    assert!(runs(&twice, Verdict::FatalError) > 0);
    // The classic map clears its flag by AND-NOT, which cannot set it.
    let classic = explored(&two_puts("go-classic"), 2);
    assert_eq!(runs(&classic, Verdict::CorruptMap), 0);
    assert!(runs(&classic, Verdict::FatalError) > 0);
}

#[test]
fn a_flag_that_stays_is_all_that_is_wrong_with_the_map() {
    let replay = replay(&two_puts("go-swiss"));
    let replay = replay.choosing(Strategy::Random).unwrap();
    let mut stuck = 0;
    for seed in 0..1000 {
        let ran = replay.run_whole(seed, ()).unwrap();
        if ran.ended.ending != Ending::Finished || ran.maps[0].faults.is_empty() {
            continue;
        }
        let mark = "the writing flag";
        assert_eq!(ran.maps[0].faults, [Fault::LeftMarked { mark }]);
        let values = ran.maps[0].entries.iter().map(|entry| entry.value[0]);
        assert_eq!(values.collect::<Vec<_>>(), [1, 2]);
        stuck += 1;
    }
    assert!(stuck > 5, "{stuck}");
}

fn shipped() -> Replay {
    replay(&read("traces/swiss-stuck-flag.trace"))
}

#[test]
fn a_call_that_is_alone_dies_of_it() {
    let replay = shipped();
    let seed = replay.trace().header().seed.expect("a seed that shows it");
    let (ended, _) = replay.run(seed, ()).unwrap();
    let text = "concurrent map read and map write";
    assert_eq!(ended.ending, Ending::Fatal(Thread(2), text));
    // The writers were done long before.
    assert!(ended.cycle > 4000);
}

#[test]
fn the_shipped_trace_shows_all_three_ends() {
    let replay = shipped();
    let mut ends: Vec<&str> = (0..400).map(|seed| end(&replay, seed)).collect();
    ends.sort_unstable();
    ends.dedup();
    let expected = [
        "concurrent map read and map write",
        "concurrent map writes",
        "finished",
    ];
    assert_eq!(ends, expected);
}
