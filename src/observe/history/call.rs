//! A thread's calls: the one under way, and those that are over but for their buffered stores.

use std::collections::VecDeque;

use super::outcome::{Outcome, Who};
use crate::machine::{Call, Thread};
use crate::memory::WriteId;

/// Who wrote the value that was read last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Read {
    /// There was no such read.
    #[default]
    Nothing,
    /// One write.
    Of(WriteId),
    /// Several: torn, or composed; not a matter of calls.
    Mixed,
}

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) id: u64,
    pub(super) who: Who,
    pub(super) call: Call,
    /// When it began.
    pub(super) begun: u64,
    /// The place of its key; none if it is not judged as a call on one.
    pub(super) key: Option<u32>,
    /// What it did, once it has answered.
    pub(super) outcome: Option<Outcome>,
    /// Of a put or an increment: the first write that it announced.
    pub(super) first: Option<WriteId>,
    /// And what that was before its last write.
    pub(super) first_before: Option<WriteId>,
    /// Of an increment: one of its writes was a locked operation's, which reads what it replaces
    /// and does not say so.
    pub(super) locked: bool,
    pub(super) read: Read,
    /// The read before the last one.
    pub(super) read_before: Read,
    /// Of a range: where the keys that it came to have their places.
    pub(super) visited: Vec<u32>,
    /// How many entries it came to, known or not.
    pub(super) visits: u64,
    /// Of a length: how many calls had changed the map, if none was doing so.
    pub(super) changes: Option<u64>,
}

/// A thread, as far as its calls go.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) thread: Thread,
    /// The line of the trace that it is at.
    pub(super) line: u32,
    pub(super) open: Option<Box<Open>>,
    pub(super) reading: bool,
    /// Stores that entered its store buffer, and that left it.
    pub(super) buffered: u64,
    pub(super) performed: u64,
    /// Calls that have answered, each up to which store it is not over.
    pub(super) leaving: VecDeque<(u64, Box<Open>)>,
}

impl Caller {
    pub(super) fn new(thread: Thread) -> Caller {
        Caller {
            thread,
            line: 0,
            open: None,
            reading: false,
            buffered: 0,
            performed: 0,
            leaving: VecDeque::new(),
        }
    }

    /// All calls that are not over.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Open> {
        let leaving = self.leaving.iter().map(|(_, open)| &**open);
        leaving.chain(self.open.as_deref())
    }

    /// The call with this id, if it is not over.
    pub(super) fn call(&self, id: u64) -> Option<&Open> {
        self.calls().find(|open| open.id == id)
    }
}

impl Read {
    /// One more byte of the value was written by `write`.
    pub(super) fn and(self, write: WriteId) -> Read {
        match self {
            Read::Nothing => Read::Of(write),
            Read::Of(other) if other == write => self,
            _ => Read::Mixed,
        }
    }
}
