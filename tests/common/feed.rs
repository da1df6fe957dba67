//! A stream of events as a machine would report them, for observers without a machine:
//! memory in which each byte has a writer, and a store buffer for each core.

use std::collections::{BTreeMap, VecDeque};

use tearline::machine::{
    Access, AccessKind, Answer, Call, CallKind, Core, Event, Note, Observer, Thread, Update,
};
use tearline::memory::{Addr, Piece as _, Tagged, WriteId};

/// A buffered store.
struct Buffered(Addr, usize, u128, WriteId);

/// Feeds an observer.
pub(crate) struct Feed<O> {
    pub(crate) observer: O,
    memory: BTreeMap<u64, (u8, WriteId)>,
    buffers: BTreeMap<u8, VecDeque<Buffered>>,
    writes: u32,
    cycle: u64,
}

impl<O: Observer<Tagged>> Feed<O> {
    pub(crate) fn new(observer: O) -> Feed<O> {
        Feed {
            observer,
            memory: BTreeMap::new(),
            buffers: BTreeMap::new(),
            writes: 0,
            cycle: 0,
        }
    }

    pub(crate) fn event(&mut self, event: &Event<'_, Tagged>) {
        self.cycle += 1;
        self.observer.clock(self.cycle);
        self.observer.observe(event);
    }

    pub(crate) fn note(&mut self, core: u8, note: Note) {
        let core = Core(core);
        self.event(&Event::Note { core, note: &note });
    }

    /// The core's thread comes to a line of the trace.
    pub(crate) fn line(&mut self, core: u8, line: u32) {
        self.note(core, Note::OperationBegun { line });
    }

    pub(crate) fn begin(&mut self, core: u8, kind: CallKind, key: u64) {
        self.note(core, Note::CallBegun(Call { kind, map: 0, key }));
    }

    pub(crate) fn end(&mut self, core: u8, answer: Answer) {
        self.note(core, Note::CallEnded(answer));
    }

    pub(crate) fn new_write(&mut self) -> WriteId {
        self.writes += 1;
        WriteId(self.writes)
    }

    /// Another thread is on the core.
    pub(crate) fn schedule(&mut self, core: u8, thread: u16) {
        let (core, thread) = (Core(core), Thread(thread));
        self.event(&Event::Scheduled { core, thread });
    }

    pub(crate) fn acquire(&mut self, core: u8, addr: u64) {
        let (core, addr) = (Core(core), Addr(addr));
        self.event(&Event::Acquired { core, addr });
    }

    pub(crate) fn release(&mut self, core: u8, addr: u64) {
        let (core, addr) = (Core(core), Addr(addr));
        self.event(&Event::Released { core, addr });
    }

    fn write(&mut self, core: u8, store: &Buffered, from_buffer: bool) {
        let Buffered(addr, bytes, value, write) = *store;
        for at in 0..bytes {
            let byte = (value >> (8 * at)) as u8;
            let at = addr.0.wrapping_add(at as u64);
            self.memory.insert(at, (byte, write));
        }
        self.event(&Event::Performed {
            core: Core(core),
            write,
            addr,
            bytes,
            value,
            from_buffer,
        });
    }

    /// The core's oldest buffered store reaches its cache: whether there was one.
    pub(crate) fn drain(&mut self, core: u8) -> bool {
        let first = self.buffers.entry(core).or_default().pop_front();
        if let Some(store) = &first {
            self.write(core, store, true);
        }
        first.is_some()
    }

    fn read(&self, core: u8, addr: Addr, bytes: usize) -> Tagged {
        let mut piece = Tagged::default();
        for offset in 0..bytes {
            let at = addr.0.wrapping_add(offset as u64);
            let (mut byte, mut write) = self.memory.get(&at).copied().unwrap_or_default();
            for store in self.buffers.get(&core).into_iter().flatten() {
                let within = at.wrapping_sub(store.0.0);
                if within < store.1 as u64 {
                    (byte, write) = ((store.2 >> (8 * within)) as u8, store.3);
                }
            }
            piece.fill(offset, byte.into(), 1, write);
        }
        piece
    }

    /// The core makes an access; stores are buffered if `buffered`, and locked operations
    /// drain the buffer first. What it read.
    pub(crate) fn access(&mut self, core: u8, access: Access, buffered: bool) -> Tagged {
        let (addr, bytes) = (access.addr, access.bytes);
        if matches!(access.kind, AccessKind::Locked { .. }) {
            while self.drain(core) {}
        }
        let value = self.read(core, addr, bytes);
        match access.kind {
            AccessKind::Store { value, write } if buffered => {
                let buffer = self.buffers.entry(core).or_default();
                buffer.push_back(Buffered(addr, bytes, value, write));
                let occupancy = buffer.len();
                self.event(&Event::Buffered {
                    core: Core(core),
                    write,
                    addr,
                    bytes,
                    occupancy,
                });
            }
            AccessKind::Store { value, write } => {
                self.write(core, &Buffered(addr, bytes, value, write), false);
            }
            AccessKind::Locked { update, write } => {
                if let Some(new) = update.apply(value.value(bytes), bytes) {
                    self.write(core, &Buffered(addr, bytes, new, write), false);
                }
            }
            AccessKind::Load | AccessKind::Evict => {}
        }
        self.event(&Event::Completed {
            core: Core(core),
            access: &access,
            value: &value,
            parts: 1,
        });
        value
    }

    pub(crate) fn load(&mut self, core: u8, addr: u64, bytes: usize) -> u128 {
        let access = Access::load(Addr(addr), bytes);
        self.access(core, access, false).value(bytes)
    }

    pub(crate) fn store(&mut self, core: u8, addr: u64, bytes: usize, value: u128) {
        let write = self.new_write();
        self.access(core, Access::store(Addr(addr), bytes, value, write), false);
    }

    pub(crate) fn load_atomic(&mut self, core: u8, addr: u64) -> u128 {
        let access = Access::load(Addr(addr), 8).atomic();
        self.access(core, access, false).value(8)
    }

    pub(crate) fn store_atomic(&mut self, core: u8, addr: u64, value: u128, buffered: bool) {
        let write = self.new_write();
        let access = Access::store(Addr(addr), 8, value, write).atomic();
        self.access(core, access, buffered);
    }

    /// Whether `expected` was there.
    pub(crate) fn compare_exchange(
        &mut self,
        core: u8,
        addr: u64,
        expected: u128,
        new: u128,
    ) -> bool {
        let write = self.new_write();
        let update = Update::CompareExchange { expected, new };
        let access = Access::locked(Addr(addr), 8, update, write);
        self.access(core, access, false).value(8) == expected
    }
}
