//! The report of a proof: as text for people, as JSON for programs, and its witness as a
//! sequence chart.

use std::fmt::Write as _;

use serde::Serialize;

use super::VERSION;
use crate::drive::exhaustive::{Limit, Liveness, Mode, Unchecked};
use crate::drive::proof::{Did, Finding, Moment, Plan, Proven, Witness};
use crate::protocol::network::CoreEvent;

/// With fewer states than this most of the memory is there for more.
const MANY: u64 = 100_000;

/// What a proof found.
#[derive(Clone, Debug, Serialize)]
pub struct ProofReport {
    /// The version of this structure.
    pub version: u32,
    /// The protocol's name.
    pub protocol: String,
    /// How many caches, or other controllers at cores.
    pub cores: usize,
    /// How many lines.
    pub lines: usize,
    /// How many values a line can have.
    pub values: u8,
    /// `verified`, `violated`, `bounded` (nothing is proved) or `interrupted`.
    pub verdict: &'static str,
    /// The property that does not hold.
    pub property: Option<&'static str>,
    /// Which limit stopped the search: `states` or `memory`.
    pub limit: Option<&'static str>,
    /// The properties that were proved.
    pub proved: Vec<&'static str>,
    /// Whether states that differ only in which core or value is which were one.
    pub symmetric: bool,
    /// Different states.
    pub states: u64,
    /// Steps between them.
    pub transitions: u64,
    /// The most steps from the beginning.
    pub depth: u64,
    /// What was kept of each state: `whole states`, `fingerprints` or `compacted`.
    pub kept: &'static str,
    /// Bytes held for each state at the end.
    pub bytes_per_state: f64,
    /// A bound on the odds that a state was missed.
    pub omission_probability: Option<f64>,
    /// The most messages that were in each channel at once.
    pub channels: Vec<ChannelReport>,
    /// How many cells the protocol has.
    pub cells: usize,
    /// Cells that were never used.
    pub unused: Vec<CellReport>,
    /// States that were never reached, as `controller state`.
    pub unreached: Vec<String>,
    /// A shortest way to the violation.
    pub witness: Option<WitnessReport>,
}

/// A channel.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelReport {
    /// Its name.
    pub name: String,
    /// The most messages that were in it at once.
    pub most: usize,
}

/// A cell.
#[derive(Clone, Debug, Serialize)]
pub struct CellReport {
    /// The controller.
    pub controller: String,
    /// The state.
    pub state: String,
    /// The event.
    pub event: String,
}

/// A shortest way to a violation.
#[derive(Clone, Debug, Serialize)]
pub struct WitnessReport {
    /// The steps.
    pub steps: Vec<StepReport>,
    /// What is wrong at the end.
    pub wrong: String,
}

/// One step of a witness.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Who acted; null if a message went to everyone.
    pub actor: Option<String>,
    /// What a core asked, or the message or event that was met.
    pub what: String,
    /// The core that asked, and what: `load`, `store` or `evict`.
    pub asked: Option<(usize, &'static str)>,
    /// Who sent the message.
    pub sender: Option<String>,
    /// What changed: whose, and how.
    pub changes: Vec<(String, String)>,
    /// The messages that were sent: to whom, and what.
    pub sent: Vec<(String, String)>,
}

impl ProofReport {
    /// The report of what was found.
    #[must_use]
    pub fn new(protocol: &str, plan: &Plan, proven: &Proven) -> ProofReport {
        let (verdict, property, limit, witness) = match &proven.verdict {
            Finding::Verified => ("verified", None, None, None),
            Finding::Violated { property, witness } => {
                ("violated", Some(*property), None, Some(witness))
            }
            Finding::Bounded(Limit::States) => ("bounded", None, Some("states"), None),
            Finding::Bounded(Limit::Memory) => ("bounded", None, Some("memory"), None),
            Finding::Interrupted => ("interrupted", None, None, None),
        };
        ProofReport {
            version: VERSION,
            protocol: protocol.to_owned(),
            cores: plan.size.cores,
            lines: plan.size.lines,
            values: plan.size.values,
            verdict,
            property,
            limit,
            proved: proved(proven),
            symmetric: proven.symmetric,
            states: proven.states,
            transitions: proven.transitions,
            depth: proven.depth,
            kept: match proven.mode {
                Mode::Whole => "whole states",
                Mode::Fingerprints => "fingerprints",
                Mode::Compacted => "compacted",
            },
            bytes_per_state: (proven.bytes_per_state * 10.0).round() / 10.0,
            omission_probability: proven.omission_probability,
            channels: proven
                .channels
                .iter()
                .map(|(name, most)| ChannelReport {
                    name: name.clone(),
                    most: *most,
                })
                .collect(),
            cells: proven.cells,
            unused: proven
                .unused
                .iter()
                .cloned()
                .map(|[controller, state, event]| CellReport {
                    controller,
                    state,
                    event,
                })
                .collect(),
            unreached: proven
                .unreached
                .iter()
                .map(|[controller, state]| format!("{controller} {state}"))
                .collect(),
            witness: witness.map(WitnessReport::new),
        }
    }
}

impl WitnessReport {
    fn new(witness: &Witness) -> WitnessReport {
        let step = |moment: &Moment| StepReport {
            actor: moment.actor.clone(),
            what: moment.what.clone(),
            asked: asked(moment),
            sender: moment.sender.clone(),
            changes: moment.changes.clone(),
            sent: moment.sent.clone(),
        };
        WitnessReport {
            steps: witness.steps.iter().map(step).collect(),
            wrong: witness.wrong.clone(),
        }
    }
}

fn proved(proven: &Proven) -> Vec<&'static str> {
    if proven.verdict != Finding::Verified {
        return Vec::new();
    }
    let mut proved = vec![
        "single writer or many readers",
        "data value",
        "no unexpected event",
    ];
    if !proven.channels.is_empty() {
        proved.extend(["no deadlock", "bounded channels"]);
        if proven.liveness == Liveness::Checked {
            proved.push("every request is served");
        }
    }
    proved
}

/// The report as text.
#[must_use]
pub fn render_proof(report: &ProofReport, proven: &Proven) -> String {
    let mut text = String::new();
    let many = |count: usize, word: &str| {
        if count == 1 {
            format!("1 {word}")
        } else {
            format!("{count} {word}s")
        }
    };
    let (cores, lines) = (many(report.cores, "cache"), many(report.lines, "line"));
    let values = many(usize::from(report.values), "value");
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
        for (whose, how) in &step.changes {
            parts.push(if Some(whose) == step.actor.as_ref() {
                how.clone()
            } else {
                format!("{whose}: {how}")
            });
        }
        for (to, what) in &step.sent {
            parts.push(format!("sends {what} to {to}"));
        }
        let line = format!("{number:>3}  {head:<width$}  {}", parts.join("; "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "  ✗  {}", witness.wrong);
    text
}

/// The witness as a Mermaid sequence diagram.
#[must_use]
pub fn mermaid(witness: &WitnessReport) -> String {
    let mut names: Vec<&String> = Vec::new();
    for step in &witness.steps {
        let named = step
            .actor
            .iter()
            .chain(&step.sender)
            .chain(step.changes.iter().map(|(whose, _)| whose));
        for name in named.chain(step.sent.iter().map(|(to, _)| to)) {
            if !names.contains(&name) && name != "everyone" {
                names.push(name);
            }
        }
    }
    names.sort();
    let id = |name: &String| {
        format!(
            "n{}",
            names.iter().position(|known| *known == name).unwrap_or(0)
        )
    };
    let mut text = "sequenceDiagram\n".to_owned();
    for name in &names {
        let _ = writeln!(text, "    participant {} as {name}", id(name));
    }
    for (number, step) in (1..).zip(&witness.steps) {
        let what = plain(&step.what);
        let _ = match (&step.sender, &step.actor) {
            (Some(sender), Some(actor)) => {
                writeln!(text, "    {}->>{}: {number}. {what}", id(sender), id(actor))
            }
            (_, Some(actor)) => writeln!(text, "    Note over {}: {number}. {what}", id(actor)),
            (_, None) => writeln!(text, "    Note over {}: {number}. {what}", all(&names, &id)),
        };
        for name in &names {
            let own = step.changes.iter().filter(|(whose, _)| whose == *name);
            let own: Vec<String> = own.map(|(_, how)| plain(how)).collect();
            if !own.is_empty() {
                let _ = writeln!(text, "    Note over {}: {}", id(name), own.join(", "));
            }
        }
    }
    let _ = writeln!(
        text,
        "    Note over {}: {}",
        all(&names, &id),
        plain(&witness.wrong)
    );
    text
}

fn asked(moment: &Moment) -> Option<(usize, &'static str)> {
    let Did::Asked { event, .. } = moment.did else {
        return None;
    };
    let word = match event {
        CoreEvent::Load => "load",
        CoreEvent::Store => "store",
        CoreEvent::Evict => "evict",
    };
    Some((moment.core?, word))
}

/// What stands before the trace of a witness. `protocol` is the name or file that the user gave.
#[must_use]
pub fn witness_title(report: &ProofReport, protocol: &str) -> String {
    let property = report.property.unwrap_or_default();
    let wrong = report.witness.as_ref().map_or("", |witness| &witness.wrong);
    format!(
        "# {}: {property}\n#\n# {wrong}.\n# To see it:\n#   tearline replay FILE --protocol {protocol} --check\n",
        report.protocol
    )
}

fn all(names: &[&String], id: &dyn Fn(&String) -> String) -> String {
    match names {
        [] => "n0".to_owned(),
        [only] => id(only),
        [first, .., last] => format!("{},{}", id(first), id(last)),
    }
}

/// Without what means something to Mermaid.
fn plain(text: &str) -> String {
    text.replace([';', '#', ':'], ",")
        .replace('{', "[")
        .replace('}', "]")
}
