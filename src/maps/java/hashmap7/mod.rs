//! `java.util.HashMap` of JDK 7u40 and later 7s: new entries come first in their chain, the
//! table grows before an insertion, and growing turns every chain round, in place, before
//! anyone sees the new table. Two threads that grow it at once can close a chain to a circle,
//! in which every later look-up of an absent key goes on for ever.
//!
//! The offsets follow from the fields and from how HotSpot orders them (ints, then
//! references); they were not read from a running JDK 7.

mod put;
mod remove;
mod resize;

use std::rc::Rc;

use super::fail_fast::{Fields, HashIterator};
use super::long::{HASH_CYCLES, LongCache, Sought, hash_code, unboxed};
use super::names;
use super::node;
use super::object::{
    DEFAULT_CAPACITY, NULL, Reference, array_bytes, checked_bin, length, place_array, place_int,
    reference, three_quarters,
};
use super::walk::Chains;
use crate::machine::Machine;
use crate::maps::fields::{self as named, Field};
use crate::maps::key::Key;
use crate::maps::map::{Calling, Map, Shape};
use crate::maps::mem::{Fallible, Mem};
use crate::maps::value::Words;
use crate::maps::walk::{Peek, Walk};
use crate::memory::{Addr, Arena, Bytes, HeapFull};

/// Offsets of the fields, each of 4 bytes.
mod fields {
    pub(super) const SIZE: u64 = 20;
    pub(super) const THRESHOLD: u64 = 24;
    pub(super) const LOAD_FACTOR: u64 = 28;
    pub(super) const MOD_COUNT: u64 = 32;
    pub(super) const HASH_SEED: u64 = 36;
    pub(super) const TABLE: u64 = 40;
    pub(super) const BYTES: u64 = 48;
}

/// A map: where its object lies.
#[derive(Clone, Debug)]
struct HashMap7 {
    object: Addr,
    /// `EMPTY_TABLE`: what a map without a table of its own shows.
    empty: Reference,
    /// The table that was there before the run, with its size in bytes.
    made: (Addr, u64),
    longs: LongCache,
}

/// `new HashMap()`; `new HashMap(room)`; or a map with a table of so many bins. The first two
/// get a table of their own with the first put.
///
/// # Errors
/// When the heap is full.
pub(in crate::maps) fn create(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    let longs = LongCache::create(machine)?;
    let empty = place_array(machine, 0)?;
    let heap = machine.heap_mut();
    let object = heap.allocate_next(Arena::SETUP, fields::BYTES)?;
    let bins = shape.buckets.unwrap_or(0);
    let table = match shape.buckets {
        Some(bins) => place_array(machine, bins)?,
        None => empty,
    };
    // Without a table, the threshold is the capacity that the constructor was given.
    let threshold = match shape.buckets {
        Some(bins) => three_quarters(bins),
        None if shape.room > 0 => u32::try_from(shape.room).unwrap_or(u32::MAX),
        None => DEFAULT_CAPACITY,
    };
    for (offset, value) in [
        (fields::THRESHOLD, threshold),
        (fields::LOAD_FACTOR, 0.75_f32.to_bits()),
        (fields::TABLE, reference(table)),
    ] {
        place_int(machine, object + offset, value);
    }
    Ok(Rc::new(HashMap7 {
        object,
        empty: reference(empty),
        made: (table, array_bytes(bins)),
        longs,
    }))
}

/// `HashMap.hash` of JDK 7, after `hashCode`: four shifts, because chains never become trees.
fn spread(code: u32) -> u32 {
    let hash = code ^ code >> 20 ^ code >> 12;
    hash ^ hash >> 7 ^ hash >> 4
}

fn hash(number: u64) -> u32 {
    spread(hash_code(number))
}

impl HashMap7 {
    fn field(&self, offset: u64) -> Addr {
        self.object + offset
    }

    /// `hash(key)`: the key's hash is known, but the seed that texts would use is loaded.
    async fn hash(&self, mem: &Mem, key: &Sought) -> u32 {
        mem.load_u32(self.field(fields::HASH_SEED)).await;
        mem.compute(HASH_CYCLES).await;
        key.hash
    }

    async fn is_empty(&self, mem: &Mem) -> bool {
        mem.load_u32(self.field(fields::SIZE)).await == 0
    }

    /// `getEntry`: the node of a key, or null.
    async fn entry(&self, mem: &Mem, key: &Sought) -> Fallible<Reference> {
        if self.is_empty(mem).await {
            return Ok(NULL);
        }
        let hash = self.hash(mem, key).await;
        let table = mem.load_u32(self.field(fields::TABLE)).await;
        let length = length(mem, table).await;
        let mut entry = mem.load_u32(checked_bin(table, length, hash)?).await;
        while entry != NULL && !node::holds(mem, entry, key).await {
            entry = node::next(mem, entry).await;
        }
        Ok(entry)
    }

    async fn number(&self, mem: &Mem, key: &Key) -> Fallible<Option<u64>> {
        let key = self.longs.sought(key, hash);
        match self.entry(mem, &key).await? {
            NULL => Ok(None),
            entry => {
                let value = node::value(mem, entry).await;
                unboxed(mem, value).await.map(Some)
            }
        }
    }

    async fn put_number(&self, mem: &Mem, key: &Key, number: u64) -> Fallible<()> {
        let key = self.longs.boxed(mem, key, hash).await;
        let value = self.longs.value_of(mem, number).await;
        self.put_value(mem, &key, value).await
    }

    async fn iterate(&self, mem: &Mem) -> Fallible<u64> {
        let looked_at = Fields {
            table: self.field(fields::TABLE),
            mod_count: self.field(fields::MOD_COUNT),
        };
        let expected = mem.load_u32(looked_at.mod_count).await;
        let mut iterator = HashIterator::new(looked_at, expected);
        if !self.is_empty(mem).await {
            let table = mem.load_u32(looked_at.table).await;
            iterator.advance(mem, table).await;
        }
        iterator.visit_all(mem).await
    }
}

impl Map for HashMap7 {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(self.put_number(mem, key, value[0]))
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            let number = self.number(mem, key).await?;
            Ok(number.map(|number| [number, 0, 0]))
        })
    }

    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            let number = self.number(mem, key).await?.unwrap_or(0);
            self.put_number(mem, key, number.wrapping_add(1)).await
        })
    }

    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(self.remove(mem, key))
    }

    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move { Ok(mem.load_u32(self.field(fields::SIZE)).await.into()) })
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(self.iterate(mem))
    }

    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(self.remove_all(mem))
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        let (table, bytes) = self.made;
        vec![
            (self.object, fields::BYTES, "HashMap"),
            self.longs.object(),
            (table, bytes, "table"),
        ]
    }

    fn fields(&self) -> Vec<named::Fields> {
        let own = [
            Field::one(fields::SIZE, 4, "size"),
            Field::one(fields::THRESHOLD, 4, "threshold"),
            Field::one(fields::LOAD_FACTOR, 4, "loadFactor"),
            Field::one(fields::MOD_COUNT, 4, "modCount"),
            Field::one(fields::HASH_SEED, 4, "hashSeed"),
            names::reference(fields::TABLE, "table"),
        ];
        names::of("HashMap", &own)
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        let field = |offset| memory.load(self.field(offset), 4).unwrap_or(0) as u32;
        let chains = Chains {
            memory: *memory,
            table: field(fields::TABLE),
            spread,
            forwarding: None,
        };
        chains.walk(field(fields::SIZE).into(), Vec::new())
    }
}
