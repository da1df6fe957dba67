//! Data races in words.

use std::fmt::Write as _;

use crate::report::counted;
use crate::report::one::{RaceReport, ReplayReport, SideReport};

/// So many are shown; one is usually enough to find what is missing.
const SHOWN: usize = 3;

pub(super) fn races(out: &mut String, report: &ReplayReport) {
    // Writing to a String cannot fail.
    for (number, race) in (1..).zip(report.races.iter().take(SHOWN)) {
        let place = race.object.as_ref().unwrap_or(&race.addr);
        let (bytes, kinds) = (counted(race.bytes as usize, "byte"), report.races.len());
        let _ = writeln!(
            out,
            "\ndata race {number} of {kinds}: {bytes} at {place}{}",
            unseen(race)
        );
        for side in [&race.first, &race.second] {
            let _ = writeln!(out, "  {}", words(side));
        }
        let _ = writeln!(out, "  {}", race.why);
    }
    let more = report.races.len().saturating_sub(SHOWN);
    if more > 0 {
        let all = report.data_races;
        let _ = writeln!(
            out,
            "\n… and {more} other data races; {all} pairs of accesses in all"
        );
    }
}

fn unseen(race: &RaceReport) -> &'static str {
    match race.seen_by_go {
        true => "",
        false => " (inside of the runtime: Go's -race does not see it)",
    }
}

fn words(side: &SideReport) -> String {
    let SideReport {
        thread,
        line,
        operation,
        touch,
        cycle,
    } = side;
    match line {
        0 => format!("thread {thread}, {touch}, cycle {cycle}"),
        line => format!("thread {thread}, line {line} `{operation}`, {touch}, cycle {cycle}"),
    }
}
