//! All states of a protocol whose controllers send each other messages: caches that may ask for
//! anything at any time, and channels that deliver in every order that they allow.

use std::sync::Arc;

use super::layout::Layout;
use super::raw::{MAX_MESSAGES, Raw, key, kind_of};
use super::symmetry::Symmetry;
use super::view::{Fault, View, decode};
use super::violation::Violation;
use crate::coherence::network::{Controllers, Met};
use crate::drive::exhaustive::Space;
use crate::protocol::network::{CoreEvent, EventId, Network, Order};

/// One step of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A core asks, or its cache needs room.
    Core {
        /// The line.
        line: usize,
        /// The controller's instance.
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
    /// For each controller and each of its places for cells, whether one was used.
    pub cells: Vec<Vec<bool>>,
    /// For each channel the most messages that were in it at once.
    pub occupancy: Vec<usize>,
}

/// A protocol with so many caches, lines and values.
#[derive(Clone, Debug)]
pub struct NetworkSpace<const W: usize> {
    pub(super) controllers: Controllers,
    pub(super) layout: Layout,
    symmetry: Option<Symmetry>,
    lines: usize,
    /// For each controller and state, whether its core may read and write.
    rights: Vec<Vec<(bool, bool)>>,
    stable: Vec<Vec<bool>>,
    asks: Vec<(usize, CoreEvent)>,
}

impl<const W: usize> NetworkSpace<W> {
    /// The space of a protocol; none if its states cannot be packed.
    #[must_use]
    pub fn new(
        network: Arc<Network>,
        cores: usize,
        lines: usize,
        values: u8,
        symmetric: bool,
    ) -> Option<NetworkSpace<W>> {
        let controllers = Controllers::new(Arc::clone(&network), cores)?;
        if controllers.nodes() > 8 {
            return None;
        }
        let layout = Layout::new(&controllers, lines, values)?;
        if layout.fixed_bits as usize > 64 * W {
            return None;
        }
        let symmetry = symmetric.then(|| Symmetry::new(&controllers, &layout));
        let rights = network.controllers.iter().map(|controller| {
            let states = 0..controller.states.len() as u8;
            states
                .map(|state| (controller.may_load(state), controller.may_store(state)))
                .collect()
        });
        let asks = (0..controllers.nodes()).filter(|&node| controllers.core(node).is_some());
        let asks = asks.flat_map(|node| CoreEvent::ALL.map(|event| (node, event)));
        Some(NetworkSpace {
            rights: rights.collect(),
            stable: network
                .controllers
                .iter()
                .map(|controller| controller.stable.clone())
                .collect(),
            asks: asks.collect(),
            symmetry,
            lines,
            layout,
            controllers,
        })
    }

    /// The protocol's controllers.
    #[must_use]
    pub fn controllers(&self) -> &Controllers {
        &self.controllers
    }

    pub(super) fn start(&self) -> Raw<W> {
        let mut raw = Raw::empty();
        for line in &self.layout.lines {
            for (node, fields) in line.nodes.iter().enumerate() {
                let controller =
                    &self.controllers.network().controllers[self.controllers.controller(node)];
                raw.set(fields.state, controller.initial);
                for &variable in &fields.variables {
                    raw.set(variable, variable.bias);
                }
            }
        }
        raw
    }

    /// Single writer or many readers, and every copy that can be read is the latest.
    fn invariant(&self, raw: &Raw<W>) -> Result<(), Violation> {
        for (line, fields) in self.layout.lines.iter().enumerate() {
            let latest = raw.get(fields.latest);
            let (mut writer, mut reader) = (None, None);
            for (node, fields) in fields.nodes.iter().enumerate() {
                let rights = &self.rights[self.controllers.controller(node)];
                let (reads, writes) = rights[usize::from(raw.get(fields.state))];
                if !reads && !writes {
                    continue;
                }
                if let Some(writer) = writer {
                    return Err(Violation::SingleWriter {
                        line,
                        writer,
                        other: node,
                    });
                }
                if let (true, Some(other)) = (writes, reader) {
                    return Err(Violation::SingleWriter {
                        line,
                        writer: node,
                        other,
                    });
                }
                if writes {
                    writer = Some(node);
                }
                reader = Some(node);
                if raw.get(fields.value) != latest {
                    return Err(Violation::DataValue { line, node });
                }
            }
        }
        Ok(())
    }

    fn quiet(&self, raw: &Raw<W>) -> bool {
        raw.count == 0
            && self.layout.lines.iter().all(|line| {
                line.nodes.iter().enumerate().all(|(node, fields)| {
                    self.stable[self.controllers.controller(node)]
                        [usize::from(raw.get(fields.state))]
                })
            })
    }

    /// Calls `each` for every step, with what it leads to and whether it serves something that
    /// is under way.
    pub(super) fn steps(
        &self,
        raw: &Raw<W>,
        coverage: &mut Coverage,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<(), Violation> {
        self.invariant(raw)?;
        self.occupied(raw, coverage);
        let mut served = false;
        for at in 0..usize::from(raw.count) {
            served |= self.deliver(raw, at, coverage, each)?;
        }
        for line in 0..self.lines {
            served |= self.act(raw, line, coverage, each)?;
        }
        if !served && !self.quiet(raw) {
            return Err(Violation::Deadlock);
        }
        for line in 0..self.lines {
            for &(node, event) in &self.asks {
                let mut copy = *raw;
                let view = View::new(&mut copy, &self.layout, line);
                let Some(met) = self.controllers.ask(&view, node, event) else {
                    continue;
                };
                self.cover(coverage, &met);
                if met.cell.stalls || !self.controllers.has_room(&view, &met) {
                    continue;
                }
                // A hit changes nothing; that it reads the latest bytes is an invariant.
                if met.cell.loads && met.cell.actions.len() == 1 && met.cell.next == met.state {
                    continue;
                }
                self.execute(raw, line, 0, &met, &mut |value, next| {
                    each(
                        Step::Core {
                            line,
                            node,
                            event,
                            value,
                        },
                        next,
                        false,
                    );
                })?;
            }
        }
        Ok(())
    }

    /// Delivers one message, if it may arrive now: whether it did.
    fn deliver(
        &self,
        raw: &Raw<W>,
        at: usize,
        coverage: &mut Coverage,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<bool, Violation> {
        let messages = raw.messages();
        let code = messages[at];
        // Behind one that it must not overtake, or the same again.
        if at > 0 && key(&self.layout, messages[at - 1]) == key(&self.layout, code) {
            return Ok(false);
        }
        if kind_of(&self.layout, code).order == Some(Order::Broadcast) {
            return self.broadcast(raw, at, coverage, each);
        }
        let mut rest = *raw;
        rest.remove(at);
        let (message, carried, line) = decode(&self.layout, code);
        let view = View::new(&mut rest, &self.layout, line);
        let node = usize::from(message.to);
        let met = self
            .controllers
            .receive(&view, node, message)
            .map_err(Violation::Unexpected)?;
        let met = met.expect("a message that is not broadcast is met");
        self.cover(coverage, &met);
        if met.cell.stalls || !self.controllers.has_room(&view, &met) {
            return Ok(false);
        }
        let channel = kind_of(&self.layout, code).channel;
        self.free(&mut rest, channel);
        self.execute(&rest, line, carried, &met, &mut |value, next| {
            each(Step::Deliver { code, value }, next, true);
        })?;
        Ok(true)
    }

    /// A delivery in this channel ends the broadcasts that wait for it.
    fn free(&self, raw: &mut Raw<W>, channel: u8) {
        for (broadcast, of) in self.controllers.network().channels.iter().enumerate() {
            if of.until == Some(channel) {
                raw.set(self.layout.busy[broadcast], 0);
            }
        }
    }

    /// All controllers meet the message in the order of nodes; the stores that this performs
    /// all store the same value.
    fn broadcast(
        &self,
        raw: &Raw<W>,
        at: usize,
        coverage: &mut Coverage,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<bool, Violation> {
        let code = raw.messages()[at];
        let channel = usize::from(kind_of(&self.layout, code).channel);
        let busy = self.layout.busy[channel];
        if raw.get(busy) != 0 {
            return Ok(false);
        }
        let (message, carried, line) = decode(&self.layout, code);
        for value in 0..self.layout.values {
            let mut next = *raw;
            next.remove(at);
            next.set(busy, 1);
            for line in &self.layout.lines {
                next.set(line.wires[channel], 0);
            }
            let mut stores = false;
            for node in 0..self.controllers.nodes() {
                let mut view = View::new(&mut next, &self.layout, line);
                let met = self
                    .controllers
                    .receive(&view, node, message)
                    .map_err(Violation::Unexpected)?;
                let Some(met) = met else { continue };
                self.cover(coverage, &met);
                stores |= met.cell.stores;
                (view.carried, view.stored) = (carried, value);
                self.controllers.execute(&mut view, &met);
                self.sound(view.fault, line)?;
            }
            each(Step::Deliver { code, value }, &next, true);
            if !stores {
                break;
            }
        }
        Ok(true)
    }

    /// What controllers do of themselves: whether there was anything.
    fn act(
        &self,
        raw: &Raw<W>,
        line: usize,
        coverage: &mut Coverage,
        each: &mut impl FnMut(Step, &Raw<W>, bool),
    ) -> Result<bool, Violation> {
        let mut acted = false;
        for node in 0..self.controllers.nodes() {
            if self.controllers.network().controllers[self.controllers.controller(node)]
                .spontaneous()
                .is_empty()
            {
                continue;
            }
            let mut copy = *raw;
            let view = View::new(&mut copy, &self.layout, line);
            for met in self.controllers.of_itself(&view, node) {
                self.cover(coverage, &met);
                if met.cell.stalls || !self.controllers.has_room(&view, &met) {
                    continue;
                }
                acted = true;
                let (event, member) = (met.event, met.member);
                self.execute(raw, line, 0, &met, &mut |value, next| {
                    each(
                        Step::Itself {
                            line,
                            node,
                            event,
                            member,
                            value,
                        },
                        next,
                        true,
                    );
                })?;
            }
        }
        Ok(acted)
    }

    /// Executes a cell, once for each value if it stores.
    fn execute(
        &self,
        raw: &Raw<W>,
        line: usize,
        carried: u8,
        met: &Met<'_>,
        each: &mut impl FnMut(u8, &Raw<W>),
    ) -> Result<(), Violation> {
        let values = if met.cell.stores {
            self.layout.values
        } else {
            1
        };
        for value in 0..values {
            let mut next = *raw;
            let mut view = View::new(&mut next, &self.layout, line);
            (view.carried, view.stored) = (carried, value);
            self.controllers.execute(&mut view, met);
            self.sound(view.fault, line)?;
            each(value, &next);
        }
        Ok(())
    }

    fn sound(&self, fault: Option<Fault>, line: usize) -> Result<(), Violation> {
        Err(match fault {
            None => return Ok(()),
            Some(Fault::Messages) => Violation::Channel {
                limit: MAX_MESSAGES,
            },
            Some(Fault::Count(node)) => Violation::Count { node },
            Some(Fault::Message(message)) => Violation::Stray(message),
            Some(Fault::Value(node)) => Violation::DataValue { line, node },
        })
    }

    fn cover(&self, coverage: &mut Coverage, met: &Met<'_>) {
        let index = self.controllers.controller(met.node);
        let controller = &self.controllers.network().controllers[index];
        coverage.cells[index][controller.cell_index(met.state, met.event)] = true;
    }

    fn occupied(&self, raw: &Raw<W>, coverage: &mut Coverage) {
        let mut at = 0;
        let messages = raw.messages();
        while at < messages.len() {
            let channel = kind_of(&self.layout, messages[at]).channel;
            let from = at;
            while at < messages.len() && kind_of(&self.layout, messages[at]).channel == channel {
                at += 1;
            }
            let most = &mut coverage.occupancy[usize::from(channel)];
            *most = (*most).max(at - from);
        }
    }

    pub(super) fn coverage(&self) -> Coverage {
        let network = self.controllers.network();
        Coverage {
            cells: network
                .controllers
                .iter()
                .map(|controller| vec![false; controller.cell_places()])
                .collect(),
            occupancy: vec![0; network.channels.len()],
        }
    }

    /// The packed form of a state that stands for all that behave alike.
    pub(super) fn canonical(&self, raw: &Raw<W>) -> Option<[u64; W]> {
        match &self.symmetry {
            None => raw.pack(&self.layout),
            Some(symmetry) => symmetry.canonical(raw, &self.layout),
        }
    }
}

impl<const W: usize> Space for NetworkSpace<W> {
    type State = [u64; W];
    type Scratch = Coverage;
    type Violation = Violation;

    fn scratch(&self) -> Coverage {
        self.coverage()
    }

    fn merge(&self, into: &mut Coverage, from: Coverage) {
        for (into, from) in into
            .cells
            .iter_mut()
            .flatten()
            .zip(from.cells.into_iter().flatten())
        {
            *into |= from;
        }
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
        scratch: &mut Coverage,
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

    fn is_quiet(&self, state: &[u64; W]) -> bool {
        self.quiet(&Raw::unpack(state, &self.layout))
    }
}
