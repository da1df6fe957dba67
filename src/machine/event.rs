//! What a machine reports while it runs, and who listens. Everything that is shown to a
//! user is made from these events; the machine knows none of its observers.

use super::access::{Access, Core, Thread};
use super::program::{Exit, Note};
use crate::coherence::network::Message;
use crate::memory::{Addr, Line, WriteId};
use crate::protocol::network::{EventId, StateId};
use crate::protocol::{self, State, Transaction};

/// Where the line of a bus transaction came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supplier {
    /// No line was needed: the requester had it.
    Nobody,
    /// Another core's cache.
    Cache(Core),
    /// The cache in front of memory.
    LastLevel,
    /// Memory.
    Memory,
}

/// Why a core cannot go on with its next access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stall {
    /// A store finds the store buffer full.
    BufferFull,
    /// A fence or a locked operation waits for the store buffer to empty.
    Draining,
    /// A fence or a locked operation waits until all invalidations are applied.
    Invalidating,
    /// A load overlaps buffered stores and the youngest of them does not hold all its bytes.
    PartlyBuffered,
}

impl Stall {
    /// The reason in words.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Stall::BufferFull => "the store buffer is full",
            Stall::Draining => "the store buffer must empty first",
            Stall::Invalidating => "its invalidations must be applied first",
            Stall::PartlyBuffered => "the store buffer has only some of the bytes",
        }
    }
}

/// Something that the machine did. `P` is what accesses carry.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a, P> {
    /// The core's cache had the line in a state that allows the access.
    Hit {
        /// Whose cache.
        core: Core,
        /// The line.
        line: Line,
        /// `Load` or `Store`.
        event: protocol::Event,
        /// The line's state before.
        from: State,
        /// The line changed its state all the same, unseen by the others (E to M, say).
        silently_changed: bool,
    },
    /// The bus served a transaction; the changes that it made come before it.
    Transaction {
        /// Whose cache asked.
        core: Core,
        /// The line.
        line: Line,
        /// The access behind it: `Load` or `Store`.
        event: protocol::Event,
        /// The line's state before.
        from: State,
        /// What was asked.
        kind: Transaction,
        /// The requester had a copy already.
        held: bool,
        /// Who answered with the line.
        supplier: Supplier,
    },
    /// A cache that has the line met another's transaction; what it did comes after this.
    Snooped {
        /// Whose cache.
        core: Core,
        /// The line.
        line: Line,
        /// What it met.
        event: protocol::Event,
        /// The state before.
        from: State,
        /// The core that asked.
        cause: Core,
    },
    /// A transaction was refused and will be made again.
    Refused {
        /// Whose cache asked.
        core: Core,
        /// The line.
        line: Line,
        /// What was asked.
        kind: Transaction,
    },
    /// Written bytes went to memory, past the cache that wrote them.
    WrittenThrough {
        /// Whose cache.
        core: Core,
        /// The line that they are in.
        line: Line,
        /// How many.
        bytes: usize,
    },
    /// A line changed its state in a cache.
    Transition {
        /// Whose cache.
        core: Core,
        /// The line.
        line: Line,
        /// What it met.
        event: protocol::Event,
        /// The state before.
        from: State,
        /// The state after; never the same.
        to: State,
        /// The core whose access or eviction caused it.
        cause: Core,
    },
    /// A line was put on the bus by the cache that holds it, for memory or a requester.
    Flushed {
        /// Whose cache.
        core: Core,
        /// The line.
        line: Line,
        /// Memory took it (a write-back).
        to_memory: bool,
        /// The core whose access or eviction caused it.
        cause: Core,
    },
    /// A core's controller could not perform an access and asked the others (networks only).
    Missed {
        /// Whose.
        core: Core,
        /// The line.
        line: Line,
        /// The access behind it: `Load` or `Store`.
        event: protocol::Event,
        /// Its cache had a copy, or one was on its way.
        held: bool,
    },
    /// A controller sent a message (networks only).
    Sent {
        /// The sender's core, if it stands at one.
        core: Option<Core>,
        /// The line.
        line: Line,
        /// The message.
        message: Message,
        /// It goes to all controllers.
        broadcast: bool,
    },
    /// A message reached a controller; what it then did comes next (networks only).
    Delivered {
        /// The receiver's core, if it stands at one.
        core: Option<Core>,
        /// The receiver.
        node: u8,
        /// The line.
        line: Line,
        /// The message.
        message: Message,
    },
    /// A controller executes its cell for what it met (networks only); what that does comes next.
    Met {
        /// The controller.
        node: u8,
        /// The line.
        line: Line,
        /// What it met: one of the controller's events.
        event: EventId,
        /// The state before.
        from: StateId,
        /// The state after.
        to: StateId,
    },
    /// A line changed its state at a controller (networks only).
    Changed {
        /// The controller's core, if it stands at one.
        core: Option<Core>,
        /// The controller.
        node: u8,
        /// The line.
        line: Line,
        /// What it met: one of the controller's events.
        event: EventId,
        /// The state before.
        from: StateId,
        /// The state after; never the same.
        to: StateId,
        /// The core whose access or eviction caused it, if one did.
        cause: Option<Core>,
        /// A core could read its copy before and no longer can.
        lost: bool,
    },
    /// A controller took the line out of a message (networks only).
    Supplied {
        /// Its core, if it stands at one.
        core: Option<Core>,
        /// It stands at memory: a write-back.
        to_memory: bool,
        /// The line.
        line: Line,
        /// Where the line came from.
        supplier: Supplier,
    },
    /// The bus was locked for a locked operation that crosses lines.
    BusLocked {
        /// By whom.
        core: Core,
    },
    /// A store, or a part of one, entered the store buffer.
    Buffered {
        /// Whose.
        core: Core,
        /// The logical write that it is part of.
        write: WriteId,
        /// The first byte.
        addr: Addr,
        /// How many bytes.
        bytes: usize,
        /// How many stores the buffer now holds.
        occupancy: usize,
    },
    /// Bytes were written in the core's cache: their place in the order that all cores see.
    Performed {
        /// By whom.
        core: Core,
        /// The logical write.
        write: WriteId,
        /// The first byte.
        addr: Addr,
        /// How many bytes, all in one line.
        bytes: usize,
        /// The bytes, little endian.
        value: u128,
        /// They came from the store buffer.
        from_buffer: bool,
    },
    /// A load, or a part of one, was answered by the core's own store buffer.
    Forwarded {
        /// Whose.
        core: Core,
        /// The first byte.
        addr: Addr,
        /// How many bytes.
        bytes: usize,
    },
    /// A cache has given a line up to another core, and its own core still reads the old bytes.
    InvalidationQueued {
        /// Whose cache.
        core: Core,
        /// The line.
        line: Line,
    },
    /// That is over.
    InvalidationApplied {
        /// Whose cache.
        core: Core,
        /// The line.
        line: Line,
    },
    /// A load, or a part of one, read a line whose invalidation is not applied yet.
    ReadInvalidated {
        /// Whose.
        core: Core,
        /// The first byte.
        addr: Addr,
        /// How many bytes.
        bytes: usize,
    },
    /// An access is complete as far as its program can tell.
    Completed {
        /// By whom.
        core: Core,
        /// What was asked.
        access: &'a Access,
        /// What a load or locked operation read.
        value: &'a P,
        /// In how many parts it was performed.
        parts: usize,
    },
    /// A core cannot go on until its store buffer has drained.
    Stalled {
        /// Which.
        core: Core,
        /// Why.
        stall: Stall,
    },
    /// The bus is taken for this long (timed runs only).
    BusBusy {
        /// How long.
        cycles: u64,
    },
    /// An access outside of what was allocated: a segmentation fault.
    Faulted {
        /// By whom.
        core: Core,
        /// The access's first byte.
        addr: Addr,
        /// How many bytes.
        bytes: usize,
    },
    /// A thread is on this core from now on. Until then thread 0 is on core 0 and so on.
    Scheduled {
        /// Where.
        core: Core,
        /// Who.
        thread: Thread,
    },
    /// A new object, zero.
    Allocated {
        /// By whom.
        core: Core,
        /// Its first byte.
        addr: Addr,
        /// Its size.
        bytes: u64,
        /// What it is.
        name: &'static str,
    },
    /// A thread finds a semaphore not released: it leaves its core and sleeps for it.
    Sleeps {
        /// On which core.
        core: Core,
        /// Where the semaphore is.
        addr: Addr,
    },
    /// A thread has a semaphore; it may have slept for it.
    Acquired {
        /// On which core.
        core: Core,
        /// Where the semaphore is.
        addr: Addr,
    },
    /// A thread released a semaphore.
    Released {
        /// On which core.
        core: Core,
        /// Where the semaphore is.
        addr: Addr,
    },
    /// The program says what it is doing.
    Note {
        /// On which core.
        core: Core,
        /// What it says.
        note: &'a Note,
    },
    /// The program is over.
    Ended {
        /// On which core.
        core: Core,
        /// How.
        exit: &'a Exit,
    },
}

impl<P> Event<'_, P> {
    /// Whether it is about the ways and states of lines, and not about what programs do: nothing
    /// between caches makes a run right or wrong, and most events are such.
    #[inline]
    #[must_use]
    pub fn is_traffic(&self) -> bool {
        match self {
            Event::Hit { .. }
            | Event::Transaction { .. }
            | Event::Snooped { .. }
            | Event::Refused { .. }
            | Event::WrittenThrough { .. }
            | Event::Transition { .. }
            | Event::Flushed { .. }
            | Event::Missed { .. }
            | Event::Sent { .. }
            | Event::Delivered { .. }
            | Event::Met { .. }
            | Event::Changed { .. }
            | Event::Supplied { .. }
            | Event::BusLocked { .. }
            | Event::BusBusy { .. } => true,
            Event::Buffered { .. }
            | Event::Performed { .. }
            | Event::Forwarded { .. }
            | Event::InvalidationQueued { .. }
            | Event::InvalidationApplied { .. }
            | Event::ReadInvalidated { .. }
            | Event::Completed { .. }
            | Event::Stalled { .. }
            | Event::Faulted { .. }
            | Event::Scheduled { .. }
            | Event::Allocated { .. }
            | Event::Sleeps { .. }
            | Event::Acquired { .. }
            | Event::Released { .. }
            | Event::Note { .. }
            | Event::Ended { .. } => false,
        }
    }
}

/// Listens to a machine. `()` is the observer that is not there and costs nothing.
pub trait Observer<P> {
    /// Something happened.
    fn observe(&mut self, event: &Event<'_, P>);

    /// What happens from now on happens in this cycle (timed runs only).
    fn clock(&mut self, _cycle: u64) {}
}

impl<P> Observer<P> for () {
    fn observe(&mut self, _: &Event<'_, P>) {}
}

impl<P, O: Observer<P> + ?Sized> Observer<P> for &mut O {
    fn observe(&mut self, event: &Event<'_, P>) {
        (**self).observe(event);
    }

    fn clock(&mut self, cycle: u64) {
        (**self).clock(cycle);
    }
}

impl<P, O: Observer<P>> Observer<P> for Option<O> {
    fn observe(&mut self, event: &Event<'_, P>) {
        if let Some(observer) = self {
            observer.observe(event);
        }
    }

    fn clock(&mut self, cycle: u64) {
        if let Some(observer) = self {
            observer.clock(cycle);
        }
    }
}

impl<P, A: Observer<P>, B: Observer<P>> Observer<P> for (A, B) {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.0.observe(event);
        self.1.observe(event);
    }

    fn clock(&mut self, cycle: u64) {
        self.0.clock(cycle);
        self.1.clock(cycle);
    }
}
