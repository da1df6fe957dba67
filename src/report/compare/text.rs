//! A comparison as text for people: throughput side by side where several columns were asked
//! for, then what each combination cost.

use std::fmt::Write as _;

use super::axis::{Axis, distinct, setting};
use super::{CombinationReport, CompareReport, tables};
use crate::report::counted;
use crate::report::table::Table;

/// The report as text.
#[must_use]
pub fn text(report: &CompareReport) -> String {
    let mut out = String::new();
    let seeds = counted(report.seeds as usize, "seed");
    let _ = writeln!(out, "{}, {seeds}", report.title);
    if report.runs < report.planned {
        let (runs, planned) = (report.runs, report.planned);
        let _ = writeln!(out, "stopped after {runs} of {planned} runs");
    }
    out.push_str(
        "times are in cycles of the cores; only runs that came to their end are measured\n",
    );
    overview(&mut out, report);
    for title in distinct(report.combinations.iter().map(setting)) {
        let combinations = report
            .combinations
            .iter()
            .filter(|combination| setting(combination) == title);
        let combinations: Vec<&CombinationReport> = combinations.collect();
        let _ = writeln!(out, "\n{title}");
        let _ = write!(out, "{}", tables::costs(&combinations));
        if let Some(table) = tables::traffic(&combinations) {
            let _ = write!(out, "\n  traffic of each call\n{table}");
        }
        if let Some(table) = tables::latencies(&combinations) {
            let _ = write!(out, "\n  cycles from a call to its answer\n{table}");
        }
        problems(&mut out, &combinations);
        let again = combinations.iter().find(|combination| combination.runs > 0);
        if let Some(combination) = again {
            let _ = writeln!(out, "\n  replay: {} --seed SEED", combination.replay);
        }
    }
    out
}

/// Throughput side by side, unless there is only one column.
fn overview(out: &mut String, report: &CompareReport) {
    let axis = match (Axis::Reads.len(report), Axis::Cores.len(report)) {
        (0 | 1, 0 | 1) => return,
        (0 | 1, _) => Axis::Cores,
        _ => Axis::Reads,
    };
    for slice in axis.slices(report) {
        let _ = writeln!(
            out,
            "\ncalls per 1000 cycles by {}: {}",
            axis.name(),
            slice.title
        );
        let heading = std::iter::once("map".to_owned()).chain(slice.columns);
        let mut table = Table::new(heading);
        for (map, combinations) in slice.maps {
            let rates = combinations.into_iter().map(throughput);
            table.row(std::iter::once(map.to_owned()).chain(rates));
        }
        let _ = write!(out, "{table}");
    }
    if report
        .combinations
        .iter()
        .any(|combination| combination.ended_early() == 0 && combination.went_wrong())
    {
        out.push_str("  ! a run of it went wrong: see its outcomes\n");
    }
}

/// Why there are no runs of some combinations.
fn problems(out: &mut String, combinations: &[&CombinationReport]) {
    for combination in combinations {
        if let Some(problem) = &combination.problem {
            let _ = writeln!(out, "\n  {}: {problem}", combination.map);
        }
    }
}

/// Calls in 1000 cycles, or why there is no such number.
pub(super) fn throughput(combination: &CombinationReport) -> String {
    let wrong = if combination.went_wrong() { "!" } else { "" };
    match combination.ended_early() {
        0 => optional(combination.work.calls_per_1000_cycles) + wrong,
        early => format!("ends early {early}/{}", combination.runs),
    }
}

pub(super) fn optional(number: Option<f64>) -> String {
    number.map_or("-".to_owned(), |number| format!("{number:.2}"))
}

/// What runs showed, in how many of them where not all did.
pub(super) fn outcomes(combination: &CombinationReport) -> String {
    if combination.problem.is_some() {
        return "cannot be run".to_owned();
    }
    let seen = combination.seen().map(|(outcome, runs)| match runs {
        _ if runs == combination.runs => outcome.to_owned(),
        _ => format!("{outcome} {runs}/{}", combination.runs),
    });
    let seen: Vec<String> = seen.collect();
    match &seen[..] {
        [] => "not run".to_owned(),
        seen => seen.join(", "),
    }
}
