//! Caches and the atomic bus between them: what a hit, a transaction and an eviction do.
//! All of it is read from the protocol's table; a transaction happens as one step.

use super::access::{Access, AccessKind, Core};
use super::cache::Way;
use super::core::Part;
use super::event::{Event, Observer, Supplier};
use super::machine::Machine;
use super::memory::parts;
use super::step::{Impossible, Service};
use super::store_buffer::BufferedStore;
use crate::memory::{Contents, Line, Piece, low_bytes};
use crate::protocol::{self, Cell, State, Transaction};

/// What the other caches answered to a transaction.
#[derive(Clone, Copy, Debug, Default)]
struct Snooped {
    /// One of them raised the shared wire.
    shared: bool,
    /// The first that put the line on the bus, and where it has it.
    owner: Option<(Core, Way)>,
}

impl<C: Contents> Machine<C> {
    /// Lets `event` meet the line in the core's own cache if that needs no bus: where the
    /// line then is.
    pub(super) fn try_hit<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        line: Line,
        event: protocol::Event,
        observer: &mut O,
    ) -> Result<Option<Way>, Box<Impossible>> {
        let cache = &mut self.caches[core.index()];
        let Some(way) = cache.find(line) else {
            return Ok(None);
        };
        let from = cache.state_at(way);
        let Some(cell) = self.table.cell(from, event) else {
            return Err(self.impossible(core, line, from, event));
        };
        if cell.transaction.is_some() {
            return Ok(None);
        }
        cache.touch(way);
        let to = cell.next_alone;
        cache.set_state(way, to);
        changed(observer, (core, line, core), event, from, to);
        let silently_changed = to != from;
        observer.observe(&Event::Hit {
            core,
            line,
            event,
            silently_changed,
        });
        Ok(Some(way))
    }

    /// Brings the line into the core's cache so that `event` is allowed: where it then is.
    pub(super) fn transact<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        line: Line,
        event: protocol::Event,
        service: &mut Service,
        observer: &mut O,
    ) -> Result<Way, Box<Impossible>> {
        service.broadcast = false;
        // Since it asked, the core's other port may have brought the line.
        if let Some(way) = self.try_hit(core, line, event, observer)? {
            return Ok(way);
        }
        let from = self.caches[core.index()].state(line);
        let cell = self.cell(core, line, from, event)?;
        let kind = cell
            .transaction
            .expect("a line that is not here needs a transaction");
        service.transactions += 1;
        service.broadcast = kind == Transaction::BusUpd;
        let (way, held) = match self.caches[core.index()].find(line) {
            Some(way) => (way, true),
            None => (self.make_room(core, line, service, observer)?, false),
        };
        let Snooped { shared, owner } = self.snoop(core, line, kind, observer)?;
        let to = if shared {
            cell.next_shared
        } else {
            cell.next_alone
        };
        if held {
            self.caches[core.index()].set_state(way, to);
            self.caches[core.index()].touch(way);
        } else {
            self.caches[core.index()].install(way, line, to);
        }
        let supplier = self.supply(core, line, kind, way, held, owner);
        service.add(supplier);
        changed(observer, (core, line, core), event, from, to);
        observer.observe(&Event::Transaction {
            core,
            line,
            event,
            kind,
            held,
            supplier,
        });
        Ok(way)
    }

    /// Lets every other cache that holds the line meet the transaction.
    fn snoop<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        line: Line,
        kind: Transaction,
        observer: &mut O,
    ) -> Result<Snooped, Box<Impossible>> {
        let mut snooped = Snooped::default();
        let event = kind.event();
        for other in self.cores().filter(|&other| other != core) {
            let Some(way) = self.caches[other.index()].find(line) else {
                continue;
            };
            let from = self.caches[other.index()].state_at(way);
            let cell = self.cell(other, line, from, event)?;
            snooped.shared |= cell.shared;
            if cell.flush || cell.flush_opt {
                self.flush(other, line, way, cell.flush, core, observer);
                snooped.owner = snooped.owner.or(Some((other, way)));
            }
            let to = cell.next_alone;
            self.caches[other.index()].set_state(way, to);
            changed(observer, (other, line, core), event, from, to);
        }
        Ok(snooped)
    }

    /// Moves the line's bytes to the requester if the transaction brings them: from whom.
    fn supply(
        &mut self,
        core: Core,
        line: Line,
        kind: Transaction,
        way: Way,
        held: bool,
        owner: Option<(Core, Way)>,
    ) -> Supplier {
        if !kind.fetches() {
            return Supplier::Nobody;
        }
        if let Some((owner, owner_way)) = owner {
            let pair = [core.index(), owner.index()];
            let [requester, source] = self
                .caches
                .get_disjoint_mut(pair)
                .expect("a cache does not snoop itself");
            let (to, index) = requester.contents_mut(way);
            let (from, source_index) = source.contents(owner_way);
            to.copy_line(index, from, source_index);
            return Supplier::Cache(owner);
        }
        // Who asks with a copy in hand keeps it: it is as new as memory's, or newer.
        if !held {
            let (to, index) = self.caches[core.index()].contents_mut(way);
            let (from, source_index) = self.memory.line(line);
            to.copy_line(index, from, source_index);
        }
        self.memory.touch(line)
    }

    /// Frees a way for the line, writing back what must not be lost.
    fn make_room<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        line: Line,
        service: &mut Service,
        observer: &mut O,
    ) -> Result<Way, Box<Impossible>> {
        let (way, victim) = self.caches[core.index()].victim(line);
        if let Some((line, from)) = victim {
            let event = protocol::Event::Evict;
            let cell = self.cell(core, line, from, event)?;
            if cell.flush {
                self.flush(core, line, way, true, core, observer);
                service.write_backs += 1;
            }
            let to = cell.next_alone;
            self.caches[core.index()].set_state(way, to);
            changed(observer, (core, line, core), event, from, to);
        }
        Ok(way)
    }

    fn flush<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        line: Line,
        way: Way,
        to_memory: bool,
        cause: Core,
        observer: &mut O,
    ) {
        if to_memory {
            let (from, source_index) = self.caches[core.index()].contents(way);
            let (to, index) = self.memory.line(line);
            to.copy_line(index, from, source_index);
            self.memory.touch(line);
        }
        observer.observe(&Event::Flushed {
            core,
            line,
            to_memory,
            cause,
        });
    }

    /// A locked operation on bytes of two lines: the bus is locked, so nothing comes between.
    pub(super) fn locked_across_lines<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        access: &Access,
        service: &mut Service,
        observer: &mut O,
    ) -> Result<(), Box<Impossible>> {
        let AccessKind::Locked { update, write } = access.kind else {
            panic!("only a locked operation is performed across lines");
        };
        service.locked = true;
        observer.observe(&Event::BusLocked { core });
        let size = self.config.line_size;
        let store = protocol::Event::Store;
        let parts = || parts(access.addr, access.bytes, size.bytes());
        for (at, addr, bytes) in parts() {
            let way = self.transact(core, size.line_of(addr), store, service, observer)?;
            self.read_bytes(core, way, Part { addr, bytes, at });
        }
        let old = self.cores[core.index()].value.value(access.bytes);
        let Some(new) = update.apply(old, access.bytes) else {
            return Ok(());
        };
        for (at, addr, bytes) in parts() {
            // A cache of one line has lost the first line to the second.
            let way = self.transact(core, size.line_of(addr), store, service, observer)?;
            let value = low_bytes(new >> (8 * at), bytes);
            let part = BufferedStore {
                addr,
                bytes,
                value,
                write,
            };
            self.write_bytes(core, way, &part, *service, false, observer);
        }
        Ok(())
    }

    /// Reads the bytes of a part from the core's cache, which may read the line.
    pub(super) fn read_bytes(&mut self, core: Core, way: Way, part: Part) {
        let (contents, index) = self.caches[core.index()].contents(way);
        let offset = self.config.line_size.offset_of(part.addr);
        let value = &mut self.cores[core.index()].value;
        contents.read(index, offset, part.bytes, value, part.at);
    }

    /// Writes bytes in the core's cache, which may write the line, and in all other copies
    /// if the bus just broadcast them.
    pub(super) fn write_bytes<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        way: Way,
        store: &BufferedStore,
        service: Service,
        from_buffer: bool,
        observer: &mut O,
    ) {
        let BufferedStore {
            addr,
            bytes,
            value,
            write,
        } = *store;
        let (contents, index) = self.caches[core.index()].contents_mut(way);
        let (line, offset) = (
            self.config.line_size.line_of(addr),
            self.config.line_size.offset_of(addr),
        );
        contents.write(index, offset, value, bytes, write);
        if service.broadcast {
            for other in self.cores().filter(|&other| other != core) {
                if let Some(way) = self.caches[other.index()].find(line) {
                    let (contents, index) = self.caches[other.index()].contents_mut(way);
                    contents.write(index, offset, value, bytes, write);
                }
            }
        }
        observer.observe(&Event::Performed {
            core,
            write,
            addr,
            bytes,
            value,
            from_buffer,
        });
    }

    fn cell(
        &self,
        core: Core,
        line: Line,
        state: State,
        event: protocol::Event,
    ) -> Result<Cell, Box<Impossible>> {
        let cell = self.table.cell(state, event).copied();
        cell.ok_or_else(|| self.impossible(core, line, state, event))
    }

    fn impossible(
        &self,
        core: Core,
        line: Line,
        state: State,
        event: protocol::Event,
    ) -> Box<Impossible> {
        let state_name = self.table.state_name(state).to_owned();
        Box::new(Impossible {
            core,
            line,
            state,
            event,
            state_name,
        })
    }
}

/// Reports a line's change of state, if it is one: whose cache, which line, and who caused it.
fn changed<P, O: Observer<P>>(
    observer: &mut O,
    (core, line, cause): (Core, Line, Core),
    event: protocol::Event,
    from: State,
    to: State,
) {
    if to != from {
        observer.observe(&Event::Transition {
            core,
            line,
            event,
            from,
            to,
            cause,
        });
    }
}
