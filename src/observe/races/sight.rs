//! What of a run Go's `-race` sees. Compiled code tells it each plain load and store of its
//! own; the runtime tells it one access to the map's header for each call, and is not
//! instrumented itself (`racereadpc` and `racewritepc` in `mapaccess1`, `mapassign`,
//! `mapdelete`, `mapiterinit` and their variants; measured with Go 1.19). Its atomics order
//! threads there as they do here, which is more than `-race` knows of the runtime's own ones.

use super::record::Touch;
use crate::machine::{Access, AccessKind, CallKind, Note};
use crate::memory::{Addr, WriteId};

/// What `-race` sees of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing.
    No,
    /// The access as it is.
    Itself,
}

/// What a thread is doing, as far as it matters here.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    reading: bool,
    writing: Option<WriteId>,
}

impl Sight {
    /// The program says what it does.
    pub(super) fn note(&mut self, note: &Note) {
        match *note {
            Note::CallBegun(_) | Note::CallEnded(_) => *self = Sight::default(),
            Note::ReadBegun { .. } => self.reading = true,
            Note::ReadEnded => self.reading = false,
            Note::WriteBegun { write, .. } => self.writing = Some(write),
            // The runtime moves an entry.
            Note::Copied { .. } => self.writing = None,
            _ => {}
        }
    }

    /// What is seen of an access in a call, or outside of one.
    pub(super) fn sees(&self, call: Option<CallKind>, access: &Access) -> Seen {
        let Some(call) = call else {
            return Seen::Itself;
        };
        if access.atomic {
            return Seen::No;
        }
        let value = match (access.kind, call) {
            (AccessKind::Load, CallKind::Get | CallKind::Range) => self.reading,
            (AccessKind::Store { write, .. }, CallKind::Put | CallKind::Increment) => {
                self.writing == Some(write)
            }
            _ => false,
        };
        if value { Seen::Itself } else { Seen::No }
    }

    /// What the runtime says that it does in place of its own accesses: where, and what.
    pub(super) fn told(note: &Note) -> Option<(Addr, Touch)> {
        match *note {
            Note::HeaderRead(addr) => Some((addr, Touch::Load)),
            Note::HeaderWritten(addr) => Some((addr, Touch::Store)),
            _ => None,
        }
    }
}
