//! A litmus test's report for people.

use std::fmt::Write as _;

use crate::report::count::counted;

use super::{How, LitmusReport, Schedule};

/// The report in words: the final states, those that are asked about marked, and how the
/// shortest way to one of them goes; or how the schedule went, and where to.
#[must_use]
pub fn text(report: &LitmusReport) -> String {
    let mut text = String::new();
    let LitmusReport {
        name,
        machine,
        protocol,
        condition,
        ..
    } = report;
    let _ = writeln!(text, "{name}: {condition}");
    let on = match protocol.as_str() {
        "none" => format!("{machine}, no caches"),
        protocol => format!("{machine}, {protocol}"),
    };
    let _ = writeln!(text, "on {on}; {}", how(report));
    if let How::Followed {
        registers, next, ..
    } = &report.how
    {
        if let Some(schedule) = report.schedule.as_ref().filter(|way| !way.steps.is_empty()) {
            let _ = writeln!(text);
            write_steps(schedule, &mut text);
        }
        write_end(report, registers.as_deref(), next, &mut text);
        return text;
    }
    let _ = writeln!(text);
    write_states(report, &mut text);
    let (positive, all) = (report.positive, report.states.len());
    let answer = match (report.is_bounded(), report.ok) {
        (true, _) => "Bounded",
        (false, true) => "Ok",
        (false, false) => "No",
    };
    let _ = writeln!(text);
    let _ = writeln!(
        text,
        "{answer}: {} in {positive} of {all} final states ({})",
        report.observation.to_lowercase(),
        report.kind.to_lowercase()
    );
    if let Some(schedule) = &report.schedule {
        let steps = schedule.steps.len();
        let _ = writeln!(text, "\na shortest way there, {steps} steps:");
        write_steps(schedule, &mut text);
    }
    if let Some(replay) = &report.replay {
        let _ = writeln!(text, "replay: {replay}");
    }
    text
}

fn how(report: &LitmusReport) -> String {
    match &report.how {
        How::Explored {
            machine_states,
            steps,
            complete,
        } => {
            let all = match complete {
                true => "all interleavings",
                false => "cut short by a limit",
            };
            format!("{all}: {steps} steps, {machine_states} states with a choice")
        }
        How::Runs { runs } => format!("{runs} runs in time"),
        How::Followed { file, .. } => {
            let steps = report.schedule.as_ref().map_or(0, |way| way.steps.len());
            format!("{} of {file}", counted(steps, "step"))
        }
    }
}

fn write_states(report: &LitmusReport, text: &mut String) {
    for state in &report.states {
        let mark = if state.positive { '*' } else { ' ' };
        let runs = state.runs.map(|runs| format!("{runs:>9}  "));
        let _ = writeln!(text, "{mark} {}{}", runs.unwrap_or_default(), state.state);
    }
}

/// Where a schedule leads.
fn write_end(report: &LitmusReport, registers: Option<&str>, next: &[String], text: &mut String) {
    let Some(registers) = registers else {
        let holds = match report.positive {
            0 => "does not hold",
            _ => "holds",
        };
        let _ = writeln!(text, "\nthe final state, in which the proposition {holds}:");
        return write_states(report, text);
    };
    let _ = writeln!(text, "\nthe schedule ends before the threads do");
    if !registers.is_empty() {
        let _ = writeln!(text, "registers so far: {registers}");
    }
    let next: Vec<String> = next.iter().map(|step| format!("`step {step}`")).collect();
    let _ = writeln!(text, "possible next: {}", next.join(", "));
}

fn write_steps(schedule: &Schedule, text: &mut String) {
    let steps = &schedule.steps;
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
