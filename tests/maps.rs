//! Map models on one core equal a plain map: every call, every answer, and after every call
//! the structure is whole and holds the same entries. `TEARLINE_MAP=NAME` tries one map alone,
//! `TEARLINE_CASES=5000` a million calls.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use common::{config, shipped_protocol};
use proptest::prelude::*;
use proptest::sample::select;
use tearline::drive::Ending;
use tearline::maps::{KINDS, KeyLayout, Kind, ValueLayout};
use tearline::observe::Findings;
use tearline::replay::Replay;
use tearline::trace::Trace;

/// A call, and the key that it is made with.
#[derive(Clone, Copy, Debug)]
enum Call {
    Put(u64, u64),
    Get(u64),
    Increment(u64),
    Delete(u64),
    Len,
    Range,
    Clear,
}

/// Calls with keys below a number: some traces stay in one bucket, others grow again and again.
fn arb_calls() -> impl Strategy<Value = Vec<Call>> {
    (select(&[6_u64, 24, 150, 1500]), 1..400_usize).prop_flat_map(|(keys, calls)| {
        let key = 0..keys;
        let call = prop_oneof![
            16 => (key.clone(), any::<u64>()).prop_map(|(key, value)| Call::Put(key, value)),
            8 => key.clone().prop_map(Call::Get),
            4 => key.clone().prop_map(Call::Increment),
            8 => key.prop_map(Call::Delete),
            2 => Just(Call::Len),
            2 => Just(Call::Range),
            1 => Just(Call::Clear),
        ];
        prop::collection::vec(call, calls)
    })
}

fn kinds() -> Vec<&'static Kind> {
    let chosen = std::env::var("TEARLINE_MAP").ok();
    let chosen = |kind: &&Kind| chosen.as_ref().is_none_or(|name| name == kind.name);
    KINDS.iter().filter(chosen).collect()
}

/// How many programs of 200 calls on average are tried.
fn cases() -> u32 {
    let given = std::env::var("TEARLINE_CASES").ok();
    given.map_or(250, |given| given.parse().expect("a number"))
}

/// A map algorithm with keys and values that it can have.
fn arb_kind() -> impl Strategy<Value = (&'static Kind, KeyLayout, ValueLayout)> {
    select(kinds()).prop_flat_map(|kind| (Just(kind), select(kind.keys), select(kind.values)))
}

fn key_name(layout: KeyLayout) -> &'static str {
    match layout {
        KeyLayout::Word => "u64",
        KeyLayout::Half => "u32",
        KeyLayout::Text => "string",
    }
}

fn value_name(layout: ValueLayout) -> &'static str {
    match layout {
        ValueLayout::Word => "u64",
        ValueLayout::Halves => "u64-halves",
        ValueLayout::Text => "string",
        ValueLayout::Interface => "interface",
        ValueLayout::Slice => "slice",
        ValueLayout::Struct => "struct",
        ValueLayout::Pointer => unreachable!("traces have no such values"),
    }
}

/// The calls as a trace, the results that a plain map gives, and how many entries that has
/// after each line.
struct Expected {
    text: String,
    results: BTreeMap<String, Option<u128>>,
    entries: BTreeMap<u32, Vec<u64>>,
}

fn expected(kind: &Kind, keys: KeyLayout, values: ValueLayout, calls: &[Call]) -> Expected {
    let (name, key, value) = (kind.name, key_name(keys), value_name(values));
    let mut text = format!("map m {name} key={key} value={value}\n");
    let is_number = matches!(values, ValueLayout::Word | ValueLayout::Halves);
    let literal = |value: u64| match values {
        ValueLayout::Word | ValueLayout::Halves => value.to_string(),
        ValueLayout::Text | ValueLayout::Slice => format!("\"{value}\""),
        ValueLayout::Interface => format!("int({value})"),
        ValueLayout::Struct => format!("{{{value},1,2}}"),
        ValueLayout::Pointer => unreachable!("traces have no such values"),
    };
    let key = |key: u64| match keys {
        KeyLayout::Text if key.is_multiple_of(3) => format!("\"a rather long key, number {key}\""),
        KeyLayout::Text => format!("\"{key}\""),
        _ => key.to_string(),
    };
    let mut map = BTreeMap::new();
    let mut results = BTreeMap::new();
    let mut entries = BTreeMap::new();
    let mut values_put = Vec::new();
    for (call, line) in calls.iter().zip(2..) {
        let name = format!("r{line}");
        match *call {
            Call::Put(k, value) => {
                values_put.push(value);
                map.insert(k, value);
                let _ = writeln!(text, "0 put m {} {}", key(k), literal(value));
            }
            Call::Get(k) if is_number => {
                results.insert(name.clone(), map.get(&k).map(|&value| value.into()));
                let _ = writeln!(text, "0 get m {} -> {name}", key(k));
            }
            Call::Get(k) => {
                let _ = writeln!(text, "0 get m {}", key(k));
            }
            Call::Increment(k) if is_number => {
                let value = map.entry(k).or_insert(0_u64);
                *value = value.wrapping_add(1);
                let _ = writeln!(text, "0 inc m {}", key(k));
            }
            Call::Increment(k) | Call::Delete(k) => {
                map.remove(&k);
                let _ = writeln!(text, "0 delete m {}", key(k));
            }
            Call::Len => {
                results.insert(name.clone(), Some(map.len() as u128));
                let _ = writeln!(text, "0 len m -> {name}");
            }
            Call::Range => {
                results.insert(name.clone(), Some(map.len() as u128));
                let _ = writeln!(text, "0 range m -> {name}");
            }
            Call::Clear => {
                map.clear();
                text += "0 clear m\n";
            }
        }
        let now = match keys {
            // Texts go by their addresses, which the test does not know.
            KeyLayout::Text => vec![0; map.len()],
            _ => map.keys().copied().collect(),
        };
        entries.insert(line, now);
    }
    Expected {
        text,
        results,
        entries,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_thread_sees_a_plain_map((kind, keys, values) in arb_kind(), calls in arb_calls(), seed in any::<u64>()) {
        let expected = expected(kind, keys, values, &calls);
        let bytes: Arc<[u8]> = expected.text.into_bytes().into();
        let open = Box::new(move || Ok(Box::new(std::io::Cursor::new(Arc::clone(&bytes))) as Box<_>));
        let trace = Trace::read("generated", &[kind.name], open).unwrap();
        let (config, table) = (config(1), shipped_protocol("mesi"));
        let replay = Replay::new(config.into(), table.into(), trace.into(), None).unwrap();
        let replay = replay.checked(calls.len() < 50);

        let mut whole = Ok(());
        let ended = replay.run_walking(&mut (), |operation, walk| {
            let walk = walk().remove(0);
            let mut held: Vec<u64> = walk.entries.iter().map(|entry| entry.key).collect();
            if keys == KeyLayout::Text {
                held.fill(0);
            }
            held.sort_unstable();
            if whole.is_ok() && (!walk.faults.is_empty() || held != expected.entries[&operation.line]) {
                whole = Err(format!("{}: after {operation:?}: {walk:?}", kind.name));
            }
        });
        prop_assert_eq!(ended.unwrap().ending, Ending::Finished);
        prop_assert_eq!(whole, Ok(()));

        let (ended, findings) = replay.run(seed, Findings::default()).unwrap();
        prop_assert_eq!(ended.ending, Ending::Finished);
        prop_assert_eq!((findings.torn.count(), findings.history.count()), (0, 0));
        let named = findings.named.values.into_iter();
        let named: BTreeMap<String, _> = named.map(|(name, value)| (name.to_string(), value)).collect();
        prop_assert_eq!(named, expected.results);
    }
}
