//! `java.util.HashMap` of JDK 8 and later: a table of chains that grows after an insertion,
//! and nothing that keeps threads apart. Every access is plain. What several threads do to it
//! is documented as undefined; what really happens follows from the order of its stores.
//!
//! Checked against the source of JDK 25, which does the same as that of JDK 8.

mod iterate;
mod put;
mod remove;
mod resize;

use std::rc::Rc;

use super::long::{HASH_CYCLES, LongCache, Sought, hash_code, unboxed};
use super::names;
use super::node;
use super::object::{
    NULL, Reference, array_bytes, bin, length_or_0, place_array, place_int, reference,
    table_size_for, three_quarters,
};
use super::walk::Chains;
use crate::machine::Machine;
use crate::maps::fields::{Field, Fields};
use crate::maps::key::Key;
use crate::maps::map::{Calling, Map, Shape};
use crate::maps::mem::{Fallible, Mem};
use crate::maps::value::Words;
use crate::maps::walk::{Peek, Walk};
use crate::memory::{Addr, Arena, Bytes, HeapFull};

/// Offsets of the fields, each of 4 bytes (read with `Unsafe` on JDK 17).
mod fields {
    pub(super) const SIZE: u64 = 20;
    pub(super) const MOD_COUNT: u64 = 24;
    pub(super) const THRESHOLD: u64 = 28;
    pub(super) const LOAD_FACTOR: u64 = 32;
    pub(super) const TABLE: u64 = 36;
    pub(super) const BYTES: u64 = 48;
}

/// A map: where its object lies.
#[derive(Clone, Debug)]
struct HashMap {
    object: Addr,
    /// The table that was there before the run, with its size in bytes.
    made: Option<(Addr, u64)>,
    longs: LongCache,
}

/// `new HashMap()`, which has no table yet; `new HashMap(room)`, which has none either but
/// knows how long it will be; or a map with a table of so many bins.
///
/// # Errors
/// When the heap is full.
pub(in crate::maps) fn create(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    let longs = LongCache::create(machine)?;
    let heap = machine.heap_mut();
    let object = heap.allocate_next(Arena::SETUP, fields::BYTES)?;
    let load_factor = 0.75_f32.to_bits();
    place_int(machine, object + fields::LOAD_FACTOR, load_factor);
    let mut made = None;
    let threshold = match shape.buckets {
        Some(bins) => {
            let table = place_array(machine, bins)?;
            place_int(machine, object + fields::TABLE, reference(table));
            made = Some((table, array_bytes(bins)));
            three_quarters(bins)
        }
        None if shape.room > 0 => table_size_for(shape.room),
        None => 0,
    };
    place_int(machine, object + fields::THRESHOLD, threshold);
    Ok(Rc::new(HashMap {
        object,
        made,
        longs,
    }))
}

/// `HashMap.hash`, after `hashCode`: the high bits go into the index, too.
fn spread(code: u32) -> u32 {
    code ^ code >> 16
}

fn hash(number: u64) -> u32 {
    spread(hash_code(number))
}

impl HashMap {
    fn field(&self, offset: u64) -> Addr {
        self.object + offset
    }

    /// `getNode`: the node of a key, or null.
    async fn node(&self, mem: &Mem, key: &Sought) -> Reference {
        mem.compute(HASH_CYCLES).await;
        let table = mem.load_u32(self.field(fields::TABLE)).await;
        let length = length_or_0(mem, table).await;
        if length == 0 {
            return NULL;
        }
        let mut node = mem.load_u32(bin(table, length, key.hash)).await;
        while node != NULL && !node::holds(mem, node, key).await {
            node = node::next(mem, node).await;
        }
        node
    }

    /// `get`, and the number in the box.
    async fn number(&self, mem: &Mem, key: &Key) -> Fallible<Option<u64>> {
        let key = self.longs.sought(key, hash);
        match self.node(mem, &key).await {
            NULL => Ok(None),
            node => {
                let value = node::value(mem, node).await;
                unboxed(mem, value).await.map(Some)
            }
        }
    }

    /// `put`, with key and value boxed before the call.
    async fn put_number(&self, mem: &Mem, key: &Key, number: u64) -> Fallible<()> {
        let key = self.longs.boxed(mem, key, hash).await;
        let value = self.longs.value_of(mem, number).await;
        self.put_value(mem, &key, value).await
    }
}

impl Map for HashMap {
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

    fn grow<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(async move {
            self.resize(mem).await;
            Ok(())
        })
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        let table = self.made.map(|(table, bytes)| (table, bytes, "table"));
        let own = [(self.object, fields::BYTES, "HashMap"), self.longs.object()];
        own.into_iter().chain(table).collect()
    }

    fn fields(&self) -> Vec<Fields> {
        let own = [
            Field::one(fields::SIZE, 4, "size"),
            Field::one(fields::MOD_COUNT, 4, "modCount"),
            Field::one(fields::THRESHOLD, 4, "threshold"),
            Field::one(fields::LOAD_FACTOR, 4, "loadFactor"),
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
