//! A leaf: a key and its value, and the next leaf of those that belong to the same place.
//! Nothing of it changes once it is published.

use super::store::{Changes, Store};
use crate::machine::Note;
use crate::maps::fields::{Field, Fields};
use crate::maps::key::{Key, KeyLayout};
use crate::maps::mem::Mem;
use crate::maps::value::{ValueLayout, Words};
use crate::maps::walk::{Entry, Peek};
use crate::memory::Addr;

const HASH: u64 = 0;
const NEXT: u64 = 8;
const KEY: u64 = 16;
const VALUE: u64 = 32;

/// How leaves are laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaves {
    pub(super) key: KeyLayout,
    pub(super) value: ValueLayout,
}

/// What the fields of leaves are called.
pub(super) fn fields(value: ValueLayout) -> Fields {
    let fields = [
        Field::one(HASH, 8, "hash"),
        Field::pointer(NEXT, "next"),
        Field::one(KEY, 16, "key"),
        Field::one(VALUE, value.bytes(), "value"),
    ];
    Fields::of("leaf", &fields)
}

impl Leaves {
    /// The size of one.
    pub(super) fn bytes(self) -> u64 {
        VALUE + self.value.bytes()
    }

    /// A new leaf, whose next one is linked later.
    pub(super) async fn make(
        self,
        mem: &Mem,
        store: &Store,
        hash: u64,
        key: &Key,
        value: Words,
    ) -> Addr {
        let leaf = store.allocate(mem, self.bytes(), "leaf").await;
        mem.store_u64(leaf + HASH, hash).await;
        let [first, second] = key.words();
        mem.store(leaf + KEY, self.key.bytes().min(8) as usize, first.into())
            .await;
        if self.key == KeyLayout::Text {
            mem.store_u64(leaf + KEY + 8, second).await;
        }
        self.value.write(mem, leaf + VALUE, value).await;
        leaf
    }

    /// A leaf with the same key and value.
    pub(super) async fn copy(self, mem: &Mem, store: &Store, leaf: Addr) -> Addr {
        let copy = store.allocate(mem, self.bytes(), "leaf").await;
        for at in [HASH, KEY, KEY + 8] {
            let word = mem.load_u64(leaf + at).await;
            mem.store_u64(copy + at, word).await;
        }
        self.value.copy(mem, leaf + VALUE, copy + VALUE).await;
        copy
    }

    pub(super) async fn hash(self, mem: &Mem, leaf: Addr) -> u64 {
        mem.load_u64(leaf + HASH).await
    }

    pub(super) async fn next(self, mem: &Mem, leaf: Addr) -> Addr {
        mem.load_addr(leaf + NEXT).await
    }

    pub(super) async fn link(self, mem: &Mem, leaf: Addr, next: Addr) {
        mem.store_addr(leaf + NEXT, next).await;
    }

    /// The leaf of this key in a chain.
    pub(super) async fn find(self, mem: &Mem, first: Addr, hash: u64, key: &Key) -> Option<Addr> {
        let mut leaf = first;
        while leaf != Addr(0) {
            if self.hash(mem, leaf).await == hash && self.key.matches(mem, leaf + KEY, key).await {
                return Some(leaf);
            }
            leaf = self.next(mem, leaf).await;
        }
        None
    }

    pub(super) async fn read(self, mem: &Mem, leaf: Addr) -> Words {
        self.value.read(mem, leaf + VALUE).await
    }

    /// Visits all leaves of a chain: how many there are.
    pub(super) async fn visit(self, mem: &Mem, first: Addr) -> u64 {
        let (mut leaf, mut visited) = (first, 0);
        while leaf != Addr(0) {
            let key = mem.load(leaf + KEY, self.key.bytes().min(8) as usize).await as u64;
            self.read(mem, leaf).await;
            mem.note(Note::Visited { key }).await;
            visited += 1;
            leaf = self.next(mem, leaf).await;
        }
        visited
    }

    /// The chain `first` without the leaf `without`, copied up to there: its new first leaf. All
    /// of it is shared from the next one on.
    pub(super) async fn without(
        self,
        mem: &Mem,
        store: &Store,
        first: Addr,
        without: Addr,
        changes: &mut Changes,
    ) -> Addr {
        let rest = self.next(mem, without).await;
        let mut before = Vec::new();
        let mut leaf = first;
        while leaf != without && leaf != Addr(0) {
            before.push(leaf);
            leaf = self.next(mem, leaf).await;
        }
        let mut next = rest;
        changes.replaced(without, self.bytes());
        for leaf in before.into_iter().rev() {
            let copy = self.copy(mem, store, leaf).await;
            changes.made(copy, self.bytes());
            changes.replaced(leaf, self.bytes());
            self.link(mem, copy, next).await;
            next = copy;
        }
        next
    }

    /// Counts all leaves of a chain as replaced.
    pub(super) async fn replace_all(self, mem: &Mem, first: Addr, changes: &mut Changes) {
        let mut leaf = first;
        while leaf != Addr(0) {
            changes.replaced(leaf, self.bytes());
            leaf = self.next(mem, leaf).await;
        }
    }

    /// The entries of a chain, without an access. Chains cannot be circles, but for a fault of
    /// the model: no more than `most` are looked at.
    pub(super) fn entries(self, memory: &Peek<'_>, first: Addr, most: usize) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut leaf = first;
        while leaf != Addr(0) && entries.len() < most {
            let (value, write) = memory.value(self.value, leaf + VALUE);
            let bytes = self.key.bytes().min(8) as usize;
            entries.push(Entry {
                key: memory.load(leaf + KEY, bytes).unwrap_or(0),
                value,
                write,
                reachable: true,
            });
            leaf = memory.addr(leaf + NEXT);
        }
        entries
    }
}
