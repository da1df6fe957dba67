//! A protocol as a transition system: all its caches, which may ask for anything at any time,
//! a few lines and a few values.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::bus::Bus;
use super::effects::Memory;
use super::layout::Layout;
use super::network::Network;
use super::raw::{Raw, kind_of};
use super::symmetry::Symmetry;
use super::violation::Violation;
use crate::drive::exhaustive::Space;
use crate::protocol::Protocol;
use crate::protocol::network::{CoreEvent, EventId};

/// The most nodes; a set of them is a byte.
const MAX_NODES: usize = 8;

/// How large a proof is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Caches, or other controllers at cores.
    pub cores: usize,
    /// Lines.
    pub lines: usize,
    /// Values that a line can have.
    pub values: u8,
}

/// One step of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A core asks, or its cache needs room.
    Core {
        /// The line.
        line: usize,
        /// The cache.
        node: usize,
        /// What it asks.
        event: CoreEvent,
        /// What it stores, if it stores.
        value: u8,
    },
    /// A message arrives, or is broadcast.
    Deliver {
        /// The message's code in the layout of the space.
        code: u32,
        /// What the core stores, if it stores.
        value: u8,
    },
    /// A controller acts of itself.
    Itself {
        /// The line.
        line: usize,
        /// The controller's instance.
        node: usize,
        /// The event.
        event: EventId,
        /// The member of a set that it is for.
        member: Option<u8>,
        /// What the core stores, if it stores.
        value: u8,
    },
}

/// What is gathered on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// For each controller and each of its places for cells, whether one was used to snoop, for
    /// a message or of itself. A core may ask for anything in every state that is reached.
    pub cells: Vec<Vec<bool>>,
    /// For each controller and state, whether it was reached.
    pub states: Vec<Vec<bool>>,
    /// For each channel the most messages that were in it at once.
    pub occupancy: Vec<usize>,
    /// The step that was being made last: the one to blame when it is refused.
    pub doing: Option<Step>,
}

/// What one thread works with.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// What is gathered on the way.
    pub coverage: Coverage,
    pub(super) memory: Memory,
}

/// What makes the steps.
#[derive(Clone, Debug)]
pub(super) enum System {
    Bus(Bus),
    Network(Network),
}

/// A protocol's transition system; a state has `W` words.
#[derive(Clone, Debug)]
pub struct Proof<const W: usize> {
    pub(super) system: System,
    pub(super) layout: Layout,
    symmetry: Option<Symmetry>,
    /// For each node its controller.
    pub(super) controllers: Vec<usize>,
    /// For each controller and state what a core may do there at once.
    rights: Vec<Vec<Rights>>,
    /// A state with the right numbers everywhere and nothing in it.
    empty: Coverage,
}

/// What a core may do in a state without asking, and whether nothing is under way in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rights {
    pub(super) reads: bool,
    pub(super) writes: bool,
    pub(super) stable: bool,
    /// Some later step can read the line.
    pub(super) line_lives: bool,
}

impl<const W: usize> Proof<W> {
    /// The transition system of a protocol; with `symmetric` one state stands for all that
    /// differ only in which core and which value is which. None if a state does not fit `W`
    /// words even with no message in flight, or has more than 8 nodes.
    #[must_use]
    pub fn new(protocol: &Protocol, size: Size, symmetric: bool) -> Option<Proof<W>> {
        let (system, layout) = match protocol {
            Protocol::Bus(table) => {
                let (bus, layout) = Bus::new(Arc::clone(table), size);
                (System::Bus(bus), layout)
            }
            Protocol::Network(network) => {
                let (network, layout) = Network::new(Arc::clone(network), size)?;
                (System::Network(network), layout)
            }
        };
        let controllers = system.controllers();
        if layout.fixed_bits as usize > 64 * W || controllers.len() > MAX_NODES {
            return None;
        }
        let rights = system.rights();
        let symmetry =
            symmetric.then(|| Symmetry::new(&system, &layout, &controllers, &rights, size));
        let empty = system.coverage();
        Some(Proof {
            system,
            layout,
            symmetry: symmetry.flatten(),
            controllers,
            rights,
            empty,
        })
    }

    /// Whether states that behave alike are one.
    #[must_use]
    pub fn is_symmetric(&self) -> bool {
        self.symmetry.is_some()
    }

    pub(super) fn start(&self) -> Raw<W> {
        let mut raw = Raw::empty();
        for line in &self.layout.lines {
            for (node, fields) in line.nodes.iter().enumerate() {
                raw.set(fields.state, self.system.initial(node));
                for &variable in &fields.variables {
                    raw.set(variable, variable.bias);
                }
            }
        }
        raw
    }

    /// Calls `each` for every step, with what it leads to and whether it serves something that
    /// is under way.
    pub(super) fn steps(
        &self,
        raw: &Raw<W>,
        scratch: &mut Scratch,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<(), Violation> {
        self.look(raw, &mut scratch.coverage)?;
        match &self.system {
            System::Bus(bus) => bus.steps(&self.layout, raw, &mut scratch.coverage, each),
            System::Network(network) => {
                let served = network.served(&self.layout, raw, scratch, each)?;
                if !served && !self.quiet(raw) {
                    scratch.coverage.doing = None;
                    return Err(Violation::Deadlock);
                }
                network.asked(&self.layout, raw, scratch, each)
            }
        }
    }

    /// Single writer or many readers, and every copy that can be read is the latest; and what
    /// there is to see is noted.
    fn look(&self, raw: &Raw<W>, coverage: &mut Coverage) -> Result<(), Violation> {
        coverage.doing = None;
        for (line, fields) in self.layout.lines.iter().enumerate() {
            let latest = raw.get(fields.latest);
            let (mut writer, mut reader) = (None, None);
            for (node, fields) in fields.nodes.iter().enumerate() {
                let (controller, state) =
                    (self.controllers[node], usize::from(raw.get(fields.state)));
                coverage.states[controller][state] = true;
                let rights = self.rights[controller][state];
                if !rights.reads && !rights.writes {
                    continue;
                }
                let clash = match (writer, reader) {
                    (Some(writer), _) => Some((writer, node)),
                    (None, Some(other)) if rights.writes => Some((node, other)),
                    _ => None,
                };
                if let Some((writer, other)) = clash {
                    return Err(Violation::SingleWriter {
                        line,
                        writer,
                        other,
                    });
                }
                if rights.writes {
                    writer = Some(node);
                }
                reader = Some(node);
                if raw.get(fields.value) != latest {
                    return Err(Violation::DataValue { line, node });
                }
            }
        }
        let mut at = 0;
        let messages = raw.messages();
        while at < messages.len() {
            let (from, channel) = (at, kind_of(&self.layout, messages[at]).channel);
            while at < messages.len() && kind_of(&self.layout, messages[at]).channel == channel {
                at += 1;
            }
            let most = &mut coverage.occupancy[usize::from(channel)];
            *most = (*most).max(at - from);
        }
        Ok(())
    }

    pub(super) fn quiet(&self, raw: &Raw<W>) -> bool {
        let stable =
            |node: usize, state: u8| self.rights[self.controllers[node]][usize::from(state)].stable;
        raw.count == 0
            && self.layout.lines.iter().all(|line| {
                line.nodes
                    .iter()
                    .enumerate()
                    .all(|(node, fields)| stable(node, raw.get(fields.state)))
            })
    }

    pub(super) fn stable(&self, raw: &Raw<W>, line: usize, node: usize) -> bool {
        let state = raw.get(self.layout.lines[line].nodes[node].state);
        self.rights[self.controllers[node]][usize::from(state)].stable
    }

    pub(super) fn may_read(&self, raw: &Raw<W>, line: usize, node: usize) -> bool {
        let state = raw.get(self.layout.lines[line].nodes[node].state);
        self.rights[self.controllers[node]][usize::from(state)].reads
    }

    /// Whether a later step can read the line that a node has in this state.
    pub(super) fn holds_line(&self, node: usize, state: u8) -> bool {
        self.rights[self.controllers[node]][usize::from(state)].line_lives
    }

    /// The packed form of the one state that stands for all that behave alike; none if it does
    /// not fit.
    pub(super) fn canonical(&self, raw: &Raw<W>) -> Option<[u64; W]> {
        match &self.symmetry {
            None => raw.pack(&self.layout),
            Some(symmetry) => symmetry.canonical(raw, &self.layout),
        }
    }
}

impl System {
    fn controllers(&self) -> Vec<usize> {
        match self {
            System::Bus(bus) => bus.controllers(),
            System::Network(network) => network.of_nodes(),
        }
    }

    fn rights(&self) -> Vec<Vec<Rights>> {
        match self {
            System::Bus(bus) => bus.rights(),
            System::Network(network) => network.rights(),
        }
    }

    fn coverage(&self) -> Coverage {
        match self {
            System::Bus(bus) => bus.coverage(),
            System::Network(network) => network.coverage(),
        }
    }

    fn initial(&self, node: usize) -> u8 {
        match self {
            System::Bus(bus) => bus.initial(node),
            System::Network(network) => network.initial(node),
        }
    }
}

impl<const W: usize> Space for Proof<W> {
    type State = [u64; W];
    type Scratch = Scratch;
    type Violation = Violation;

    fn scratch(&self) -> Scratch {
        Scratch {
            coverage: self.empty.clone(),
            memory: Memory::default(),
        }
    }

    fn merge(&self, into: &mut Scratch, from: Scratch) {
        let (into, from) = (&mut into.coverage, from.coverage);
        let cells = into
            .cells
            .iter_mut()
            .flatten()
            .zip(from.cells.into_iter().flatten());
        let states = into
            .states
            .iter_mut()
            .flatten()
            .zip(from.states.into_iter().flatten());
        cells.chain(states).for_each(|(into, from)| *into |= from);
        for (into, from) in into.occupancy.iter_mut().zip(from.occupancy) {
            *into = (*into).max(from);
        }
    }

    fn initial(&self) -> Vec<[u64; W]> {
        self.canonical(&self.start()).into_iter().collect()
    }

    fn successors(
        &self,
        state: &[u64; W],
        scratch: &mut Scratch,
        each: &mut impl FnMut([u64; W], bool),
    ) -> Result<(), Violation> {
        let raw = Raw::unpack(state, &self.layout);
        let mut fits = true;
        self.steps(
            &raw,
            scratch,
            &mut |_, next, progress| match self.canonical(next) {
                Some(packed) => each(packed, progress),
                None => fits = false,
            },
        )?;
        if fits {
            Ok(())
        } else {
            Err(Violation::TooWide)
        }
    }

    fn served(
        &self,
        state: &[u64; W],
        scratch: &mut Scratch,
        each: &mut impl FnMut([u64; W]) -> ControlFlow<()>,
    ) {
        let System::Network(network) = &self.system else {
            return; // nothing is ever under way
        };
        let raw = Raw::unpack(state, &self.layout);
        let mut flow = ControlFlow::Continue(());
        let _ = network.served(&self.layout, &raw, scratch, &mut |_, next, _| {
            if flow.is_continue()
                && let Some(packed) = self.canonical(next)
            {
                flow = each(packed);
            }
        });
    }

    fn is_quiet(&self, state: &[u64; W]) -> bool {
        self.quiet(&Raw::unpack(state, &self.layout))
    }
}
