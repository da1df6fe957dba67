//! `java.util.concurrent.ConcurrentHashMap` of JDK 8 and later: a look-up takes no lock, the
//! first node of a bin comes by compare-and-swap, and everything else about a bin happens
//! under the lock of its first node. Threads that meet a growing table help to move it.
//!
//! Checked against the source of JDK 25; JDK 8 to 11 differ in when a thread stops helping
//! (JDK-8214427). A volatile store is a `LOCK XCHG`, a volatile load a plain `MOV`, and
//! `setTabAt` a release store. Left out: trees, and with them `TreeBin` and `ReservationNode`.

mod count;
mod get;
mod put;
mod remove;
mod resize;
mod striped;
mod transfer;
mod traverse;

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::long::{LongCache, hash_code, unboxed};
use super::names;
use super::node;
use super::object::{
    NULL, Reference, array_bytes, at, element, place_array, place_int, reference, table_size_for,
};
use super::walk::Chains;
use crate::machine::Machine;
use crate::maps::fields::{Field, Fields};
use crate::maps::key::Key;
use crate::maps::map::{Calling, Map, Shape};
use crate::maps::mem::{Fallible, Mem};
use crate::maps::value::Words;
use crate::maps::walk::{Fault, Peek, Walk};
use crate::memory::{Addr, Arena, Bytes, HeapFull};

/// Offsets of the fields: 4 bytes each, but for the count's 8 (read with `Unsafe` on JDK 17).
mod fields {
    pub(super) const SIZE_CTL: u64 = 20;
    pub(super) const BASE_COUNT: u64 = 24;
    pub(super) const TRANSFER_INDEX: u64 = 32;
    pub(super) const CELLS_BUSY: u64 = 36;
    pub(super) const TABLE: u64 = 40;
    pub(super) const NEXT_TABLE: u64 = 44;
    pub(super) const COUNTER_CELLS: u64 = 48;
    pub(super) const BYTES: u64 = 64;
}

/// `MOVED`: the hash of a node that leads to the next table. Other hashes are not negative.
const MOVED: u32 = u32::MAX;
/// Where such a node keeps that table.
const FORWARDS_TO: u64 = 28;

/// A map: where its object lies.
#[derive(Debug)]
struct ConcurrentHashMap {
    object: Addr,
    /// The table that was there before the run, with its size in bytes.
    made: Option<(Addr, u64)>,
    longs: LongCache,
    /// `NCPU`.
    cores: u32,
    /// `ThreadLocalRandom.getProbe()` of the threads that have one.
    probes: RefCell<FxHashMap<u32, u32>>,
}

/// `new ConcurrentHashMap()`, or one with this capacity, which both have no table yet; or a
/// map with a table of so many bins.
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
    let mut made = None;
    let size_ctl = match shape.buckets {
        Some(bins) => {
            let table = place_array(machine, bins)?;
            place_int(machine, object + fields::TABLE, reference(table));
            made = Some((table, array_bytes(bins)));
            threshold(bins)
        }
        // `tableSizeFor((long) (1.0 + initialCapacity / 0.75))`
        None if shape.room > 0 => table_size_for(1 + shape.room.saturating_mul(4) / 3),
        None => 0,
    };
    place_int(machine, object + fields::SIZE_CTL, size_ctl);
    Ok(Rc::new(ConcurrentHashMap {
        object,
        made,
        longs,
        cores: machine.config().cores as u32,
        probes: RefCell::default(),
    }))
}

/// `n - (n >>> 2)`: at this size a table of `length` bins grows.
fn threshold(length: u32) -> u32 {
    length - (length >> 2)
}

/// `spread`: as in `HashMap`, and not negative.
fn spread(code: u32) -> u32 {
    (code ^ code >> 16) & (u32::MAX >> 1)
}

fn hash(number: u64) -> u32 {
    spread(hash_code(number))
}

/// `tabAt`: an acquiring load of a bin.
async fn bin_at(mem: &Mem, table: Reference, index: u32) -> Reference {
    mem.load_atomic(element(table, index), 4).await as Reference
}

/// `setTabAt`: a releasing store to a bin.
async fn set_bin(mem: &Mem, table: Reference, index: u32, node: Reference) {
    mem.store_atomic(element(table, index), 4, node.into())
        .await;
}

/// `e.hash`, which is final.
async fn hash_of(mem: &Mem, node: Reference) -> u32 {
    mem.load_u32(at(node) + node::HASH).await
}

/// `e.next`, which is volatile.
async fn next(mem: &Mem, node: Reference) -> Reference {
    mem.load_atomic(node::next_of(node), 4).await as Reference
}

impl ConcurrentHashMap {
    fn field(&self, offset: u64) -> Addr {
        self.object + offset
    }

    /// Loads a volatile field of 4 bytes.
    async fn load(&self, mem: &Mem, offset: u64) -> u32 {
        mem.load_atomic(self.field(offset), 4).await as u32
    }

    /// Stores to a volatile field of 4 bytes.
    async fn store(&self, mem: &Mem, offset: u64, value: u32) {
        mem.exchange(self.field(offset), 4, value.into()).await;
    }

    /// `compareAndSetInt` of a field.
    async fn compare_and_set(&self, mem: &Mem, offset: u64, expected: u32, new: u32) -> bool {
        let field = self.field(offset);
        mem.compare_exchange(field, 4, expected.into(), new.into())
            .await
    }

    async fn put_number(&self, mem: &Mem, key: &Key, number: u64) {
        let key = self.longs.boxed(mem, key, hash).await;
        let value = self.longs.value_of(mem, number).await;
        self.put_value(mem, &key, value).await;
    }

    async fn number(&self, mem: &Mem, key: &Key) -> Fallible<Option<u64>> {
        match self.value(mem, key).await {
            NULL => Ok(None),
            value => unboxed(mem, value).await.map(Some),
        }
    }
}

impl Map for ConcurrentHashMap {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(async move {
            self.put_number(mem, key, value[0]).await;
            Ok(())
        })
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            let number = self.number(mem, key).await?;
            Ok(number.map(|number| [number, 0, 0]))
        })
    }

    /// Two calls, each whole in itself: what other threads put in between is lost. `merge` or
    /// `compute` would be one.
    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            let number = self.number(mem, key).await?.unwrap_or(0);
            self.put_number(mem, key, number.wrapping_add(1)).await;
            Ok(())
        })
    }

    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            self.remove(mem, key).await;
            Ok(())
        })
    }

    /// `size()`: the sum of counters that go on changing.
    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move {
            let sum = self.sum_count(mem).await;
            Ok(sum.clamp(0, i32::MAX.into()) as u64)
        })
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(self.iterate(mem))
    }

    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(async move {
            self.remove_all(mem).await;
            Ok(())
        })
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        let table = self.made.map(|(table, bytes)| (table, bytes, "table"));
        let own = [
            (self.object, fields::BYTES, "ConcurrentHashMap"),
            self.longs.object(),
        ];
        own.into_iter().chain(table).collect()
    }

    fn fields(&self) -> Vec<Fields> {
        let own = [
            Field::one(fields::SIZE_CTL, 4, "sizeCtl"),
            Field::one(fields::BASE_COUNT, 8, "baseCount"),
            Field::one(fields::TRANSFER_INDEX, 4, "transferIndex"),
            Field::one(fields::CELLS_BUSY, 4, "cellsBusy"),
            names::reference(fields::TABLE, "table"),
            names::reference(fields::NEXT_TABLE, "nextTable"),
            names::reference(fields::COUNTER_CELLS, "counterCells"),
        ];
        let mut all = names::of("ConcurrentHashMap", &own);
        let forwarding = [names::MARK, names::reference(FORWARDS_TO, "nextTable")];
        let cell = [Field::one(count::CELL_VALUE, 8, "value")];
        all.push(Fields::of("ForwardingNode", &forwarding));
        all.push(Fields::of("CounterCell", &cell));
        all
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        let field = |offset| memory.load(self.field(offset), 4).unwrap_or(0) as u32;
        let marks = [
            ((field(fields::SIZE_CTL) as i32) < 0, "sizeCtl of a resize"),
            (field(fields::NEXT_TABLE) != NULL, "nextTable"),
            (field(fields::CELLS_BUSY) != 0, "cellsBusy"),
        ];
        let marks = marks.into_iter().filter(|&(is_set, _)| is_set);
        let faults = marks.map(|(_, mark)| Fault::LeftMarked { mark });
        let chains = Chains {
            memory: *memory,
            table: field(fields::TABLE),
            spread,
            forwarding: Some((MOVED, FORWARDS_TO)),
        };
        chains.walk(self.counted(memory), faults.collect())
    }
}
