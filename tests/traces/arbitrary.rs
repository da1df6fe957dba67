//! Any trace at all, as the reader can give it; lines are 0.

use std::sync::Arc;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tearline::trace::{
    Base, Boxed, Header, Key, KeyKind, LAST_THREAD, Literal, LockDeclaration, LockKind,
    MapDeclaration, NamedStep, NodeName, Op, Operation, Place, Rmw, Schedule, ValueKind, Variable,
};

const SIZES: [u8; 5] = [1, 2, 4, 8, 16];

/// A header, and at least one operation.
pub(crate) fn trace(
    kinds: &'static [&'static str],
) -> impl Strategy<Value = (Header, Vec<Operation>)> {
    header(kinds).prop_flat_map(|header| {
        let header = Arc::new(header);
        let init =
            prop::collection::vec(operation(&header).prop_filter_map("not before", init), 0..4);
        let operations = prop::collection::vec(operation(&header), 1..12);
        (init, operations).prop_map(move |(init, operations)| {
            let mut header = Header::clone(&header);
            header.init = init;
            (header, operations)
        })
    })
}

fn header(kinds: &'static [&'static str]) -> impl Strategy<Value = Header> {
    let model = "[A-Za-z0-9_.-]{1,9}";
    let variables = prop::collection::vec(variable(), 0..4);
    let locks = prop::collection::vec(lock(), 0..3);
    let maps = prop::collection::vec(map(kinds), 0..4);
    let title = "[^\\pC\t\n]{0,20}".prop_map(|title| title.trim().to_owned());
    (
        option::of(model),
        option::of(model),
        option::of(any::<u64>()),
        (option::of(1..=64_u32), any::<bool>()),
        option::of(schedule()),
        (variables, locks),
        maps,
        title,
    )
        .prop_map(
            |(machine, protocol, seed, (cores, warm), schedule, declared, mut maps, title)| {
                let (mut variables, mut locks) = declared;
                // Names are unique.
                for (index, variable) in variables.iter_mut().enumerate() {
                    variable.name = format!("{}{index}", variable.name).into();
                }
                for (index, lock) in locks.iter_mut().enumerate() {
                    lock.name = format!("{}..{index}", lock.name).into();
                }
                for (index, map) in maps.iter_mut().enumerate() {
                    map.name = format!("{}.{index}", map.name).into();
                }
                Header {
                    machine,
                    protocol,
                    seed,
                    cores,
                    schedule,
                    variables,
                    locks,
                    maps,
                    init: Vec::new(),
                    warm,
                    title,
                }
            },
        )
}

/// Steps of any machine, possible or not.
pub(crate) fn schedule() -> impl Strategy<Value = Schedule> {
    let steps = prop::collection::vec(step().prop_map(|step| (0, step)), 0..9);
    steps.prop_map(|steps| Schedule { file: None, steps })
}

fn step() -> impl Strategy<Value = NamedStep> {
    let word = || {
        prop_oneof![
            "[A-Za-z][A-Za-z0-9_.-]{0,9}",
            "[^\\pC]{0,9}",
            Just("everyone".to_owned()),
            Just("line".to_owned()),
        ]
        .prop_map(Arc::<str>::from)
    };
    let core = || 0..=63_u8;
    let node = move || {
        (word(), option::of(core())).prop_map(|(controller, core)| NodeName { controller, core })
    };
    let message = (option::of(node()), word(), node(), any::<u64>(), 1..9_u32);
    prop_oneof![
        core().prop_map(NamedStep::Issue),
        core().prop_map(NamedStep::Drain),
        (core(), 1u16..).prop_map(|(core, place)| NamedStep::Promote { core, place }),
        (core(), any::<bool>()).prop_map(|(core, drain)| NamedStep::Serve { core, drain }),
        message.prop_map(|(to, kind, from, addr, nth)| NamedStep::Receive {
            to,
            kind,
            from,
            addr,
            nth
        }),
        (node(), word(), option::of(node()), any::<u64>()).prop_map(
            |(node, event, member, addr)| NamedStep::Act {
                node,
                event,
                member,
                addr
            }
        ),
    ]
}

fn name() -> impl Strategy<Value = Arc<str>> {
    "[A-Za-z_][A-Za-z0-9_]{0,9}".prop_map(Into::into)
}

fn variable() -> impl Strategy<Value = Variable> {
    let bytes = prop_oneof![select(&SIZES).prop_map(u64::from), 1..=1_u64 << 20];
    (name(), bytes, option::of(0..=255_u64), any::<u128>()).prop_map(
        |(name, bytes, line_offset, initial)| {
            let single = SIZES.iter().find(|&&size| u64::from(size) == bytes);
            let initial = single.map_or(0, |&size| fit(initial, size));
            Variable {
                name,
                bytes,
                line_offset,
                initial,
            }
        },
    )
}

fn lock() -> impl Strategy<Value = LockDeclaration> {
    let kind = select(&LockKind::ALL).prop_map(|(kind, _)| kind);
    (name(), kind, option::of(0..=255_u64)).prop_map(|(name, kind, line_offset)| LockDeclaration {
        name,
        kind,
        line_offset,
    })
}

fn map(kinds: &'static [&'static str]) -> impl Strategy<Value = MapDeclaration> {
    let key = select(&KeyKind::ALL).prop_map(|(kind, _)| kind);
    let value = select(&ValueKind::ALL).prop_map(|(kind, _)| kind);
    let power = |most: u32| option::of((0..=most).prop_map(|log| 1_u32 << log));
    let numbers = (power(16), power(12), power(8), 0..=1_u64 << 22);
    let over = option::of(select(kinds));
    let named = (name(), select(kinds), over);
    (named, key, value, numbers, option::of(0..=255_u64)).prop_map(
        |((name, kind, over), key, value, (buckets, shards, pad, room), line_offset)| {
            MapDeclaration {
                name,
                kind: kind.to_owned(),
                key,
                value,
                room,
                buckets,
                line_offset,
                shards,
                pad,
                over: over.map(str::to_owned),
            }
        },
    )
}

/// The value cut to what `bytes` bytes hold.
fn fit(value: u128, bytes: u8) -> u128 {
    value & u128::MAX >> (128 - 8 * u32::from(bytes))
}

/// The operation as one before the run, if it can be one.
fn init(operation: Operation) -> Option<Operation> {
    let before = matches!(operation.op, Op::Store(..) | Op::Put { .. });
    before.then_some(Operation {
        thread: 0,
        result: None,
        label: None,
        ..operation
    })
}

fn operation(header: &Arc<Header>) -> impl Strategy<Value = Operation> + use<> {
    let memory = place(header).prop_flat_map(memory);
    let other = prop_oneof![
        Just(Op::Fence),
        Just(Op::Clock),
        (0..=1_000_000_000_u32).prop_map(Op::Compute)
    ];
    let other = match header.locks.is_empty() {
        true => other.boxed(),
        false => prop_oneof![1 => other, 2 => locking(header)].boxed(),
    };
    let op = if header.maps.is_empty() {
        prop_oneof![3 => memory, 1 => other].boxed()
    } else {
        prop_oneof![3 => memory, 1 => other, 3 => call(header)].boxed()
    };
    let label = option::of("[^\\pC\\pZ]{1,9}").prop_map(|l| l.map(Into::into));
    (0..=LAST_THREAD, op, option::of(name()), label).prop_map(|(thread, op, result, label)| {
        let gives = matches!(
            op,
            Op::Load(_) | Op::Rmw(..) | Op::Get { .. } | Op::Len { .. } | Op::Range { .. }
        );
        let result = result.filter(|_| gives);
        Operation {
            line: 0,
            thread,
            op,
            result,
            label,
        }
    })
}

fn place(header: &Arc<Header>) -> impl Strategy<Value = Place> + use<> {
    let absolute = (any::<u64>(), select(&SIZES)).prop_map(|(offset, bytes)| Place {
        base: Base::Absolute,
        offset,
        bytes,
    });
    let variables = header.variables.len() as u16;
    if variables == 0 {
        return absolute.boxed();
    }
    let offset = prop_oneof![Just(0), 0..=1_u64 << 32];
    let named =
        (0..variables, offset, select(&SIZES)).prop_map(|(variable, offset, bytes)| Place {
            base: Base::Variable(variable),
            offset,
            bytes,
        });
    prop_oneof![1 => absolute, 3 => named].boxed()
}

fn memory(place: Place) -> impl Strategy<Value = Op> {
    let value = || any::<u128>().prop_map(move |value| fit(value, place.bytes));
    prop_oneof![
        Just(Op::Load(place)),
        Just(Op::Evict(place)),
        value().prop_map(move |new| Op::Store(place, new)),
        value().prop_map(move |new| Op::Rmw(place, Rmw::Exchange(new))),
        value().prop_map(move |addend| Op::Rmw(place, Rmw::Add(addend))),
        (value(), value()).prop_map(move |(expected, new)| {
            Op::Rmw(place, Rmw::CompareExchange { expected, new })
        }),
    ]
}

fn locking(header: &Arc<Header>) -> impl Strategy<Value = Op> + use<> {
    let header = Arc::clone(header);
    let locks = header.locks.len() as u16;
    (0..locks, any::<[bool; 2]>()).prop_map(move |(lock, [lets_go, shared])| {
        let shared = shared && header.locks[usize::from(lock)].kind == LockKind::ReadWrite;
        match (lets_go, shared) {
            (false, false) => Op::Lock(lock),
            (true, false) => Op::Unlock(lock),
            (false, true) => Op::ReadLock(lock),
            (true, true) => Op::ReadUnlock(lock),
        }
    })
}

fn call(header: &Arc<Header>) -> impl Strategy<Value = Op> + use<> {
    let header = Arc::clone(header);
    let maps = header.maps.len() as u16;
    let text = "[^\\pC\\n]{0,9}|[\\x00-\\x7f]{0,9}".prop_map(Arc::<str>::from);
    (0..maps, any::<[u64; 4]>(), [text.clone(), text], 0..9_u32).prop_map(
        move |(map, [key, one, two, three], [name, text], verb)| {
            let declared = &header.maps[usize::from(map)];
            let key = match declared.key {
                KeyKind::U64 => Key::Number(key),
                KeyKind::U32 => Key::Number(key >> 32),
                KeyKind::Text => Key::Text(name),
            };
            match verb {
                0 => Op::Get { map, key },
                1 => Op::Delete { map, key },
                2 => Op::Increment { map, key },
                3 => Op::Len { map },
                4 => Op::Range { map },
                5 => Op::Clear { map },
                8 => Op::Grow { map },
                _ => {
                    let value = match declared.value {
                        ValueKind::U64 | ValueKind::Halves => Literal::Number(one),
                        ValueKind::Text | ValueKind::Slice => Literal::Text(text),
                        ValueKind::Struct => Literal::Struct([one, two, three]),
                        ValueKind::Interface if verb == 6 => Literal::Boxed(Boxed::Number(one)),
                        ValueKind::Interface => Literal::Boxed(Boxed::Text(text)),
                    };
                    Op::Put { map, key, value }
                }
            }
        },
    )
}
