//! What was asked and what was not, for people.

use std::collections::BTreeMap;
use std::time::Duration;

use anstream::eprintln;

use crate::report::counted;
use crate::report::probe::{LitmusReport, NotAsked, TestSeen};

/// What was asked and what was not, in a few lines.
pub(super) fn tell(report: &LitmusReport, time: Duration) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for NotAsked { what, why } in &report.not_asked {
        reasons.entry(why).or_default().push(what);
    }
    for (why, tests) in reasons {
        match &tests[..] {
            [test] => eprintln!("note: {test} is not asked: {why}"),
            [first, ..] => {
                let others = tests.len() - 1;
                eprintln!("note: {first} and {others} more are not asked: {why}");
            }
            [] => {}
        }
    }
    let sum = |of: fn(&TestSeen) -> u64| report.tests.iter().map(of).sum::<u64>();
    eprintln!(
        "{}, {}, {} of {} seen, {}, {:.1} s",
        counted(report.tests.len(), "test"),
        counted(sum(|test| test.runs) as usize, "run"),
        sum(|test| test.allowed_seen),
        counted(sum(|test| test.allowed) as usize, "allowed state"),
        counted(report.findings(), "finding"),
        time.as_secs_f64()
    );
}
