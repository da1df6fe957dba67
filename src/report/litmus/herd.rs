//! herd7's output format (herdtools7, `herd/top_herd.ml`), which scripts compare.

use std::fmt::Write as _;

use super::LitmusReport;

/// The report as herd7 prints it, without its times. Witnesses are final states here, where
/// herd7 counts executions.
#[must_use]
pub fn herd(report: &LitmusReport) -> String {
    let mut text = String::new();
    let LitmusReport {
        name,
        kind,
        condition,
        positive,
        negative,
        observation,
        ..
    } = report;
    let _ = writeln!(text, "Test {name} {kind}");
    let _ = writeln!(text, "States {}", report.states.len());
    for state in &report.states {
        match state.runs {
            // As litmus7 counts runs.
            Some(runs) => {
                let mark = if state.positive { '*' } else { ':' };
                let _ = writeln!(text, "{runs:<8}{mark}>{}", state.state);
            }
            None => {
                let _ = writeln!(text, "{}", state.state);
            }
        }
    }
    let _ = writeln!(text, "{}", if report.ok { "Ok" } else { "No" });
    let _ = writeln!(text, "Witnesses");
    let _ = writeln!(text, "Positive: {positive} Negative: {negative}");
    let _ = writeln!(text, "Condition {condition}");
    let _ = writeln!(
        text,
        "Observation {name} {observation} {positive} {negative}"
    );
    text.push('\n');
    text
}
