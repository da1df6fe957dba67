//! Calls of several threads, each complete before the next: whatever the map, no answer is
//! wrong.

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;

use proptest::prelude::*;
use tearline::drive::Ending;
use tearline::maps::{KINDS, KeyLayout};
use tearline::observe::Findings;
use tearline::replay::Replay;
use tearline::trace::Trace;

use crate::common;

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_one_after_another_are_never_wrong(
        kind in 0..KINDS.len(),
        calls in prop::collection::vec((0..3_u8, 0..12_u8, 0..40_u32), 1..250),
    ) {
        let kind = &KINDS[kind];
        prop_assume!(kind.keys.contains(&KeyLayout::Word));
        let mut text = format!("map m {}\ninit put m 3 1\n", kind.name);
        for (thread, what, key) in calls {
            let _ = match what {
                0..4 => writeln!(text, "{thread} put m {key} {key}"),
                4..6 => writeln!(text, "{thread} get m {key}"),
                6..8 => writeln!(text, "{thread} inc m {key}"),
                8 | 9 => writeln!(text, "{thread} delete m {key}"),
                10 => writeln!(text, "{thread} range m"),
                _ if key == 0 => writeln!(text, "{thread} clear m"),
                _ => writeln!(text, "{thread} len m"),
            };
        }
        let replay = replay(&text, kind.name);
        let mut run = replay.run_in_order(Findings::default()).unwrap();
        prop_assert_eq!(run.ended.ending, Ending::Finished);
        run.observer.look_over(&run.maps);
        prop_assert_eq!(run.observer.history.found(), []);
        prop_assert_eq!(run.observer.history.bounded(), 0);
    }
}

/// A map that is right: `ConcurrentHashMap`, whose get takes no lock.
#[test]
fn a_map_for_threads_is_never_wrong_and_has_no_races() {
    let mut state = 1_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (state >> 33) % below
    };
    for round in 0..40 {
        let mut text = "map m java-concurrent\ninit put m 3 1\n".to_owned();
        let keys = if round % 2 == 0 { 3 } else { 40 };
        for _ in 0..200 {
            let (thread, key) = (next(3), next(keys));
            let _ = match next(16) {
                0..6 => writeln!(text, "{thread} put m {key} {key}"),
                6..11 => writeln!(text, "{thread} get m {key}"),
                11..14 => writeln!(text, "{thread} delete m {key}"),
                14 => writeln!(text, "{thread} range m"),
                _ => writeln!(text, "{thread} len m"),
            };
        }
        for seed in 0..10 {
            let mut run = replay(&text, "java-concurrent")
                .run_whole(seed, Findings::default().with_races())
                .unwrap();
            assert_eq!(run.ended.ending, Ending::Finished);
            run.observer.look_over(&run.maps);
            assert_eq!(run.observer.history.found(), [], "seed {seed}:\n{text}");
            assert_eq!(run.observer.history.bounded(), 0);
            let races = run.observer.races.expect("they are looked for");
            assert_eq!(races.found(), []);
        }
    }
}

fn replay(text: &str, kind: &str) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let trace = Trace::read("generated", &[kind], open).unwrap();
    let (config, table) = (common::config(3), common::shipped_protocol("mesi"));
    Replay::new(config.into(), table.into(), trace.into(), None).unwrap()
}
