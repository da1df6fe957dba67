//! What a core can be asked to do: accesses to memory, in the processor's terms.

use std::fmt;

use crate::memory::{Addr, WriteId, low_bytes};

/// A core, counted from 0. It has one cache, and the cache goes by the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Core(pub u8);

impl Core {
    /// No core of the machine: what sets memory up before the run.
    pub const SETUP: Core = Core(u8::MAX);

    /// The core's place in lists.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A thread of a program, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thread(pub u16);

impl Thread {
    /// No thread of the program: what sets memory up before the run.
    pub const SETUP: Thread = Thread(u16::MAX);
}

impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Thread::SETUP => f.write_str("setup"),
            Thread(number) => write!(f, "thread {number}"),
        }
    }
}

impl fmt::Display for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Core::SETUP => f.write_str("setup"),
            Core(number) => write!(f, "core {number}"),
        }
    }
}

/// What a fence orders: what comes before it in its thread, of that kind, with what comes after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fence {
    /// Everything (`mfence`): the core's stores are performed, and what it has been told to give up
    /// it has given up.
    Full,
    /// Loads (`lfence`).
    Load,
    /// Stores (`sfence`).
    Store,
}

/// One access of a program: as one instruction makes it, before it is cut into parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// The first byte.
    pub addr: Addr,
    /// How many bytes: 1, 2, 4, 8 or 16.
    pub bytes: usize,
    /// What is done with them.
    pub kind: AccessKind,
    /// The language orders other threads by it (an atomic load or store; every locked
    /// operation). The machine makes no difference; race detection does.
    pub atomic: bool,
    /// Its parts are performed from the last to the first. No manual says in which order they are; of a
    /// locked operation, which has one part, it changes nothing.
    pub backward: bool,
}

/// What an access does with its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessKind {
    /// Reads them.
    Load,
    /// Replaces them; the store buffer may hold the store back.
    Store {
        /// The new bytes, little endian.
        value: u128,
        /// The logical write that this store is part of.
        write: WriteId,
    },
    /// Reads and replaces them with no other access between, after all earlier stores.
    Locked {
        /// What becomes of them.
        update: Update,
        /// The logical write that this is part of.
        write: WriteId,
    },
    /// Asks the core's own cache to give their line up, after all earlier stores, and touches
    /// no bytes (`CLFLUSH` for one cache; the one byte's line is meant).
    Evict,
}

/// How a locked operation computes the new value from the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Update {
    /// It is this one (`XCHG`).
    Exchange(u128),
    /// It is the sum, wrapping (`LOCK XADD`).
    Add(u128),
    /// It has these bits too (`LOCK OR`).
    Or(u128),
    /// It has no other bits (`LOCK AND`).
    And(u128),
    /// These bits of it are the other way round (`LOCK XOR`).
    Xor(u128),
    /// It is `new` if the old one is `expected` (`LOCK CMPXCHG`).
    CompareExchange {
        /// What must stand there.
        expected: u128,
        /// What then replaces it.
        new: u128,
    },
}

impl Update {
    /// The new value of a `bytes`-byte place that holds `old`; none if nothing is written.
    #[must_use]
    pub fn apply(self, old: u128, bytes: usize) -> Option<u128> {
        let new = match self {
            Update::Exchange(new) => new,
            Update::Add(addend) => old.wrapping_add(addend),
            Update::Or(bits) => old | bits,
            Update::And(bits) => old & bits,
            Update::Xor(bits) => old ^ bits,
            Update::CompareExchange { expected, .. } if old != low_bytes(expected, bytes) => {
                return None;
            }
            Update::CompareExchange { new, .. } => new,
        };
        Some(low_bytes(new, bytes))
    }
}

impl Access {
    /// A load.
    #[must_use]
    pub fn load(addr: Addr, bytes: usize) -> Access {
        Access::plain(addr, bytes, AccessKind::Load)
    }

    /// A store of `value`'s low bytes.
    #[must_use]
    pub fn store(addr: Addr, bytes: usize, value: u128, write: WriteId) -> Access {
        Access::plain(addr, bytes, AccessKind::Store { value, write })
    }

    /// Asks the core's own cache to give up the line of `addr`.
    #[must_use]
    pub fn evict(addr: Addr) -> Access {
        Access::plain(addr, 1, AccessKind::Evict)
    }

    /// A locked read-modify-write; it gives the old value.
    #[must_use]
    pub fn locked(addr: Addr, bytes: usize, update: Update, write: WriteId) -> Access {
        Access::plain(addr, bytes, AccessKind::Locked { update, write }).atomic()
    }

    fn plain(addr: Addr, bytes: usize, kind: AccessKind) -> Access {
        let atomic = false;
        Access {
            addr,
            bytes,
            kind,
            atomic,
            backward: false,
        }
    }

    /// The same, as the language's atomic operation.
    #[must_use]
    pub fn atomic(self) -> Access {
        Access {
            atomic: true,
            ..self
        }
    }

    /// The same, its parts performed from the last to the first.
    #[must_use]
    pub fn backward(self) -> Access {
        Access {
            backward: true,
            ..self
        }
    }
}
