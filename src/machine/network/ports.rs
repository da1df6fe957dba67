//! A core's accesses meet its front controller: what it can perform is performed, and for the
//! rest it asks. At most one of a core's two ports has asked for a line at a time.

use std::sync::Arc;

use super::view::View;
use crate::coherence::network::{Controllers, Met};
use crate::machine::access::{AccessKind, Core};
use crate::machine::bus::Held;
use crate::machine::core::{Activity, Waits};
use crate::machine::event::{Event, Observer};
use crate::machine::machine::Machine;
use crate::machine::step::{Cost, Port, Progress, Service, Slot};
use crate::machine::violation::Violation;
use crate::memory::{Contents, Line};
use crate::protocol::network::CoreEvent;
use crate::protocol::{self, State};

/// What stands between an access and its cell.
enum Way {
    /// Nothing.
    Open,
    /// The cell stalls, the channels have no room, or the core's other port has asked.
    Closed,
    /// The line needs a place in the cache.
    Full,
}

impl<C: Contents> Machine<C> {
    /// Lets a port's access meet the line: how far it got, or that it waits.
    pub(in crate::machine) fn ask<O: Observer<C::Piece>>(
        &mut self,
        slot: Slot,
        line: Line,
        event: CoreEvent,
        observer: &mut O,
    ) -> Result<Option<Progress>, Box<Violation>> {
        let core = slot.core;
        *self.waits_mut(slot) = Waits::Turn;
        let controllers = Arc::clone(&self.network().controllers);
        if let Way::Full = self.way(&controllers, slot, line, event)? {
            let front = controllers.network().front();
            let evicts = |state| front.cell(state, CoreEvent::Evict as u16).is_some();
            if !(0..front.states.len() as u8).any(evicts) {
                return Ok(Some(Progress::Unsupported(
                    "the cache is full, and the protocol never gives a line up",
                )));
            }
            self.make_room_for(&controllers, core, line, observer);
        }
        if !matches!(self.way(&controllers, slot, line, event)?, Way::Open) {
            return Ok(None);
        }
        let view = View::new(self, line, ());
        let met = controllers.ask(&view, core.index(), event);
        let met = met.expect("the way was open");
        let performs = performs(&met, event);
        let bus_event = match event {
            CoreEvent::Load => protocol::Event::Load,
            _ => protocol::Event::Store,
        };
        let held = met.state != controllers.network().front().initial;
        let reported = if performs {
            Event::Hit {
                core,
                line,
                event: bus_event,
                from: State(met.state),
                silently_changed: met.cell.next != met.state,
            }
        } else {
            Event::Missed {
                core,
                line,
                event: bus_event,
                held,
            }
        };
        if !performs {
            *self.waits_mut(slot) = Waits::Answer;
        }
        observer.observe(&reported);
        let mut view = View::new(self, line, &mut *observer);
        view.execute(&met, None, Some(core));
        Ok(view.progress.map(|(_, progress)| progress))
    }

    fn way(
        &mut self,
        controllers: &Controllers,
        slot: Slot,
        line: Line,
        event: CoreEvent,
    ) -> Result<Way, Box<Violation>> {
        let (core, other) = (slot.core, slot.other());
        let asked = self.waits(other) == Waits::Answer && self.asks_for(other) == Some(line);
        let view = View::new(self, line, ());
        let Some(met) = controllers.ask(&view, core.index(), event) else {
            return Err(self.no_cell(core, line, event));
        };
        let waits = asked && !performs(&met, event);
        if met.cell.stalls || waits || !controllers.has_room(&view, &met) {
            return Ok(Way::Closed);
        }
        Ok(match self.has_place(&met, core, line) {
            true => Way::Open,
            false => Way::Full,
        })
    }

    /// Whether a cell at a core's front controller finds the place in its cache that it needs.
    pub(super) fn has_place(&mut self, met: &Met<'_>, core: Core, line: Line) -> bool {
        let cache = &mut self.caches[core.index()];
        let comes = State(met.state) == cache.initial() && met.cell.next != met.state;
        !comes || cache.victim(line).1.is_none()
    }

    /// Asks the line that was not used for longest, of those that may leave, to leave; unless
    /// one is about to: whether anything was done.
    pub(super) fn make_room_for<O: Observer<C::Piece>>(
        &mut self,
        controllers: &Controllers,
        core: Core,
        line: Line,
        observer: &mut O,
    ) -> bool {
        let Some(victim) = self.victim_for(controllers, core, line) else {
            return false;
        };
        let mut view = View::new(self, victim, &mut *observer);
        let met = controllers.ask(&view, core.index(), CoreEvent::Evict);
        view.execute(&met.expect("it may leave"), None, Some(core));
        self.network_mut().evicted = Some(victim);
        true
    }

    /// The line that was last asked to leave a cache; on a network no step asks two.
    #[must_use]
    pub fn evicted(&self) -> Option<Line> {
        self.network().evicted
    }

    /// The line that would leave to make room.
    pub(super) fn victim_for(
        &mut self,
        controllers: &Controllers,
        core: Core,
        line: Line,
    ) -> Option<Line> {
        let front = controllers.network().front();
        let held: Vec<(Line, State)> = self.caches[core.index()].by_age(line).collect();
        let asked = |line| {
            Port::BOTH.iter().any(|&port| {
                let slot = Slot { core, port };
                self.waits(slot) == Waits::Answer && self.asks_for(slot) == Some(line)
            })
        };
        let leaves =
            |&(line, state): &(Line, State)| !front.stable[usize::from(state.0)] && !asked(line);
        if held.iter().any(leaves) {
            return None;
        }
        let stable = |&&(_, state): &&(Line, State)| front.stable[usize::from(state.0)];
        let may_leave = |&(line, _): &(Line, State)| {
            let view = View::new(self, line, ());
            let met = controllers.ask(&view, core.index(), CoreEvent::Evict);
            let met = met.filter(|met| !met.cell.stalls && controllers.has_room(&view, met));
            met.is_some().then_some(line)
        };
        let stable: Vec<(Line, State)> = held.iter().filter(stable).copied().collect();
        stable.iter().find_map(may_leave)
    }

    /// Whether a port that waits for its turn would get on if it tried again.
    pub fn may_serve(&mut self, slot: Slot) -> bool {
        if self.waits(slot) != Waits::Turn {
            return false;
        }
        let (Some(line), Some(event)) = (self.wanted_line(slot), self.wanted_event(slot)) else {
            return false;
        };
        if event == CoreEvent::Evict {
            return self.may_leave(slot.core, line);
        }
        if slot.port == Port::Issue {
            let block = self.config.single_copy_bytes;
            let part = self.cores[slot.core.index()].pending().next_part(block);
            if self.one_line(part).is_none() {
                return self.may_serve_two(slot.core, part);
            }
        }
        self.may_ask(slot, line, event)
    }

    pub(super) fn may_ask(&mut self, slot: Slot, line: Line, event: CoreEvent) -> bool {
        let controllers = Arc::clone(&self.network().controllers);
        match self.way(&controllers, slot, line, event) {
            Ok(Way::Closed) => false,
            Ok(Way::Full) => self.victim_for(&controllers, slot.core, line).is_some(),
            Ok(Way::Open) | Err(_) => true,
        }
    }

    pub(super) fn wanted_event(&self, slot: Slot) -> Option<CoreEvent> {
        match (slot.port, &self.cores[slot.core.index()].activity) {
            (Port::Drain, _) => Some(CoreEvent::Store),
            (Port::Issue, Activity::Access(pending)) => Some(match pending.access.kind {
                AccessKind::Load => CoreEvent::Load,
                AccessKind::Evict => CoreEvent::Evict,
                AccessKind::Store { .. } | AccessKind::Locked { .. } => CoreEvent::Store,
            }),
            (Port::Issue, _) => None,
        }
    }

    /// A port whose request could not be made tries again.
    pub(in crate::machine) fn try_again<O: Observer<C::Piece>>(
        &mut self,
        slot: Slot,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        assert!(
            self.waits(slot) == Waits::Turn,
            "{}'s access waits for its turn",
            slot.core
        );
        let core = slot.core;
        match slot.port {
            Port::Issue => {
                let block = self.config.single_copy_bytes;
                let part = self.cores[core.index()].pending().next_part(block);
                self.issue_to_network(core, part, observer)
            }
            Port::Drain => self.drain_to_network(core, self.oldest_line(core), observer),
        }
    }

    pub(super) fn waits_mut(&mut self, slot: Slot) -> &mut Waits {
        let state = &mut self.cores[slot.core.index()];
        match slot.port {
            Port::Drain => &mut state.drain_waits,
            Port::Issue => &mut state.pending().waits,
        }
    }

    /// What waits for this line at this core may ask again: the line's state has changed.
    pub(super) fn may_ask_again(&mut self, core: Core, line: Line) {
        for port in Port::BOTH {
            let slot = Slot { core, port };
            if self.waits(slot) == Waits::Answer && self.asks_for(slot) == Some(line) {
                *self.waits_mut(slot) = Waits::Turn;
            }
        }
    }

    /// Performs the core's access that waits for this line, if one does: which, and how far it
    /// got.
    pub(super) fn perform_waiting<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        line: Line,
        event: protocol::Event,
        held: Held,
        observer: &mut O,
    ) -> Option<(Port, Progress)> {
        let waits = |machine: &Machine<C>, port| {
            let slot = Slot { core, port };
            machine.waits(slot) != Waits::Nothing && machine.wanted_line(slot) == Some(line)
        };
        if event == protocol::Event::Store && waits(self, Port::Drain) {
            self.cores[core.index()].drain_waits = Waits::Nothing;
            self.drain_into(core, held, Service::default(), observer);
            return Some((Port::Drain, Progress::Drained(Cost::Hit)));
        }
        if !waits(self, Port::Issue) {
            return None;
        }
        let block = self.config.single_copy_bytes;
        let pending = self.cores[core.index()].pending();
        let (kind, part) = (pending.access.kind, pending.next_part(block));
        let (loads, cost) = match kind {
            AccessKind::Load => (true, Cost::Hit),
            AccessKind::Store { .. } => (false, Cost::Hit),
            AccessKind::Locked { .. } => (false, Cost::Locked),
            AccessKind::Evict => return None,
        };
        if loads != (event == protocol::Event::Load) || self.one_line(part) != Some(line) {
            return None;
        }
        self.cores[core.index()].pending().waits = Waits::Nothing;
        self.touch_bytes(core, part, held, Service::default(), observer);
        let progress = self.finish_part(core, part, cost, observer);
        Some((Port::Issue, progress))
    }
}

fn performs(met: &Met<'_>, event: CoreEvent) -> bool {
    match event {
        CoreEvent::Load => met.cell.loads,
        CoreEvent::Store | CoreEvent::Evict => met.cell.stores,
    }
}
