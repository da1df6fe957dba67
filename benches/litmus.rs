//! How fast litmus tests are gone through: states of the machine a second on one thread, without
//! caches, with them on a bus and on a network, with the reduction and without. Then a public
//! suite, test after test, where it lies beside the repository.

#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use tearline::drive::interleave::Options;
use tearline::litmus::{Hardware, Setup, Test};
use tearline::machine::Config;
use tearline::protocol::Protocol;
use tearline::shipped;

/// Without caches, on a bus and on a network.
const PROTOCOLS: [&str; 3] = ["none", "mesi", "directory-mesi"];

fn hardware(protocol: &str) -> Hardware {
    let text = shipped::machine("desktop").expect("a shipped machine");
    let config = Config::parse("desktop.toml", text).expect("a valid machine");
    let protocol = shipped::protocol(protocol)
        .map(|text| Protocol::parse("protocol.toml", text).expect("a valid protocol"));
    Hardware { config, protocol }
}

fn read(path: &Path) -> Test {
    let text = fs::read_to_string(path).expect("it is there");
    Test::parse(&path.to_string_lossy(), &text).expect("a valid test")
}

/// How many states the search has gone through at its end.
fn explore(test: &Test, hardware: &Hardware, reduce: bool) -> u64 {
    let options = Options {
        reduce,
        ..Options::default()
    };
    let setup = Setup::new(test, hardware).expect("it has as many cores");
    let outcomes = setup.explore(&options, &mut |_| true);
    outcomes.expect("it comes to its end").explored.states
}

fn classics(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("litmus");
    group.sample_size(20);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces/litmus");
    for name in ["SB", "SB+rfis", "IRIW"] {
        let test = read(&folder.join(format!("{name}.litmus")));
        for protocol in PROTOCOLS {
            let hardware = hardware(protocol);
            for (reduce, which) in [(true, "reduced"), (false, "every step")] {
                let states = explore(&test, &hardware, reduce);
                group.throughput(Throughput::Elements(states));
                group.bench_function(format!("{name}, {protocol}, {which}"), |bench| {
                    bench.iter(|| explore(&test, &hardware, reduce));
                });
            }
        }
    }
    group.finish();
}

/// The tests below a folder.
fn gather(folder: &Path, tests: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            gather(&path, tests);
        } else if path.extension().is_some_and(|end| end == "litmus") {
            tests.push(path);
        }
    }
}

fn suite(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/litmus/tests");
    if !folder.is_dir() {
        eprintln!("skipped: there is no suite of litmus tests in ../shared/litmus");
        return;
    }
    let mut paths = Vec::new();
    gather(&folder, &mut paths);
    paths.sort();
    let tests: Vec<Test> = paths.iter().map(|path| read(path)).collect();
    let mut group = criterion.benchmark_group(format!("suite of {} tests", tests.len()));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.measurement_time(Duration::from_secs(20));
    // On a network the largest of the tests have millions of states.
    for protocol in &PROTOCOLS[..2] {
        let hardware = hardware(protocol);
        let all = || -> u64 {
            tests
                .iter()
                .map(|test| explore(test, &hardware, true))
                .sum()
        };
        group.throughput(Throughput::Elements(all()));
        group.bench_function(*protocol, |bench| bench.iter(all));
    }
    group.finish();
}

criterion_group!(benches, classics, suite);
criterion_main!(benches);
