//! A litmus test's report for people.

use std::fmt::Write as _;

use super::{How, LitmusReport, Schedule};

/// The report in words: the final states, those that are asked about marked, and how the
/// shortest way to one of them goes.
#[must_use]
pub fn text(report: &LitmusReport) -> String {
    let mut text = String::new();
    let LitmusReport {
        name,
        machine,
        protocol,
        condition,
        observation,
        ..
    } = report;
    let _ = writeln!(text, "{name}: {condition}");
    let on = match protocol.as_str() {
        "none" => format!("{machine}, no caches"),
        protocol => format!("{machine}, {protocol}"),
    };
    let how = match report.how {
        How::Explored {
            machine_states,
            steps,
            complete,
        } => {
            let all = if complete {
                "all interleavings"
            } else {
                "cut short by a limit"
            };
            format!("{all}: {steps} steps, {machine_states} states with a choice")
        }
        How::Runs { runs } => format!("{runs} runs in time"),
    };
    let _ = writeln!(text, "on {on}; {how}");
    let _ = writeln!(text);
    for state in &report.states {
        let mark = if state.positive { '*' } else { ' ' };
        let runs = state.runs.map(|runs| format!("{runs:>9}  "));
        let _ = writeln!(text, "{mark} {}{}", runs.unwrap_or_default(), state.state);
    }
    let (positive, all) = (report.positive, report.states.len());
    let answer = if report.ok { "Ok" } else { "No" };
    let _ = writeln!(text);
    let _ = writeln!(
        text,
        "{answer}: {} in {positive} of {all} final states ({})",
        observation.to_lowercase(),
        report.kind.to_lowercase()
    );
    if let Some(schedule) = &report.schedule {
        write_schedule(schedule, &mut text);
    }
    text
}

fn write_schedule(schedule: &Schedule, text: &mut String) {
    let steps = &schedule.steps;
    let _ = writeln!(text);
    let _ = writeln!(text, "a shortest way there, {} steps:", steps.len());
    let width = |of: fn(&super::Taken) -> &str| {
        let widths = steps.iter().map(|taken| of(taken).chars().count());
        widths.max().unwrap_or(0)
    };
    let (who, what) = (width(|taken| &taken.who), width(|taken| &taken.what));
    for (number, taken) in (1..).zip(steps) {
        let changed = match taken.changed.is_empty() {
            true => "asks for the line".to_owned(),
            false => taken.changed.join("; "),
        };
        let line = format!(
            "{number:>4}  {:<who$}  {:<what$}  {changed}",
            taken.who, taken.what
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
}
