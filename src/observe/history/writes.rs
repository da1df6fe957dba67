//! Who put what: each announced write of a value, and which put it goes back to.

use std::collections::VecDeque;

use crate::memory::WriteId;

/// At most this many writes are remembered; what older ones left behind is not judged.
const REMEMBERED: usize = 1 << 20;

/// A put or an increment, by the first write that it announced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Put {
    /// The place of its key.
    pub(super) key: u32,
    /// The line of the trace.
    pub(super) line: u32,
}

/// Where the bytes of a write come from.
#[derive(Clone, Copy, Debug)]
enum Origin {
    Put(Put),
    /// What another one wrote.
    Same(WriteId),
    /// Several others, or nobody knows.
    Unknown,
}

/// What a read of a value found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// What this put, which goes by this write, has put.
    Put(WriteId, Put),
    /// Nothing that anybody put.
    Nobody,
    /// It is not known.
    Unknown,
}

/// All announced writes that are remembered.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes {
    /// By id: they are announced in that order, or nearly so.
    origins: VecDeque<(WriteId, Origin)>,
    /// The youngest that was forgotten.
    forgotten_up_to: u32,
    forgotten: u64,
}

impl Writes {
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// A write of a put or an increment; `first` is its call's first one. None for `key` where
    /// the key is not watched.
    pub(super) fn announce(&mut self, write: WriteId, first: WriteId, key: Option<u32>, line: u32) {
        let origin = match key {
            None => Origin::Unknown,
            Some(_) if first != write => Origin::Same(first),
            Some(key) => Origin::Put(Put { key, line }),
        };
        self.insert(write, origin);
    }

    /// A write copies what `of` wrote, or what several wrote.
    pub(super) fn copy(&mut self, write: WriteId, of: Option<WriteId>) {
        let origin = match of.map(|of| self.source(of)) {
            None | Some(Source::Unknown) => Origin::Unknown,
            Some(Source::Put(first, _)) => Origin::Same(first),
            Some(Source::Nobody) => Origin::Same(WriteId::INITIAL),
        };
        self.insert(write, origin);
    }

    fn insert(&mut self, write: WriteId, origin: Origin) {
        let mut at = self.origins.len();
        while at > 0 && self.origins[at - 1].0 > write {
            at -= 1;
        }
        if at > 0 && self.origins[at - 1].0 == write {
            self.origins[at - 1].1 = origin;
            return;
        }
        self.origins.insert(at, (write, origin));
        if self.origins.len() > REMEMBERED
            && let Some((oldest, _)) = self.origins.pop_front()
        {
            self.forgotten += 1;
            self.forgotten_up_to = oldest.0;
        }
    }

    fn origin(&self, write: WriteId) -> Option<Origin> {
        let at = self.origins.binary_search_by_key(&write, |&(id, _)| id);
        at.ok().map(|at| self.origins[at].1)
    }

    /// Whose value a write left behind.
    pub(super) fn source(&self, write: WriteId) -> Source {
        match self.origin(write) {
            Some(Origin::Put(put)) => Source::Put(write, put),
            Some(Origin::Same(WriteId::INITIAL)) => Source::Nobody,
            Some(Origin::Same(first)) => match self.origin(first) {
                Some(Origin::Put(put)) => Source::Put(first, put),
                _ => Source::Unknown,
            },
            Some(Origin::Unknown) => Source::Unknown,
            // Memory as it was before the run holds nothing that was put.
            None if write == WriteId::INITIAL || write.0 > self.forgotten_up_to => Source::Nobody,
            None => Source::Unknown,
        }
    }
}
