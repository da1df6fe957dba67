//! Data races and faults of maps, as a report says them.

use super::{SHOWN, Texts};
use crate::maps::Fault;
use crate::observe::{Race, Races, Side};
use crate::report::one::{FaultReport, RaceReport, SideReport};
use crate::trace::Trace;

/// The lines of the trace that the races shown are in.
pub(super) fn lines(races: Option<&Races>) -> Vec<u32> {
    let shown = races
        .into_iter()
        .flat_map(|races| races.found())
        .take(SHOWN);
    shown
        .flat_map(|race| [race.first.line, race.second.line])
        .collect()
}

pub(super) fn race_reports(races: Option<&Races>, texts: &Texts) -> Vec<RaceReport> {
    let by_go = |race: &Race| {
        let lines = |race: &Race| {
            let (one, two) = (race.first.line, race.second.line);
            (one.min(two), one.max(two))
        };
        let same = |other: &Race| lines(other) == lines(race);
        races.is_some_and(|races| races.found_by_go().iter().any(same))
    };
    let shown = races
        .into_iter()
        .flat_map(|races| races.found())
        .take(SHOWN);
    let report = |race: &Race| RaceReport {
        first: side(&race.first, texts),
        second: side(&race.second, texts),
        addr: race.first.addr.to_string(),
        bytes: race.first.bytes,
        object: race.object.as_ref().map(|(name, offset)| match offset {
            0 => name.to_string(),
            offset => format!("{name}+{offset}"),
        }),
        why: race.why(),
        times: race.times,
        seen_by_go: by_go(race),
    };
    shown.map(report).collect()
}

fn side(side: &Side, texts: &Texts) -> SideReport {
    SideReport {
        thread: side.thread.0,
        line: side.line,
        operation: texts.of(side.line),
        touch: side.touch.name(),
        cycle: side.cycle,
    }
}

pub(super) fn fault_report(trace: &Trace, (map, fault): &(u16, Fault)) -> FaultReport {
    FaultReport {
        map: trace.header().maps[usize::from(*map)].name.to_string(),
        kind: fault.name(),
        what: fault.to_string(),
    }
}
