//! Map models on one core equal a plain map: every call, every answer.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use common::{config, shipped_protocol};
use proptest::prelude::*;
use tearline::drive::Ending;
use tearline::maps::KINDS;
use tearline::observe::Findings;
use tearline::replay::Replay;
use tearline::trace::Trace;

/// A call, and the key that it is made with.
#[derive(Clone, Copy, Debug)]
enum Call {
    Put(u64, u64),
    Get(u64),
    Delete(u64),
    Len,
    Range,
}

fn arb_call() -> impl Strategy<Value = Call> {
    // Few enough keys for 64 buckets that none overflows; growth is not modelled.
    let key = 0..24_u64;
    prop_oneof![
        4 => (key.clone(), any::<u64>()).prop_map(|(key, value)| Call::Put(key, value)),
        4 => key.clone().prop_map(Call::Get),
        2 => key.prop_map(Call::Delete),
        1 => Just(Call::Len),
        1 => Just(Call::Range),
    ]
}

/// The calls as a trace, and the results that a plain map gives.
fn trace_of(kind: &str, calls: &[Call]) -> (String, BTreeMap<String, Option<u128>>) {
    let mut text = format!("map m {kind} value=u64 buckets=64\n");
    let mut map = BTreeMap::new();
    let mut results = BTreeMap::new();
    for (at, call) in calls.iter().enumerate() {
        let name = format!("r{at}");
        match *call {
            Call::Put(key, value) => {
                map.insert(key, value);
                let _ = writeln!(text, "0 put m {key} {value}");
            }
            Call::Get(key) => {
                results.insert(name.clone(), map.get(&key).map(|&value| value.into()));
                let _ = writeln!(text, "0 get m {key} -> {name}");
            }
            Call::Delete(key) => {
                map.remove(&key);
                let _ = writeln!(text, "0 delete m {key}");
            }
            Call::Len => {
                results.insert(name.clone(), Some(map.len() as u128));
                let _ = writeln!(text, "0 len m -> {name}");
            }
            Call::Range => text += "0 range m\n",
        }
    }
    (text, results)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_thread_sees_a_plain_map(
        kind in prop::sample::select(KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>()),
        calls in prop::collection::vec(arb_call(), 1..120),
        seed in any::<u64>(),
    ) {
        let (text, expected) = trace_of(kind, &calls);
        let bytes: Arc<[u8]> = text.into_bytes().into();
        let open = Box::new(move || Ok(Box::new(std::io::Cursor::new(Arc::clone(&bytes))) as Box<_>));
        let trace = Trace::read("generated", &[kind], open).unwrap();
        let (config, table) = (config(1), shipped_protocol("mesi"));
        let replay = Replay::new(config.into(), table.into(), trace.into(), None).unwrap();
        let (ended, findings) = replay.checked(true).run(seed, Findings::default()).unwrap();
        prop_assert_eq!(ended.ending, Ending::Finished);
        prop_assert_eq!((findings.torn.count(), findings.history.count()), (0, 0));
        let named = findings.named.values.into_iter();
        let named: BTreeMap<String, _> = named.map(|(name, value)| (name.to_string(), value)).collect();
        prop_assert_eq!(named, expected);
    }
}
