//! Properties of every machine, whatever its protocol, sizes and timing.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{config, protocol, shipped_protocol};
use proptest::prelude::*;
use tearline::drive::{Ended, Ending, Timed};
use tearline::machine::config::{InvalidationQueueConfig, Topology};
use tearline::machine::{
    Access, AccessKind, Checker, Config, Core, Event, Fence, Machine, Observer, Request, Script,
    Update,
};
use tearline::memory::{Addr, Bytes, Heap, Piece, Tagged, WriteId};
use tearline::protocol::Protocol;
use tearline::trace::Schedule;

/// All accesses of the random programs lie below this address.
const SPACE: u64 = 160;

/// One thing that a random program does.
#[derive(Clone, Copy, Debug)]
enum Do {
    Load(u64, usize),
    Store(u64, usize, u64),
    Locked(u64, usize, Update),
    Fence,
}

fn arb_do() -> impl Strategy<Value = Do> {
    let size = prop::sample::select(vec![1_usize, 2, 4, 8, 16]);
    let update = prop_oneof![
        any::<u8>().prop_map(|v| Update::Exchange(v.into())),
        any::<u8>().prop_map(|v| Update::Add(v.into())),
        (0..3_u8, any::<u8>()).prop_map(|(expected, new)| Update::CompareExchange {
            expected: expected.into(),
            new: new.into(),
        }),
    ];
    prop_oneof![
        4 => (0..SPACE - 16, size.clone()).prop_map(|(addr, bytes)| Do::Load(addr, bytes)),
        4 => (0..SPACE - 16, size.clone(), any::<u64>()).prop_map(|(a, b, v)| Do::Store(a, b, v)),
        1 => (0..SPACE - 16, size, update).prop_map(|(a, b, u)| Do::Locked(a, b, u)),
        1 => Just(Do::Fence),
    ]
}

fn arb_config() -> impl Strategy<Value = Config> {
    let jitter = prop::sample::select(vec![0_u32, 3, 40, 300]);
    (
        (0..5_usize, 0..3_u32, 0..3_u32, 1..4_usize, 0..2_u32),
        (0..Topology::ALL.len(), 0..30_u32, 1..20_u32, jitter),
        proptest::option::of((1..5_usize, 0..400_u32)),
    )
        .prop_map(
            |((depth, copy, sets, ways, last_level), network, invalidations)| {
                let (topology, hop, controller, jitter) = network;
                let mut config = config(4);
                config.store_buffer.depth = depth;
                let queue = |(depth, max_apply_cycles)| InvalidationQueueConfig {
                    depth,
                    min_apply_cycles: 0,
                    max_apply_cycles,
                };
                config.invalidation_queue = invalidations.map(queue);
                config.single_copy_bytes = [8, 16, 32][copy as usize];
                config.line_size = tearline::memory::LineSize::new(32).unwrap();
                config.cache.sets = 1 << sets;
                // One line in all could never hold both lines of a locked operation across two.
                config.cache.ways = if sets == 0 { ways + 1 } else { ways };
                config.last_level = (last_level == 1).then_some(config.cache);
                config.network.topology = Topology::ALL[topology].0;
                config.network.hop_cycles = hop;
                config.network.controller_cycles = controller;
                config.vary.latency_jitter_cycles = jitter;
                // Lines are kept for themselves by cores that may, for no time to a long one.
                config.bus.hold_cycles = hop * 3;
                config.bus.store_hold_cycles = hop * controller;
                config.store_buffer.commit_cycles = (depth > 2).then_some(controller);
                config
            },
        )
}

/// All shipped protocols, on a bus or a network, that run in caches of any size.
fn protocols() -> Vec<Protocol> {
    ["models/protocols", "models/protocols/courses"]
        .into_iter()
        .flat_map(common::protocols_in)
        .filter(common::evicts)
        .collect()
}

fn arb_protocol() -> impl Strategy<Value = Protocol> {
    prop::sample::select(protocols())
}

/// Write ids are unique: the core in the high bits, the place in the program in the low.
fn id(core: usize, at: usize) -> WriteId {
    WriteId(((core as u32 + 1) << 16) | (at as u32 + 1))
}

fn script(core: usize, program: &[Do]) -> Script {
    let requests: Vec<_> = program
        .iter()
        .enumerate()
        .map(|(at, &step)| match step {
            Do::Load(addr, bytes) => Request::Access(Access::load(Addr(addr), bytes)),
            Do::Store(addr, bytes, value) => {
                let value = u128::from(value) * 0x1_0000_0001;
                Request::Access(Access::store(Addr(addr), bytes, value, id(core, at)))
            }
            Do::Locked(addr, bytes, update) => {
                Request::Access(Access::locked(Addr(addr), bytes, update, id(core, at)))
            }
            Do::Fence => Request::Fence(Fence::Full),
        })
        .collect();
    Script::new(requests)
}

/// What a core did to a byte, in its program's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touch {
    Read(WriteId),
    Wrote(WriteId),
}

/// Writes down everything that the properties speak of.
#[derive(Debug, Default)]
struct Record {
    /// For each byte the writes in the order in which all cores see them.
    order: BTreeMap<u64, Vec<WriteId>>,
    /// For each core and byte what the program did there.
    touches: BTreeMap<(Core, u64), Vec<Touch>>,
    /// For each core the values that it read.
    values: BTreeMap<Core, Vec<u128>>,
    /// Every event, as text.
    log: String,
}

impl Observer<Tagged> for Record {
    fn observe(&mut self, event: &Event<'_, Tagged>) {
        self.log += &format!("{event:?}\n");
        match *event {
            Event::Performed {
                write, addr, bytes, ..
            } => {
                for byte in addr.0..addr.0 + bytes as u64 {
                    self.order.entry(byte).or_default().push(write);
                }
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } => {
                let read = value
                    .writers(access.bytes)
                    .iter()
                    .map(|&w| Some(Touch::Read(w)));
                let wrote = |write| std::iter::repeat_n(Some(Touch::Wrote(write)), access.bytes);
                let bytes = access.addr.0..;
                let mut touch = |touches: &mut dyn Iterator<Item = Option<Touch>>| {
                    for (byte, touch) in bytes.clone().zip(touches) {
                        self.touches.entry((core, byte)).or_default().extend(touch);
                    }
                };
                match access.kind {
                    AccessKind::Load => touch(&mut read.into_iter()),
                    AccessKind::Store { write, .. } => touch(&mut wrote(write)),
                    AccessKind::Evict => {}
                    AccessKind::Locked { update, write } => {
                        touch(&mut read.into_iter());
                        if update
                            .apply(value.value(access.bytes), access.bytes)
                            .is_some()
                        {
                            touch(&mut wrote(write));
                        }
                    }
                }
                if !matches!(access.kind, AccessKind::Store { .. }) {
                    self.values
                        .entry(core)
                        .or_default()
                        .push(value.value(access.bytes));
                }
            }
            _ => {}
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.log += &format!("{cycle}\n");
    }
}

fn run(config: &Config, protocol: &Protocol, programs: &[Vec<Do>], seed: u64) -> (Ended, Record) {
    let config = Arc::new(config.clone());
    let machine: Machine<Bytes> = Machine::new(config, protocol, Heap::open());
    let scripts = programs
        .iter()
        .enumerate()
        .map(|(core, program)| script(core, program));
    let timed = Timed::new(machine, scripts.collect(), seed, Record::default()).checked();
    let (ended, _, record) = timed.run();
    (ended, record)
}

/// The values that a single core reads, by a plain interpreter of its program.
fn interpret(program: &[Do]) -> Vec<u128> {
    let mut memory = [0_u8; SPACE as usize + 16];
    let mut values = Vec::new();
    for &step in program {
        let (addr, bytes) = match step {
            Do::Load(a, b) | Do::Store(a, b, _) | Do::Locked(a, b, _) => (a as usize, b),
            Do::Fence => continue,
        };
        let place = &mut memory[addr..addr + bytes];
        let mut old = [0; 16];
        old[..bytes].copy_from_slice(place);
        let old = u128::from_le_bytes(old);
        let new = match step {
            Do::Load(..) | Do::Fence => None,
            Do::Store(_, _, value) => Some(u128::from(value) * 0x1_0000_0001),
            Do::Locked(_, _, update) => update.apply(old, bytes),
        };
        if let Some(new) = new {
            place.copy_from_slice(&new.to_le_bytes()[..bytes]);
        }
        if !matches!(step, Do::Store(..)) {
            values.push(old);
        }
    }
    values
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1200, failure_persistence: None, ..ProptestConfig::default() })]

    /// For each byte there is one order of writes, and no core goes back in it.
    #[test]
    fn all_cores_agree_on_the_order_of_writes_to_a_byte(
        config in arb_config(),
        protocol in arb_protocol(),
        programs in prop::collection::vec(prop::collection::vec(arb_do(), 0..20), 2..=4),
        seed in any::<u64>(),
    ) {
        let (ended, record) = run(&config, &protocol, &programs, seed);
        prop_assert_eq!(ended.ending, Ending::Finished);
        for ((core, byte), touches) in &record.touches {
            let order = record.order.get(byte).map_or(&[][..], Vec::as_slice);
            let place = |write: WriteId| match write {
                WriteId::INITIAL => 0,
                write => 1 + order.iter().position(|&other| other == write).unwrap(),
            };
            let mut reached = 0;
            for &touch in touches {
                let (Touch::Read(write) | Touch::Wrote(write)) = touch;
                let at = place(write);
                prop_assert!(
                    at > reached || (at == reached && !matches!(touch, Touch::Wrote(_))),
                    "{} goes back at byte {} to {:?} in {:?}", core, byte, touch, order
                );
                reached = at;
            }
        }
    }

    /// A core alone reads what a plain interpreter reads.
    #[test]
    fn one_core_equals_an_interpreter(
        config in arb_config(),
        protocol in arb_protocol(),
        program in prop::collection::vec(arb_do(), 0..60),
        seed in any::<u64>(),
    ) {
        let (ended, record) = run(&config, &protocol, std::slice::from_ref(&program), seed);
        prop_assert_eq!(ended.ending, Ending::Finished);
        let values = record.values.get(&Core(0)).cloned().unwrap_or_default();
        prop_assert_eq!(values, interpret(&program));
    }

    /// A run is a function of its inputs.
    #[test]
    fn the_same_seed_gives_the_same_events(
        config in arb_config(),
        protocol in arb_protocol(),
        programs in prop::collection::vec(prop::collection::vec(arb_do(), 0..12), 2..=3),
        seed in any::<u64>(),
    ) {
        let (_, first) = run(&config, &protocol, &programs, seed);
        let (_, second) = run(&config, &protocol, &programs, seed);
        prop_assert_eq!(first.log, second.log);
    }
}

/// Two reads of a line that was given up, and one after its invalidation was applied; and what a
/// schedule cannot name.
#[test]
fn schedules_say_when_an_invalidation_is_applied() {
    let mut config = config(2);
    config.invalidation_queue = Some(InvalidationQueueConfig {
        depth: 1,
        min_apply_cycles: 1000,
        max_apply_cycles: 1000,
    });
    let run = |steps: &[&str]| {
        let (config, table) = (Arc::new(config.clone()), Arc::new(shipped_protocol("mesi")));
        let machine: Machine<Bytes> = Machine::new(config, table, Heap::open());
        let (read, write) = (Do::Load(0, 8), Do::Locked(0, 8, Update::Exchange(1)));
        let scripts = vec![script(0, &[write]), script(1, &[read; 4])];
        let text = steps.iter().map(|step| format!("step core {step}\n"));
        let text = format!("schedule 1\n{}", text.collect::<String>());
        let schedule = Schedule::read("test.schedule", text.as_bytes()).expect("a schedule");
        let timed = Timed::new(machine, scripts, 0, Record::default()).checked();
        let (ended, _, record) = timed.following(Arc::new(schedule)).run();
        (ended.ending, record.values[&Core(1)].clone())
    };
    let taken_away = ["1 issues", "1 served", "0 issues", "0 served"];
    let read = [
        "1 issues",
        "1 issues",
        "1 invalidates",
        "1 issues",
        "1 served",
    ];
    let (ending, values) = run(&[&taken_away[..], &read].concat());
    assert_eq!((ending, values), (Ending::Finished, vec![0, 0, 0, 1]));
    let (ending, _) = run(&["1 issues", "1 served", "1 invalidates"]);
    let Ending::Misfit(misfit) = ending else {
        panic!("{ending:?}");
    };
    assert_eq!(misfit.why, "it has no invalidation to apply");
}

/// Each broken protocol is caught by the property that its file says it breaks.
#[test]
fn broken_protocols_are_caught() {
    let programs: Vec<Vec<Do>> = (0..3_u64)
        .map(|core| {
            let step = |at: u64| match (at + core) % 3 {
                0 => Do::Store(32 * (at % 2), 8, at),
                _ => Do::Load(32 * (at % 3), 8),
            };
            (0..12).map(step).collect()
        })
        .collect();
    for (name, property) in [
        (
            "mesi-upgrade-keeps-sharers",
            "single writer or many readers",
        ),
        (
            "mesi-exclusive-with-sharers",
            "single writer or many readers",
        ),
        ("msi-stale-memory", "data value"),
        ("mesi-missing-cell", "no unexpected event"),
    ] {
        let table = protocol(&format!("models/broken/{name}.toml")).into();
        let broken =
            (0..50).find_map(
                |seed| match run(&config(4), &table, &programs, seed).0.ending {
                    Ending::Violation(violation) => Some(violation.property()),
                    _ => None,
                },
            );
        assert_eq!(broken, Some(property), "{name}");
    }
}

/// The checker notices a store that overtakes another in the store buffer.
#[test]
fn a_store_that_overtakes_is_caught() {
    let (config, table) = (Arc::new(config(2)), Arc::new(shipped_protocol("mesi")));
    let machine: Machine<Bytes> = Machine::new(config, table, Heap::open());
    let (core, bytes) = (Core(0), 8);
    let performed_first = |first: u32| {
        let mut checker = Checker::new(&machine);
        for (write, addr, occupancy) in [(WriteId(1), Addr(0), 1), (WriteId(2), Addr(8), 2)] {
            checker.observe(&Event::Buffered {
                core,
                write,
                addr,
                bytes,
                occupancy,
            });
        }
        checker.observe(&Event::Performed {
            core,
            write: WriteId(first),
            addr: Addr(u64::from(first - 1) * 8),
            bytes,
            value: 0,
            from_buffer: true,
        });
        checker
            .after_step(&machine)
            .map_err(|violation| violation.property())
    };
    assert_eq!(performed_first(2), Err("store buffer order"));
    assert_eq!(performed_first(1), Ok(()));
}
