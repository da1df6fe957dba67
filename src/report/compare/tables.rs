//! What each map of a setting cost, in three tables: waiting and memory, traffic, times of calls.

use super::CombinationReport;
use super::axis::distinct;
use super::text::{optional, outcomes, throughput};
use crate::report::table::Table;

/// What threads waited for, what was allocated, and what runs showed.
pub(super) fn costs(combinations: &[&CombinationReport]) -> Table {
    let heading = [
        "map",
        "calls/1000",
        "asleep",
        "spinning",
        "stalled",
        "lost CAS",
        "objects",
        "bytes",
        "outcomes",
    ];
    let mut table = Table::new(heading.map(str::to_owned));
    for combination in combinations {
        let (waiting, heap) = (&combination.waiting, &combination.heap);
        let share = |cycles: u64| match waiting.thread_cycles {
            0 => "-".to_owned(),
            all => format!("{:.1} %", 100.0 * cycles as f64 / all as f64),
        };
        table.row([
            combination.map.to_owned(),
            throughput(combination),
            share(waiting.asleep_cycles),
            share(waiting.spun_cycles),
            share(waiting.stalled_cycles),
            per_call(combination, waiting.lost_swaps),
            per_call(combination, heap.allocations),
            per_call(combination, heap.bytes),
            outcomes(combination),
        ]);
    }
    table
}

/// What caches and their bus or network did for each call; none if there were no calls.
pub(super) fn traffic(combinations: &[&CombinationReport]) -> Option<Table> {
    let done = combinations.iter().filter(|c| c.work.calls > 0);
    let done: Vec<&CombinationReport> = done.copied().collect();
    if done.is_empty() {
        return None;
    }
    let kinds = distinct(done.iter().flat_map(|c| asked(c)).map(|(kind, _)| kind));
    let fixed = ["lines moved", "written back", "bytes", "taken/change"];
    let heading = std::iter::once("map").chain(kinds.iter().copied());
    let heading = heading.chain(fixed);
    let mut table = Table::new(heading.map(str::to_owned));
    for combination in done {
        let traffic = &combination.traffic;
        let count = |kind: &str| {
            let found = asked(combination).find(|(known, _)| *known == kind);
            per_call(combination, found.map_or(0, |(_, count)| count))
        };
        let moved = traffic.cache_to_cache + traffic.from_memory;
        let fixed = [
            per_call(combination, moved),
            per_call(combination, traffic.write_backs),
            per_call(combination, traffic.moved_bytes),
            optional(traffic.invalidations_per_change),
        ];
        let row = std::iter::once(combination.map.to_owned());
        table.row(row.chain(kinds.iter().map(|kind| count(kind))).chain(fixed));
    }
    Some(table)
}

/// Transactions or messages by kind, those that there were.
fn asked(combination: &CombinationReport) -> impl Iterator<Item = (&str, u64)> {
    let traffic = &combination.traffic;
    let transactions = traffic
        .transactions
        .iter()
        .map(|(&kind, &count)| (kind, count));
    let messages = traffic
        .messages
        .iter()
        .map(|(kind, &count)| (&**kind, count));
    transactions.chain(messages).filter(|(_, count)| *count > 0)
}

/// How long calls took; none if there were no calls.
pub(super) fn latencies(combinations: &[&CombinationReport]) -> Option<Table> {
    if combinations.iter().all(|c| c.latency.is_empty()) {
        return None;
    }
    let heading = ["map", "call", "count", "p50", "p90", "p99", "max"];
    let mut table = Table::new(heading.map(str::to_owned));
    for combination in combinations {
        for (nth, row) in combination.latency.iter().enumerate() {
            let map = if nth == 0 { combination.map } else { "" };
            let numbers = [row.count, row.p50, row.p90, row.p99, row.max];
            let numbers = numbers.iter().map(u64::to_string);
            let words = [map, row.call].map(str::to_owned);
            table.row(words.into_iter().chain(numbers));
        }
    }
    Some(table)
}

fn per_call(combination: &CombinationReport, sum: u64) -> String {
    let calls = combination.work.calls;
    optional((calls > 0).then(|| sum as f64 / calls as f64))
}
