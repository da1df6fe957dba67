//! `cow-flat` and `cow-flat-set`: a table of chains, copied whole with every put.

use std::rc::Rc;

use super::leaf::{self, Leaves};
use super::snapshot;
use super::store::{Changes, Store};
use crate::machine::{Machine, Note};
use crate::maps::fields::{Field, Fields, Link};
use crate::maps::key::Key;
use crate::maps::map::{Calling, Map, Shape};
use crate::maps::mem::Mem;
use crate::maps::value::Words;
use crate::maps::walk::{Peek, Walk};
use crate::memory::{Addr, Arena, Bytes, HeapFull, WriteId};

/// A table begins with the number of its chains.
const CHAINS: u64 = 8;
const FIRST_CHAINS: u64 = 16;
/// More leaves of one chain are not looked at.
const MOST: usize = 1 << 22;

/// What it replaces stays where it is.
const KEPT: Store = Store::Collected;

/// How a new version becomes the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Publish {
    /// If the one that it was made from still is.
    CompareAndSwap,
    /// Whatever the latest is by then: what another writer has published since is lost.
    Set,
}

struct Flat {
    latest: Addr,
    first: Addr,
    table: (Addr, u64),
    leaves: Leaves,
    publish: Publish,
}

/// `cow-flat`.
///
/// # Errors
/// When the heap is full.
pub(in crate::maps) fn create_flat(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    create(machine, shape, Publish::CompareAndSwap)
}

/// `cow-flat-set`.
///
/// # Errors
/// When the heap is full.
pub(in crate::maps) fn create_flat_set(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    create(machine, shape, Publish::Set)
}

fn create(
    machine: &mut Machine<Bytes>,
    shape: Shape,
    publish: Publish,
) -> Result<Rc<dyn Map>, HeapFull> {
    let line_bytes = machine.config().line_size.bytes();
    let chains = match shape.buckets {
        Some(buckets) => buckets.into(),
        None => (shape.room * 4 / 3).next_power_of_two().max(FIRST_CHAINS),
    };
    let heap = machine.heap_mut();
    let latest = heap.allocate_at(8, 0, line_bytes)?;
    let first = heap.allocate(Arena::SETUP, snapshot::BYTES)?;
    let bytes = CHAINS + chains * 8;
    let table = heap.allocate(Arena::SETUP, bytes)?;
    let memory = machine.memory_mut();
    for (addr, value) in [
        (latest, first.0),
        (first + snapshot::ROOT, table.0),
        (table, chains),
    ] {
        memory.write(addr, 8, value.into(), WriteId::INITIAL);
    }
    let leaves = Leaves {
        key: shape.key,
        value: shape.value,
    };
    Ok(Rc::new(Flat {
        latest,
        first,
        table: (table, bytes),
        leaves,
        publish,
    }))
}

fn chain(table: Addr, hash: u64, chains: u64) -> Addr {
    table + (CHAINS + (hash & chains.wrapping_sub(1)).wrapping_mul(8))
}

impl Flat {
    async fn snapshot(&self, mem: &Mem) -> Addr {
        let version = mem.load_addr_atomic(self.latest).await;
        mem.note(Note::Took { version }).await;
        version
    }

    async fn without(&self, mem: &Mem, first: Addr, leaf: Addr) -> Addr {
        let mut changes = Changes::default();
        let leaves = self.leaves;
        leaves.without(mem, &KEPT, first, leaf, &mut changes).await
    }

    async fn first_of(&self, mem: &Mem, snapshot: Addr, hash: u64) -> Addr {
        let table = mem.load_addr(snapshot + snapshot::ROOT).await;
        let chains = mem.load_u64(table).await;
        mem.load_addr(chain(table, hash, chains)).await
    }

    /// Publishes a version with the chain of `hash` replaced.
    async fn replace(&self, mem: &Mem, from: Addr, hash: u64, first: Addr, added: i64) -> bool {
        let old = mem.load_addr(from + snapshot::ROOT).await;
        let chains = mem.load_u64(old).await;
        let count = mem.load_u64(from + snapshot::COUNT).await;
        let count = count.wrapping_add_signed(added);
        let table = mem.allocate(CHAINS + chains * 8, "table").await;
        mem.store_u64(table, chains).await;
        for at in 0..chains {
            let to = chain(table, at, chains);
            let leaf = match to == chain(table, hash, chains) {
                true => first,
                false => mem.load_addr(chain(old, at, chains)).await,
            };
            if leaf != Addr(0) {
                mem.store_addr(to, leaf).await;
            }
        }
        let table = match added > 0 && count * 4 > chains * 3 {
            true => self.grown(mem, table, chains).await,
            false => table,
        };
        self.publish(mem, from, table, count).await
    }

    /// A table of twice the size with copies of all leaves: their links change.
    async fn grown(&self, mem: &Mem, old: Addr, chains: u64) -> Addr {
        let larger = chains * 2;
        let table = mem.allocate(CHAINS + larger * 8, "table").await;
        mem.store_u64(table, larger).await;
        for at in 0..chains {
            let mut leaf = mem.load_addr(chain(old, at, chains)).await;
            while leaf != Addr(0) {
                let hash = self.leaves.hash(mem, leaf).await;
                let to = chain(table, hash, larger);
                let first = mem.load_addr(to).await;
                let copy = self.leaves.copy(mem, &KEPT, leaf).await;
                self.leaves.link(mem, copy, first).await;
                mem.store_addr(to, copy).await;
                leaf = self.leaves.next(mem, leaf).await;
            }
        }
        table
    }

    async fn publish(&self, mem: &Mem, from: Addr, table: Addr, count: u64) -> bool {
        let version = mem.load_u64(from + snapshot::VERSION).await;
        let to = mem.allocate(snapshot::BYTES, "snapshot").await;
        mem.store_addr(to + snapshot::ROOT, table).await;
        mem.store_u64(to + snapshot::COUNT, count).await;
        mem.store_u64(to + snapshot::VERSION, version.wrapping_add(1))
            .await;
        let done = match self.publish {
            Publish::CompareAndSwap => mem.compare_exchange(self.latest, 8, from.0, to.0).await,
            Publish::Set => {
                mem.exchange(self.latest, 8, to.0).await;
                true
            }
        };
        if done {
            mem.note(Note::Published { version: to }).await;
        }
        done
    }

    /// Publishes a version with this leaf in it.
    async fn put_leaf(&self, mem: &Mem, from: Addr, hash: u64, key: &Key, leaf: Addr) -> bool {
        let first = self.first_of(mem, from, hash).await;
        let old = self.leaves.find(mem, first, hash, key).await;
        let rest = match old {
            Some(old) => self.without(mem, first, old).await,
            None => first,
        };
        self.leaves.link(mem, leaf, rest).await;
        let added = 1 - i64::from(old.is_some());
        self.replace(mem, from, hash, leaf, added).await
    }

    fn hash(&self, key: &Key) -> u64 {
        key.hash(self.latest.0)
    }
}

impl Map for Flat {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(async move {
            mem.compute(key.hash_cycles()).await;
            let hash = self.hash(key);
            let leaf = self.leaves.make(mem, &KEPT, hash, key, value).await;
            loop {
                let from = self.snapshot(mem).await;
                if self.put_leaf(mem, from, hash, key, leaf).await {
                    return Ok(());
                }
            }
        })
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            mem.compute(key.hash_cycles()).await;
            let hash = self.hash(key);
            let snapshot = self.snapshot(mem).await;
            let first = self.first_of(mem, snapshot, hash).await;
            Ok(match self.leaves.find(mem, first, hash, key).await {
                Some(leaf) => Some(self.leaves.read(mem, leaf).await),
                None => None,
            })
        })
    }

    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            mem.compute(key.hash_cycles()).await;
            let hash = self.hash(key);
            loop {
                mem.note(Note::Retried).await;
                let from = self.snapshot(mem).await;
                let first = self.first_of(mem, from, hash).await;
                let old = match self.leaves.find(mem, first, hash, key).await {
                    Some(leaf) => self.leaves.read(mem, leaf).await[0],
                    None => 0,
                };
                let value = [old.wrapping_add(1), 0, 0];
                let leaf = self.leaves.make(mem, &KEPT, hash, key, value).await;
                if self.put_leaf(mem, from, hash, key, leaf).await {
                    return Ok(());
                }
            }
        })
    }

    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            mem.compute(key.hash_cycles()).await;
            let hash = self.hash(key);
            loop {
                let from = self.snapshot(mem).await;
                let first = self.first_of(mem, from, hash).await;
                let Some(leaf) = self.leaves.find(mem, first, hash, key).await else {
                    return Ok(());
                };
                let rest = self.without(mem, first, leaf).await;
                if self.replace(mem, from, hash, rest, -1).await {
                    return Ok(());
                }
            }
        })
    }

    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move {
            let snapshot = self.snapshot(mem).await;
            Ok(mem.load_u64(snapshot + snapshot::COUNT).await)
        })
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move {
            let snapshot = self.snapshot(mem).await;
            let table = mem.load_addr(snapshot + snapshot::ROOT).await;
            let chains = mem.load_u64(table).await;
            let mut visited = 0;
            for at in 0..chains {
                let first = mem.load_addr(chain(table, at, chains)).await;
                visited += self.leaves.visit(mem, first).await;
            }
            Ok(visited)
        })
    }

    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(async move {
            loop {
                let from = self.snapshot(mem).await;
                let table = mem.allocate(CHAINS + FIRST_CHAINS * 8, "table").await;
                mem.store_u64(table, FIRST_CHAINS).await;
                if self.publish(mem, from, table, 0).await {
                    return Ok(());
                }
            }
        })
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        let (table, bytes) = self.table;
        vec![
            (self.latest, 8, "latest"),
            (self.first, snapshot::BYTES, "snapshot"),
            (table, bytes, "table"),
        ]
    }

    fn fields(&self) -> Vec<Fields> {
        let chains = Field::array(CHAINS, 8, u64::from(u16::MAX), "chain");
        let table = [Field::one(0, 8, "chains"), chains.linking(Link::Address)];
        vec![
            leaf::fields(self.leaves.value),
            snapshot::latest(),
            snapshot::fields(),
            Fields::of("table", &table),
        ]
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        let snapshot = memory.addr(self.latest);
        let table = memory.addr(snapshot + snapshot::ROOT);
        let chains = memory.word(table);
        let entries = (0..chains).flat_map(|at| {
            let first = memory.addr(chain(table, at, chains));
            self.leaves.entries(memory, first, MOST)
        });
        Walk {
            entries: entries.collect(),
            len: memory.word(snapshot + snapshot::COUNT),
            ..Walk::default()
        }
        .judged()
    }
}
