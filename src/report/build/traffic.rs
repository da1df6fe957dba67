//! Counters and lines, as a report says them.

use std::collections::BTreeMap;

use super::Texts;
use crate::machine::Core;
use crate::observe::{Cells, Contention, CoreCounters, Objects, TornReads};
use crate::report::one::{CounterReport, Finding, LineReport};

/// At most this many lines are shown, those with the most traffic.
const SHOWN_LINES: usize = 16;

/// The counters of `cores` together.
pub(super) fn counter_report(
    core: Option<u8>,
    counters: CoreCounters,
    cells: &Cells,
    cores: impl IntoIterator<Item = Core>,
) -> CounterReport {
    let (mut state_changes, mut tallies) = (BTreeMap::new(), BTreeMap::new());
    for core in cores {
        for (from, to, count) in cells.changes(core) {
            *state_changes.entry(format!("{from} to {to}")).or_default() += count;
        }
        for (name, count) in cells.tallies(core) {
            *tallies.entry(name.to_owned()).or_default() += count;
        }
    }
    CounterReport {
        core,
        accesses: counters.accesses(),
        counters,
        state_changes,
        tallies,
    }
}

pub(super) fn line_reports(
    contention: &Contention,
    torn: &TornReads,
    texts: &Texts,
    objects: &Objects,
) -> Vec<LineReport> {
    let size = contention.line_size();
    let mut lines: Vec<_> = contention.lines().iter().collect();
    lines.sort_by_key(|(line, traffic)| (std::cmp::Reverse(traffic.transactions), **line));
    lines.truncate(SHOWN_LINES);
    let reports = lines.into_iter().map(|(&line, traffic)| {
        let base = size.base_of(line);
        let last_writer = traffic.last_write.map(|(thread, write, addr, cycle)| {
            let line = torn.line_of(write).unwrap_or(0);
            let what = format!("line {line} `{}`, at {addr}, cycle {cycle}", texts.of(line));
            Finding {
                thread: Some(thread.0),
                what,
            }
        });
        LineReport {
            addr: base.to_string(),
            holds: objects.within(base, size.bytes()).collect(),
            cores: (0..64)
                .filter(|core| traffic.cores >> core & 1 == 1)
                .collect(),
            hits: traffic.hits,
            transactions: traffic.transactions,
            invalidations: traffic.invalidations,
            cache_to_cache: traffic.cache_to_cache,
            write_backs: traffic.write_backs,
            last_writer,
        }
    });
    reports.collect()
}
