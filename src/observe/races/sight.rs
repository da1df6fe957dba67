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
    /// The map call's one access to the header, which lies here.
    Header(Addr, Touch),
}

/// Where map headers lie: first byte and end, by address.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers(Vec<(u64, u64)>);

/// What a thread is doing, as far as it matters here.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    /// The header that the call under way was seen at.
    at: (u64, u64),
    reading: bool,
    writing: Option<WriteId>,
}

impl Headers {
    pub(super) fn insert(&mut self, addr: Addr, bytes: u64) {
        let at = self.0.partition_point(|&(from, _)| from < addr.0);
        self.0.insert(at, (addr.0, addr.0.saturating_add(bytes)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, addr: Addr) -> Option<(u64, u64)> {
        let at = self.0.partition_point(|&(from, _)| from <= addr.0);
        let header = self.0.get(at.checked_sub(1)?)?;
        (addr.0 < header.1).then_some(*header)
    }
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
    pub(super) fn sees(
        &mut self,
        call: Option<CallKind>,
        access: &Access,
        headers: &Headers,
    ) -> Seen {
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
        if value {
            return Seen::Itself;
        }
        if (self.at.0..self.at.1).contains(&access.addr.0) {
            return Seen::No;
        }
        let Some(header) = headers.find(access.addr) else {
            return Seen::No;
        };
        self.at = header;
        let touch = if call.changes() {
            Touch::Store
        } else {
            Touch::Load
        };
        Seen::Header(Addr(header.0), touch)
    }
}
