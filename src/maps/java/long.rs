//! `java.lang.Long`, 24 bytes: what keys and values are boxed in, and how keys are compared.

use super::object::{NULL, Reference, at, not_null, reference};
use crate::machine::Machine;
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::{Addr, Arena, Bytes, HeapFull, WriteId};

/// Where the number is, in 8 bytes; it never changes.
pub(super) const VALUE: u64 = 16;
/// The size of one.
pub(super) const BYTES: u64 = 24;

/// The numbers from -128 to 127 have one object each.
const CACHED: u64 = 256;
const LOWEST: u64 = 128;

/// `Long.LongCache`: the objects that all code shares.
#[derive(Clone, Debug)]
pub(super) struct LongCache {
    first: Addr,
}

impl LongCache {
    /// Fills the cache, before the run.
    pub(super) fn create(machine: &mut Machine<Bytes>) -> Result<LongCache, HeapFull> {
        let heap = machine.heap_mut();
        let first = heap.allocate_next(Arena::SETUP, CACHED * BYTES)?;
        for nth in 0..CACHED {
            let (field, number) = (first + (nth * BYTES + VALUE), nth.wrapping_sub(LOWEST));
            let memory = machine.memory_mut();
            memory.write(field, 8, number.into(), WriteId::INITIAL);
        }
        Ok(LongCache { first })
    }

    /// Where the objects lie, for reports.
    pub(super) fn object(&self) -> (Addr, u64, &'static str) {
        (self.first, CACHED * BYTES, "cached Longs")
    }

    /// The object of a small number.
    fn cached(&self, number: u64) -> Option<Reference> {
        let nth = number.wrapping_add(LOWEST);
        (nth < CACHED).then(|| reference(self.first + nth * BYTES))
    }

    /// A key that a look-up is made with: a new box would not escape, so there is none.
    pub(super) fn sought(&self, key: &Key, hash: fn(u64) -> u32) -> Sought {
        let number = key.id();
        Sought {
            number,
            hash: hash(number),
            boxed: self.cached(number).unwrap_or(NULL),
        }
    }

    /// A key that a put may store: `Long.valueOf`.
    pub(super) async fn boxed(&self, mem: &Mem, key: &Key, hash: fn(u64) -> u32) -> Sought {
        let mut sought = self.sought(key, hash);
        if sought.boxed == NULL {
            sought.boxed = new_long(mem, sought.number).await;
        }
        sought
    }

    /// `Long.valueOf(number)`, which is what a `long` becomes where an object is wanted.
    pub(super) async fn value_of(&self, mem: &Mem, number: u64) -> Reference {
        match self.cached(number) {
            Some(boxed) => boxed,
            None => new_long(mem, number).await,
        }
    }
}

/// `new Long(number)`.
async fn new_long(mem: &Mem, number: u64) -> Reference {
    let object = mem.allocate_next(BYTES, "Long").await;
    mem.store_u64(object + VALUE, number).await;
    reference(object)
}

/// `boxed.longValue()`.
pub(super) async fn unboxed(mem: &Mem, boxed: Reference) -> Fallible<u64> {
    Ok(mem.load_u64(not_null(boxed)? + VALUE).await)
}

/// A key that a call is made with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought {
    pub(super) number: u64,
    /// As the map spreads it.
    pub(super) hash: u32,
    /// Its box, if it has one.
    pub(super) boxed: Reference,
}

impl Sought {
    /// `k == key || key.equals(k)`, for a key `k` that was loaded from a node.
    pub(super) async fn equals(&self, mem: &Mem, key: Reference) -> bool {
        key != NULL && (key == self.boxed || mem.load_u64(at(key) + VALUE).await == self.number)
    }
}

/// `Long.hashCode`: the halves, exclusive or.
pub(super) fn hash_code(number: u64) -> u32 {
    (number ^ number >> 32) as u32
}

/// How long a hash takes, in cycles: a few shifts. Chosen.
pub(super) const HASH_CYCLES: u32 = 4;
