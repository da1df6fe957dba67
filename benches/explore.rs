//! How fast the exhaustive search is by itself: states a second over a made-up space of
//! sixteen million states whose successors cost next to nothing, on one thread and on two, and
//! how many bytes it holds for a state. `tearline check` adds the cost of real successors.

#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use tearline::drive::exhaustive::{Mode, Options, Space, Verdict, explore};

const STATES: u64 = 1 << 24;
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
/// `ODD * INVERSE == 1`, wrapped.
const INVERSE: u64 = 0xf1de_83e1_9937_733d;

/// The numbers below `STATES`, each spread over 128 bits, with four steps from each: those of a
/// de Bruijn graph, which reach everything in few levels, and two more.
struct Numbers;

fn state(number: u64) -> [u64; 2] {
    let number = number % STATES;
    [number.wrapping_mul(ODD), number << 20 | number >> 3]
}

impl Space for Numbers {
    type State = [u64; 2];
    type Scratch = ();
    type Violation = ();

    fn scratch(&self) {}

    fn merge(&self, (): &mut (), (): ()) {}

    fn initial(&self) -> Vec<[u64; 2]> {
        vec![state(1)]
    }

    fn successors(
        &self,
        &[first, _]: &[u64; 2],
        (): &mut (),
        each: &mut impl FnMut([u64; 2], bool),
    ) -> Result<(), ()> {
        let number = first.wrapping_mul(INVERSE);
        for next in [2 * number, 2 * number + 1, number ^ 0x55, 5 * number + 3] {
            each(state(next), true);
        }
        Ok(())
    }

    fn is_quiet(&self, &[first, _]: &[u64; 2]) -> bool {
        first == 0
    }
}

fn exhaustive(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("explore");
    group.throughput(Throughput::Elements(STATES));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.measurement_time(Duration::from_secs(30));
    for (name, mode) in [
        ("whole", Mode::Whole),
        ("fingerprints", Mode::Fingerprints),
        ("compacted", Mode::Compacted),
    ] {
        for threads in [1, 2] {
            let options = Options {
                threads,
                mode,
                liveness: false,
                ..Options::default()
            };
            let run = || {
                let found = explore(&Numbers, &options, &mut ());
                assert!(matches!(found.verdict, Verdict::Holds));
                assert_eq!(found.states, STATES);
                found
            };
            let bytes = run().bytes_per_state();
            let name = format!("{name}, {bytes:.1} bytes a state/{threads} threads");
            group.bench_function(name, |bencher| bencher.iter(run));
        }
    }
    group.finish();
}

criterion_group!(benches, exhaustive);
criterion_main!(benches);
