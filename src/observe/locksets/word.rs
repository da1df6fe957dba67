//! What is known of one word: the state machine of the paper's figure 4.

use super::sets::{EMPTY, Set, Sets};
use crate::machine::Thread;
use crate::memory::Addr;

/// An access to a word, and what its thread had locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) thread: Thread,
    pub(super) line: u32,
    pub(super) addr: Addr,
    pub(super) is_write: bool,
    pub(super) cycle: u64,
    /// All locks that it had.
    pub(super) held: Set,
    /// Those that protect an access of its kind: for a write only those that nobody shared.
    pub(super) protecting: Set,
}

/// A word that has been touched; before that it is *virgin*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// One thread alone has touched it, for instance to make it ready for others.
    Exclusive,
    /// Others have read it since.
    Shared,
    /// And someone has written to it.
    SharedModified,
}

/// A word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) state: State,
    /// The locks that were held at every access since it is no longer exclusive.
    pub(super) candidates: Set,
    /// The last access, and the last one before of another thread.
    last: Seen,
    other: Option<Seen>,
    /// Where it was first seen that no lock protects it.
    pub(super) broken: Option<[Seen; 2]>,
}

impl Word {
    pub(super) fn new(seen: Seen) -> Word {
        Word {
            state: State::Exclusive,
            candidates: EMPTY,
            last: seen,
            other: None,
            broken: None,
        }
    }

    /// Takes in an access.
    pub(super) fn touch(&mut self, seen: Seen, sets: &mut Sets) {
        if self.last.thread != seen.thread {
            self.other = Some(self.last);
        }
        self.last = seen;
        let Some(other) = self.other else {
            return;
        };
        self.candidates = match self.state {
            State::Exclusive => seen.protecting,
            _ => sets.common(self.candidates, seen.protecting),
        };
        if seen.is_write {
            self.state = State::SharedModified;
        } else if self.state == State::Exclusive {
            self.state = State::Shared;
        }
        let is_broken = self.state == State::SharedModified && self.candidates == EMPTY;
        if is_broken && self.broken.is_none() {
            self.broken = Some([other, seen]);
        }
    }
}
