//! Maps that several threads may call at once: whatever the schedule, nothing is wrong, nothing
//! races and nobody is stuck. `TEARLINE_MAP=NAME` tries one map alone, `TEARLINE_SEEDS=N` more
//! seeds.

mod common;

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;

use common::{read, shipped_protocol};
use tearline::machine::Config;
use tearline::machine::config::Size;
use tearline::maps::{KINDS, Kind};
use tearline::replay::{Replay, Strategy, Tally, Verdict, run_seeds};
use tearline::trace::Trace;

fn kinds() -> Vec<&'static Kind> {
    let chosen = std::env::var("TEARLINE_MAP").ok();
    let chosen = |kind: &&Kind| chosen.as_ref().is_none_or(|name| name == kind.name);
    KINDS.iter().filter(chosen).collect()
}

fn seeds(usual: u64) -> u64 {
    let given = std::env::var("TEARLINE_SEEDS").ok();
    given.map_or(usual, |given| given.parse().expect("a number"))
}

/// Four threads with a few calls each on few keys, so that they meet: which, a number says.
fn program(kind: &str, number: u64, increments: bool) -> String {
    let mut dice = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut roll = |sides: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % sides
    };
    let keys = [2, 4, 12][roll(3) as usize];
    let mut text = format!("map m {kind}\n");
    for key in 0..roll(keys + 1) {
        let _ = writeln!(text, "init put m {key} {key}");
    }
    for thread in 0..4 {
        for _ in 0..3 + roll(5) {
            let key = roll(keys);
            let call = match roll(12) {
                0..4 => format!("put m {key} {}", roll(1000)),
                4..7 => format!("get m {key}"),
                7..9 if increments => format!("inc m {key}"),
                7..10 => format!("delete m {key}"),
                10 => "len m".to_owned(),
                _ => "range m".to_owned(),
            };
            let _ = writeln!(text, "{thread} {call}");
        }
    }
    text
}

fn replay(text: &str, cores: u32, strategy: Strategy) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("generated", &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let file = "models/machines/desktop.toml";
    let config = Config::parse(file, &read(file)).unwrap_or_else(|error| panic!("{error}"));
    let size = Size {
        cores: Some(cores),
        turn_cycles: Some(700),
        ..Size::default()
    };
    let config = config.resized(size).expect("a possible machine");
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), trace.into(), None);
    let replay = replay.unwrap_or_else(|error| panic!("{error}"));
    replay
        .choosing(strategy)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn tally(replay: &Replay, seeds: u64) -> Tally {
    run_seeds(replay, seeds, || ()).expect("it can be run")
}

/// The ways in which schedules are found: by time with a core for each thread and with two cores
/// for four threads, and two that know no time.
const WAYS: [(u32, Strategy); 4] = [
    (4, Strategy::Timed),
    (2, Strategy::Timed),
    (4, Strategy::Random),
    (4, Strategy::Pct { depth: 4 }),
];

#[test]
fn nothing_goes_wrong_in_maps_for_many_threads() {
    for kind in kinds().into_iter().filter(|kind| kind.safe) {
        for number in 0..6 {
            // ConcurrentHashMap's users write get and put, which together are not atomic.
            let text = program(kind.name, number, kind.name != "java-concurrent");
            for (cores, strategy) in WAYS {
                let replay = replay(&text, cores, strategy);
                let tally = tally(&replay, seeds(60));
                let shown: Vec<_> = tally.verdicts.iter().collect();
                let only_ok = tally.verdicts.keys().all(|&verdict| verdict == Verdict::Ok);
                assert!(only_ok, "{strategy:?} on {cores} cores: {shown:?}\n{text}");
            }
        }
    }
}

#[test]
fn something_goes_wrong_in_the_others() {
    // `cow-epoch-unfenced` needs a schedule that is made for it: tests/cow.rs.
    let needs_more = |kind: &&Kind| !kind.safe && kind.name != "cow-epoch-unfenced";
    for kind in kinds().into_iter().filter(needs_more) {
        let wrong = (0..6).any(|number| {
            let text = program(kind.name, number, true);
            let tally = tally(&replay(&text, 4, Strategy::Timed), 60);
            tally.reckoning.wrong > 0
        });
        assert!(wrong, "{}", kind.name);
    }
}

#[test]
fn increments_are_lost_without_a_lock_and_not_with_one() {
    let sums = |kind: &str| {
        let text = format!(
            "map m {kind}\ninit put m 1 0\n0 inc m 1 x20\n1 inc m 1 x20\n2 inc m 1 x20\n\
             0 compute 300000\n0 get m 1 -> sum\n"
        );
        let tally = tally(&replay(&text, 3, Strategy::Timed), 40);
        let sums = tally.named.keys().map(|named| named.values["sum"]);
        sums.collect::<Vec<_>>()
    };
    for kind in [
        "go-mutex",
        "go-rwmutex",
        "go-sync-map",
        "go-sync-map-trie",
        "sharded",
        "cow",
        "cow-epoch",
        "cow-flat",
    ] {
        assert_eq!(sums(kind), [Some(60)], "{kind}");
    }
    assert!(sums("cow-flat-set").len() > 1, "updates are lost");
}
