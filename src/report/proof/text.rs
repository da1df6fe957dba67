//! The report of a proof as text for people.

use std::fmt::Write as _;

use super::{ChangeReport, ProofReport, SentReport, WitnessReport};
use crate::drive::exhaustive::{Liveness, Unchecked};
use crate::drive::proof::Proven;
use crate::report::counted;

/// With fewer states than this most of the memory is there for more.
const MANY: u64 = 100_000;

/// The report as text.
#[must_use]
pub fn render_proof(report: &ProofReport, proven: &Proven) -> String {
    let mut text = String::new();
    let (cores, lines) = (
        counted(report.cores, "cache"),
        counted(report.lines, "line"),
    );
    let values = counted(report.values.into(), "value");
    let title = format!("{}: {cores}, {lines}, {values}", report.protocol);
    // Writing to a String cannot fail.
    let _ = match (report.verdict, report.property, report.limit) {
        ("verified", ..) => writeln!(text, "verified   {title}"),
        ("violated", Some(property), _) => writeln!(text, "violated   {property}\n\n{title}"),
        ("bounded", _, limit) => {
            let limit = limit.unwrap_or_default();
            writeln!(
                text,
                "bounded    the limit on {limit} was reached: nothing is proved\n\n{title}"
            )
        }
        _ => writeln!(
            text,
            "stopped    before the end: nothing is proved\n\n{title}"
        ),
    };
    for (index, property) in report.proved.iter().enumerate() {
        let head = if index == 0 { "holds" } else { "" };
        let _ = writeln!(text, "{head:<10} {property}");
    }
    let symmetry = if report.symmetric {
        ", symmetric ones counted once"
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "states     {}{symmetry}; {} transitions, depth {}",
        report.states, report.transitions, report.depth
    );
    let _ = match report.states {
        0..MANY => writeln!(text, "kept       {}", report.kept),
        _ => writeln!(
            text,
            "kept       {}, {:.1} bytes a state",
            report.kept, report.bytes_per_state
        ),
    };
    if let Some(probability) = report.omission_probability {
        let _ = writeln!(
            text,
            "missed     a state at odds of at most {probability:.1e}: this is no proof"
        );
    }
    if !report.channels.is_empty() {
        let channels: Vec<String> = report
            .channels
            .iter()
            .map(|channel| format!("{} {}", channel.name, channel.most))
            .collect();
        let _ = writeln!(text, "channels   at most {}", channels.join(", "));
        if report.verdict == "verified"
            && proven.liveness == Liveness::NotChecked(Unchecked::StatesNotKept)
        {
            let _ = writeln!(
                text,
                "not shown  that every request is served: states were not kept"
            );
        }
    }
    if report.verdict == "verified" {
        coverage(&mut text, report);
    }
    if let Some(witness) = &report.witness {
        let _ = write!(text, "\n{}", steps(witness));
    }
    text
}

fn coverage(text: &mut String, report: &ProofReport) {
    let used = report.cells - report.unused.len();
    let _ = writeln!(text, "cells      {used} of {} used", report.cells);
    for cell in &report.unused {
        let _ = writeln!(
            text,
            "  never    {} ({}, {})",
            cell.controller, cell.state, cell.event
        );
    }
    if !report.unreached.is_empty() {
        let _ = writeln!(text, "dead       {}", report.unreached.join(", "));
    }
}

/// The steps with only what changed, and what is wrong at their end.
fn steps(witness: &WitnessReport) -> String {
    let heads: Vec<String> = witness
        .steps
        .iter()
        .map(|step| match &step.actor {
            Some(actor) => format!("{actor}: {}", step.what),
            None => format!("everyone: {}", step.what),
        })
        .collect();
    let width = heads
        .iter()
        .map(|head| head.chars().count())
        .max()
        .unwrap_or(0)
        .min(48);
    let mut text = String::new();
    for (number, (step, head)) in (1..).zip(witness.steps.iter().zip(&heads)) {
        let mut parts: Vec<String> = Vec::new();
        for ChangeReport { whose, how } in &step.changes {
            parts.push(if Some(whose) == step.actor.as_ref() {
                how.clone()
            } else {
                format!("{whose}: {how}")
            });
        }
        for SentReport { to, what } in &step.sent {
            parts.push(format!("sends {what} to {to}"));
        }
        let line = format!("{number:>3}  {head:<width$}  {}", parts.join("; "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "  ✗  {}", witness.wrong);
    text
}
