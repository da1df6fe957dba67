//! Looking at a map when no call is under way: what it holds, and whether its structure is whole.

use std::fmt;

use super::value::{ValueLayout, Words};
use crate::machine::Machine;
use crate::memory::{Addr, Bytes, Piece as _, WriteId};

/// Memory as all cores agree on it, to be looked at without an access.
#[derive(Clone, Copy)]
pub struct Peek<'a>(&'a Machine<Bytes>);

/// What a map holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Its entries, in the order of the walk.
    pub entries: Vec<Entry>,
    /// What `len` would say.
    pub len: u64,
    /// What is wrong with its structure.
    pub faults: Vec<Fault>,
}

/// An entry of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key, as in [`Call`](crate::machine::Call).
    pub key: u64,
    /// Its value.
    pub value: Words,
    /// The write that put the value's first byte there.
    pub write: WriteId,
    /// A look-up of the key finds this entry.
    pub reachable: bool,
}

/// What is wrong with a structure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Following its links does not end.
    Cycle {
        /// The links, in words.
        of: &'static str,
    },
    /// Its count is not the number of its entries.
    WrongCount {
        /// What it counts.
        says: u64,
        /// How many there are.
        holds: u64,
    },
    /// An entry is in a place where no look-up finds it.
    Unreachable {
        /// Its key.
        key: u64,
    },
    /// A key is there twice.
    Duplicate {
        /// The key.
        key: u64,
    },
    /// A link leads to where no object is.
    Dangling {
        /// What it should lead to.
        to: &'static str,
        /// Where it leads.
        addr: Addr,
    },
    /// A mark is set that only a call under way sets.
    LeftMarked {
        /// The mark, in words.
        mark: &'static str,
    },
}

impl Fault {
    /// Its name in tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Fault::Cycle { .. } => "cycle",
            Fault::WrongCount { .. } => "wrong count",
            Fault::Unreachable { .. } => "unreachable entry",
            Fault::Duplicate { .. } => "duplicate key",
            Fault::Dangling { .. } => "dangling link",
            Fault::LeftMarked { .. } => "mark left behind",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Cycle { of } => write!(f, "{of} go round in a circle"),
            Fault::WrongCount { says, holds } => {
                write!(f, "its count says {says}, and it holds {holds}")
            }
            Fault::Unreachable { key } => write!(f, "no look-up finds the entry of key {key}"),
            Fault::Duplicate { key } => write!(f, "key {key} is there twice"),
            Fault::Dangling { to, addr } => write!(f, "{addr} should be a {to} and is nothing"),
            Fault::LeftMarked { mark } => write!(f, "{mark} is still set"),
        }
    }
}

impl<'a> Peek<'a> {
    /// The memory of a machine.
    #[must_use]
    pub fn new(machine: &'a Machine<Bytes>) -> Peek<'a> {
        Peek(machine)
    }

    /// `bytes` bytes (1, 2, 4, 8 or 16) and who wrote the first of them; none outside of
    /// what was allocated.
    #[must_use]
    pub fn written(&self, addr: Addr, bytes: usize) -> Option<(u128, WriteId)> {
        let piece = self.0.peek(addr, bytes)?;
        Some((piece.value(bytes), piece.writers(bytes)[0]))
    }

    /// `bytes` bytes; none outside of what was allocated.
    #[must_use]
    pub fn load(&self, addr: Addr, bytes: usize) -> Option<u64> {
        self.written(addr, bytes).map(|(value, _)| value as u64)
    }

    /// A word; 0 outside of what was allocated.
    #[must_use]
    pub fn word(&self, addr: Addr) -> u64 {
        self.load(addr, 8).unwrap_or(0)
    }

    /// A byte; 0 outside of what was allocated.
    #[must_use]
    pub fn byte(&self, addr: Addr) -> u8 {
        self.load(addr, 1).unwrap_or(0) as u8
    }

    /// An address; 0 outside of what was allocated.
    #[must_use]
    pub fn addr(&self, addr: Addr) -> Addr {
        Addr(self.word(addr))
    }

    /// `len` bytes; those outside of what was allocated are missing.
    #[must_use]
    pub fn bytes(&self, addr: Addr, len: u64) -> Vec<u8> {
        let byte = |at| self.load(addr + at, 1);
        (0..len).map_while(byte).map(|byte| byte as u8).collect()
    }

    /// A value, and who wrote its first byte.
    #[must_use]
    pub fn value(&self, layout: ValueLayout, addr: Addr) -> (Words, WriteId) {
        let write = self
            .written(addr, 1)
            .map_or(WriteId::INITIAL, |found| found.1);
        let words = layout.bytes() / 8;
        let word = |at: u64| {
            if at < words {
                self.word(addr + 8 * at)
            } else {
                0
            }
        };
        ([word(0), word(1), word(2)], write)
    }
}

impl Walk {
    /// Notes what its entries and its count show together: keys that are there twice, entries
    /// that no look-up finds, and a count that is not theirs.
    #[must_use]
    pub fn judged(mut self) -> Walk {
        let mut keys: Vec<u64> = self.entries.iter().map(|entry| entry.key).collect();
        keys.sort_unstable();
        for pair in keys.windows(2).filter(|pair| pair[0] == pair[1]) {
            self.faults.push(Fault::Duplicate { key: pair[0] });
        }
        let hidden = self.entries.iter().filter(|entry| !entry.reachable);
        self.faults
            .extend(hidden.map(|entry| Fault::Unreachable { key: entry.key }));
        let holds = self.entries.len() as u64;
        if self.len != holds {
            let says = self.len;
            self.faults.push(Fault::WrongCount { says, holds });
        }
        self.faults.sort();
        self.faults.dedup();
        self
    }
}
