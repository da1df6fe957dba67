//! `cow`: a tree with 16 branches at each node, four bits of the hash a level (a hash array
//! mapped trie; Bagwell, 2001). A put copies the nodes on its way, at most 128 bytes each.

use std::rc::Rc;

use super::leaf::{self, Leaves};
use super::snapshot;
use crate::machine::{Machine, Note};
use crate::maps::fields::{Field, Fields};
use crate::maps::key::Key;
use crate::maps::map::{Calling, Map, Shape};
use crate::maps::mem::Mem;
use crate::maps::value::Words;
use crate::maps::walk::{Entry, Peek, Walk};
use crate::memory::{Addr, Arena, Bytes, HeapFull, WriteId};

const BITS: u32 = 4;
const BRANCHES: u64 = 1 << BITS;
const NODE_BYTES: u64 = BRANCHES * 8;
/// Below this level all hashes are equal, and leaves stand in a chain.
const LEVELS: u32 = 64 / BITS;
/// The lowest bit of a branch says that it leads to a node and not to leaves.
const IS_NODE: u64 = 1;
/// More leaves of one chain are not looked at.
const MOST: usize = 1 << 22;

struct Path {
    /// Where the address of the latest version stands.
    latest: Addr,
    first: Addr,
    leaves: Leaves,
}

/// What a put or a delete makes of a branch.
#[derive(Clone, Copy, Debug)]
enum Change<'a> {
    /// This leaf comes in.
    Put(&'a Key, u64, Addr),
    /// The key's leaf goes.
    Delete(&'a Key, u64),
}

/// A branch after a change, and by how much the number of entries changed.
type Changed = (u64, i64);

/// `cow`.
///
/// # Errors
/// When the heap is full.
pub(in crate::maps) fn create_path(
    machine: &mut Machine<Bytes>,
    shape: Shape,
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
        leaves,
    }))
}

fn branch(hash: u64, level: u32) -> u64 {
    hash.checked_shr(BITS * level).unwrap_or(0) & (BRANCHES - 1)
}

fn node(branch: u64) -> Option<Addr> {
    (branch & IS_NODE != 0).then_some(Addr(branch & !IS_NODE))
}

impl Path {
    async fn snapshot(&self, mem: &Mem) -> Addr {
        mem.load_addr_atomic(self.latest).await
    }

    /// The leaf of a key in a version.
    async fn find(&self, mem: &Mem, snapshot: Addr, hash: u64, key: &Key) -> Option<Addr> {
        let mut at = mem.load_u64(snapshot + snapshot::ROOT).await;
        let mut level = 0;
        while let Some(node) = node(at) {
            at = mem.load_u64(node + branch(hash, level) * 8).await;
            level += 1;
        }
        self.leaves.find(mem, Addr(at), hash, key).await
    }

    /// Publishes what a change makes of a version, unless that is no longer the latest.
    async fn publish(&self, mem: &Mem, from: Addr, change: Change<'_>) -> bool {
        let root = mem.load_u64(from + snapshot::ROOT).await;
        let (root, added) = self.changed(mem, root, change).await;
        if matches!(change, Change::Delete(..)) && added == 0 {
            return true; // it is not there
        }
        let count = mem.load_u64(from + snapshot::COUNT).await;
        let count = count.wrapping_add_signed(added);
        self.publish_root(mem, from, root, count).await
    }

    async fn publish_root(&self, mem: &Mem, from: Addr, root: u64, count: u64) -> bool {
        let version = mem.load_u64(from + snapshot::VERSION).await;
        let to = mem.allocate(snapshot::BYTES, "snapshot").await;
        mem.store_u64(to + snapshot::ROOT, root).await;
        mem.store_u64(to + snapshot::COUNT, count).await;
        mem.store_u64(to + snapshot::VERSION, version.wrapping_add(1))
            .await;
        mem.compare_exchange(self.latest, 8, from.0, to.0).await
    }

    /// What a change makes of the tree under a root.
    async fn changed(&self, mem: &Mem, root: u64, change: Change<'_>) -> Changed {
        let (Change::Put(key, hash, _) | Change::Delete(key, hash)) = change;
        // The way down, to be copied from its end.
        let mut way = Vec::new();
        let mut at = root;
        while let Some(node) = node(at) {
            way.push(node);
            at = mem
                .load_u64(node + branch(hash, way.len() as u32 - 1) * 8)
                .await;
        }
        let leaf = self.leaves.find(mem, Addr(at), hash, key).await;
        let rest = match leaf {
            Some(leaf) => self.leaves.without(mem, Addr(at), leaf).await,
            None => Addr(at),
        };
        let removed = i64::from(leaf.is_some());
        let (mut new, added) = match change {
            Change::Delete(..) => (rest.0, -removed),
            Change::Put(_, _, leaf) => {
                let level = way.len() as u32;
                (self.join(mem, rest, leaf, hash, level).await, 1 - removed)
            }
        };
        if matches!(change, Change::Delete(..)) && removed == 0 {
            return (root, 0);
        }
        for (level, node) in way.into_iter().enumerate().rev() {
            let level = level as u32;
            new = self.copy_node(mem, node, branch(hash, level), new).await;
        }
        (new, added)
    }

    /// Puts a leaf beside those that are at its place: into one chain if their hashes are
    /// equal, else under new nodes.
    async fn join(&self, mem: &Mem, rest: Addr, leaf: Addr, hash: u64, level: u32) -> u64 {
        if rest == Addr(0) {
            self.leaves.link(mem, leaf, Addr(0)).await;
            return leaf.0;
        }
        let other = self.leaves.hash(mem, rest).await;
        if other == hash || level == LEVELS {
            self.leaves.link(mem, leaf, rest).await;
            return leaf.0;
        }
        self.leaves.link(mem, leaf, Addr(0)).await;
        let parting = (level..LEVELS)
            .find(|&level| branch(other, level) != branch(hash, level))
            .unwrap_or(LEVELS - 1);
        let last = mem.allocate(NODE_BYTES, "node").await;
        mem.store_addr(last + branch(other, parting) * 8, rest)
            .await;
        mem.store_addr(last + branch(hash, parting) * 8, leaf).await;
        let mut at = last.0 | IS_NODE;
        for level in (level..parting).rev() {
            let node = mem.allocate(NODE_BYTES, "node").await;
            mem.store_u64(node + branch(hash, level) * 8, at).await;
            at = node.0 | IS_NODE;
        }
        at
    }

    /// A node with one branch changed.
    async fn copy_node(&self, mem: &Mem, node: Addr, changed: u64, to: u64) -> u64 {
        let copy = mem.allocate(NODE_BYTES, "node").await;
        for at in 0..BRANCHES {
            let branch = match at == changed {
                true => to,
                false => mem.load_u64(node + at * 8).await,
            };
            if branch != 0 {
                mem.store_u64(copy + at * 8, branch).await;
            }
        }
        copy.0 | IS_NODE
    }

    fn hash(&self, key: &Key) -> u64 {
        key.hash(self.latest.0)
    }

    fn entries(&self, memory: &Peek<'_>, branch: u64, level: u32, entries: &mut Vec<Entry>) {
        match node(branch) {
            Some(node) if level < LEVELS => {
                for at in 0..BRANCHES {
                    let branch = memory.word(node + at * 8);
                    self.entries(memory, branch, level + 1, entries);
                }
            }
            Some(_) => {}
            None => entries.extend(self.leaves.entries(memory, Addr(branch), MOST)),
        }
    }
}

impl Map for Path {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(async move {
            mem.compute(key.hash_cycles()).await;
            let hash = self.hash(key);
            let leaf = self.leaves.make(mem, hash, key, value).await;
            loop {
                let from = self.snapshot(mem).await;
                if self.publish(mem, from, Change::Put(key, hash, leaf)).await {
                    return Ok(());
                }
            }
        })
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            mem.compute(key.hash_cycles()).await;
            let snapshot = self.snapshot(mem).await;
            let leaf = self.find(mem, snapshot, self.hash(key), key).await;
            Ok(match leaf {
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
                let old = match self.find(mem, from, hash, key).await {
                    Some(leaf) => self.leaves.read(mem, leaf).await[0],
                    None => 0,
                };
                let value = [old.wrapping_add(1), 0, 0];
                let leaf = self.leaves.make(mem, hash, key, value).await;
                if self.publish(mem, from, Change::Put(key, hash, leaf)).await {
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
                if self.publish(mem, from, Change::Delete(key, hash)).await {
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
            let mut left = vec![mem.load_u64(snapshot + snapshot::ROOT).await];
            let mut visited = 0;
            while let Some(at) = left.pop() {
                match node(at) {
                    Some(node) => {
                        for branch in (0..BRANCHES).rev() {
                            left.push(mem.load_u64(node + branch * 8).await);
                        }
                    }
                    None => visited += self.leaves.visit(mem, Addr(at)).await,
                }
            }
            Ok(visited)
        })
    }

    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(async move {
            loop {
                let from = self.snapshot(mem).await;
                if self.publish_root(mem, from, 0, 0).await {
                    return Ok(());
                }
            }
        })
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        vec![
            (self.latest, 8, "latest"),
            (self.first, snapshot::BYTES, "first snapshot"),
        ]
    }

    fn fields(&self) -> Vec<Fields> {
        vec![
            leaf::fields(self.leaves.value),
            snapshot::fields("snapshot"),
            Fields::of("node", &[Field::array(0, 8, BRANCHES, "branch")]),
        ]
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        let snapshot = memory.addr(self.latest);
        let mut entries = Vec::new();
        let root = memory.word(snapshot + snapshot::ROOT);
        self.entries(memory, root, 0, &mut entries);
        let len = memory.word(snapshot + snapshot::COUNT);
        Walk {
            entries,
            len,
            ..Walk::default()
        }
        .judged()
    }
}
