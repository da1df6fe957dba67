//! A comparison as a table for other programs: a line for each combination (RFC 4180).

use std::collections::BTreeSet;

use super::axis::distinct;
use super::{CallRow, CombinationReport, CompareReport};
use crate::replay::Verdict;

/// A column: its name, and the text that a combination has there.
type Column<'a> = (String, Box<dyn Fn(&CombinationReport) -> String + 'a>);

/// A number of a row.
type Number = fn(&CallRow) -> u64;

/// The report as comma-separated values. Kinds of calls and messages that no combination has
/// have no columns.
#[must_use]
pub fn csv(report: &CompareReport) -> String {
    let columns = columns(report);
    let mut out = line(columns.iter().map(|(name, _)| name.clone()));
    for combination in &report.combinations {
        out += &line(columns.iter().map(|(_, text)| text(combination)));
    }
    out
}

fn columns(report: &CompareReport) -> Vec<Column<'_>> {
    let mut columns: Vec<Column<'_>> = Vec::new();
    let mut column = |name: &str, text: fn(&CombinationReport) -> String| {
        columns.push((name.to_owned(), Box::new(text)));
    };
    column("map", |c| c.map.to_owned());
    column("machine", |c| c.machine.clone());
    column("protocol", |c| c.protocol.clone());
    column("cores", |c| c.cores.to_string());
    column("threads", |c| c.threads.to_string());
    column("reads_percent", |c| optional(c.reads));
    column("runs", |c| c.runs.to_string());
    column("finished", |c| c.finished.to_string());
    column("calls", |c| c.work.calls.to_string());
    column("changes", |c| c.work.changes.to_string());
    column("cycles", |c| c.work.cycles.to_string());
    column("calls_per_1000_cycles", |c| {
        optional(c.work.calls_per_1000_cycles)
    });
    column("bus_busy_cycles", |c| c.traffic.bus_busy_cycles.to_string());
    column("upgrades", |c| c.traffic.upgrades.to_string());
    column("invalidations", |c| c.traffic.invalidations.to_string());
    column("cache_to_cache", |c| c.traffic.cache_to_cache.to_string());
    column("from_memory", |c| c.traffic.from_memory.to_string());
    column("write_backs", |c| c.traffic.write_backs.to_string());
    column("moved_bytes", |c| c.traffic.moved_bytes.to_string());
    column("invalidations_per_change", |c| {
        optional(c.traffic.invalidations_per_change)
    });
    column("sleeps", |c| c.waiting.sleeps.to_string());
    column("asleep_cycles", |c| c.waiting.asleep_cycles.to_string());
    column("spun_cycles", |c| c.waiting.spun_cycles.to_string());
    column("lost_swaps", |c| c.waiting.lost_swaps.to_string());
    column("stalled_cycles", |c| c.waiting.stalled_cycles.to_string());
    column("thread_cycles", |c| c.waiting.thread_cycles.to_string());
    column("allocations", |c| c.heap.allocations.to_string());
    column("allocated_bytes", |c| c.heap.bytes.to_string());
    traffic(report, &mut columns);
    latency(report, &mut columns);
    for verdict in Verdict::ALL {
        let name = verdict.name();
        let runs = move |combination: &CombinationReport| {
            let seen = combination.seen().find(|(outcome, _)| *outcome == name);
            seen.map_or(0, |(_, runs)| runs).to_string()
        };
        columns.push((
            format!("outcome_{}", name.replace(' ', "_")),
            Box::new(runs),
        ));
    }
    let problem = |combination: &CombinationReport| combination.problem.clone().unwrap_or_default();
    columns.push(("problem".to_owned(), Box::new(problem)));
    columns
}

/// Transactions and messages by kind.
fn traffic<'a>(report: &'a CompareReport, columns: &mut Vec<Column<'a>>) {
    let combinations = || report.combinations.iter();
    let kinds = combinations().flat_map(|combination| combination.traffic.transactions.keys());
    for &kind in kinds.collect::<BTreeSet<_>>() {
        let count = move |combination: &CombinationReport| {
            let count = combination.traffic.transactions.get(kind);
            count.map_or(String::new(), u64::to_string)
        };
        columns.push((format!("bus_{kind}"), Box::new(count)));
    }
    let kinds = combinations().flat_map(|combination| combination.traffic.messages.keys());
    for kind in kinds.collect::<BTreeSet<_>>() {
        let count = move |combination: &CombinationReport| {
            let count = combination.traffic.messages.get(kind);
            count.map_or(String::new(), u64::to_string)
        };
        columns.push((format!("message_{kind}"), Box::new(count)));
    }
}

/// The times of each kind of call.
fn latency<'a>(report: &'a CompareReport, columns: &mut Vec<Column<'a>>) {
    let rows = report
        .combinations
        .iter()
        .flat_map(|combination| &combination.latency);
    for call in distinct(rows.map(|row| row.call)) {
        let numbers: [(&str, Number); 5] = [
            ("count", |row| row.count),
            ("p50", |row| row.p50),
            ("p90", |row| row.p90),
            ("p99", |row| row.p99),
            ("max", |row| row.max),
        ];
        for (name, number) in numbers {
            let text = move |combination: &CombinationReport| {
                let row = combination.latency.iter().find(|row| row.call == call);
                row.map_or(String::new(), |row| number(row).to_string())
            };
            columns.push((format!("{call}_{name}"), Box::new(text)));
        }
    }
}

fn optional(number: Option<f64>) -> String {
    number.map_or(String::new(), |number| number.to_string())
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let quoted = fields.map(|field| match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    });
    let fields: Vec<String> = quoted.collect();
    fields.join(",") + "\n"
}
