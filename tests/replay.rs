//! What the shipped traces show, over many seeds: the claims in their headers.

mod common;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use common::{read, repository, shipped_protocol};
use tearline::drive::Ending;
use tearline::machine::Config;
use tearline::maps::KINDS;
use tearline::observe::{Findings, WrongWhy};
use tearline::replay::{Outcome, Replay, Tally, Verdict, run_seeds};
use tearline::trace::Trace;

fn replay_on(trace: &str, machine: &str, checked: bool) -> Replay {
    let path = repository(&format!("traces/{trace}.trace"));
    let open = Box::new(move || Ok(Box::new(BufReader::new(File::open(&path)?)) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read(trace, &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let file = format!("models/machines/{machine}.toml");
    let config = Config::parse(&file, &read(&file)).unwrap_or_else(|error| panic!("{error}"));
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), Arc::new(trace), None);
    replay
        .unwrap_or_else(|error| panic!("{error}"))
        .checked(checked)
}

fn tally(replay: &Replay, seeds: u64) -> Tally {
    run_seeds(replay, seeds, || ()).expect("the trace is there")
}

fn runs(tally: &Tally, verdict: Verdict) -> u64 {
    tally
        .verdicts
        .get(&verdict)
        .map_or(0, |example| example.runs)
}

/// How often each pair of results came.
fn results(tally: &Tally) -> BTreeMap<(u128, u128), u64> {
    let pair = |named: &tearline::observe::Named| {
        let value = |name: &str| named.values[name].expect("a load gives a value");
        (value("r0"), value("r1"))
    };
    tally
        .named
        .iter()
        .map(|(named, example)| (pair(named), example.runs))
        .collect()
}

#[test]
fn a_split_value_is_torn_exactly_at_the_line() {
    let replay = replay_on("split-line", "desktop", false);
    let tally = tally(&replay, 10_000);
    assert!(
        runs(&tally, Verdict::TornRead) > 100,
        "{:?}",
        tally.verdicts
    );
    let halves = [[1, 0, 0, 0], [0, 0, 0, 0]];
    for (shape, example) in &tally.torn {
        assert_eq!((&shape.cuts[..], &shape.lines[..]), (&[4][..], &[4][..]));
        let value: &[u8] = &shape.value;
        assert!(halves.iter().any(|half| value[..4] == *half), "{value:?}");
        assert!(halves.iter().any(|half| value[4..] == *half), "{value:?}");
        // Neither value has two equal halves: these are one half of each.
        assert_eq!(value[..4], value[4..], "{value:?}");
        let (ended, findings) = replay.run(example.seed, Findings::default()).unwrap();
        let outcome = Outcome::new(ended, &findings, &[]);
        assert!(outcome.verdicts.contains(&Verdict::TornRead));
        assert!(
            findings
                .torn
                .found()
                .iter()
                .any(|read| read.value == shape.value)
        );
    }
    assert!(
        tally
            .torn
            .keys()
            .any(|shape| shape.value == 0x1_0000_0001_u64.to_le_bytes())
    );
}

#[test]
fn every_example_seed_shows_its_outcome_alone() {
    for trace in [
        "split-line",
        "aligned",
        "go-string",
        "concurrent-writes",
        "silent",
    ] {
        let replay = replay_on(trace, "desktop", false);
        for (verdict, example) in tally(&replay, 500).verdicts {
            let outcome = replay.outcome(example.seed).unwrap();
            assert!(
                outcome.verdicts.contains(&verdict),
                "{trace} seed {}",
                example.seed
            );
        }
    }
}

#[test]
fn an_aligned_value_is_never_torn() {
    let tally = tally(&replay_on("aligned", "desktop", false), 100_000);
    assert_eq!((tally.runs, runs(&tally, Verdict::TornRead)), (100_000, 0));
}

#[test]
fn both_loads_read_0_only_past_store_buffers_and_without_fences() {
    let both = |trace, machine| {
        let tally = tally(&replay_on(trace, machine, false), 10_000);
        let results = results(&tally);
        assert_eq!(
            results.values().sum::<u64>(),
            10_000,
            "every run has results"
        );
        results.get(&(0, 0)).copied().unwrap_or(0)
    };
    assert!(both("store-buffering", "desktop") > 1000);
    assert!(both("store-buffering", "teaching") > 1000);
    assert_eq!(both("store-buffering", "sc"), 0);
    for machine in ["desktop", "teaching", "sc"] {
        assert_eq!(both("store-buffering-fenced", machine), 0);
    }
}

#[test]
fn a_torn_string_has_the_newer_length() {
    let replay = replay_on("go-string", "desktop", false);
    let mut torn = 0;
    for seed in 0..2000 {
        let (_, findings) = replay.run(seed, Findings::default()).unwrap();
        for read in findings.torn.found() {
            let [pointer, length] = &read.seen[..] else {
                panic!("cut between its words: {read:?}");
            };
            assert_eq!((pointer.bytes, length.bytes), (8, 8));
            assert!(length.write > pointer.write, "seed {seed}: {read:?}");
            torn += 1;
        }
    }
    assert!(torn > 100, "{torn}");
}

#[test]
fn an_interface_is_torn_both_ways() {
    let replay = replay_on("go-interface", "desktop", false);
    let (mut newer_type, mut newer_data) = (0, 0);
    for seed in 0..3000 {
        let (_, findings) = replay.run(seed, Findings::default()).unwrap();
        for read in findings.torn.found() {
            let [kind, data] = &read.seen[..] else {
                panic!("cut between its words: {read:?}");
            };
            newer_type += u32::from(kind.write > data.write);
            newer_data += u32::from(kind.write < data.write);
        }
    }
    assert!(
        newer_type > 10 && newer_data > 10,
        "{newer_type} {newer_data}"
    );
}

#[test]
fn one_program_is_caught_and_missed() {
    let tally = tally(&replay_on("silent", "desktop", false), 2000);
    assert!(runs(&tally, Verdict::FatalError) > 100);
    assert!(runs(&tally, Verdict::WrongValue) > 100);
    assert!(tally.fatal.contains_key("concurrent map writes"));

    let caught = replay_on("concurrent-writes", "desktop", false);
    let seed = caught.trace().header().seed.expect("a seed that shows it");
    let (ended, _) = caught.run(seed, Findings::default()).unwrap();
    assert!(matches!(
        ended.ending,
        Ending::Fatal(_, "concurrent map writes")
    ));

    let missed = replay_on("silent", "desktop", false);
    let seed = missed.trace().header().seed.expect("a seed that shows it");
    let (ended, findings) = missed.run(seed, Findings::default()).unwrap();
    assert_eq!(ended.ending, Ending::Finished);
    let lost = findings.history.found().iter();
    assert_eq!(
        lost.filter(|wrong| matches!(wrong.why, WrongWhy::Lost { .. }))
            .count(),
        1
    );
}

#[test]
fn the_machine_keeps_its_properties_on_every_trace() {
    for entry in std::fs::read_dir(repository("traces")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "trace") {
            continue;
        }
        let trace = path.file_stem().unwrap().to_str().unwrap();
        for machine in ["desktop", "sc"] {
            let tally = tally(&replay_on(trace, machine, true), 40);
            assert_eq!(runs(&tally, Verdict::Violation), 0, "{trace} on {machine}");
        }
    }
}

#[test]
fn the_tally_does_not_depend_on_the_number_of_threads() {
    let replay = replay_on("split-line", "desktop", false);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| tally(&replay, 500))
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(7));
}

#[test]
fn the_output_is_the_same_bytes_on_any_number_of_threads() {
    let output = |jobs: &str, format: &str| {
        let trace = repository("traces/silent.trace");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tearline"))
            .arg("replay")
            .arg(trace)
            .args(["--seeds", "300", "--jobs", jobs, "--format", format])
            .output()
            .expect("the command runs");
        assert!(output.status.success());
        output.stdout
    };
    for format in ["text", "json"] {
        let one = output("1", format);
        assert!(!one.is_empty());
        assert_eq!(one, output("2", format));
        assert_eq!(one, output("7", format));
    }
}
