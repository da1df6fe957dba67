//! `cow` and `cow-epoch`: versions that are trees, and share all but the way to what changed.

use std::rc::Rc;

use super::epochs::{self, Announce, Epochs};
use super::leaf::{self, Leaves};
use super::snapshot;
use super::store::{Changes, Store};
use super::tree::{self, Change, Tree};
use crate::machine::{Machine, Note};
use crate::maps::fields::Fields;
use crate::maps::key::Key;
use crate::maps::map::{Calling, Map, Shape};
use crate::maps::mem::Mem;
use crate::maps::value::Words;
use crate::maps::walk::{Peek, Walk};
use crate::memory::{Addr, Arena, Bytes, HeapFull, WriteId};

struct Path {
    /// Where the address of the latest version stands.
    latest: Addr,
    first: Addr,
    tree: Tree,
}

/// `cow`.
///
/// # Errors
/// When the heap is full.
pub(in crate::maps) fn create_path(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    create(machine, shape, Store::Collected)
}

/// `cow-epoch`.
///
/// # Errors
/// When the heap is full.
pub(in crate::maps) fn create_epoch(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    let epochs = Epochs::new(machine, Announce::Exchange)?;
    create(machine, shape, Store::Epochs(epochs))
}

/// `cow-epoch-unfenced`.
///
/// # Errors
/// When the heap is full.
pub(in crate::maps) fn create_epoch_unfenced(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    let epochs = Epochs::new(machine, Announce::Store)?;
    create(machine, shape, Store::Epochs(epochs))
}

fn create(
    machine: &mut Machine<Bytes>,
    shape: Shape,
    store: Store,
) -> Result<Rc<dyn Map>, HeapFull> {
    let line_bytes = machine.config().line_size.bytes();
    let heap = machine.heap_mut();
    let latest = heap.allocate_at(8, 0, line_bytes)?;
    let first = heap.allocate(Arena::SETUP, snapshot::BYTES)?;
    let memory = machine.memory_mut();
    memory.write(latest, 8, first.0.into(), WriteId::INITIAL);
    let leaves = Leaves {
        key: shape.key,
        value: shape.value,
    };
    Ok(Rc::new(Path {
        latest,
        first,
        tree: Tree { leaves, store },
    }))
}

impl Path {
    /// The latest version, which the call works on from now on.
    async fn snapshot(&self, mem: &Mem) -> Addr {
        let version = mem.load_addr_atomic(self.latest).await;
        mem.note(Note::Took { version }).await;
        version
    }

    async fn root(&self, mem: &Mem, version: Addr) -> u64 {
        mem.load_u64(version + snapshot::ROOT).await
    }

    /// Publishes what a change makes of a version, unless that is no longer the latest.
    async fn publish(
        &self,
        mem: &Mem,
        from: Addr,
        change: Change<'_>,
        mut changes: Changes,
    ) -> bool {
        let root = self.root(mem, from).await;
        let (root, added) = self.tree.changed(mem, root, change, &mut changes).await;
        if matches!(change, Change::Delete(..)) && added == 0 {
            return true; // it is not there
        }
        let count = mem.load_u64(from + snapshot::COUNT).await;
        let count = count.wrapping_add_signed(added);
        self.publish_root(mem, from, (root, count), changes).await
    }

    async fn publish_root(
        &self,
        mem: &Mem,
        from: Addr,
        (root, count): (u64, u64),
        mut changes: Changes,
    ) -> bool {
        let number = mem.load_u64(from + snapshot::VERSION).await;
        let store = &self.tree.store;
        let to = store.allocate(mem, snapshot::BYTES, "snapshot").await;
        mem.store_u64(to + snapshot::ROOT, root).await;
        mem.store_u64(to + snapshot::COUNT, count).await;
        mem.store_u64(to + snapshot::VERSION, number.wrapping_add(1))
            .await;
        changes.made(to, snapshot::BYTES);
        changes.replaced(from, snapshot::BYTES);
        let done = mem.compare_exchange(self.latest, 8, from.0, to.0).await;
        match done {
            true => {
                mem.note(Note::Published { version: to }).await;
                store.published(mem, changes).await;
            }
            false => store.given_up(mem, changes),
        }
        done
    }

    fn hash(&self, key: &Key) -> u64 {
        key.hash(self.latest.0)
    }
}

impl Map for Path {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(async move {
            let Tree { leaves, store } = &self.tree;
            mem.compute(key.hash_cycles()).await;
            let hash = self.hash(key);
            store.enter(mem).await;
            let leaf = leaves.make(mem, store, hash, key, value).await;
            loop {
                let from = self.snapshot(mem).await;
                let change = Change::Put(key, hash, leaf);
                if self.publish(mem, from, change, Changes::default()).await {
                    break;
                }
            }
            store.leave(mem).await;
            Ok(())
        })
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            let Tree { leaves, store } = &self.tree;
            mem.compute(key.hash_cycles()).await;
            store.enter(mem).await;
            let version = self.snapshot(mem).await;
            let root = self.root(mem, version).await;
            let leaf = self.tree.find(mem, root, self.hash(key), key).await;
            let value = match leaf {
                Some(leaf) => Some(leaves.read(mem, leaf).await),
                None => None,
            };
            store.leave(mem).await;
            Ok(value)
        })
    }

    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            let Tree { leaves, store } = &self.tree;
            mem.compute(key.hash_cycles()).await;
            let hash = self.hash(key);
            store.enter(mem).await;
            loop {
                mem.note(Note::Retried).await;
                let from = self.snapshot(mem).await;
                let root = self.root(mem, from).await;
                let old = match self.tree.find(mem, root, hash, key).await {
                    Some(leaf) => leaves.read(mem, leaf).await[0],
                    None => 0,
                };
                let value = [old.wrapping_add(1), 0, 0];
                let leaf = leaves.make(mem, store, hash, key, value).await;
                let mut changes = Changes::default();
                changes.made(leaf, leaves.bytes());
                let change = Change::Put(key, hash, leaf);
                if self.publish(mem, from, change, changes).await {
                    break;
                }
            }
            store.leave(mem).await;
            Ok(())
        })
    }

    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            let store = &self.tree.store;
            mem.compute(key.hash_cycles()).await;
            let hash = self.hash(key);
            store.enter(mem).await;
            loop {
                let from = self.snapshot(mem).await;
                let change = Change::Delete(key, hash);
                if self.publish(mem, from, change, Changes::default()).await {
                    break;
                }
            }
            store.leave(mem).await;
            Ok(())
        })
    }

    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move {
            self.tree.store.enter(mem).await;
            let version = self.snapshot(mem).await;
            let count = mem.load_u64(version + snapshot::COUNT).await;
            self.tree.store.leave(mem).await;
            Ok(count)
        })
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move {
            self.tree.store.enter(mem).await;
            let version = self.snapshot(mem).await;
            let root = self.root(mem, version).await;
            let visited = self.tree.visit(mem, root).await;
            self.tree.store.leave(mem).await;
            Ok(visited)
        })
    }

    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(async move {
            self.tree.store.enter(mem).await;
            loop {
                let from = self.snapshot(mem).await;
                let mut changes = Changes::default();
                if matches!(self.tree.store, Store::Epochs(_)) {
                    let root = self.root(mem, from).await;
                    self.tree.replace_all(mem, root, &mut changes).await;
                }
                if self.publish_root(mem, from, (0, 0), changes).await {
                    break;
                }
            }
            self.tree.store.leave(mem).await;
            Ok(())
        })
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        let mut objects = vec![
            (self.latest, 8, "latest"),
            (self.first, snapshot::BYTES, "snapshot"),
        ];
        if let Store::Epochs(epochs) = &self.tree.store {
            objects.push(epochs.object());
        }
        objects
    }

    fn fields(&self) -> Vec<Fields> {
        let mut fields = vec![
            leaf::fields(self.tree.leaves.value),
            snapshot::latest(),
            snapshot::fields(),
            tree::fields(),
        ];
        if matches!(self.tree.store, Store::Epochs(_)) {
            fields.extend(epochs::fields());
        }
        fields
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        let version = memory.addr(self.latest);
        Walk {
            entries: self
                .tree
                .entries(memory, memory.word(version + snapshot::ROOT)),
            len: memory.word(version + snapshot::COUNT),
            ..Walk::default()
        }
        .judged()
    }
}
