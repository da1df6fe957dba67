//! What is replayed: traces of map calls and memory accesses, as text, read as a stream.
//! Here is what a trace says; `reader` reads it, `whole` holds it for replays, `write` gives
//! it back as text, [`generate`] makes some. The grammar of a line is in `operation`, and that of the lines before
//! the first operation in `header`, `declare` and `schedule`; `lexer` and `lines` are what they stand on.

mod declare;
mod error;
pub mod generate;
mod header;
mod lexer;
mod lines;
mod literal;
mod number;
mod operation;
mod per_core;
mod place;
mod reader;
mod schedule;
mod texts;
mod whole;
mod write;

use std::sync::Arc;

pub use error::Error;
pub use per_core::PerCore;
pub use reader::Reader;
pub use schedule::{MAX_STEPS, NamedStep, NodeName, SCHEDULE_VERSION, Schedule};
pub use whole::{Feed, HELD_OPERATIONS, Open, Operations, Thread, Trace, Unreadable};
pub use write::{describe, write};

/// The highest thread that a trace may have.
pub const LAST_THREAD: u16 = 63;

/// What stands before the first operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The machine to take unless the user names another.
    pub machine: Option<String>,
    /// The protocol to take unless the user names another.
    pub protocol: Option<String>,
    /// The seed to take unless the user names another.
    pub seed: Option<u64>,
    /// How many cores the machine has, unless the user says otherwise.
    pub cores: Option<u32>,
    /// Variables in simulated memory.
    pub variables: Vec<Variable>,
    /// Locks in simulated memory.
    pub locks: Vec<LockDeclaration>,
    /// Maps in simulated memory.
    pub maps: Vec<MapDeclaration>,
    /// What is done to memory before the run.
    pub init: Vec<Operation>,
    /// That is done by core 0, in whose cache it stays; else by nobody, in memory.
    pub warm: bool,
    /// Which steps of the machine come first.
    pub schedule: Option<Schedule>,
    /// The text of the first comment.
    pub title: String,
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: Arc<str>,
    /// Its size in bytes.
    pub bytes: u64,
    /// Where in a cache line it begins; at a line's first byte by default.
    pub line_offset: Option<u64>,
    /// Its first value.
    pub initial: u128,
}

/// A lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockDeclaration {
    /// Its name.
    pub name: Arc<str>,
    /// Which.
    pub kind: LockKind,
    /// Where in a cache line it begins; at a line's first byte by default.
    pub line_offset: Option<u64>,
}

/// A kind of lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// `sync.Mutex`: one thread at a time.
    Mutex,
    /// `sync.RWMutex`: readers together, or one writer.
    ReadWrite,
}

impl LockKind {
    /// All of them, with the words that declare them.
    pub const ALL: [(LockKind, &'static str); 2] =
        [(LockKind::Mutex, "mutex"), (LockKind::ReadWrite, "rwmutex")];

    /// The word that declares it.
    #[must_use]
    pub fn name(self) -> &'static str {
        let of_it = |&&(kind, _): &&(LockKind, _)| kind == self;
        LockKind::ALL.iter().find(of_it).expect("all are listed").1
    }
}

/// A map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapDeclaration {
    /// Its name.
    pub name: Arc<str>,
    /// The algorithm.
    pub kind: String,
    /// What its keys are.
    pub key: KeyKind,
    /// What its values are.
    pub value: ValueKind,
    /// For how many entries it has room from the start.
    pub room: u64,
    /// How many buckets it has from the start, if that is said; a power of two.
    pub buckets: Option<u32>,
    /// Where in a cache line its first value slot begins; where the allocator puts it by
    /// default.
    pub line_offset: Option<u64>,
    /// Into how many parts it is divided, if that is said; a power of two.
    pub shards: Option<u32>,
    /// How many bytes such a part has at least, if that is said.
    pub pad: Option<u32>,
    /// The algorithm of the map that it is built on, if that is said.
    pub over: Option<String>,
}

/// What the keys of a map are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// 8-byte numbers.
    U64,
    /// 4-byte numbers.
    U32,
    /// Go strings: an address and a length.
    Text,
}

impl KeyKind {
    /// All of them, with their names in traces.
    pub const ALL: [(KeyKind, &'static str); 3] = [
        (KeyKind::U64, "u64"),
        (KeyKind::U32, "u32"),
        (KeyKind::Text, "string"),
    ];

    /// Its name in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        let of_it = |&&(kind, _): &&(KeyKind, _)| kind == self;
        KeyKind::ALL.iter().find(of_it).expect("all are listed").1
    }
}

/// What the values of a map are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// 8-byte numbers.
    U64,
    /// Go strings: an address and a length.
    Text,
    /// Go interfaces: a type and an address.
    Interface,
    /// Go slices: an address, a length and a capacity.
    Slice,
    /// Structs of three words.
    Struct,
    /// 8-byte numbers on a 32-bit processor: two words.
    Halves,
}

impl ValueKind {
    /// All of them, with their names in traces.
    pub const ALL: [(ValueKind, &'static str); 6] = [
        (ValueKind::U64, "u64"),
        (ValueKind::Text, "string"),
        (ValueKind::Interface, "interface"),
        (ValueKind::Slice, "slice"),
        (ValueKind::Struct, "struct"),
        (ValueKind::Halves, "u64-halves"),
    ];

    /// Its name in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        let of_it = |&&(kind, _): &&(ValueKind, _)| kind == self;
        ValueKind::ALL.iter().find(of_it).expect("all are listed").1
    }
}

/// One operation of one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The line that it stands in, from 1.
    pub line: u32,
    /// Whose it is.
    pub thread: u16,
    /// What is done.
    pub op: Op,
    /// What to call its result.
    pub result: Option<Arc<str>>,
    /// Where it comes from, in the words of who made the trace.
    pub label: Option<Arc<str>>,
}

/// What an operation does. Maps, variables and locks go by their places in the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Reads bytes.
    Load(Place),
    /// Writes bytes.
    Store(Place, u128),
    /// Reads and writes bytes as one locked operation.
    Rmw(Place, Rmw),
    /// Asks the thread's own cache to give up the line that the place begins in.
    Evict(Place),
    /// Waits until all earlier stores are performed.
    Fence,
    /// Works for so many cycles.
    Compute(u32),
    /// Reads a clock.
    Clock,
    /// `lock.Lock()`.
    Lock(u16),
    /// `lock.Unlock()`.
    Unlock(u16),
    /// `lock.RLock()`.
    ReadLock(u16),
    /// `lock.RUnlock()`.
    ReadUnlock(u16),
    /// `map[key] = value`.
    Put {
        /// The map.
        map: u16,
        /// The key.
        key: Key,
        /// The value.
        value: Literal,
    },
    /// `map[key]`.
    Get {
        /// The map.
        map: u16,
        /// The key.
        key: Key,
    },
    /// `map[key]++`.
    Increment {
        /// The map.
        map: u16,
        /// The key.
        key: Key,
    },
    /// `delete(map, key)`.
    Delete {
        /// The map.
        map: u16,
        /// The key.
        key: Key,
    },
    /// `len(map)`.
    Len {
        /// The map.
        map: u16,
    },
    /// `for key, value := range map`.
    Range {
        /// The map.
        map: u16,
    },
    /// `clear(map)`.
    Clear {
        /// The map.
        map: u16,
    },
    /// What the map does by itself when it is full: a longer table.
    Grow {
        /// The map.
        map: u16,
    },
}

/// How a locked operation changes its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rmw {
    /// To this value.
    Exchange(u128),
    /// By adding this one, wrapping.
    Add(u128),
    /// To `new` if they are `expected`.
    CompareExchange {
        /// What they must be.
        expected: u128,
        /// What they then become.
        new: u128,
    },
}

/// Bytes in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the offset counts from.
    pub base: Base,
    /// The first byte.
    pub offset: u64,
    /// How many: 1, 2, 4, 8 or 16.
    pub bytes: u8,
}

/// What an offset counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Address 0.
    Absolute,
    /// A variable's first byte.
    Variable(u16),
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A number.
    Number(u64),
    /// A string.
    Text(Arc<str>),
}

/// A value for a map.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    /// A number.
    Number(u64),
    /// A string.
    Text(Arc<str>),
    /// A value in an interface.
    Boxed(Boxed),
    /// The words of a struct.
    Struct([u64; 3]),
}

/// A value in an interface.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Boxed {
    /// `int(7)`.
    Number(u64),
    /// `str("x")`.
    Text(Arc<str>),
}
