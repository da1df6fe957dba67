//! How fast maps run: calls a second to `go-classic` by one thread, each of its accesses simulated
//! with time, data and provenance. Then with everything that is watched for, and the minimal
//! program with all of it, many seeds one after another.

#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tearline::drive::{Dice, Ending};
use tearline::machine::{Config, Observer};
use tearline::maps::KINDS;
use tearline::memory::Tagged;
use tearline::observe::{Findings, Races};
use tearline::protocol::Protocol;
use tearline::replay::Replay;
use tearline::shipped;
use tearline::trace::Trace;

/// Few enough that the trace is held in memory: reading text is not what is measured.
const CALLS: u64 = 60_000;

/// One thread, keys that are all there, so many puts in a hundred calls.
fn calls(keys: u64, puts: u32) -> String {
    let mut dice = Dice::new(1);
    let mut text = format!("warm\nmap m go-classic room={keys}\n");
    for key in 0..keys {
        let _ = writeln!(text, "init put m {key} 1");
    }
    for call in 0..CALLS {
        let key = dice.up_to(keys as u32 - 1);
        let _ = match dice.up_to(99) < puts {
            true => writeln!(text, "0 put m {key} {call}"),
            false => writeln!(text, "0 get m {key}"),
        };
    }
    text
}

fn replay(text: &str) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("bench.trace", &kinds, open).expect("a valid trace");
    let text = shipped::machine("desktop").expect("a shipped machine");
    let config = Config::parse("desktop.toml", text).expect("a valid machine");
    let text = shipped::protocol(&config.protocol).expect("a shipped protocol");
    let protocol = Protocol::parse("protocol.toml", text).expect("a valid protocol");
    Replay::new(config.into(), protocol, trace.into(), None).expect("it can be replayed")
}

fn run<O: Observer<Tagged>>(replay: &Replay, seed: u64, observer: O) -> Ending {
    let (ended, _) = replay.run(seed, observer).expect("it can be run");
    ended.ending
}

fn everything() -> Findings {
    Findings {
        races: Some(Races::default()),
        ..Findings::default()
    }
}

fn one_thread(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("go-classic, one thread");
    group.sample_size(20);
    for (keys, puts) in [(1000, 10), (1000, 50), (100, 10)] {
        let calls = replay(&calls(keys, puts));
        group.throughput(Throughput::Elements(CALLS));
        let name = format!("{keys} keys, {puts} % puts");
        group.bench_function(format!("{name}: data"), |bench| {
            bench.iter(|| assert_eq!(run(&calls, 0, ()), Ending::Finished));
        });
        group.bench_function(format!("{name}: every verdict"), |bench| {
            bench.iter(|| assert_eq!(run(&calls, 0, everything()), Ending::Finished));
        });
    }
    group.finish();
}

fn minimal_program(criterion: &mut Criterion) {
    let text = shipped_trace();
    let minimal = replay(&text);
    let mut group = criterion.benchmark_group("minimal program");
    group.sample_size(20);
    let mut seed = 0;
    group.bench_function("a run, every verdict", |bench| {
        bench.iter(|| {
            seed += 1;
            run(&minimal, seed, everything())
        });
    });
    group.finish();
}

/// The minimal program with threads that begin so far apart that they mostly do not meet: a run
/// is all of its 2000 calls then.
fn shipped_trace() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/traces/minimal-program.trace");
    let text = std::fs::read_to_string(path).expect("it is there");
    text.replace("1 get m", "1 compute 400000\n1 get m")
}

criterion_group!(benches, one_thread, minimal_program);
criterion_main!(benches);
