//! Ways to choose what happens next: the same seed gives the same run, the exhaustive search
//! misses nothing, and a smaller trace shows what the larger one did.

mod common;

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use common::{read, shipped_protocol};
use tearline::drive::Limits;
use tearline::drive::stepped::Bound;
use tearline::machine::Config;
use tearline::maps::KINDS;
use tearline::replay::{Explored, Replay, Strategy, Target, Verdict, explore, minimise, run_seeds};
use tearline::trace::{self, Trace};

fn replay(text: &str, machine: &str, strategy: Strategy) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("inline", &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let file = format!("models/machines/{machine}.toml");
    let config = Config::parse(&file, &read(&file)).unwrap_or_else(|error| panic!("{error}"));
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), trace.into(), None);
    replay
        .and_then(|replay| replay.choosing(strategy))
        .unwrap_or_else(|error| panic!("{error}"))
}

fn all(text: &str, machine: &str, bound: Bound) -> Explored {
    let replay = replay(text, machine, Strategy::Exhaustive(bound));
    explore(&replay, bound, 3_000_000, || ()).unwrap()
}

/// What the schedules show: the named results, the runtime's texts and the verdicts.
fn shown(explored: &Explored) -> BTreeSet<String> {
    let tally = &explored.tally;
    let named = tally
        .named
        .keys()
        .map(|named| format!("{:?}", named.values));
    let fatal = tally.fatal.keys().map(|text| (*text).to_owned());
    let verdicts = tally
        .verdicts
        .keys()
        .map(|verdict| verdict.name().to_owned());
    named.chain(fatal).chain(verdicts).collect()
}

/// Small programs, each with how many results it has on `sc` and on `desktop`.
const LITMUS: [(&str, &str, usize, usize); 6] = [
    (
        "SB",
        "var x\nvar y\n0 store x 1\n0 load y -> a\n1 store y 1\n1 load x -> b\n",
        3,
        4,
    ),
    (
        "MP",
        "var x\nvar y\n0 store x 1\n0 store y 1\n1 load y -> a\n1 load x -> b\n",
        3,
        3,
    ),
    (
        "LB",
        "var x\nvar y\n0 load x -> a\n0 store y 1\n1 load y -> b\n1 store x 1\n",
        3,
        3,
    ),
    (
        "CoRR",
        "var x\n0 store x 1\n0 store x 2\n1 load x -> a\n1 load x -> b\n",
        6,
        6,
    ),
    (
        "SB with fences",
        "var x\nvar y\n0 store x 1\n0 fence\n0 load y -> a\n1 store y 1\n1 fence\n1 load x -> b\n",
        3,
        3,
    ),
    (
        "locked",
        "var x\n0 rmw x add 1 -> a\n1 rmw x add 2 -> b\n0 load x -> c\n",
        3,
        3,
    ),
];

#[test]
fn all_schedules_give_all_results_and_no_others() {
    for (name, text, sc, desktop) in LITMUS {
        for (machine, results) in [("sc", sc), ("desktop", desktop)] {
            let explored = all(text, machine, Bound::None);
            assert!(explored.complete);
            assert_eq!(explored.tally.named.len(), results, "{name} on {machine}");
        }
    }
}

#[test]
fn equal_schedules_are_left_out_and_nothing_else() {
    let put = "map m go-classic\ninit put m 9 9\n0 put m 1 1\n1 len m -> len\n";
    let tear =
        "var x at=60\n0 store x 0x1111111111111111\n1 store x 0x2222222222222222\n1 load x -> a\n";
    let texts = LITMUS.iter().map(|(_, text, ..)| *text).chain([put, tear]);
    for text in texts {
        for machine in ["sc", "desktop"] {
            let reduced = all(text, machine, Bound::None);
            let naive = all(text, machine, Bound::Deviations(u32::MAX));
            assert!(reduced.complete && naive.complete, "{text}");
            assert_eq!(shown(&reduced), shown(&naive), "{text} on {machine}");
            assert!(reduced.tally.runs <= naive.tally.runs);
        }
    }
}

#[test]
fn a_higher_bound_shows_no_less() {
    let text = read("traces/concurrent-writes.trace");
    let mut before = BTreeSet::new();
    for deviations in 0..=2 {
        let explored = all(&text, "desktop", Bound::Deviations(deviations));
        assert!(explored.complete);
        let now = shown(&explored);
        assert!(now.is_superset(&before), "{deviations}: {now:?}");
        before = now;
    }
    assert!(before.contains("concurrent map writes"));
    assert!(before.contains("wrong value"));
}

#[test]
fn a_seed_is_a_run() {
    let text = read("traces/silent.trace");
    for strategy in [
        Strategy::Random,
        Strategy::Pct { depth: 3 },
        Strategy::Exhaustive(Bound::Deviations(1)),
    ] {
        let replay = replay(&text, "desktop", strategy);
        for seed in 0..20 {
            let once = replay.outcome(seed).unwrap();
            assert_eq!(once, replay.outcome(seed).unwrap(), "{strategy:?} {seed}");
        }
    }
    let random = replay(&text, "desktop", Strategy::Random);
    let tally = run_seeds(&random, 500, || ()).unwrap();
    assert!(tally.verdicts.contains_key(&Verdict::FatalError));
}

#[test]
fn what_all_schedules_show_is_shown_again_by_its_number() {
    let text = read("traces/silent.trace");
    let bound = Bound::Deviations(1);
    let explored = all(&text, "desktop", bound);
    let replay = replay(&text, "desktop", Strategy::Exhaustive(bound));
    for (&verdict, example) in &explored.tally.verdicts {
        let outcome = replay.outcome(example.seed).unwrap();
        assert!(outcome.verdicts.contains(&verdict), "{verdict:?}");
    }
    assert!(
        replay.outcome(explored.tally.runs).is_err(),
        "there are no more"
    );
}

#[test]
fn a_smaller_trace_shows_the_same() {
    for (file, seed, verdict) in [
        ("silent", 1, Verdict::WrongValue),
        ("concurrent-writes", 0, Verdict::FatalError),
        ("split-line", 2, Verdict::TornRead),
        ("go-interface", 4, Verdict::TornRead),
    ] {
        let text = read(&format!("traces/{file}.trace"));
        let large = replay(&text, "desktop", Strategy::Timed);
        let target = Target::only(verdict, &large.outcome(seed).unwrap());
        let target = target.unwrap_or_else(|| panic!("{file}: seed {seed} shows {verdict:?}"));
        let small = minimise(&large, target, || ())
            .unwrap()
            .expect("it is shown");
        let before: u64 = large
            .trace()
            .threads()
            .iter()
            .map(|thread| thread.operations)
            .sum();
        assert!((small.operations.len() as u64) < before, "{file}");
        assert!(
            small.operations.len() <= 3,
            "{file}: {:?}",
            small.operations
        );
        let mut text = Vec::new();
        trace::write(&small.header, &small.operations, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let outcome = replay(&text, "desktop", Strategy::Timed)
            .outcome(0)
            .unwrap();
        assert_eq!(
            Target::only(verdict, &outcome),
            Some(target),
            "{file}:\n{text}"
        );
    }
}

#[test]
fn a_search_that_is_stopped_gives_the_smallest_that_it_found() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let text = read("traces/concurrent-writes.trace");
    let large = replay(&text, "desktop", Strategy::Timed);
    let target = Target::of(&large.outcome(0).unwrap()).expect("seed 0 shows something");
    let limits = Limits {
        stop: Some(&STOP),
        ..Limits::default()
    };
    let (large, runs) = (large.limited(limits), AtomicU64::new(0));
    let some = || {
        STOP.store(
            runs.fetch_add(1, Ordering::Relaxed) > 400,
            Ordering::Relaxed,
        )
    };
    let small = minimise(&large, target, some).unwrap();
    let small = small.expect("it was shown before");
    assert!(small.stopped);
    let mut text = Vec::new();
    trace::write(&small.header, &small.operations, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let outcome = replay(&text, "desktop", Strategy::Timed).outcome(0);
    assert_eq!(Target::of(&outcome.unwrap()), Some(target), "{text}");
}
