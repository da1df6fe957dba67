//! A whole proof: from a protocol and a size to what was found, in words.

use super::space::{Coverage, Proof, Size, System};
use super::violation::Violation;
use super::witness::Witness;
use crate::drive::exhaustive::{
    self, Explored, Limit, Liveness, Mode, Options, Progress, Unchecked,
};
use crate::protocol::Protocol;

/// How to prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How large.
    pub size: Size,
    /// States that behave alike are one.
    pub symmetric: bool,
    /// How to explore.
    pub options: Options,
}

/// What a proof found.
#[derive(Clone, Debug, PartialEq)]
pub struct Proven {
    /// Whether states that behave alike were one.
    pub symmetric: bool,
    /// The size of a state in bits, messages in flight included.
    pub state_bits: usize,
    /// Different states.
    pub states: u64,
    /// Steps between them.
    pub transitions: u64,
    /// The most steps from the beginning.
    pub depth: u64,
    /// What was kept of each state.
    pub mode: Mode,
    /// Bytes held for each state at the end.
    pub bytes_per_state: f64,
    /// A bound on the odds that a state was missed, where states were not kept whole.
    pub omission_probability: Option<f64>,
    /// Whether it was looked whether every request is served; else why not.
    pub liveness: Liveness,
    /// For each channel its name and the most messages that were in it at once.
    pub channels: Vec<(String, usize)>,
    /// How many cells the protocol has.
    pub cells: usize,
    /// Cells that were never used: controller, state and event.
    pub unused: Vec<[String; 3]>,
    /// States that were never reached: controller and state.
    pub unreached: Vec<[String; 2]>,
    /// Whether the properties hold.
    pub verdict: Finding,
}

/// Whether the properties hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// All of them, in every reachable state.
    Verified,
    /// One does not.
    Violated {
        /// Its name.
        property: &'static str,
        /// A shortest way there.
        witness: Witness,
    },
    /// A limit was reached first.
    Bounded(Limit),
    /// The user ended it.
    Interrupted,
}

/// The name of the property that every request is served.
pub(super) const SERVED: &str = "every request is served";

/// Proves a protocol, or finds what is wrong with it.
///
/// # Errors
/// When the protocol is too large for any proof of this size: what is too large.
pub fn prove(
    protocol: &Protocol,
    plan: &Plan,
    progress: &mut impl Progress,
) -> Result<Proven, String> {
    if let Some(proven) = prove_in::<2>(protocol, plan, progress) {
        return Ok(proven);
    }
    if let Some(proven) = prove_in::<4>(protocol, plan, progress) {
        return Ok(proven);
    }
    if let Some(proven) = prove_in::<8>(protocol, plan, progress) {
        return Ok(proven);
    }
    Err(too_large(plan.size))
}

/// Why there is no proof of this size.
pub(super) fn too_large(size: Size) -> String {
    let Size {
        cores,
        lines,
        values,
    } = size;
    let s = |count: usize| if count == 1 { "" } else { "s" };
    let (c, l, v) = (s(cores), s(lines), s(values.into()));
    format!(
        "a state of {cores} cache{c}, {lines} line{l} and {values} value{v} has more than 512 bits, or more than 8 controllers"
    )
}

/// None if the states do not fit `W` words.
fn prove_in<const W: usize>(
    protocol: &Protocol,
    plan: &Plan,
    progress: &mut impl Progress,
) -> Option<Proven> {
    let space: Proof<W> = Proof::new(protocol, plan.size, plan.symmetric)?;
    let mut options = plan.options.clone();
    let on_bus = matches!(space.system, System::Bus(_));
    // On an atomic bus nothing is ever under way between two steps.
    options.liveness &= !on_bus;
    let explored = exhaustive::explore(&space, &options, progress);
    let Explored {
        states,
        transitions,
        depth,
        mode,
        omission_probability,
        liveness,
        ..
    } = explored;
    let bytes_per_state = explored.bytes_per_state();
    let verdict = match explored.verdict {
        exhaustive::Verdict::Holds => Finding::Verified,
        exhaustive::Verdict::Violated {
            violation: Violation::TooWide,
            ..
        } => return None,
        exhaustive::Verdict::Violated {
            path, violation, ..
        } => Finding::Violated {
            property: violation.property(),
            witness: space.witness(&path, violation),
        },
        exhaustive::Verdict::Livelock { path, cycle } => Finding::Violated {
            property: SERVED,
            witness: space.livelock(&path, &cycle),
        },
        exhaustive::Verdict::Bounded(limit) => Finding::Bounded(limit),
        exhaustive::Verdict::Interrupted => Finding::Interrupted,
    };
    let used = space.system.used(&explored.scratch.coverage);
    Some(Proven {
        symmetric: space.is_symmetric(),
        state_bits: 64 * W,
        states,
        transitions,
        depth,
        mode,
        bytes_per_state,
        omission_probability,
        liveness: if on_bus {
            Liveness::NotChecked(Unchecked::NotAsked)
        } else {
            liveness
        },
        channels: space.system.channels(&explored.scratch.coverage),
        cells: used.0,
        unused: used.1,
        unreached: space.system.unreached(&explored.scratch.coverage),
        verdict,
    })
}

impl<const W: usize> Proof<W> {
    fn livelock(&self, path: &[[u64; W]], cycle: &[[u64; W]]) -> Witness {
        let mut in_flight = Vec::new();
        let path = path.get(1..).unwrap_or_default();
        let (mut steps, at) = self.walk(self.start(), path, &mut in_flight);
        let before = steps.len();
        let round: Vec<[u64; W]> = cycle.iter().skip(1).chain(cycle.first()).copied().collect();
        let (again, _) = self.walk(at, &round, &mut in_flight);
        steps.extend(again);
        let wrong = match (round.len(), before) {
            (0, _) => "what is under way is never served, whatever is delivered".to_owned(),
            (round, before) => format!(
                "steps {} to {} can go round for ever, and no delivery leads out: what is under way is never served",
                before + 1,
                before + round
            ),
        };
        Witness { steps, wrong }
    }
}

impl System {
    fn channels(&self, coverage: &Coverage) -> Vec<(String, usize)> {
        match self {
            System::Bus(_) => Vec::new(),
            System::Network(network) => {
                let channels = network.controllers.network().channels.iter();
                let names = channels.map(|channel| channel.name.clone());
                names.zip(coverage.occupancy.iter().copied()).collect()
            }
        }
    }

    /// How many cells there are, and those that were never used.
    fn used(&self, coverage: &Coverage) -> (usize, Vec<[String; 3]>) {
        match self {
            System::Bus(bus) => bus.used(coverage),
            System::Network(network) => network.used(coverage),
        }
    }

    fn unreached(&self, coverage: &Coverage) -> Vec<[String; 2]> {
        match self {
            System::Bus(bus) => {
                let states = bus
                    .table
                    .states()
                    .filter(|state| !coverage.states[0][usize::from(state.0)]);
                states
                    .map(|state| ["cache".to_owned(), bus.table.state_name(state).to_owned()])
                    .collect()
            }
            System::Network(network) => {
                let controllers = network
                    .controllers
                    .network()
                    .controllers
                    .iter()
                    .zip(&coverage.states);
                let states = controllers.flat_map(|(controller, reached)| {
                    let states = controller
                        .states
                        .iter()
                        .zip(reached)
                        .filter(|(_, reached)| !**reached);
                    states.map(|(state, _)| [controller.name.clone(), state.clone()])
                });
                states.collect()
            }
        }
    }
}
