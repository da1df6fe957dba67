//! Reports as text for people.

mod died;
mod locks;
mod races;
mod reckoning;
mod versions;

use std::fmt::Write as _;

use super::many::SeedsReport;
use super::one::{CounterReport, ReplayReport, TornReport};
use super::table::Table;
use super::{counted, finals};
use crate::protocol::Transaction;
use crate::replay::Verdict;

/// The report of one replay.
#[must_use]
pub fn render_one(report: &ReplayReport) -> String {
    let mut out = String::new();
    heading(&mut out, &report.trace, &report.title);
    let (machine, protocol) = (&report.machine, &report.protocol);
    let cores = counted(report.cores, "core");
    let took = match (report.seed, report.cycles) {
        (Some(seed), cycles) => format!("seed {seed}: {cycles} cycles"),
        (None, operations) => format!("in the order of the trace: {operations} operations"),
    };
    let _ = writeln!(
        out,
        "machine {machine} ({cores}), protocol {protocol}, {took}"
    );
    if report.outcome.contains(&Verdict::Stopped.name()) {
        let when = match report.seed {
            Some(_) => format!("in cycle {}", report.cycles),
            None => format!("after {}", counted(report.cycles as usize, "operation")),
        };
        let _ = writeln!(out, "stopped {when}: this is what was found until then");
    }
    let _ = write!(out, "outcome: {}", report.outcome.join(", "));
    let is_wrong = |outcome: &&&str| **outcome != "data race";
    let wrong = report.outcome.iter().filter(is_wrong).count();
    match &report.first {
        Some(first) if wrong > 1 => {
            let (outcome, cycle) = (first.outcome, first.cycle);
            let _ = writeln!(out, " (first: {outcome}, cycle {cycle})");
        }
        _ => out.push('\n'),
    }
    if let Some(fatal) = &report.fatal {
        let (text, thread, line) = (fatal.text, fatal.thread, fatal.line);
        let (operation, cycle) = (&fatal.operation, fatal.cycle);
        let _ = writeln!(
            out,
            "\nfatal error: {text}\n  thread {thread}, line {line} `{operation}`, cycle {cycle}"
        );
        fatal
            .died
            .iter()
            .for_each(|death| died::died(&mut out, death));
    }
    if let Some(ending) = &report.ending {
        let thread = ending
            .thread
            .map_or(String::new(), |thread| format!("thread {thread}: "));
        let _ = writeln!(out, "\n{thread}{}", ending.what);
    }
    for thrown in &report.exceptions {
        let (thread, name, cycle) = (thrown.thread, thrown.name, thrown.cycle);
        let (line, operation) = (thrown.line, &thrown.operation);
        let _ = writeln!(
            out,
            "\nthread {thread}: {name}, line {line} `{operation}`, cycle {cycle}"
        );
        thrown
            .died
            .iter()
            .for_each(|death| died::died(&mut out, death));
    }
    for (number, torn) in (1..).zip(&report.torn) {
        let _ = writeln!(out);
        torn_read(&mut out, number, report.torn_reads, torn);
    }
    rest(&mut out, report.torn_reads, report.torn.len(), "torn reads");
    if report.forgotten_writes > 0 {
        let forgotten = report.forgotten_writes;
        let _ = writeln!(
            out,
            "\nbounded: the {forgotten} oldest writes were forgotten; what they left behind was not judged"
        );
    }
    for (number, wrong) in (1..).zip(&report.wrong) {
        let (all, line, operation) = (report.wrong_values, wrong.line, &wrong.operation);
        let (cycle, why) = (wrong.cycle, &wrong.why);
        let who = match wrong.thread {
            Some(thread) => format!("thread {thread}, line {line} `{operation}`, cycle {cycle}"),
            None => "the map after the run".to_owned(),
        };
        let _ = writeln!(out, "\nwrong value {number} of {all}: {who}\n  {why}");
    }
    rest(
        &mut out,
        report.wrong_values,
        report.wrong.len(),
        "wrong values",
    );
    for fault in &report.faults {
        let _ = writeln!(out, "\ncorrupt map {}: {}", fault.map, fault.what);
    }
    races::races(&mut out, report);
    locks::locks(&mut out, report);
    versions::versions(&mut out, report);
    if !report.results.is_empty() {
        let _ = writeln!(out, "\nresults: {}", values(&report.results));
    }
    traffic(&mut out, report);
    lines(&mut out, report);
    if let Some(states) = &report.final_states {
        finals::render(&mut out, states);
    }
    out
}

fn heading(out: &mut String, trace: &str, title: &str) {
    let _ = match title {
        "" => writeln!(out, "{trace}"),
        title => writeln!(out, "{trace}: {title}"),
    };
}

fn rest(out: &mut String, all: u64, shown: usize, what: &str) {
    if all > shown as u64 {
        let _ = writeln!(out, "\n… and {} more {what}", all - shown as u64);
    }
}

fn torn_read(out: &mut String, number: usize, all: u64, torn: &TornReport) {
    let (thread, line, operation) = (torn.thread, torn.line, &torn.operation);
    let _ = writeln!(
        out,
        "torn read {number} of {all}: thread {thread}, line {line} `{operation}`"
    );
    let place = torn
        .place
        .as_ref()
        .map_or(String::new(), |place| format!(" ({place})"));
    let (value, addr, from, to) = (&torn.value, &torn.addr, torn.begun_cycle, torn.cycle);
    let _ = writeln!(
        out,
        "  value {value} at {addr}{place}, cycles {from} to {to}"
    );
    for part in &torn.parts {
        if torn.line_begins_at.contains(&part.from) {
            let _ = writeln!(out, "  ---- here begins the next cache line");
        }
        let (from, to, value, operation) = (part.from, part.to, &part.value, &part.operation);
        let whose = match (part.thread, part.cycle) {
            (None, _) if part.line == 0 => operation.clone(),
            (None, _) => format!("before the run, line {} `{operation}`", part.line),
            (Some(thread), Some(cycle)) => format!(
                "thread {thread}, line {} `{operation}`, cycle {cycle}",
                part.line
            ),
            (Some(thread), None) => format!(
                "thread {thread}, line {} `{operation}`, still in its store buffer",
                part.line
            ),
        };
        let _ = writeln!(out, "  bytes {from}..{to}  {value}  {whose}");
    }
}

fn values(values: &std::collections::BTreeMap<String, Option<String>>) -> String {
    let one = |(name, value): (&String, &Option<String>)| {
        format!("{name}={}", value.as_deref().unwrap_or("absent"))
    };
    values.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// A counter's name and value.
type Counter = (&'static str, fn(&CounterReport) -> u64);

/// The counters that are shown, those that are zero everywhere left out.
const COUNTERS: &[Counter] = &[
    ("accesses", |c| c.accesses),
    ("  loads", |c| c.counters.loads),
    ("  stores", |c| c.counters.stores),
    ("  locked", |c| c.counters.locked),
    ("  in several parts", |c| c.counters.split),
    ("forwarded by the store buffer", |c| c.counters.forwards),
    ("store-buffer stalls", |c| c.counters.stalls()),
    ("  full", |c| c.counters.stalls_full),
    ("  draining", |c| c.counters.stalls_draining),
    ("  partly buffered", |c| c.counters.stalls_partly_buffered),
    ("  invalidating", |c| c.counters.stalls_invalidating),
    ("invalidated lines read", |c| c.counters.invalidated_reads),
    ("hits", |c| c.counters.hits),
    ("misses", |c| {
        c.counters.load_misses + c.counters.store_misses
    }),
    ("  by loads", |c| c.counters.load_misses),
    ("  by stores", |c| c.counters.store_misses),
    ("  cold", |c| c.counters.cold_misses),
    ("  coherence", |c| c.counters.coherence_misses),
    ("  replacement", |c| c.counters.replacement_misses),
    ("upgrades", |c| c.counters.upgrades),
    ("silent upgrades", |c| c.counters.silent_upgrades),
    ("interventions", |c| c.counters.interventions),
    ("invalidations sent", |c| c.counters.invalidations_sent),
    ("invalidations received", |c| {
        c.counters.invalidations_received
    }),
    ("cache-to-cache transfers", |c| c.counters.cache_to_cache),
    ("lines from memory", |c| c.counters.from_memory),
    ("write-backs", |c| c.counters.write_backs),
    ("write-throughs", |c| c.counters.write_throughs),
    ("bus locks", |c| c.counters.bus_locks),
    ("messages sent", |c| c.counters.messages_sent),
];

fn traffic(out: &mut String, report: &ReplayReport) {
    let _ = writeln!(out, "\ntraffic");
    let cores = report.per_core.iter().filter_map(|core| core.core);
    let cores = cores.map(|core| format!("core {core}"));
    let mut table = Table::new([String::new(), "all".to_owned()].into_iter().chain(cores));
    let all = || std::iter::once(&report.total).chain(&report.per_core);
    for &(name, counter) in COUNTERS {
        if counter(&report.total) > 0 {
            let counts = all().map(|counters| counter(counters).to_string());
            table.row(std::iter::once(name.to_owned()).chain(counts));
        }
    }
    for kind in Transaction::ALL {
        let count = |counters: &CounterReport| counters.counters.transactions[kind as usize];
        if count(&report.total) > 0 {
            let counts = all().map(|counters| count(counters).to_string());
            table.row(std::iter::once(format!("bus: {}", kind.name())).chain(counts));
        }
    }
    for (kind, &count) in &report.messages {
        if count > 0 {
            table.row([format!("message: {kind}"), count.to_string()]);
        }
    }
    // In time they depend on the seed, and the timeline has each of them.
    let changes = report.total.state_changes.iter();
    for (name, all) in changes.filter(|_| report.seed.is_none()) {
        let counts = report
            .per_core
            .iter()
            .map(|core| core.state_changes.get(name));
        let counts = counts.map(|count| count.copied().unwrap_or(0));
        let counts = std::iter::once(*all)
            .chain(counts)
            .map(|count| count.to_string());
        table.row(std::iter::once(format!("state: {name}")).chain(counts));
    }
    for (name, all) in &report.total.tallies {
        let counts = report.per_core.iter().map(|core| core.tallies[name]);
        let counts = std::iter::once(*all)
            .chain(counts)
            .map(|count| count.to_string());
        table.row(std::iter::once(format!("the file's {name}")).chain(counts));
    }
    if report.seed.is_some() && report.messages.is_empty() {
        let busy = report.bus_busy_cycles.to_string();
        table.row(["bus busy, cycles".to_owned(), busy]);
    }
    let _ = write!(out, "{table}");
}

fn lines(out: &mut String, report: &ReplayReport) {
    if report.lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nlines with the most traffic");
    let heading = [
        "line",
        "holds",
        "cores",
        "hits",
        "bus",
        "invalidated",
        "moved",
        "written back",
        "last writer",
    ];
    let mut table = Table::new(heading.map(str::to_owned));
    for line in &report.lines {
        let cores: Vec<String> = line.cores.iter().map(u8::to_string).collect();
        let writer = line.last_writer.as_ref().map_or(String::new(), |last| {
            format!("thread {}, {}", last.thread.unwrap_or(0), last.what)
        });
        table.row([
            line.addr.clone(),
            line.holds.join(", "),
            cores.join(","),
            line.hits.to_string(),
            line.transactions.to_string(),
            line.invalidations.to_string(),
            line.cache_to_cache.to_string(),
            line.write_backs.to_string(),
            writer,
        ]);
    }
    let _ = write!(out, "{table}");
}

/// The report of many replays; `replay` is the command that replays one of them, up to the
/// seed.
#[must_use]
pub fn render_many(report: &SeedsReport, replay: &str) -> String {
    let mut out = String::new();
    heading(&mut out, &report.trace, &report.title);
    let (machine, protocol) = (&report.machine, &report.protocol);
    let cores = counted(report.cores, "core");
    let runs = match report.strategy {
        "exhaustive" => counted(report.seeds as usize, "schedule"),
        _ => counted(report.seeds as usize, "seed"),
    };
    let strategy = match report.strategy {
        "timed" => String::new(),
        strategy => format!(", strategy {strategy}"),
    };
    let _ = writeln!(
        out,
        "machine {machine} ({cores}), protocol {protocol}{strategy}, {runs}"
    );
    if let Some(promise) = &report.promise {
        let _ = writeln!(out, "{promise}");
    }
    if report.runs < report.seeds && report.strategy != "exhaustive" {
        let _ = writeln!(
            out,
            "stopped after {}",
            counted(report.runs as usize, "run")
        );
    }
    let share = |runs: u64| format!("{:.2} %", 100.0 * runs as f64 / report.runs.max(1) as f64);
    let seed = |seed: Option<u64>| seed.map_or(String::new(), |seed| seed.to_string());
    let _ = writeln!(out);
    let mut table = Table::new(["outcome", "runs", "share", "seed"].map(str::to_owned));
    for row in &report.outcomes {
        let name = row
            .text
            .map_or(row.outcome.to_owned(), |text| format!("  {text}"));
        table.row([name, row.runs.to_string(), share(row.runs), seed(row.seed)]);
    }
    let _ = write!(out, "{table}");
    reckoning::reckoning(&mut out, report);
    reckoning::kinds(&mut out, "wrong values", &report.wrong, report.runs);
    reckoning::kinds(&mut out, "corrupt maps", &report.faults, report.runs);
    if !report.torn.is_empty() {
        let _ = writeln!(out, "\ntorn values");
        let mut table = Table::new(
            [
                "value",
                "another write from byte",
                "another line from byte",
                "runs",
                "seed",
            ]
            .map(str::to_owned),
        );
        for row in &report.torn {
            table.row([
                row.value.clone(),
                list(&row.cut_at),
                list(&row.line_begins_at),
                row.runs.to_string(),
                row.seed.to_string(),
            ]);
        }
        let _ = write!(out, "{table}");
    }
    if !report.results.is_empty() {
        let _ = writeln!(out, "\nresults");
        let mut table = Table::new(["values", "runs", "share", "seed"].map(str::to_owned));
        for row in &report.results {
            table.row([
                values(&row.values),
                row.runs.to_string(),
                share(row.runs),
                row.seed.to_string(),
            ]);
        }
        let _ = write!(out, "{table}");
    }
    if report.not_shown > 0 {
        let _ = writeln!(out, "\n… and {} rarer ones", report.not_shown);
    }
    let _ = writeln!(
        out,
        "\na run can show several outcomes; to see one again: {replay} --seed SEED"
    );
    out
}

fn list(numbers: &[usize]) -> String {
    let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
    numbers.join(", ")
}
