//! What counts as torn, wrong, a fault or stuck: small traces for each side of the border.

mod common;

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use common::{read, shipped_protocol};
use tearline::drive::stepped::Bound;
use tearline::drive::{Ending, Limits};
use tearline::machine::Config;
use tearline::maps::KINDS;
use tearline::observe::{Details, Findings, TornReads, Traffic};
use tearline::replay::{
    Outcome, Ran, Replay, Strategy, Target, Verdict, explore, minimise, run_seeds,
};
use tearline::report::{build, render_one};
use tearline::trace::Trace;

const EVERY: Strategy = Strategy::Exhaustive(Bound::None);

fn desktop() -> Config {
    let file = "models/machines/desktop.toml";
    Config::parse(file, &read(file)).unwrap_or_else(|error| panic!("{error}"))
}

fn replay_on(config: Config, text: &str) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("inline", &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), trace.into(), None);
    replay
        .unwrap_or_else(|error| panic!("{error}"))
        .checked(true)
}

/// How many of 300 runs had a torn read.
fn torn(config: &Config, text: &str) -> usize {
    let replay = replay_on(config.clone(), text);
    let torn = |seed: &u64| {
        let (ended, findings) = replay.run(*seed, Findings::default()).unwrap();
        assert_eq!(ended.ending, Ending::Finished);
        findings.torn.count() > 0
    };
    (0..300).filter(torn).count()
}

#[test]
fn a_value_put_together_from_narrow_stores_is_not_torn() {
    let text = "var x\n0 store x:4 1\n0 store x+4:4 2\n0 fence\n0 load x\n1 load x x20\n";
    assert_eq!(torn(&desktop(), text), 0);
}

#[test]
fn a_wide_store_changed_in_part_is_not_torn() {
    let text =
        "var x at=60\n0 store x 0x1111111111111111\n0 fence\n0 store x+4:4 2\n0 fence\n0 load x\n";
    assert_eq!(torn(&desktop(), text), 0);
    let text = "var x\n0 store x 0x1111111111111111\n0 store x+2:2 2\n1 load x x30\n";
    assert_eq!(torn(&desktop(), text), 0);
}

#[test]
fn a_mixture_that_stays_in_memory_is_torn_however_late_it_is_read() {
    // Each writer has one of the two lines at hand, so each half has another last writer.
    let text = "var x at=60\n\
                0 store x:4 0\n0 fence\n0 compute 2240\n0 store x 0x1111111111111111\n\
                1 store x+4:4 0\n1 fence\n1 compute 2000\n1 store x 0x2222222222222222\n\
                2 compute 100000\n2 load x\n";
    assert!(torn(&desktop(), text) > 0);
}

#[test]
fn forgotten_writes_are_counted() {
    let text = "var x at=60\n0 store x 0x1111111111111111 x50\n0 load x\n";
    let forgotten = |remembered| {
        let (_, torn) = replay_on(desktop(), text)
            .run(0, TornReads::remembering(remembered))
            .unwrap();
        assert_eq!(torn.count(), 0);
        torn.forgotten()
    };
    assert_eq!([forgotten(100), forgotten(20)], [0, 30]);
}

#[test]
fn a_literal_that_appears_late_disturbs_no_line() {
    // Its bytes would fit into the bucket's size class, beside the bucket.
    let late = "x".repeat(195);
    let text = format!(
        "map m go-classic value=string\ninit put m 1 \"a\"\n0 put m 1 \"b\"\n0 compute 3000\n\
         0 put m 1 \"{late}\"\n1 get m 5\n2 compute 9000\n2 get m 5\n"
    );
    let (ended, _) = replay_on(desktop(), &text).run(0, ()).unwrap();
    assert_eq!(ended.ending, Ending::Finished);
}

#[test]
fn a_block_is_as_large_as_the_machine_says() {
    let text = "var x size=16\n0 store x 0x11111111111111111111111111111111 x9\n\
                0 store x 0x22222222222222222222222222222222 x9\n1 load x x60\n";
    assert_eq!(torn(&desktop(), text), 0);
    let narrow = Config {
        single_copy_bytes: 8,
        ..desktop()
    };
    assert!(torn(&narrow, text) > 0, "16 bytes are two accesses");
    let text = "var x at=4\n0 store x 0x1111111111111111 x9\n0 store x 0x2222222222222222 x9\n\
                1 load x x60\n";
    assert_eq!(torn(&desktop(), text), 0);
    assert!(
        torn(&narrow, text) > 0,
        "8 bytes across a block are two accesses"
    );
}

#[test]
fn a_locked_operation_is_never_torn_and_locks_the_bus_across_lines() {
    let text = "var x at=60\n0 rmw x xchg 0x1111111111111111 x9\n\
                1 rmw x xchg 0x2222222222222222 x9\n2 rmw x add 0 x20\n";
    assert_eq!(torn(&desktop(), text), 0);
    let replay = replay_on(desktop(), text);
    let traffic = Traffic::new(replay.config(), replay.protocol());
    let (_, traffic) = replay.run(0, traffic).unwrap();
    let total = traffic.counters.total();
    assert_eq!((total.locked, total.bus_locks), (38, 38));
}

#[test]
fn locked_counts_are_not_lost() {
    let text = "var x at=60\n0 rmw x add 1 x50\n1 rmw x add 1 x50\n\
                0 compute 400000\n0 load x -> count\n";
    for seed in 0..50 {
        let (_, findings) = replay_on(desktop(), text)
            .run(seed, Findings::default())
            .unwrap();
        assert_eq!(findings.named.values["count"], Some(100));
    }
}

#[test]
fn an_access_outside_of_what_is_declared_is_a_segmentation_fault() {
    for text in [
        "var x\n0 load x+8",
        "var x\n0 store 0x10 1",
        "var x\n1 load x+4",
    ] {
        let (ended, _) = replay_on(desktop(), text).run(0, ()).unwrap();
        assert!(
            matches!(ended.ending, Ending::Fault(..)),
            "{text}: {:?}",
            ended.ending
        );
    }
    let (ended, _) = replay_on(desktop(), "0 load 0x10").run(0, ()).unwrap();
    assert_eq!(
        ended.ending,
        Ending::Finished,
        "nothing is declared, so all is allowed"
    );
}

#[test]
fn a_core_that_goes_on_without_end_is_stuck() {
    let replay = replay_on(desktop(), "map m go-classic\n0 put m 1 2\n");
    let limits = Limits {
        accesses_per_operation: 5,
        ..Limits::default()
    };
    let (ended, _) = replay.limited(limits).run(0, ()).unwrap();
    assert!(
        matches!(ended.ending, Ending::Stuck(_)),
        "{:?}",
        ended.ending
    );
}

/// A replay of two threads that is stopped before it begins.
fn stopped(strategy: Strategy) -> Replay {
    static STOP: AtomicBool = AtomicBool::new(true);
    let replay = replay_on(desktop(), "var x\n0 store x 1\n1 load x\n");
    let limits = Limits {
        stop: Some(&STOP),
        ..Limits::default()
    };
    replay.limited(limits).choosing(strategy).unwrap()
}

#[test]
fn a_run_that_is_stopped_goes_no_further() {
    let pct = Strategy::Pct { depth: 3 };
    for strategy in [Strategy::Timed, Strategy::Random, pct, EVERY] {
        let replay = stopped(strategy);
        let (ended, _) = replay.run(5, ()).unwrap();
        assert_eq!(ended.ending, Ending::Stopped, "{strategy:?}");
        let outcome = replay.outcome(5).unwrap();
        assert_eq!(outcome.verdicts, [Verdict::Stopped]);
    }
    let ended = stopped(Strategy::Timed).run_in_order(()).unwrap().ended;
    assert_eq!((ended.ending, ended.cycle), (Ending::Stopped, 0));
}

#[test]
fn runs_that_are_stopped_are_not_counted() {
    let tally = run_seeds(&stopped(Strategy::Timed), 9, || ()).unwrap();
    assert_eq!((tally.runs, tally.verdicts.len()), (0, 0));
    let explored = explore(&stopped(EVERY), Bound::None, 9, || ()).unwrap();
    assert_eq!((explored.tally.runs, explored.complete), (0, false));
    let target = Target {
        verdict: Verdict::TornRead,
        text: None,
    };
    let found = minimise(&stopped(Strategy::Timed), target, || ());
    assert!(found.unwrap().is_none());
}

#[test]
fn the_report_of_a_stopped_run_says_so() {
    let replay = stopped(Strategy::Timed);
    let traffic = Traffic::new(replay.config(), replay.protocol());
    let observers = (Findings::default(), (traffic, Details::default()));
    let Ran {
        ended,
        observer,
        maps,
        ..
    } = replay.run_whole(0, observers).unwrap();
    let (findings, (traffic, details)) = observer;
    let outcome = Outcome::new(ended, &findings, &maps);
    let report = |seed| build(&replay, seed, &outcome, &findings, &traffic, &details).unwrap();
    let (text, cycle) = (render_one(&report(Some(0))), outcome.ended.cycle);
    let then = "this is what was found until then\noutcome: stopped\n";
    assert!(
        text.contains(&format!("\nstopped in cycle {cycle}: {then}")),
        "{text}"
    );
    let text = render_one(&report(None));
    assert!(
        text.contains(&format!("\nstopped after {cycle} operations: {then}")),
        "{text}"
    );
    assert_eq!(report(Some(0)).outcome, ["stopped"]);
}

#[test]
fn one_thread_is_never_wrong() {
    let text = "map m go-classic value=string\n0 put m 1 \"a\"\n0 get m 1\n0 put m 1 \"bc\"\n\
                0 get m 1\n0 delete m 1\n0 get m 1\n0 put m 1 \"d\"\n0 get m 1\n0 range m\n";
    let (ended, findings) = replay_on(desktop(), text)
        .run(0, Findings::default())
        .unwrap();
    assert_eq!(ended.ending, Ending::Finished);
    assert_eq!((findings.torn.count(), findings.history.count()), (0, 0));
}
