//! How long whole proofs of shipped protocols take with three caches, on one thread: with every
//! state told apart, and with symmetry. Which of the two is how much faster is the ratio of the
//! two lines.

#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tearline::drive::exhaustive::Options;
use tearline::drive::proof::{Finding, Plan, Size, prove};
use tearline::protocol::Protocol;

const PROTOCOLS: [&str; 7] = [
    "mesi",
    "moesi",
    "split-mesi",
    "directory-msi",
    "directory-mesi",
    "directory-moesi",
    "german",
];

fn proofs(criterion: &mut Criterion) {
    for name in PROTOCOLS {
        let file = format!("models/protocols/{name}.toml");
        let text = std::fs::read_to_string(&file).expect("the protocol is there");
        let protocol = Protocol::parse(&file, &text).expect("it loads");
        let mut group = criterion.benchmark_group(format!("prove/{name}"));
        group.measurement_time(Duration::from_secs(3));
        for liveness in [false, true] {
            for symmetric in [false, true] {
                let plan = Plan {
                    size: Size {
                        cores: 3,
                        lines: 1,
                        values: 2,
                    },
                    symmetric,
                    options: Options {
                        liveness,
                        ..Options::default()
                    },
                };
                let run = || {
                    let proven = prove(&protocol, &plan, &mut ()).expect("it is small");
                    assert_eq!(proven.verdict, Finding::Verified);
                    proven.states
                };
                let states = ["every state", "symmetric"][usize::from(symmetric)];
                let checked = ["safety", "liveness too"][usize::from(liveness)];
                group.throughput(Throughput::Elements(run()));
                group.bench_function(format!("{checked}, {states}"), |bencher| bencher.iter(run));
            }
        }
        group.finish();
    }
}

criterion_group!(benches, proofs);
criterion_main!(benches);
