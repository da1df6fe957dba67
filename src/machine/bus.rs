//! A core's access meets its cache and the bus. What a hit, a transaction and an eviction do
//! is [`coherence`]; finding the line, making room for it and moving an access's bytes is here.

use std::cell::Cell;

use super::access::{Access, AccessKind, Core};
use super::cache::Way;
use super::copies::Copies;
use super::core::{CoreState, Part};
use super::event::{Event, Observer};
use super::machine::{Fabric, Machine};
use super::memory::parts;
use super::step::Service;
use super::store_buffer::BufferedStore;
use crate::coherence::{self, Impossible};
use crate::memory::{Addr, Contents, Line, Piece, low_bytes};
use crate::protocol::{self, Table};

/// Where a core has the bytes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// In its cache.
    Way(Way),
    /// In the network's own store: its controller keeps them outside of the cache.
    Apart(u32),
    /// In memory: there are no caches.
    Memory,
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
        let Some(way) = self.caches[core.index()].find(line) else {
            return Ok(None);
        };
        let Fabric::Bus(table) = &self.fabric else {
            panic!("there is a bus");
        };
        let mut service = Service::default();
        let mut copies = Copies {
            caches: &mut self.caches,
            invalidations: &mut self.invalidations,
            memory: &mut self.memory,
            observer,
            service: &mut service,
            line,
            table,
            core,
            way,
            found: Cell::new(None),
        };
        if !coherence::hit(table, &mut copies, core.index(), event)? {
            return Ok(None);
        }
        self.caches[core.index()].touch(way);
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
        let way = match self.caches[core.index()].find(line) {
            Some(way) => way,
            None => self.make_room(core, line, service, observer)?,
        };
        let (table, mut copies) = self.copies(core, line, way, service, observer);
        let served = coherence::transact(table, &mut copies, core.index(), event)?;
        self.caches[core.index()].touch(way);
        service.transactions += served.transactions;
        service.write_backs += served.write_backs;
        service.broadcast = served.broadcast;
        service.write_through = served.write_through;
        Ok(way)
    }

    /// Brings the lines of a new object that are in no cache into the core's, to be written: its
    /// allocator has cleared them some time ago, so there is nobody to tell.
    pub(super) fn claim(&mut self, core: Core, addr: Addr, bytes: u64) {
        let size = self.config.line_size;
        let (first, last) = (
            size.line_of(addr),
            size.line_of(addr + bytes.saturating_sub(1)),
        );
        for line in (first.0..=last.0).map(Line) {
            if self.caches.iter().any(|cache| cache.find(line).is_some()) {
                continue; // shared with an object that is in use
            }
            let store = protocol::Event::Store;
            let mut service = Service::default();
            // A table without a cell for this says so at the first access.
            let _ = self.transact(core, line, store, &mut service, &mut ());
        }
    }

    /// The table, and the copies of the line for what `core` does with its own in this way.
    fn copies<'a, O>(
        &'a mut self,
        core: Core,
        line: Line,
        way: Way,
        service: &'a mut Service,
        observer: &'a mut O,
    ) -> (&'a Table, Copies<'a, C, O>) {
        let Fabric::Bus(table) = &self.fabric else {
            panic!("there is a bus");
        };
        let copies = Copies {
            caches: &mut self.caches,
            invalidations: &mut self.invalidations,
            memory: &mut self.memory,
            observer,
            service,
            line,
            table,
            core,
            way,
            found: Cell::new(None),
        };
        (table, copies)
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
        if let Some((victim, _)) = victim {
            self.evict(core, victim, way, service, observer)?;
        }
        Ok(way)
    }

    /// Takes a line out of its way, writing back what must not be lost.
    pub(super) fn evict<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        line: Line,
        way: Way,
        service: &mut Service,
        observer: &mut O,
    ) -> Result<(), Box<Impossible>> {
        let (table, mut copies) = self.copies(core, line, way, service, observer);
        let written_back = coherence::evict(table, &mut copies, core.index())?;
        service.write_backs += u32::from(written_back);
        Ok(())
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
            self.read_bytes(core, Held::Way(way), Part { addr, bytes, at });
        }
        self.apply_invalidations(core);
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
            self.write_bytes(core, Held::Way(way), &part, *service, false, observer);
        }
        Ok(())
    }

    /// Reads the bytes of a part where the core, which may read the line, has them.
    #[inline]
    pub(super) fn read_bytes(&mut self, core: Core, held: Held, part: Part) {
        self.read_held(core, held, part);
        let CoreState { buffer, value, .. } = &mut self.cores[core.index()];
        buffer.join(part.addr, part.bytes, value, part.at);
    }

    #[inline]
    fn read_held(&mut self, core: Core, held: Held, part: Part) {
        let (contents, index) = match (held, &self.fabric) {
            (Held::Apart(index), Fabric::Network(network)) => (&network.contents, index),
            (Held::Way(way), _) => self.caches[core.index()].contents(way),
            (Held::Memory, _) => {
                let value = &mut self.cores[core.index()].value;
                return self.memory.read(part.addr, part.bytes, value, part.at);
            }
            (Held::Apart(_), _) => panic!("only a network keeps lines apart"),
        };
        let offset = self.config.line_size.offset_of(part.addr);
        let value = &mut self.cores[core.index()].value;
        contents.read(index, offset, part.bytes, value, part.at);
    }

    /// Writes bytes where the core, which may write the line, has them, and in all other
    /// copies and memory if the bus just took them there.
    #[inline]
    pub(super) fn write_bytes<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        held: Held,
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
        let (contents, index) = match (held, &mut self.fabric) {
            (Held::Apart(index), Fabric::Network(network)) => (&mut network.contents, index),
            (Held::Way(way), _) => self.caches[core.index()].contents_mut(way),
            (Held::Memory, _) => {
                self.memory.write(addr, bytes, value, write);
                observer.observe(&Event::Performed {
                    core,
                    write,
                    addr,
                    bytes,
                    value,
                    from_buffer,
                });
                return;
            }
            (Held::Apart(_), _) => panic!("only a network keeps lines apart"),
        };
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
        if service.write_through {
            let (contents, index) = self.memory.line(line);
            contents.write(index, offset, value, bytes, write);
            self.memory.touch(line);
            observer.observe(&Event::WrittenThrough { core, line, bytes });
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
}
