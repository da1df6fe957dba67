//! The report of a proof: what it says, and under which names in JSON.

mod sequence;
mod text;

use serde::Serialize;

pub use sequence::mermaid;
pub(super) use sequence::plain;
pub use text::render_proof;

use crate::drive::exhaustive::{Limit, Liveness, Mode};
use crate::drive::proof::{Did, Finding, Moment, Plan, Proven, Witness};
use crate::protocol::network::CoreEvent;

/// The version of this report: `book/src/reference/check.schema.json` describes it.
const VERSION: u32 = 3;

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
    /// What a core asked, if one did.
    pub asked: Option<AskedReport>,
    /// Who sent the message.
    pub sender: Option<String>,
    /// What changed.
    pub changes: Vec<ChangeReport>,
    /// The messages that were sent.
    pub sent: Vec<SentReport>,
}

/// What a core asked.
#[derive(Clone, Debug, Serialize)]
pub struct AskedReport {
    /// The core.
    pub core: usize,
    /// `load`, `store` or `evict`.
    pub what: &'static str,
}

/// A change.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeReport {
    /// Whose state, variable or bytes.
    pub whose: String,
    /// What became of them.
    pub how: String,
}

/// A message that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct SentReport {
    /// To whom.
    pub to: String,
    /// What.
    pub what: String,
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
            changes: moment
                .changes
                .iter()
                .cloned()
                .map(|(whose, how)| ChangeReport { whose, how })
                .collect(),
            sent: moment
                .sent
                .iter()
                .cloned()
                .map(|(to, what)| SentReport { to, what })
                .collect(),
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

fn asked(moment: &Moment) -> Option<AskedReport> {
    let Did::Asked { event, .. } = moment.did else {
        return None;
    };
    let what = match event {
        CoreEvent::Load => "load",
        CoreEvent::Store => "store",
        CoreEvent::Evict => "evict",
    };
    Some(AskedReport {
        core: moment.core?,
        what,
    })
}

/// What stands before the trace of a witness. `protocol` is the name or file that the user
/// gave, as a word of a command.
#[must_use]
pub fn witness_title(report: &ProofReport, protocol: &str) -> String {
    let property = report.property.unwrap_or_default();
    let wrong = report.witness.as_ref().map_or("", |witness| &witness.wrong);
    format!(
        "# {}: {property}\n#\n# {wrong}.\n# To see it:\n#   tearline replay FILE --protocol {protocol} --check\n",
        report.protocol
    )
}
