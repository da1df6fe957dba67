//! A locked operation on bytes of two lines, on a network. There is no bus to lock, and a
//! core that held one line while it waits for the other could wait for ever. So it asks for one
//! line after the other, holds neither back from others, and is performed in the one step in
//! which it finds both writable. Only one core at a time tries, so that two do not take the
//! lines from each other without end.

use std::sync::Arc;

use super::view::View;
use crate::machine::access::{Access, AccessKind, Core};
use crate::machine::core::{Part, Waits};
use crate::machine::event::Observer;
use crate::machine::machine::Machine;
use crate::machine::memory::parts;
use crate::machine::step::{Cost, Port, Progress, Service, Slot};
use crate::machine::store_buffer::BufferedStore;
use crate::machine::violation::Violation;
use crate::memory::{Contents, Line, Piece, low_bytes};
use crate::protocol::network::CoreEvent;

/// Who tries, and the line that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Split {
    core: Core,
    line: Line,
}

impl Split {
    pub(super) fn wanted(self) -> (Core, Line) {
        (self.core, self.line)
    }
}

impl<C: Contents> Machine<C> {
    /// The core's locked operation across lines: how far it got, or that it waits.
    pub(in crate::machine) fn ask_for_two<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        part: Part,
        observer: &mut O,
    ) -> Result<Option<Progress>, Box<Violation>> {
        let lines = self.two_lines(part);
        let cache = self.config.cache;
        if cache.sets == 1 && cache.ways == 1 {
            return Ok(Some(Progress::Unsupported(
                "a locked operation on two lines, of which the cache holds one",
            )));
        }
        let slot = Slot {
            core,
            port: Port::Issue,
        };
        *self.waits_mut(slot) = Waits::Turn;
        if self.network().split.is_some_and(|split| split.core != core) {
            return Ok(None);
        }
        if let Some(line) = lines.into_iter().find(|&line| !self.may_write(core, line)) {
            self.network_mut().split = Some(Split { core, line });
            return self.ask(slot, line, CoreEvent::Store, observer);
        }
        let controllers = Arc::clone(&self.network().controllers);
        for line in lines {
            let mut view = View::new(self, line, &mut *observer);
            let met = controllers.ask(&view, core.index(), CoreEvent::Store);
            view.execute(&met.expect("it may write"), None, Some(core));
        }
        self.network_mut().split = None;
        self.cores[core.index()].pending().waits = Waits::Nothing;
        let access = self.cores[core.index()].pending().access;
        self.perform_on_two(core, &access, observer);
        Ok(Some(self.finish_part(core, part, Cost::Locked, observer)))
    }

    fn perform_on_two<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        access: &Access,
        observer: &mut O,
    ) {
        let AccessKind::Locked { update, write } = access.kind else {
            panic!("only a locked operation is performed across lines");
        };
        let size = self.config.line_size;
        for (at, addr, bytes) in parts(access.addr, access.bytes, size.bytes()) {
            let held = View::new(self, size.line_of(addr), ()).held(core);
            self.read_bytes(core, held, Part { addr, bytes, at });
        }
        self.apply_invalidations(core);
        let old = self.cores[core.index()].value.value(access.bytes);
        let Some(new) = update.apply(old, access.bytes) else {
            return;
        };
        for (at, addr, bytes) in parts(access.addr, access.bytes, size.bytes()) {
            let held = View::new(self, size.line_of(addr), ()).held(core);
            let value = low_bytes(new >> (8 * at), bytes);
            let store = BufferedStore {
                addr,
                bytes,
                value,
                write,
            };
            self.write_bytes(core, held, &store, Service::default(), false, observer);
        }
    }

    fn two_lines(&self, part: Part) -> [Line; 2] {
        let first = self.config.line_size.line_of(part.addr);
        [first, Line(first.0 + 1)]
    }

    /// Whether the core's front controller performs a store on the line at once.
    fn may_write(&mut self, core: Core, line: Line) -> bool {
        let controllers = Arc::clone(&self.network().controllers);
        let view = View::new(self, line, ());
        let met = controllers.ask(&view, core.index(), CoreEvent::Store);
        met.is_some_and(|met| met.cell.stores && controllers.has_room(&view, &met))
    }

    /// Whether trying again would help a locked operation across lines.
    pub(super) fn may_serve_two(&mut self, core: Core, part: Part) -> bool {
        if self.network().split.is_some_and(|split| split.core != core) {
            return false;
        }
        let lines = self.two_lines(part);
        let missing = lines.into_iter().find(|&line| !self.may_write(core, line));
        let slot = Slot {
            core,
            port: Port::Issue,
        };
        missing.is_none_or(|line| self.may_ask(slot, line, CoreEvent::Store))
    }

    /// The line that a port's access waits for.
    pub(super) fn asks_for(&self, slot: Slot) -> Option<Line> {
        match self.network().split {
            Some(split) if slot.port == Port::Issue && split.core == slot.core => Some(split.line),
            _ => self.wanted_line(slot),
        }
    }
}
