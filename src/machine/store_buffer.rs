//! The store buffer of one core: stores that the core has made and no other core sees yet,
//! first in, first out (x86-TSO: Sewell et al., CACM 53(7), 2010) unless the machine's
//! description says otherwise.

use std::collections::VecDeque;

use super::config::{Forwards, StoreBufferConfig, StoreOrder};
use crate::memory::{Addr, Piece, WriteId};

/// A buffered store, or the part of one that is performed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BufferedStore {
    /// The first byte.
    pub addr: Addr,
    /// How many bytes.
    pub bytes: usize,
    /// The bytes, little endian.
    pub value: u128,
    /// The logical write that it is part of.
    pub write: WriteId,
}

impl BufferedStore {
    fn overlaps(&self, addr: Addr, bytes: usize) -> bool {
        self.addr.0 < addr.0 + bytes as u64 && addr.0 < self.addr.0 + self.bytes as u64
    }

    fn covers(&self, addr: Addr, bytes: usize) -> bool {
        self.addr <= addr && addr.0 + bytes as u64 <= self.addr.0 + self.bytes as u64
    }
}

/// What a store buffer knows of the bytes that a load wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Nothing, or not all where the buffer's bytes are joined with those of the cache: the load reads
    /// there.
    Absent,
    /// All of them, from the youngest store that overlaps the load.
    Forward {
        /// The bytes, little endian; higher ones may follow.
        value: u128,
        /// The logical write that they are part of.
        write: WriteId,
    },
    /// Some of them, or all but from several stores, where these are not joined: the load waits
    /// until those stores are in the cache and reads there (Intel optimization manual, "Store
    /// Forwarding").
    Wait,
}

/// Stores in program order.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct StoreBuffer {
    rules: StoreBufferConfig,
    stores: VecDeque<BufferedStore>,
    /// For each fence between stores, how many stores are before it.
    bars: VecDeque<usize>,
}

impl Clone for StoreBuffer {
    fn clone(&self) -> StoreBuffer {
        StoreBuffer {
            rules: self.rules,
            stores: self.stores.clone(),
            bars: self.bars.clone(),
        }
    }

    /// Uses what is allocated again.
    fn clone_from(&mut self, from: &StoreBuffer) {
        self.rules = from.rules;
        self.stores.clone_from(&from.stores);
        self.bars.clone_from(&from.bars);
    }
}

impl StoreBuffer {
    /// An empty buffer.
    #[must_use]
    pub fn new(rules: StoreBufferConfig) -> StoreBuffer {
        StoreBuffer {
            rules,
            stores: VecDeque::new(),
            bars: VecDeque::new(),
        }
    }

    /// Whether the core has none: its stores go to the cache at once.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.rules.depth == 0
    }

    /// Whether no store waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stores.is_empty()
    }

    /// Whether there is no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.stores.len() >= self.rules.depth
    }

    /// How many stores wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.stores.len()
    }

    /// The store that leaves next.
    #[must_use]
    pub fn oldest(&self) -> Option<&BufferedStore> {
        self.stores.front()
    }

    /// All stores, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &BufferedStore> {
        self.stores.iter()
    }

    /// Adds the youngest store.
    ///
    /// # Panics
    /// When the buffer is full.
    pub fn push(&mut self, store: BufferedStore) {
        assert!(!self.is_full(), "a store enters a buffer that has room");
        self.stores.push_back(store);
    }

    /// Removes the oldest store.
    pub fn pop(&mut self) -> Option<BufferedStore> {
        if !self.bars.is_empty() {
            self.bars.iter_mut().for_each(|before| *before -= 1);
            self.bars.retain(|&before| before > 0);
        }
        self.stores.pop_front()
    }

    /// Stores that enter from now on leave after all that are here: a fence for stores, which need
    /// not wait for it (McKenney, "Memory Barriers: a Hardware View for Software Hackers", 2010,
    /// section 3.3).
    pub fn bar(&mut self) {
        let before = self.stores.len();
        if !self.is_in_order() && before > 0 && self.bars.back() != Some(&before) {
            self.bars.push_back(before);
        }
    }

    /// For each fence between stores, how many stores are before it.
    pub(super) fn bars(&self) -> impl ExactSizeIterator<Item = usize> {
        self.bars.iter().copied()
    }

    /// Whether a fence has to wait for it.
    #[must_use]
    pub fn holds_fences(&self) -> bool {
        !self.stores.is_empty() && self.rules.fences_wait
    }

    /// Whether stores leave in the program's order.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        self.rules.order == StoreOrder::Program
    }

    /// The stores that may leave before the oldest, by their places from 1.
    pub fn overtakers(&self) -> impl Iterator<Item = usize> {
        let last = match self.rules.order {
            StoreOrder::Program => 1,
            StoreOrder::Location | StoreOrder::None => {
                self.bars.front().copied().unwrap_or(self.stores.len())
            }
        };
        (1..last).filter(|&place| {
            let store = &self.stores[place];
            let before = self.stores.iter().take(place);
            self.rules.order == StoreOrder::None
                || !before
                    .clone()
                    .any(|older| older.overlaps(store.addr, store.bytes))
        })
    }

    /// Makes the store at a place the one that leaves next.
    ///
    /// # Panics
    /// When there is none.
    pub fn overtake(&mut self, place: usize) {
        let store = self.stores.remove(place);
        self.stores.push_front(store.expect("a store is there"));
    }

    /// What a load of `bytes` bytes at `addr` finds here.
    #[must_use]
    pub fn lookup(&self, addr: Addr, bytes: usize) -> Lookup {
        let mut stores = self.stores.iter();
        let overlaps = |store: &&BufferedStore| store.overlaps(addr, bytes);
        let answers = match self.rules.forwards {
            Forwards::Youngest | Forwards::Joined => stores.rfind(overlaps),
            Forwards::Oldest => stores.find(overlaps),
        };
        match answers {
            None => Lookup::Absent,
            Some(store) if store.covers(addr, bytes) => {
                let value = store.value >> (8 * (addr.0 - store.addr.0));
                let write = store.write;
                Lookup::Forward { value, write }
            }
            Some(_) if self.rules.forwards == Forwards::Joined => Lookup::Absent,
            Some(_) => Lookup::Wait,
        }
    }

    /// Puts the bytes that it has of a load in place of those that were read at `addr`; `into` has them
    /// from `at` on.
    pub(super) fn join(&self, addr: Addr, bytes: usize, into: &mut impl Piece, at: usize) {
        if self.rules.forwards != Forwards::Joined {
            return;
        }
        let end = |addr: Addr, bytes: usize| addr + bytes as u64;
        for store in self.stores.iter().filter(|one| one.overlaps(addr, bytes)) {
            let first = store.addr.max(addr);
            let last = end(store.addr, store.bytes).min(end(addr, bytes));
            let value = store.value >> (8 * (first.0 - store.addr.0));
            let at = at + (first.0 - addr.0) as usize;
            into.fill(at, value, (last.0 - first.0) as usize, store.write);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Tagged;

    fn buffer(stores: &[(u64, usize, u128)]) -> StoreBuffer {
        let mut buffer = StoreBuffer::new(StoreBufferConfig {
            depth: stores.len(),
            min_drain_cycles: 0,
            commit_cycles: None,
            max_drain_cycles: 0,
            order: StoreOrder::Location,
            forwards: Forwards::Youngest,
            fences_wait: true,
        });
        for (&(addr, bytes, value), id) in stores.iter().zip(1..) {
            let write = WriteId(id);
            let addr = Addr(addr);
            buffer.push(BufferedStore {
                addr,
                bytes,
                value,
                write,
            });
        }
        buffer
    }

    #[test]
    fn the_youngest_covering_store_is_forwarded() {
        let buffer = buffer(&[(0, 8, 0x1111), (0, 8, 0x2222), (8, 8, 3)]);
        let (value, write) = (0x22, WriteId(2));
        assert_eq!(buffer.lookup(Addr(1), 1), Lookup::Forward { value, write });
    }

    #[test]
    fn a_store_overtakes_others_but_not_those_of_its_bytes() {
        let mut buffer = buffer(&[(0, 8, 1), (4, 2, 2), (8, 8, 3)]);
        assert_eq!(buffer.overtakers().collect::<Vec<_>>(), [2]);
        buffer.overtake(2);
        assert_eq!(buffer.oldest().map(|store| store.addr), Some(Addr(8)));
        assert_eq!(buffer.overtakers().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn no_store_overtakes_those_before_a_fence() {
        let all = buffer(&[(0, 8, 1), (8, 8, 2), (16, 8, 3), (24, 8, 4)]);
        let mut buffer = StoreBuffer::new(all.rules);
        buffer.bar();
        for (place, &store) in all.stores.iter().enumerate() {
            if place == 2 {
                buffer.bar();
            }
            buffer.push(store);
        }
        assert_eq!(buffer.overtakers().collect::<Vec<_>>(), [1]);
        buffer.pop();
        assert_eq!(
            buffer.overtakers().count(),
            0,
            "one before the fence is left"
        );
        buffer.pop();
        assert_eq!(buffer.overtakers().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_load_that_no_single_store_covers_waits() {
        let buffer = buffer(&[(0, 8, 1), (4, 2, 2)]);
        assert_eq!(buffer.lookup(Addr(0), 8), Lookup::Wait, "two stores");
        assert_eq!(buffer.lookup(Addr(5), 2), Lookup::Wait, "partly covered");
        assert!(matches!(buffer.lookup(Addr(0), 4), Lookup::Forward { .. }));
        assert_eq!(buffer.lookup(Addr(8), 8), Lookup::Absent);
    }

    #[test]
    fn bytes_are_joined_with_those_that_were_read() {
        let mut buffer = buffer(&[(0, 8, 0x1111_1111), (2, 1, 0x22), (7, 2, 0x4433)]);
        let was = 0x9999_9999_9999_9999;
        let joined = |buffer: &StoreBuffer, addr: u64, bytes: usize| {
            let mut piece = Tagged::default();
            piece.fill(1, was, bytes, WriteId(9));
            buffer.join(Addr(addr), bytes, &mut piece, 1);
            (
                piece.value(1 + bytes) >> 8,
                piece.writers(1 + bytes).to_vec(),
            )
        };
        assert_eq!(
            joined(&buffer, 1, 4).0,
            0x9999_9999,
            "only where they are to be joined"
        );
        buffer.rules.forwards = Forwards::Joined;
        assert_eq!(buffer.lookup(Addr(1), 4), Lookup::Absent);
        let (value, writers) = joined(&buffer, 6, 4);
        assert_eq!(value, 0x9944_3300);
        assert_eq!(writers[1..], [1, 3, 3, 9].map(WriteId));
        let (value, _) = joined(&buffer, 1, 4);
        assert_eq!(value, 0x0011_2211);
    }
}
