//! Messages reach controllers, and controllers act of themselves.

use std::sync::Arc;

use super::view::View;
use super::{InFlight, Network};
use crate::coherence::network::{Controllers, Met, Unexpected};
use crate::machine::access::Core;
use crate::machine::event::{Event, Observer};
use crate::machine::machine::Machine;
use crate::machine::step::Step;
use crate::machine::violation::Violation;
use crate::memory::{Contents, Line};
use crate::protocol::network::{CoreEvent, Order};

/// Something that a controller may do of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Act {
    /// About which line.
    pub line: Line,
    /// Which controller's instance.
    pub node: u8,
    /// Which of its events.
    pub event: u16,
    /// The member of a set that it is for, if it is for one.
    pub member: Option<u8>,
}

impl<C: Contents> Machine<C> {
    /// All messages in flight, in the order in which they were sent; none on a bus.
    #[must_use]
    pub fn in_flight(&self) -> &[InFlight] {
        match self.on_network() {
            true => self.network().in_flight(),
            false => &[],
        }
    }

    /// Whether a message can arrive now: its turn has come and its receiver's cell does not
    /// stall. A missing cell is an error when the message arrives.
    pub fn may_arrive(&mut self, id: u64) -> bool {
        let network = self.network_mut();
        let at = network.position(id);
        if !network.in_order(at) {
            return false;
        }
        let in_flight = network.in_flight[at];
        if network.order(in_flight.message).1 == Order::Broadcast {
            return true;
        }
        let controllers = Arc::clone(&network.controllers);
        let taken = self.network_mut().in_flight.remove(at);
        let may = match self.met(&controllers, taken) {
            Err(_) | Ok(None) => true,
            Ok(Some(met)) => {
                let node = met.node;
                let placed = node >= self.caches.len()
                    || self.has_place(&met, Core(node as u8), taken.line)
                    || self
                        .victim_for(&controllers, Core(node as u8), taken.line)
                        .is_some();
                placed && self.is_ready(&controllers, &met, taken.line)
            }
        };
        self.network_mut().in_flight.insert(at, taken);
        may
    }

    fn met<'a>(
        &mut self,
        controllers: &'a Controllers,
        in_flight: InFlight,
    ) -> Result<Option<Met<'a>>, Unexpected> {
        let node = usize::from(in_flight.message.to);
        let view = View::new(self, in_flight.line, ());
        controllers.receive(&view, node, in_flight.message)
    }

    fn is_ready(&mut self, controllers: &Controllers, met: &Met<'_>, line: Line) -> bool {
        !met.cell.stalls && controllers.has_room(&View::new(self, line, ()), met)
    }

    /// A message arrives: whether it did, or has to wait.
    pub(in crate::machine) fn arrive<O: Observer<C::Piece>>(
        &mut self,
        id: u64,
        observer: &mut O,
    ) -> Result<bool, Box<Violation>> {
        let network = self.network_mut();
        let at = network.position(id);
        if !network.in_order(at) {
            return Ok(false);
        }
        let controllers = Arc::clone(&network.controllers);
        let taken = network.in_flight.remove(at);
        let (channel, order) = network.order(taken.message);
        if order == Order::Broadcast {
            self.broadcast(&controllers, taken, channel, observer)?;
            self.network_mut().free.extend(taken.contents);
            self.bounded(taken.line)?;
            return Ok(true);
        }
        let met = self.met(&controllers, taken);
        let met = met.map_err(|unexpected| unexpected_at(&controllers, taken.line, &unexpected))?;
        let met = met.expect("a message that is not broadcast is met");
        if !self.is_ready(&controllers, &met, taken.line) {
            self.network_mut().in_flight.insert(at, taken);
            return Ok(false);
        }
        let front = (met.node < self.caches.len()).then_some(Core(met.node as u8));
        if let Some(core) = front
            && !self.has_place(&met, core, taken.line)
        {
            self.make_room_for(&controllers, core, taken.line, observer);
            if !self.has_place(&met, core, taken.line) {
                self.network_mut().in_flight.insert(at, taken);
                return Ok(false);
            }
        }
        self.network_mut().end_broadcasts(channel);
        self.deliver_to(&controllers, &met, &taken, observer);
        self.network_mut().free.extend(taken.contents);
        self.bounded(taken.line)?;
        Ok(true)
    }

    /// Messages are no more than a protocol that works can need.
    fn bounded(&self, line: Line) -> Result<(), Box<Violation>> {
        let network = self.network();
        let nodes = network.controllers.nodes();
        if network.in_flight.len() > 1024 + 16 * nodes * nodes {
            return Err(Box::new(Violation::Flood { line }));
        }
        Ok(())
    }

    /// All controllers meet the message in the order of nodes.
    fn broadcast<O: Observer<C::Piece>>(
        &mut self,
        controllers: &Controllers,
        taken: InFlight,
        channel: u8,
        observer: &mut O,
    ) -> Result<(), Box<Violation>> {
        let network = self.network_mut();
        network.busy[usize::from(channel)] = controllers.network().channels[usize::from(channel)]
            .until
            .is_some();
        network.end_broadcasts(channel);
        network.raised.retain(|&(raised, _)| raised != channel);
        for node in 0..controllers.nodes() {
            let view = View::new(self, taken.line, ());
            let met = controllers.receive(&view, node, taken.message);
            let met =
                met.map_err(|unexpected| unexpected_at(controllers, taken.line, &unexpected))?;
            let Some(met) = met else { continue };
            let core = Core(node as u8);
            if node < self.caches.len() && !self.has_place(&met, core, taken.line) {
                let what = format!(
                    "{} has no room for a line that is broadcast",
                    controllers.name(node)
                );
                let line = taken.line;
                return Err(Box::new(Violation::Unexpected { line, what }));
            }
            self.deliver_to(controllers, &met, &taken, observer);
        }
        Ok(())
    }

    fn deliver_to<O: Observer<C::Piece>>(
        &mut self,
        controllers: &Controllers,
        met: &Met<'_>,
        taken: &InFlight,
        observer: &mut O,
    ) {
        let (line, message) = (taken.line, taken.message);
        let core = controllers.core(met.node).map(|core| Core(core as u8));
        observer.observe(&Event::Delivered {
            core,
            node: met.node as u8,
            line,
            message,
        });
        let cause = self.network().cause(message);
        View::new(self, line, &mut *observer).execute(met, Some(taken), cause);
    }

    /// The messages that may arrive now, and what controllers may do of themselves.
    pub(in crate::machine) fn network_steps(&mut self, steps: &mut Vec<Step>) {
        let ids: Vec<u64> = self.in_flight().iter().map(|message| message.id).collect();
        let arrive = ids.into_iter().filter(|&id| self.may_arrive(id));
        steps.extend(arrive.map(Step::Receive));
        let protocol = Arc::clone(self.network().controllers.network());
        if protocol
            .controllers
            .iter()
            .all(|c| c.spontaneous().is_empty())
        {
            return;
        }
        let mut lines: Vec<Line> = self.network().index.keys().copied().collect();
        lines.sort_unstable();
        let mut acts = Vec::new();
        for line in lines {
            for node in 0..self.network().controllers.nodes() {
                self.acts(line, node as u8, &mut acts);
            }
        }
        steps.extend(acts.into_iter().map(Step::Act));
    }

    /// Adds what a controller may do of itself now: whether there is more, for which the
    /// channels have no room.
    pub fn acts(&mut self, line: Line, node: u8, acts: &mut Vec<Act>) -> bool {
        let controllers = Arc::clone(&self.network().controllers);
        let view = View::new(self, line, ());
        let mut more = false;
        for met in controllers.of_itself(&view, usize::from(node)) {
            if met.cell.stalls {
                continue;
            }
            if !controllers.has_room(&view, &met) {
                more = true;
                continue;
            }
            let (event, member) = (met.event, met.member);
            acts.push(Act {
                line,
                node,
                event,
                member,
            });
        }
        more
    }

    /// A controller acts of itself.
    pub(in crate::machine) fn act<O: Observer<C::Piece>>(
        &mut self,
        act: Act,
        observer: &mut O,
    ) -> Result<bool, Box<Violation>> {
        let controllers = Arc::clone(&self.network().controllers);
        let node = usize::from(act.node);
        let controller = &controllers.network().controllers[controllers.controller(node)];
        let view = View::new(self, act.line, ());
        let state = crate::coherence::network::Line::state(&view, node);
        let Some(cell) = controller.cell(state, act.event) else {
            return Ok(false);
        };
        let met = Met {
            node,
            state,
            event: act.event,
            cell,
            message: None,
            member: act.member,
        };
        let core = controllers.core(node).map(|core| Core(core as u8));
        if let Some(core) = core.filter(|core| core.index() == node)
            && !self.has_place(&met, core, act.line)
        {
            self.make_room_for(&controllers, core, act.line, observer);
            if !self.has_place(&met, core, act.line) {
                return Ok(false);
            }
        }
        View::new(self, act.line, &mut *observer).execute(&met, None, core);
        self.bounded(act.line)?;
        Ok(true)
    }

    pub(super) fn no_cell(&self, core: Core, line: Line, event: CoreEvent) -> Box<Violation> {
        let controllers = &self.network().controllers;
        let unexpected = Unexpected {
            node: core.index(),
            state: self.caches[core.index()].state(line).0,
            event: Some(event as u16),
            kind: None,
        };
        unexpected_at(controllers, line, &unexpected)
    }
}

impl<C> Network<C> {
    /// A delivery in this channel ends the broadcasts that wait for it.
    fn end_broadcasts(&mut self, channel: u8) {
        let channels = &self.controllers.network().channels;
        for (busy, of) in self.busy.iter_mut().zip(channels) {
            if of.until == Some(channel) {
                *busy = false;
            }
        }
    }
}

fn unexpected_at(controllers: &Controllers, line: Line, unexpected: &Unexpected) -> Box<Violation> {
    let what = unexpected.describe(controllers).to_string();
    Box::new(Violation::Unexpected { line, what })
}
