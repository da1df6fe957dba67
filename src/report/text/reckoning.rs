//! Of the runs that went wrong, who would have said so.

use std::fmt::Write as _;

use crate::report::counted;
use crate::report::many::{KindRow, SeedsReport};
use crate::report::table::Table;

pub(super) fn reckoning(out: &mut String, report: &SeedsReport) {
    let reckoning = &report.reckoning;
    let wrong = reckoning.wrong;
    let overlapped = reckoning.overlapped;
    if overlapped > 0 {
        let share = 100.0 * overlapped as f64 / report.runs.max(1) as f64;
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "\ncalls of different threads to one map overlapped in {} ({share:.2} %)",
            counted(overlapped as usize, "run")
        );
    }
    if wrong == 0 {
        return;
    }
    let share = |runs: u64| format!("{:.2} %", 100.0 * runs as f64 / wrong as f64);
    let wrong = counted(wrong as usize, "run");
    let _ = writeln!(out, "\nof {wrong} that went wrong");
    let mut table = Table::new(["", "runs", "share", "seed"].map(str::to_owned));
    let seed = reckoning.silent_seed;
    let seed = seed.map_or(String::new(), |seed| seed.to_string());
    let mut row = |what: &str, runs: u64, seed: String| {
        table.row([what.to_owned(), runs.to_string(), share(runs), seed]);
    };
    row(
        "the runtime's check caught",
        reckoning.caught,
        String::new(),
    );
    if let Some(raced) = reckoning.raced {
        row("a race detector would have reported", raced, String::new());
    }
    row("passed silently", reckoning.silent, seed);
    if let Some(raced) = reckoning.silent_raced {
        row(
            "  those a race detector would have reported",
            raced,
            String::new(),
        );
    }
    let _ = write!(out, "{table}");
}

pub(super) fn kinds(out: &mut String, title: &str, kinds: &[KindRow], runs: u64) {
    if kinds.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    let mut table = Table::new(["kind", "runs", "share", "seed"].map(str::to_owned));
    for row in kinds {
        let share = format!("{:.2} %", 100.0 * row.runs as f64 / runs.max(1) as f64);
        let (runs, seed) = (row.runs.to_string(), row.seed.to_string());
        table.row([row.kind.to_owned(), runs, share, seed]);
    }
    let _ = write!(out, "{table}");
}
