//! The store buffer of one core: stores that the core has made and no other core sees yet,
//! first in, first out (x86-TSO: Sewell et al., CACM 53(7), 2010).

use std::collections::VecDeque;

use crate::memory::{Addr, WriteId};

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
    /// Nothing: the cache has them.
    Absent,
    /// All of them, from the youngest store that overlaps the load.
    Forward {
        /// The bytes, little endian; higher ones may follow.
        value: u128,
        /// The logical write that they are part of.
        write: WriteId,
    },
    /// Some of them, or all but from several stores. No processor joins them: the load waits
    /// until those stores are in the cache and reads there (Intel optimization manual, "Store
    /// Forwarding").
    Wait,
}

/// Stores in program order.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct StoreBuffer {
    depth: usize,
    stores: VecDeque<BufferedStore>,
}

impl Clone for StoreBuffer {
    fn clone(&self) -> StoreBuffer {
        StoreBuffer {
            depth: self.depth,
            stores: self.stores.clone(),
        }
    }

    /// Uses what is allocated again.
    fn clone_from(&mut self, from: &StoreBuffer) {
        self.depth = from.depth;
        self.stores.clone_from(&from.stores);
    }
}

impl StoreBuffer {
    /// An empty buffer for up to `depth` stores.
    #[must_use]
    pub fn new(depth: usize) -> StoreBuffer {
        StoreBuffer {
            depth,
            stores: VecDeque::new(),
        }
    }

    /// Whether the core has none: its stores go to the cache at once.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.depth == 0
    }

    /// Whether no store waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stores.is_empty()
    }

    /// Whether there is no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.stores.len() >= self.depth
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
        self.stores.pop_front()
    }

    /// What a load of `bytes` bytes at `addr` finds here.
    #[must_use]
    pub fn lookup(&self, addr: Addr, bytes: usize) -> Lookup {
        let youngest = self.stores.iter().rev().find(|s| s.overlaps(addr, bytes));
        match youngest {
            None => Lookup::Absent,
            Some(store) if store.covers(addr, bytes) => {
                let value = store.value >> (8 * (addr.0 - store.addr.0));
                let write = store.write;
                Lookup::Forward { value, write }
            }
            Some(_) => Lookup::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(stores: &[(u64, usize, u128)]) -> StoreBuffer {
        let mut buffer = StoreBuffer::new(stores.len());
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
    fn a_load_that_no_single_store_covers_waits() {
        let buffer = buffer(&[(0, 8, 1), (4, 2, 2)]);
        assert_eq!(buffer.lookup(Addr(0), 8), Lookup::Wait, "two stores");
        assert_eq!(buffer.lookup(Addr(5), 2), Lookup::Wait, "partly covered");
        assert!(matches!(buffer.lookup(Addr(0), 4), Lookup::Forward { .. }));
        assert_eq!(buffer.lookup(Addr(8), 8), Lookup::Absent);
    }
}
