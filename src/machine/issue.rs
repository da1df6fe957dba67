//! What cores do: perform the next part of an access, and drain a buffered store; each by
//! the core's own means if it can, else through the bus.

use super::access::{Access, AccessKind, Core, Fence};
use super::bus::Held;
use super::core::{Activity, Part, Waits};
use super::event::{Event, Observer, Stall};
use super::machine::{Fabric, Machine};
use super::step::{Cost, Port, Progress, Service, Slot};
use super::store_buffer::{BufferedStore, Lookup};
use super::violation::Violation;
use crate::memory::{Contents, Line, Piece, low_bytes};
use crate::protocol;
use crate::protocol::network::CoreEvent;

impl<C: Contents> Machine<C> {
    /// The core performs the next part of its access, as far as it can without waiting.
    pub(super) fn issue<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        let block = self.config.single_copy_bytes;
        let state = &mut self.cores[core.index()];
        let pending = match &state.activity {
            Activity::Access(pending) => pending,
            &Activity::Fence(fence) => return Ok(self.pass_fence(core, fence)),
            Activity::Idle => panic!("{core} has nothing to issue"),
        };
        assert!(pending.waits == Waits::Nothing, "{core} waits already");
        let Access {
            addr, bytes, kind, ..
        } = pending.access;
        if pending.done == 0 && !self.heap.contains(addr, bytes as u64) {
            state.activity = Activity::Idle;
            observer.observe(&Event::Faulted { core, addr, bytes });
            return Ok(Progress::Faulted(addr, bytes));
        }
        let part = pending.next_part(block);
        let Part { addr, bytes, at } = part;
        let buffer = &mut state.buffer;
        match kind {
            AccessKind::Load => match buffer.lookup(addr, bytes) {
                Lookup::Wait => Ok(Progress::Blocked(Stall::PartlyBuffered)),
                Lookup::Forward { value, write } => {
                    state.value.fill(at, value, bytes, write);
                    observer.observe(&Event::Forwarded { core, addr, bytes });
                    Ok(self.finish_part(core, part, Cost::Forwarded, observer))
                }
                Lookup::Absent if self.has_invalidations(core) => {
                    self.issue_load_before_invalidation(core, part, observer)
                }
                Lookup::Absent => self.issue_to_cache(core, part, observer),
            },
            AccessKind::Store { value, write } if !buffer.is_absent() => {
                if buffer.is_full() {
                    return Ok(Progress::Blocked(Stall::BufferFull));
                }
                let value = low_bytes(value >> (8 * at), bytes);
                buffer.push(BufferedStore {
                    addr,
                    bytes,
                    value,
                    write,
                });
                let occupancy = buffer.len();
                observer.observe(&Event::Buffered {
                    core,
                    write,
                    addr,
                    bytes,
                    occupancy,
                });
                Ok(self.finish_part(core, part, Cost::Buffered, observer))
            }
            AccessKind::Locked { .. } | AccessKind::Evict if !buffer.is_empty() => {
                Ok(Progress::Blocked(Stall::Draining))
            }
            AccessKind::Locked { .. } | AccessKind::Evict if self.has_invalidations(core) => {
                Ok(Progress::Blocked(Stall::Invalidating))
            }
            AccessKind::Store { .. } | AccessKind::Locked { .. } => {
                self.issue_to_cache(core, part, observer)
            }
            AccessKind::Evict if !self.has_caches() => {
                Ok(self.finish_part(core, part, Cost::Hit, observer))
            }
            AccessKind::Evict => self.issue_evict(core, part, observer),
        }
    }

    fn pass_fence(&mut self, core: Core, fence: Fence) -> Progress {
        if let Some(stall) = self.stall(core) {
            return Progress::Blocked(stall);
        }
        let state = &mut self.cores[core.index()];
        if fence == Fence::Store {
            state.buffer.bar();
        }
        state.activity = Activity::Idle;
        Progress::Done(Cost::Fence)
    }

    /// The line that a part lies in; none if it crosses into another.
    pub(super) fn one_line(&self, part: Part) -> Option<Line> {
        let line_of = |addr| self.config.line_size.line_of(addr);
        let line = line_of(part.addr);
        (line == line_of(part.addr + (part.bytes as u64 - 1))).then_some(line)
    }

    /// Performs a part in the core's cache if that needs no bus, else asks for the bus.
    pub(super) fn issue_to_cache<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        part: Part,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        match &self.fabric {
            Fabric::Bus(_) => {}
            Fabric::Network(_) => return self.issue_to_network(core, part, observer),
            Fabric::Memory => return Ok(self.issue_to_memory(core, part, observer)),
        }
        let kind = self.cores[core.index()].pending().access.kind;
        let (event, cost) = match kind {
            AccessKind::Load => (protocol::Event::Load, Cost::Hit),
            AccessKind::Store { .. } => (protocol::Event::Store, Cost::Hit),
            AccessKind::Locked { .. } => (protocol::Event::Store, Cost::Locked),
            AccessKind::Evict => unreachable!("a line that leaves is not asked for"),
        };
        let way = match self.one_line(part) {
            Some(line) => self.try_hit(core, line, event, observer)?,
            None => None,
        };
        let Some(way) = way else {
            self.cores[core.index()].pending().waits = Waits::Turn;
            return Ok(Progress::Waits(Slot {
                core,
                port: Port::Issue,
            }));
        };
        let held = Held::Way(way);
        self.touch_bytes(core, part, held, Service::default(), observer);
        Ok(self.finish_part(core, part, cost, observer))
    }

    /// The same where there are no caches.
    #[cold]
    #[inline(never)]
    fn issue_to_memory<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        part: Part,
        observer: &mut O,
    ) -> Progress {
        let cost = match self.cores[core.index()].pending().access.kind {
            AccessKind::Locked { .. } => Cost::Locked,
            _ => Cost::Hit,
        };
        self.touch_bytes(core, part, Held::Memory, Service::default(), observer);
        self.finish_part(core, part, cost, observer)
    }

    /// The same where there is a network.
    #[cold]
    #[inline(never)]
    pub(super) fn issue_to_network<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        part: Part,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        let slot = Slot {
            core,
            port: Port::Issue,
        };
        let event = match self.cores[core.index()].pending().access.kind {
            AccessKind::Load => CoreEvent::Load,
            AccessKind::Evict => return self.issue_evict(core, part, observer),
            AccessKind::Store { .. } | AccessKind::Locked { .. } => CoreEvent::Store,
        };
        let progress = match self.one_line(part) {
            Some(line) => self.ask(slot, line, event, observer)?,
            None => self.ask_for_two(core, part, observer)?,
        };
        Ok(progress.unwrap_or(Progress::Waits(slot)))
    }

    /// The bus serves the core's current access.
    pub(super) fn deliver<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        let block = self.config.single_copy_bytes;
        let pending = self.cores[core.index()].pending();
        assert!(pending.waits == Waits::Turn, "{core} asked for the bus");
        pending.waits = Waits::Nothing;
        let (access, part) = (pending.access, pending.next_part(block));
        let mut service = Service::default();
        if access.kind == AccessKind::Evict {
            self.leave(core, part, &mut service, observer)?;
        } else if let Some(line) = self.one_line(part) {
            let event = match access.kind {
                AccessKind::Load => protocol::Event::Load,
                _ => protocol::Event::Store,
            };
            let way = self.transact(core, line, event, &mut service, observer)?;
            self.touch_bytes(core, part, Held::Way(way), service, observer);
        } else {
            self.locked_across_lines(core, &access, &mut service, observer)?;
        }
        service.read_modify_write = matches!(access.kind, AccessKind::Locked { .. });
        Ok(self.finish_part(core, part, Cost::Bus(service), observer))
    }

    /// Reads or writes the bytes of a part where the core, which may, has them.
    #[inline]
    pub(super) fn touch_bytes<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        part: Part,
        held: Held,
        service: Service,
        observer: &mut O,
    ) {
        let Part { addr, bytes, at } = part;
        let value = match self.cores[core.index()].pending().access.kind {
            AccessKind::Load => {
                self.read_bytes(core, held, part);
                return;
            }
            AccessKind::Store { value, write } => {
                Some((low_bytes(value >> (8 * at), bytes), write))
            }
            AccessKind::Evict => unreachable!("a line that leaves is not touched"),
            AccessKind::Locked { update, write } => {
                self.apply_invalidations(core);
                self.read_bytes(core, held, part);
                let old = self.cores[core.index()].value.value(bytes);
                update.apply(old, bytes).map(|new| (new, write))
            }
        };
        if let Some((value, write)) = value {
            let store = BufferedStore {
                addr,
                bytes,
                value,
                write,
            };
            self.write_bytes(core, held, &store, service, false, observer);
        }
    }

    pub(super) fn finish_part<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        part: Part,
        cost: Cost,
        observer: &mut O,
    ) -> Progress {
        let state = &mut self.cores[core.index()];
        let pending = state.pending();
        pending.done += part.bytes;
        pending.parts += 1;
        if pending.done < pending.access.bytes {
            return Progress::Part(cost);
        }
        let (access, parts) = (pending.access, pending.parts);
        state.activity = Activity::Idle;
        state.answered = matches!(access.kind, AccessKind::Load | AccessKind::Locked { .. });
        let (access, value) = (&access, &state.value);
        observer.observe(&Event::Completed {
            core,
            access,
            value,
            parts,
        });
        Progress::Done(cost)
    }

    /// The core's oldest buffered store reaches its cache, or asks the bus for the line.
    pub(super) fn drain<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        assert!(
            self.cores[core.index()].drain_waits == Waits::Nothing,
            "{core}'s oldest store waits already"
        );
        let line = self.oldest_line(core);
        match &self.fabric {
            Fabric::Bus(_) => {}
            Fabric::Network(_) => return self.drain_to_network(core, line, observer),
            Fabric::Memory => {
                self.drain_into(core, Held::Memory, Service::default(), observer);
                return Ok(Progress::Drained(Cost::Hit));
            }
        }
        let Some(way) = self.try_hit(core, line, protocol::Event::Store, observer)? else {
            self.cores[core.index()].drain_waits = Waits::Turn;
            return Ok(Progress::Waits(Slot {
                core,
                port: Port::Drain,
            }));
        };
        self.drain_into(core, Held::Way(way), Service::default(), observer);
        Ok(Progress::Drained(Cost::Hit))
    }

    /// The same where there is a network.
    #[cold]
    #[inline(never)]
    pub(super) fn drain_to_network<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        line: Line,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        let slot = Slot {
            core,
            port: Port::Drain,
        };
        let progress = self.ask(slot, line, CoreEvent::Store, observer)?;
        Ok(progress.unwrap_or(Progress::Waits(slot)))
    }

    /// The bus serves the core's oldest buffered store.
    pub(super) fn deliver_drain<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        let state = &mut self.cores[core.index()];
        assert!(
            state.drain_waits == Waits::Turn,
            "{core}'s oldest store asked for the bus"
        );
        state.drain_waits = Waits::Nothing;
        let line = self.oldest_line(core);
        let mut service = Service::default();
        let way = self.transact(core, line, protocol::Event::Store, &mut service, observer)?;
        self.drain_into(core, Held::Way(way), service, observer);
        Ok(Progress::Drained(Cost::Bus(service)))
    }

    pub(super) fn oldest_line(&self, core: Core) -> Line {
        let oldest = self.cores[core.index()].buffer.oldest();
        self.config
            .line_size
            .line_of(oldest.expect("a store to drain").addr)
    }

    #[inline]
    pub(super) fn drain_into<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        held: Held,
        service: Service,
        observer: &mut O,
    ) {
        let store = self.cores[core.index()]
            .buffer
            .pop()
            .expect("a store to drain");
        self.write_bytes(core, held, &store, service, true, observer);
    }
}
