//! A core asks its own cache to give a line up: the same cells as when room is needed, but when
//! a program says so.

use std::sync::Arc;

use super::access::Core;
use super::core::{Part, Waits};
use super::event::Observer;
use super::machine::Machine;
use super::network::View;
use super::step::{Cost, Port, Progress, Service, Slot};
use super::violation::Violation;
use crate::coherence::network::{Controllers, Met};
use crate::memory::{Contents, Line};
use crate::protocol::network::CoreEvent;
use crate::protocol::{self, State};

impl<C: Contents> Machine<C> {
    /// The core's cache gives the line up, if it has it; what must be written back needs the
    /// bus.
    pub(super) fn issue_evict<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        part: Part,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        let line = self.config.line_size.line_of(part.addr);
        let port = Port::Issue;
        if self.on_network() {
            return self.leave_network(core, line, part, observer);
        }
        let state = self.caches[core.index()].state(line);
        let cell = self.bus_table().cell(state, protocol::Event::Evict);
        if cell.is_some_and(|cell| cell.flush) {
            self.cores[core.index()].pending().waits = Waits::Turn;
            return Ok(Progress::Waits(Slot { core, port }));
        }
        self.leave(core, part, &mut Service::default(), observer)?;
        Ok(self.finish_part(core, part, Cost::Hit, observer))
    }

    /// The line leaves, on a bus.
    pub(super) fn leave<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        part: Part,
        service: &mut Service,
        observer: &mut O,
    ) -> Result<(), Box<Violation>> {
        let line = self.config.line_size.line_of(part.addr);
        // It may have gone while the core waited for the bus.
        if let Some(way) = self.caches[core.index()].find(line) {
            self.evict(core, line, way, service, observer)?;
        }
        Ok(())
    }

    /// The same on a network: the line has left, or is about to, when this is done.
    fn leave_network<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        line: Line,
        part: Part,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        if self.caches[core.index()].find(line).is_some() {
            let controllers = Arc::clone(&self.network().controllers);
            if self.is_kept(core, line) {
                return Ok(Progress::Unsupported(
                    "the protocol never gives a line up that is in this state",
                ));
            }
            let Some(met) = self.open_evict(&controllers, core, line) else {
                let port = Port::Issue;
                self.cores[core.index()].pending().waits = Waits::Turn;
                return Ok(Progress::Waits(Slot { core, port }));
            };
            let mut view = View::new(self, line, &mut *observer);
            view.execute(&met, None, Some(core));
        }
        self.cores[core.index()].pending().waits = Waits::Nothing;
        Ok(self.finish_part(core, part, Cost::Hit, observer))
    }

    /// Whether a core that asked for the line to leave would get on if it tried again.
    pub(super) fn may_leave(&mut self, core: Core, line: Line) -> bool {
        let controllers = Arc::clone(&self.network().controllers);
        self.caches[core.index()].find(line).is_none()
            || self.is_kept(core, line)
            || self.open_evict(&controllers, core, line).is_some()
    }

    /// Whether the line is at rest in a state in which no cell lets it go.
    fn is_kept(&self, core: Core, line: Line) -> bool {
        let front = self.network().controllers.network().front();
        let State(state) = self.caches[core.index()].state(line);
        let cell = front.cell(state, CoreEvent::Evict as u16);
        cell.is_none() && front.stable[usize::from(state)]
    }

    /// The cell for the line to leave, if it can now.
    fn open_evict<'a>(
        &mut self,
        controllers: &'a Controllers,
        core: Core,
        line: Line,
    ) -> Option<Met<'a>> {
        let view = View::new(self, line, ());
        let met = controllers.ask(&view, core.index(), CoreEvent::Evict)?;
        (!met.cell.stalls && controllers.has_room(&view, &met)).then_some(met)
    }
}
