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
        let bytes: Arc<[u8]> = text.into_bytes().into();
        let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
        let trace = Trace::read("generated", &[kind.name], open).unwrap();
        let (config, table) = (common::config(3), common::shipped_protocol("mesi"));
        let replay = Replay::new(config.into(), table.into(), trace.into(), None).unwrap();
        let mut run = replay.run_in_order(Findings::default()).unwrap();
        prop_assert_eq!(run.ended.ending, Ending::Finished);
        run.observer.look_over(&run.maps);
        prop_assert_eq!(run.observer.history.found(), []);
        prop_assert_eq!(run.observer.history.bounded(), 0);
    }
}
