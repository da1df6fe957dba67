//! How fast the timed driver is: accesses a second on one thread, with data, provenance and
//! store buffers, over a mix of 90 % private hits, 8 % shared reads and 2 % shared writes.
//! The same without data, and with the observers of a replay, for comparison.

#![allow(missing_docs, reason = "the macros of criterion make public items")]

use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tearline::drive::{Dice, Ending, Timed};
use tearline::machine::{Access, Config, Machine, Observer, Request, Script};
use tearline::memory::{Addr, Bytes, Contents, Heap, NoBytes, WriteId};
use tearline::observe::{Findings, Traffic};
use tearline::protocol::Protocol;
use tearline::shipped;

const CORES: usize = 4;
const ACCESSES: usize = 50_000;
/// Each core's private words: 8 KiB, a quarter of its cache.
const PRIVATE_WORDS: u32 = 1024;
/// The words that all cores share: 64 lines.
const SHARED_WORDS: u32 = 512;

/// The programs of all cores: a third of the private accesses are stores.
fn mix() -> Vec<Script> {
    let mut dice = Dice::new(1);
    let mut next_write = 0;
    let mut program = |core: u64| {
        let mut access = || {
            let roll = dice.up_to(99);
            let (addr, store) = if roll < 90 {
                let word = u64::from(dice.up_to(PRIVATE_WORDS - 1));
                (((core + 1) << 20) | (word * 8), dice.up_to(2) == 0)
            } else {
                (u64::from(dice.up_to(SHARED_WORDS - 1)) * 8, roll >= 98)
            };
            next_write += 1;
            Request::Access(match store {
                true => Access::store(Addr(addr), 8, next_write.into(), WriteId(next_write)),
                false => Access::load(Addr(addr), 8),
            })
        };
        Script::new((0..ACCESSES).map(|_| access()).collect::<Vec<_>>())
    };
    (0..CORES as u64).map(&mut program).collect()
}

fn replay<C: Contents, O: Observer<C::Piece>>(
    config: &Arc<Config>,
    protocol: &Protocol,
    programs: Vec<Script>,
    observer: O,
) {
    let machine: Machine<C> = Machine::new(Arc::clone(config), protocol, Heap::open());
    let (ended, _, _) = Timed::new(machine, programs, 0, observer).run();
    assert_eq!(ended.ending, Ending::Finished);
}

fn timed(criterion: &mut Criterion) {
    let text = shipped::machine("desktop").expect("a shipped machine");
    let config = Config::parse("desktop.toml", text).expect("a valid machine");
    let text = shipped::protocol(&config.protocol).expect("a shipped protocol");
    let protocol = Protocol::parse("protocol.toml", text).expect("a valid protocol");
    let config = Arc::new(Config {
        cores: CORES,
        ..config
    });

    let mut group = criterion.benchmark_group("timed");
    group.throughput(Throughput::Elements((CORES * ACCESSES) as u64));
    let scripts = mix();
    group.bench_function("data", |bench| {
        let run = |programs| replay::<Bytes, _>(&config, &protocol, programs, ());
        bench.iter_batched(|| scripts.clone(), run, BatchSize::LargeInput);
    });
    group.bench_function("data and observers", |bench| {
        let run = |programs| {
            let observers = (Findings::default(), Traffic::new(&config, &protocol));
            replay::<Bytes, _>(&config, &protocol, programs, observers);
        };
        bench.iter_batched(|| scripts.clone(), run, BatchSize::LargeInput);
    });
    let scripts = mix();
    group.bench_function("no data", |bench| {
        let run = |programs| replay::<NoBytes, _>(&config, &protocol, programs, ());
        bench.iter_batched(|| scripts.clone(), run, BatchSize::LargeInput);
    });
    let text = shipped::protocol("directory-mesi").expect("a shipped protocol");
    let network = Protocol::parse("protocol.toml", text).expect("a valid protocol");
    group.bench_function("data, on a network", |bench| {
        let run = |programs| replay::<Bytes, _>(&config, &network, programs, ());
        bench.iter_batched(|| scripts.clone(), run, BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, timed);
criterion_main!(benches);
