//! The machine: cores with store buffers and caches on one bus. It knows which steps are
//! possible and what each one does; it has no clock, and when a step happens is a driver's
//! choice.

use std::sync::Arc;

use super::access::{Access, AccessKind, Core};
use super::cache::{Cache, Way};
use super::config::Config;
use super::event::{Event, Observer, Stall};
use super::memory::{Memory, parts};
use super::program::Response;
use super::step::{Cost, Impossible, Port, Progress, Service, Slot, Step};
use super::store_buffer::{BufferedStore, Lookup, StoreBuffer};
use crate::memory::{Addr, Contents, Heap, HeapFull, Line, Piece, WriteId};
use crate::protocol::{self, Table};

/// The state of one core between its program and its cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct CoreState<P> {
    activity: Activity<P>,
    buffer: StoreBuffer<P>,
    /// The oldest buffered store waits for the bus.
    drain_waits: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Activity<P> {
    Idle,
    Fence,
    Access(Pending<P>),
}

/// An access under way, performed part by part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pending<P> {
    access: Access<P>,
    /// How many of its bytes are performed.
    done: usize,
    /// In how many parts.
    parts: usize,
    /// The bytes read so far.
    value: P,
    /// The next part waits for the bus.
    waits: bool,
}

impl<P: Piece> Pending<P> {
    /// The next part: as much as is performed whole, which is what lies in one block of
    /// `block` bytes, or all of a locked operation.
    fn next_part(&self, block: usize) -> (Addr, usize) {
        let Access { addr, bytes, kind } = self.access;
        if matches!(kind, AccessKind::Locked { .. }) {
            return (addr, bytes);
        }
        let start = addr + self.done as u64;
        let (_, _, len) = parts(start, bytes - self.done, block as u64)
            .next()
            .expect("a pending access has a part left");
        (start, len)
    }
}

/// Cores, store buffers, caches, a bus and memory. `C` is what lines carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine<C: Contents> {
    pub(super) config: Arc<Config>,
    pub(super) table: Arc<Table>,
    heap: Heap,
    cores: Vec<CoreState<C::Piece>>,
    pub(super) caches: Vec<Cache<C>>,
    pub(super) memory: Memory<C>,
}

impl<C: Contents> Machine<C> {
    /// A machine at rest: caches and store buffers empty, memory zero.
    ///
    /// # Panics
    /// When the machine has more than 255 cores.
    #[must_use]
    pub fn new(config: Arc<Config>, table: Arc<Table>, heap: Heap) -> Machine<C> {
        assert!(config.cores < 256, "a core's number is a byte");
        let core = CoreState {
            activity: Activity::Idle,
            buffer: StoreBuffer::new(config.store_buffer.depth),
            drain_waits: false,
        };
        let line_bytes = config.line_size.bytes() as usize;
        let cache = Cache::new(config.cache, line_bytes, table.initial());
        Machine {
            heap,
            cores: vec![core; config.cores],
            caches: vec![cache; config.cores],
            memory: Memory::new(&config),
            config,
            table,
        }
    }

    /// The machine's description.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The protocol that its caches run.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Which addresses may be touched.
    pub fn heap_mut(&mut self) -> &mut Heap {
        &mut self.heap
    }

    /// Memory, for setting a run up and for looking at what it left.
    pub fn memory_mut(&mut self) -> &mut Memory<C> {
        &mut self.memory
    }

    /// Memory, to be looked at.
    #[must_use]
    pub fn memory(&self) -> &Memory<C> {
        &self.memory
    }

    /// A core's cache.
    #[must_use]
    pub fn cache(&self, core: Core) -> &Cache<C> {
        &self.caches[core.index()]
    }

    /// A core's store buffer.
    #[must_use]
    pub fn store_buffer(&self, core: Core) -> &StoreBuffer<C::Piece> {
        &self.cores[core.index()].buffer
    }

    /// All cores.
    pub fn cores(&self) -> impl Iterator<Item = Core> + use<C> {
        (0..self.cores.len()).map(|core| Core(core as u8))
    }

    /// Puts a new object into the heap and its first bytes into memory.
    ///
    /// # Errors
    /// When the heap is full.
    pub fn place(&mut self, bytes: u64, contents: &[u8]) -> Result<Addr, HeapFull> {
        let addr = self.heap.allocate(bytes)?;
        for (at, &byte) in (0..).zip(contents) {
            let write = WriteId::INITIAL;
            self.memory.write(addr + at, 1, u128::from(byte), write);
        }
        Ok(addr)
    }

    /// Gives an idle core its next access.
    pub fn begin(&mut self, core: Core, access: Access<C::Piece>) {
        self.start(
            core,
            Activity::Access(Pending {
                access,
                done: 0,
                parts: 0,
                value: C::Piece::default(),
                waits: false,
            }),
        );
    }

    /// Lets an idle core wait until its earlier stores are performed.
    pub fn begin_fence(&mut self, core: Core) {
        self.start(core, Activity::Fence);
    }

    fn start(&mut self, core: Core, activity: Activity<C::Piece>) {
        let state = &mut self.cores[core.index()];
        assert!(
            matches!(state.activity, Activity::Idle),
            "a core does one access at a time"
        );
        state.activity = activity;
    }

    /// Everything that may happen next, in a fixed order.
    pub fn steps(&self, steps: &mut Vec<Step>) {
        steps.clear();
        for core in self.cores() {
            let state = &self.cores[core.index()];
            let waits = matches!(&state.activity, Activity::Access(pending) if pending.waits);
            if waits {
                steps.push(Step::Deliver(Slot {
                    core,
                    port: Port::Issue,
                }));
            } else if !matches!(state.activity, Activity::Idle) && self.stall(core).is_none() {
                steps.push(Step::Issue(core));
            }
            if state.drain_waits {
                steps.push(Step::Deliver(Slot {
                    core,
                    port: Port::Drain,
                }));
            } else if !state.buffer.is_empty() {
                steps.push(Step::Drain(core));
            }
        }
    }

    /// The line that a port needs next, if it needs one.
    #[must_use]
    pub fn wanted_line(&self, slot: Slot) -> Option<Line> {
        let state = &self.cores[slot.core.index()];
        let addr = match (slot.port, &state.activity) {
            (Port::Drain, _) => state.buffer.oldest()?.addr,
            (Port::Issue, Activity::Access(pending)) => pending.access.addr + pending.done as u64,
            (Port::Issue, _) => return None,
        };
        Some(self.config.line_size.line_of(addr))
    }

    /// Makes one step happen.
    ///
    /// # Errors
    /// When the protocol has no cell for what happened.
    ///
    /// # Panics
    /// When the step is not possible now.
    pub fn perform<O: Observer<C::Piece>>(
        &mut self,
        step: Step,
        observer: &mut O,
    ) -> Result<Progress<C::Piece>, Impossible> {
        match step {
            Step::Issue(core) => self.issue(core, observer),
            Step::Drain(core) => self.drain(core, observer),
            Step::Deliver(Slot {
                core,
                port: Port::Issue,
            }) => self.deliver(core, observer),
            Step::Deliver(Slot {
                core,
                port: Port::Drain,
            }) => self.drain_through_bus(core, observer),
        }
    }

    /// What the core's next part must wait for in the core's own store buffer.
    fn stall(&self, core: Core) -> Option<Stall> {
        let state = &self.cores[core.index()];
        let buffer = &state.buffer;
        match &state.activity {
            Activity::Idle => None,
            Activity::Fence => (!buffer.is_empty()).then_some(Stall::Draining),
            Activity::Access(pending) => match pending.access.kind {
                AccessKind::Locked { .. } => (!buffer.is_empty()).then_some(Stall::Draining),
                AccessKind::Store { .. } => {
                    let full = !buffer.is_absent() && buffer.is_full();
                    full.then_some(Stall::BufferFull)
                }
                AccessKind::Load => {
                    let (addr, bytes) = pending.next_part(self.config.single_copy_bytes);
                    let lookup = buffer.lookup(addr, bytes);
                    matches!(lookup, Lookup::Wait).then_some(Stall::PartlyBuffered)
                }
            },
        }
    }

    fn issue<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        observer: &mut O,
    ) -> Result<Progress<C::Piece>, Impossible> {
        let pending = match &self.cores[core.index()].activity {
            Activity::Access(pending) => pending,
            Activity::Fence => return Ok(self.pass_fence(core)),
            Activity::Idle => panic!("{core} has nothing to issue"),
        };
        assert!(!pending.waits, "{core} waits for the bus");
        let Access { addr, bytes, kind } = pending.access;
        if pending.done == 0 && !self.heap.contains(addr, bytes as u64) {
            self.cores[core.index()].activity = Activity::Idle;
            observer.observe(&Event::Faulted { core, addr, bytes });
            return Ok(Progress::Faulted(addr, bytes));
        }
        let (addr, len) = pending.next_part(self.config.single_copy_bytes);
        let done = pending.done;
        let buffer = &self.cores[core.index()].buffer;
        match kind {
            AccessKind::Load => match buffer.lookup(addr, len) {
                Lookup::Wait => Ok(Progress::Blocked(Stall::PartlyBuffered)),
                Lookup::Forward(piece) => {
                    observer.observe(&Event::Forwarded {
                        core,
                        addr,
                        bytes: len,
                    });
                    Ok(self.finish_part(core, len, &piece, Cost::Forwarded, observer))
                }
                Lookup::Absent => self.issue_to_cache(core, addr, len, observer),
            },
            AccessKind::Store { .. } if buffer.is_absent() => {
                self.issue_to_cache(core, addr, len, observer)
            }
            AccessKind::Store { .. } if buffer.is_full() => {
                Ok(Progress::Blocked(Stall::BufferFull))
            }
            AccessKind::Store { piece, write } => {
                let piece = piece.slice(done, len);
                let store = BufferedStore {
                    addr,
                    bytes: len,
                    piece,
                    write,
                };
                let buffer = &mut self.cores[core.index()].buffer;
                buffer.push(store);
                let occupancy = buffer.len();
                observer.observe(&Event::Buffered {
                    core,
                    write,
                    addr,
                    bytes: len,
                    occupancy,
                });
                Ok(self.finish_part(core, len, &C::Piece::default(), Cost::Buffered, observer))
            }
            AccessKind::Locked { .. } if !buffer.is_empty() => {
                Ok(Progress::Blocked(Stall::Draining))
            }
            AccessKind::Locked { .. } => self.issue_to_cache(core, addr, len, observer),
        }
    }

    fn pass_fence(&mut self, core: Core) -> Progress<C::Piece> {
        let state = &mut self.cores[core.index()];
        if !state.buffer.is_empty() {
            return Progress::Blocked(Stall::Draining);
        }
        state.activity = Activity::Idle;
        Progress::Done(Response::Done, Cost::Fence)
    }

    /// Performs a part in the core's cache if that needs no bus, else asks for the bus.
    fn issue_to_cache<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        addr: Addr,
        len: usize,
        observer: &mut O,
    ) -> Result<Progress<C::Piece>, Impossible> {
        let kind = self.pending(core).access.kind;
        let line = self.config.line_size.line_of(addr);
        let last = self.config.line_size.line_of(addr + (len as u64 - 1));
        let (event, cost) = match kind {
            AccessKind::Load => (protocol::Event::Load, Cost::Hit),
            AccessKind::Store { .. } => (protocol::Event::Store, Cost::Hit),
            AccessKind::Locked { .. } => (protocol::Event::Store, Cost::Locked),
        };
        let way = if line == last {
            self.try_hit(core, line, event, observer)?
        } else {
            None
        };
        let Some(way) = way else {
            self.pending(core).waits = true;
            return Ok(Progress::Waits(Slot {
                core,
                port: Port::Issue,
            }));
        };
        let value = self.touch_bytes(core, way, Service::default(), observer);
        Ok(self.finish_part(core, len, &value, cost, observer))
    }

    /// The bus serves the core's current access.
    fn deliver<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        observer: &mut O,
    ) -> Result<Progress<C::Piece>, Impossible> {
        let pending = self.pending(core);
        assert!(pending.waits, "{core} asked for the bus");
        pending.waits = false;
        let pending = pending.clone();
        let (addr, len) = pending.next_part(self.config.single_copy_bytes);
        let line = self.config.line_size.line_of(addr);
        let last = self.config.line_size.line_of(addr + (len as u64 - 1));
        let mut service = Service::default();
        let value = match pending.access.kind {
            AccessKind::Locked { update, write } if line != last => {
                service.read_modify_write = true;
                self.locked_across_lines(
                    core,
                    &pending.access,
                    update,
                    write,
                    &mut service,
                    observer,
                )?
            }
            kind => {
                service.read_modify_write = matches!(kind, AccessKind::Locked { .. });
                let event = match kind {
                    AccessKind::Load => protocol::Event::Load,
                    _ => protocol::Event::Store,
                };
                let way = self.transact(core, line, event, &mut service, observer)?;
                self.touch_bytes(core, way, service, observer)
            }
        };
        Ok(self.finish_part(core, len, &value, Cost::Bus(service), observer))
    }

    /// Reads or writes the bytes of the core's next part in its cache, where it may.
    fn touch_bytes<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        way: Way,
        service: Service,
        observer: &mut O,
    ) -> C::Piece {
        let block = self.config.single_copy_bytes;
        let pending = self.pending(core);
        let (kind, done) = (pending.access.kind, pending.done);
        let (addr, len) = pending.next_part(block);
        match kind {
            AccessKind::Load => self.read_bytes(core, way, addr, len),
            AccessKind::Store { piece, write } => {
                let store = BufferedStore {
                    addr,
                    bytes: len,
                    piece: piece.slice(done, len),
                    write,
                };
                self.write_bytes(core, way, &store, service, false, observer);
                C::Piece::default()
            }
            AccessKind::Locked { update, write } => {
                let old = self.read_bytes(core, way, addr, len);
                if let Some(new) = update.apply(old.value(len), len) {
                    let piece = C::Piece::new(new, len, write);
                    let store = BufferedStore {
                        addr,
                        bytes: len,
                        piece,
                        write,
                    };
                    self.write_bytes(core, way, &store, service, false, observer);
                }
                old
            }
        }
    }

    fn finish_part<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        len: usize,
        piece: &C::Piece,
        cost: Cost,
        observer: &mut O,
    ) -> Progress<C::Piece> {
        let pending = self.pending(core);
        pending.value.paste(pending.done, piece, len);
        pending.done += len;
        pending.parts += 1;
        if pending.done < pending.access.bytes {
            return Progress::Part(cost);
        }
        let (access, value, parts) = (&pending.access, &pending.value, pending.parts);
        observer.observe(&Event::Completed {
            core,
            access,
            value,
            parts,
        });
        let response = match access.kind {
            AccessKind::Store { .. } => Response::Done,
            _ => Response::Value(*value),
        };
        self.cores[core.index()].activity = Activity::Idle;
        Progress::Done(response, cost)
    }

    fn drain<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        observer: &mut O,
    ) -> Result<Progress<C::Piece>, Impossible> {
        let state = &mut self.cores[core.index()];
        assert!(
            !state.drain_waits,
            "{core}'s oldest store waits for the bus"
        );
        let oldest = state.buffer.oldest().expect("a store to drain");
        let line = self.config.line_size.line_of(oldest.addr);
        let Some(way) = self.try_hit(core, line, protocol::Event::Store, observer)? else {
            self.cores[core.index()].drain_waits = true;
            return Ok(Progress::Waits(Slot {
                core,
                port: Port::Drain,
            }));
        };
        Ok(self.drain_into(core, way, Cost::Hit, observer))
    }

    fn drain_through_bus<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        observer: &mut O,
    ) -> Result<Progress<C::Piece>, Impossible> {
        let mut service = Service::default();
        let state = &mut self.cores[core.index()];
        assert!(state.drain_waits, "{core}'s oldest store asked for the bus");
        state.drain_waits = false;
        let oldest = state.buffer.oldest().expect("a store to drain");
        let line = self.config.line_size.line_of(oldest.addr);
        let way = self.transact(core, line, protocol::Event::Store, &mut service, observer)?;
        Ok(self.drain_into(core, way, Cost::Bus(service), observer))
    }

    fn drain_into<O: Observer<C::Piece>>(
        &mut self,
        core: Core,
        way: Way,
        cost: Cost,
        observer: &mut O,
    ) -> Progress<C::Piece> {
        let store = self.cores[core.index()]
            .buffer
            .pop()
            .expect("a store to drain");
        let service = match cost {
            Cost::Bus(service) => service,
            _ => Service::default(),
        };
        self.write_bytes(core, way, &store, service, true, observer);
        Progress::Drained(cost)
    }

    fn pending(&mut self, core: Core) -> &mut Pending<C::Piece> {
        match &mut self.cores[core.index()].activity {
            Activity::Access(pending) => pending,
            _ => panic!("{core} has an access under way"),
        }
    }
}
