//! What runs on a core: something that, told what its last access gave, says what is next.

use std::fmt;
use std::sync::Arc;

use super::access::{Access, Fence};
use crate::memory::{Addr, HeapFull, Piece, WriteId};

/// A program on one core.
pub trait Program<P: Piece> {
    /// Told the answer to the last request, gives the next one. The first call is told
    /// [`Response::Done`]; after [`Request::Exit`] there is no further call.
    fn resume(&mut self, last: &Response<P>) -> Request;
}

impl<P: Piece, T: Program<P> + ?Sized> Program<P> for Box<T> {
    fn resume(&mut self, last: &Response<P>) -> Request {
        (**self).resume(last)
    }
}

/// What a program asks for.
#[derive(Clone, Debug)]
pub enum Request {
    /// An access to memory.
    Access(Access),
    /// What is earlier to be ordered with what is later.
    Fence(Fence),
    /// Work inside the core for this many cycles.
    Compute(u32),
    /// A new object in the simulated heap, with these first bytes, as if it had always been
    /// there: no access is made and no time passes.
    Place {
        /// Its size.
        bytes: u64,
        /// What it holds at first; zeros follow.
        contents: Arc<[u8]>,
    },
    /// A new object, zero: fresh memory, which takes the allocator's time and no access.
    Allocate {
        /// Its size.
        bytes: u64,
        /// Which allocator.
        allocator: Allocator,
        /// What it is, for reports.
        name: &'static str,
    },
    /// To sleep until the semaphore at this address has been released, and to take that away.
    Acquire(Addr),
    /// To release the semaphore at this address: one that sleeps for it, or sleeps next, goes on.
    Release(Addr),
    /// To tell observers what it is doing; takes no time.
    Note(Note),
    /// To end.
    Exit(Exit),
}

/// How an allocator places objects; each thread has its own part of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Allocator {
    /// In spans of objects of one size class, as Go does.
    SizeClasses,
    /// One after another, aligned to 8 bytes, as Java does in a thread's buffer.
    Bump,
}

/// The answer to a program's last request.
#[derive(Clone, Copy, Debug)]
pub enum Response<P> {
    /// It is done and gives no value.
    Done,
    /// The bytes that a load or a locked operation read.
    Value(P),
    /// Where the new object lies.
    Placed(Addr),
}

/// How a program ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// At its end.
    Finished,
    /// It found that it cannot go on: a runtime's `fatal error`, with its text.
    Fatal(&'static str),
    /// An exception that nobody catches ended the thread, not the others; its name.
    Thrown(&'static str),
    /// It needs something that its model leaves out.
    Unsupported(String),
    /// The input that feeds it is broken from here on; the reader of that input knows why.
    BadInput,
}

/// A plain program: its requests are known beforehand and do not depend on what it reads.
#[derive(Clone, Debug)]
pub struct Script {
    requests: Arc<[Request]>,
    next: usize,
}

impl Script {
    /// A program that makes these requests and ends.
    #[must_use]
    pub fn new(requests: impl Into<Arc<[Request]>>) -> Script {
        Script {
            requests: requests.into(),
            next: 0,
        }
    }
}

impl<P: Piece> Program<P> for Script {
    fn resume(&mut self, _: &Response<P>) -> Request {
        let request = self.requests.get(self.next);
        self.next += 1;
        request.cloned().unwrap_or(Request::Exit(Exit::Finished))
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Finished => f.write_str("finished"),
            Exit::Fatal(text) => write!(f, "fatal error: {text}"),
            Exit::Thrown(name) => write!(f, "thrown: {name}"),
            Exit::Unsupported(what) => write!(f, "not modelled: {what}"),
            Exit::BadInput => f.write_str("its trace cannot be read on"),
        }
    }
}

impl From<HeapFull> for Exit {
    fn from(full: HeapFull) -> Exit {
        Exit::Unsupported(full.to_string())
    }
}

/// What a program says about itself. Observers understand from it which accesses belong
/// together; the machine only passes it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The operation of the trace's line begins.
    OperationBegun {
        /// The line, from 1.
        line: u32,
    },
    /// A call to a map begins.
    CallBegun(Call),
    /// The call that began last on this core is over.
    CallEnded(Answer),
    /// The loads up to the next `ReadEnded` that lie in these bytes read one logical value.
    ReadBegun {
        /// The value's first byte.
        addr: Addr,
        /// Its size.
        bytes: u64,
    },
    /// The logical read is over.
    ReadEnded,
    /// All stores of `write` together write one logical value to these bytes. A write that
    /// is not announced is one store.
    WriteBegun {
        /// The logical write.
        write: WriteId,
        /// The value's first byte.
        addr: Addr,
        /// Its size.
        bytes: u64,
    },
    /// This logical write copies what another one wrote: growing maps move their entries.
    Copied {
        /// The logical write.
        write: WriteId,
        /// Whose bytes it wrote again; none if they came from several.
        of: Option<WriteId>,
    },
    /// Go's runtime tells a race detector that it reads the map whose header lies here, in place
    /// of the accesses that it makes for that (`racereadpc`).
    HeaderRead(Addr),
    /// The same for a change to the map (`racewritepc`).
    HeaderWritten(Addr),
    /// The thread has a lock from now on.
    Locked {
        /// Where the lock lies.
        addr: Addr,
        /// Together with others that have it so, too.
        shared: bool,
    },
    /// The thread begins to give a lock up.
    Unlocking {
        /// Where the lock lies.
        addr: Addr,
        /// It had it together with others.
        shared: bool,
    },
    /// The call begins again, for another thread was faster: what it has read does not count.
    Retried,
    /// The call works on this version of a map that is replaced and never changed.
    Took {
        /// Where it lies.
        version: Addr,
    },
    /// The call has made this version the latest.
    Published {
        /// Where it lies.
        version: Addr,
    },
    /// An object is no longer part of a map, but calls under way may still have it.
    Retired {
        /// Where it lies.
        addr: Addr,
        /// Its size.
        bytes: u64,
    },
    /// Nobody has that object any more: the thread can use its memory again.
    Reclaimed {
        /// Where it lies.
        addr: Addr,
        /// Its size.
        bytes: u64,
    },
    /// The thread now looks at a lock in a loop for about so many cycles, and does nothing else.
    Spins {
        /// How long.
        cycles: u32,
    },
    /// A range has come to an entry.
    Visited {
        /// Its key, as in [`Call`].
        key: u64,
    },
    /// The program reads a clock: what lies between its one reading and the next is timed.
    ClockRead,
    /// A result that the user gave a name; none where the map had no such key.
    Named {
        /// The name.
        name: Arc<str>,
        /// The value.
        value: Option<u128>,
    },
}

/// A call to a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is called.
    pub kind: CallKind,
    /// Which map, by its place among the trace's maps.
    pub map: u16,
    /// The key, or for a text the address of its bytes, which is the same for equal texts; 0
    /// for calls without one.
    pub key: u64,
}

/// The calls to a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// Store a value under a key.
    Put,
    /// Read the value under a key.
    Get,
    /// Change the value under a key by what is there, without protection: `m[key]++`.
    Increment,
    /// Remove a key.
    Delete,
    /// Count the entries.
    Len,
    /// Visit all entries.
    Range,
    /// Remove all entries.
    Clear,
    /// Make room for more.
    Grow,
}

impl CallKind {
    /// All of them, each at the place of its number.
    pub const ALL: [CallKind; 8] = [
        CallKind::Put,
        CallKind::Get,
        CallKind::Increment,
        CallKind::Delete,
        CallKind::Len,
        CallKind::Range,
        CallKind::Clear,
        CallKind::Grow,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CallKind::Put => "put",
            CallKind::Get => "get",
            CallKind::Increment => "increment",
            CallKind::Delete => "delete",
            CallKind::Len => "len",
            CallKind::Range => "range",
            CallKind::Clear => "clear",
            CallKind::Grow => "grow",
        }
    }

    /// Whether it can change what the map holds.
    #[must_use]
    pub fn changes(self) -> bool {
        match self {
            CallKind::Put | CallKind::Increment | CallKind::Delete | CallKind::Clear => true,
            CallKind::Get | CallKind::Len | CallKind::Range | CallKind::Grow => false,
        }
    }
}

/// What a call to a map gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing to give.
    Nothing,
    /// The key was there.
    Present,
    /// The key was not there.
    Absent,
    /// So many entries.
    Count(u64),
}
