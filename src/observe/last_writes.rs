//! How a thread died: the access after which a runtime's check ended it, or after which it threw,
//! and who had last written what that access read. Nothing is known of maps here: what a program
//! does last before it ends is what it ended for.

mod words;

use std::collections::VecDeque;

use words::{KEPT, Words};

use super::objects::Objects;
use super::running::Running;
use super::serving::{Served, Serving};
use crate::machine::{Access, AccessKind, Core, Event, Exit, Note, Thread};
use crate::memory::{Addr, Piece, WriteId};

/// A write as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastWrite {
    /// The logical write that it is part of.
    pub write: WriteId,
    /// Whose it was.
    pub thread: Thread,
    /// The line of the trace.
    pub line: u32,
    /// The first byte.
    pub addr: Addr,
    /// How many bytes.
    pub bytes: usize,
    /// What was written, little endian.
    pub value: u128,
    /// In which cycle its thread made it.
    pub issued_cycle: u64,
    /// In which cycle it was written in a cache; none while it is in its core's store buffer.
    pub performed_cycle: Option<u64>,
}

impl LastWrite {
    /// Whether it has bytes among `bytes` bytes from `addr` on.
    fn touches(&self, addr: Addr, bytes: u64) -> bool {
        let (from, to) = (addr.0, addr.0.saturating_add(bytes));
        self.addr.0 < to && from < self.addr.0.saturating_add(self.bytes as u64)
    }
}

/// An access that is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What was asked.
    pub access: Access,
    /// The line of the trace.
    pub line: u32,
    /// What it read, little endian; what it wrote, for a plain store.
    pub value: u128,
    /// Who wrote what it read, each once, the lowest byte first.
    pub writers: Vec<WriteId>,
    /// From where it was read.
    pub served: Vec<Served>,
    /// In which cycle it was complete.
    pub cycle: u64,
}

/// The end of a thread that a check or an exception ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// Whose.
    pub thread: Thread,
    /// The line of the trace that it was at.
    pub line: u32,
    /// In which cycle.
    pub cycle: u64,
    /// The last access that it made; none if it made none.
    pub access: Option<Done>,
    /// The last writes to the bytes of that access: first those that are still in store buffers,
    /// then the latest.
    pub writes: Vec<LastWrite>,
    /// The last access before it to another object, and the last write to that object.
    pub before: Option<(Done, Option<LastWrite>)>,
    /// There were too many words to watch, so writes may be missing.
    pub bounded: bool,
}

/// What a thread has done last.
#[derive(Clone, Debug, Default)]
struct Doing {
    line: u32,
    /// Its last access, and where the object lies that it touched.
    last: Option<(Done, (Addr, u64))>,
    /// The last one before to another object.
    other: Option<(Done, (Addr, u64))>,
}

/// Remembers the last writes to everything, and looks at how threads die.
#[derive(Clone, Debug, Default)]
pub struct LastWrites {
    now: u64,
    running: Running,
    serving: Serving,
    /// By thread; setup has none.
    threads: Vec<Doing>,
    /// The line of the trace that setup is at.
    setup_line: u32,
    words: Words,
    /// The stores in each core's store buffer, the oldest first.
    buffers: Vec<VecDeque<LastWrite>>,
    deaths: Vec<Death>,
}

impl LastWrites {
    /// How threads died, at most once each.
    #[must_use]
    pub fn deaths(&self) -> &[Death] {
        &self.deaths
    }

    /// Takes in an event, with what is known of objects by then.
    pub(super) fn observe<P: Piece>(&mut self, event: &Event<'_, P>, objects: &Objects) {
        self.running.observe(event);
        self.serving.observe(event);
        match *event {
            Event::Note {
                core,
                note: &Note::OperationBegun { line },
            } => match core {
                Core::SETUP => self.setup_line = line,
                _ => self.doing(core).line = line,
            },
            Event::Buffered {
                core,
                write,
                addr,
                bytes,
                ..
            } => {
                // What it stores is told when all its parts are there.
                let store = self.write(core, write, addr, bytes, 0);
                self.buffer(core).push_back(store);
            }
            Event::Performed {
                core,
                write,
                addr,
                bytes,
                value,
                from_buffer,
            } => {
                let made = match from_buffer {
                    true => self.buffer(core).pop_front(),
                    false => None,
                };
                let made = made.unwrap_or_else(|| self.write(core, write, addr, bytes, value));
                self.words.add(LastWrite {
                    value,
                    performed_cycle: Some(self.now),
                    ..made
                });
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } if access.kind != AccessKind::Evict => self.completed(core, access, value, objects),
            Event::Ended {
                core,
                exit: Exit::Fatal(_) | Exit::Thrown(_),
            } => self.die(core),
            _ => {}
        }
    }

    /// What happens from now on happens in this cycle.
    pub(super) fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }

    fn doing(&mut self, core: Core) -> &mut Doing {
        let thread = usize::from(self.running.on(core).0);
        if self.threads.len() <= thread {
            self.threads.resize_with(thread + 1, Doing::default);
        }
        &mut self.threads[thread]
    }

    fn buffer(&mut self, core: Core) -> &mut VecDeque<LastWrite> {
        if self.buffers.len() <= core.index() {
            self.buffers.resize_with(core.index() + 1, VecDeque::new);
        }
        &mut self.buffers[core.index()]
    }

    /// A write that the thread on the core makes now.
    fn write(
        &mut self,
        core: Core,
        write: WriteId,
        addr: Addr,
        bytes: usize,
        value: u128,
    ) -> LastWrite {
        LastWrite {
            write,
            thread: self.running.on(core),
            line: match core {
                Core::SETUP => self.setup_line,
                _ => self.doing(core).line,
            },
            addr,
            bytes,
            value,
            issued_cycle: self.now,
            performed_cycle: None,
        }
    }

    fn completed<P: Piece>(&mut self, core: Core, access: &Access, read: &P, objects: &Objects) {
        let value = match access.kind {
            AccessKind::Store { value, .. } => value,
            _ => read.value(access.bytes),
        };
        if let AccessKind::Store { value, write } = access.kind {
            let of_it = |store: &&mut LastWrite| {
                store.write == write && store.addr.0.wrapping_sub(access.addr.0) < 16
            };
            let buffer = self.buffer(core).iter_mut().rev();
            for store in buffer.take_while(of_it) {
                let at = store.addr.0.wrapping_sub(access.addr.0) as u32;
                store.value = value >> (8 * at) & u128::MAX >> (128 - 8 * store.bytes.clamp(1, 16));
            }
        }
        let extent = objects.extent(access.addr);
        let now = self.now;
        let doing = self.doing(core);
        if let Some((_, known)) = doing.last
            && known != extent
        {
            std::mem::swap(&mut doing.last, &mut doing.other);
        }
        // The lists are used again: this comes with every access.
        let (mut writers, mut served) = match doing.last.take() {
            Some((done, _)) => (done.writers, done.served),
            None => Default::default(),
        };
        let line = doing.line;
        writers.clear();
        if !matches!(access.kind, AccessKind::Store { .. }) {
            writers.extend_from_slice(read.writers(access.bytes));
            writers.dedup();
        }
        self.serving.take(core, access.kind, &mut served);
        let done = Done {
            access: *access,
            line,
            value,
            writers,
            served,
            cycle: now,
        };
        self.doing(core).last = Some((done, extent));
    }

    fn die(&mut self, core: Core) {
        let thread = self.running.on(core);
        let doing = std::mem::take(self.doing(core));
        let access = doing.last.map(|(done, _)| done);
        let writes = access
            .as_ref()
            .map(|done| self.last(done.access.addr, done.access.bytes as u64));
        let before = doing.other.map(|(done, (addr, bytes))| {
            let last = self.words.last(addr, bytes, 1);
            (done, last.into_iter().next())
        });
        self.deaths.push(Death {
            thread,
            line: doing.line,
            cycle: self.now,
            access,
            writes: writes.unwrap_or_default(),
            before,
            bounded: self.words.is_bounded(),
        });
    }

    /// The last writes to these bytes: those in store buffers, then the latest.
    fn last(&self, addr: Addr, bytes: u64) -> Vec<LastWrite> {
        let buffered = self.buffers.iter().flatten();
        let buffered = buffered.filter(|store| store.touches(addr, bytes));
        let mut found: Vec<LastWrite> = buffered.copied().collect();
        found.extend(self.words.last(addr, bytes, KEPT));
        found
    }
}
