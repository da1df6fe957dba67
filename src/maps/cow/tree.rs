//! A tree with 16 branches at each node, four bits of the hash a level (a hash array mapped trie;
//! Bagwell, 2001). A change copies the nodes on its way, at most 128 bytes each, and shares the
//! rest.

use super::leaf::Leaves;
use super::store::{Changes, Store};
use crate::maps::fields::{Field, Fields, Link};
use crate::maps::key::Key;
use crate::maps::mem::Mem;
use crate::maps::walk::{Entry, Peek};
use crate::memory::Addr;

const BITS: u32 = 4;
const BRANCHES: u64 = 1 << BITS;
const NODE_BYTES: u64 = BRANCHES * 8;
/// Below this level all hashes are equal, and leaves stand in a chain.
const LEVELS: u32 = 64 / BITS;
/// The lowest bit of a branch says that it leads to a node and not to leaves.
const IS_NODE: u64 = 1;
/// More leaves of one chain are not looked at.
const MOST: usize = 1 << 22;

/// What the fields of nodes are called.
pub(super) fn fields() -> Fields {
    Fields::of(
        "node",
        &[Field::array(0, 8, BRANCHES, "branch").linking(Link::Address)],
    )
}

/// How trees are made. A tree is the branch that leads to it.
pub(super) struct Tree {
    pub(super) leaves: Leaves,
    pub(super) store: Store,
}

/// What a put or a delete makes of a branch.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change<'a> {
    /// This leaf comes in.
    Put(&'a Key, u64, Addr),
    /// The key's leaf goes.
    Delete(&'a Key, u64),
}

/// A branch after a change, and by how much the number of entries changed.
pub(super) type Changed = (u64, i64);

fn branch(hash: u64, level: u32) -> u64 {
    hash.checked_shr(BITS * level).unwrap_or(0) & (BRANCHES - 1)
}

fn node(branch: u64) -> Option<Addr> {
    (branch & IS_NODE != 0).then_some(Addr(branch & !IS_NODE))
}

impl Tree {
    /// The leaf of a key.
    pub(super) async fn find(&self, mem: &Mem, root: u64, hash: u64, key: &Key) -> Option<Addr> {
        let mut at = root;
        let mut level = 0;
        while let Some(node) = node(at) {
            at = mem.load_u64(node + branch(hash, level) * 8).await;
            level += 1;
        }
        self.leaves.find(mem, Addr(at), hash, key).await
    }

    /// What a change makes of a tree.
    pub(super) async fn changed(
        &self,
        mem: &Mem,
        root: u64,
        change: Change<'_>,
        changes: &mut Changes,
    ) -> Changed {
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
            Some(leaf) => {
                let (leaves, store) = (self.leaves, &self.store);
                leaves.without(mem, store, Addr(at), leaf, changes).await
            }
            None => Addr(at),
        };
        let removed = i64::from(leaf.is_some());
        let (mut new, added) = match change {
            Change::Delete(..) if removed == 0 => return (root, 0),
            Change::Delete(..) => (rest.0, -removed),
            Change::Put(_, _, leaf) => {
                let place = (hash, way.len() as u32);
                let new = self.join(mem, rest, leaf, place, changes).await;
                (new, 1 - removed)
            }
        };
        for (level, node) in way.into_iter().enumerate().rev() {
            let branch = (branch(hash, level as u32), new);
            new = self.copy_node(mem, node, branch, changes).await;
        }
        (new, added)
    }

    /// Puts a leaf beside those that are at its place, `hash` and `level`: into one chain if
    /// their hashes are equal, else under new nodes.
    async fn join(
        &self,
        mem: &Mem,
        rest: Addr,
        leaf: Addr,
        (hash, level): (u64, u32),
        changes: &mut Changes,
    ) -> u64 {
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
        let last = self.empty_node(mem, changes).await;
        mem.store_addr(last + branch(other, parting) * 8, rest)
            .await;
        mem.store_addr(last + branch(hash, parting) * 8, leaf).await;
        let mut at = last.0 | IS_NODE;
        for level in (level..parting).rev() {
            let node = self.empty_node(mem, changes).await;
            mem.store_u64(node + branch(hash, level) * 8, at).await;
            at = node.0 | IS_NODE;
        }
        at
    }

    async fn empty_node(&self, mem: &Mem, changes: &mut Changes) -> Addr {
        let node = self.store.allocate_zero(mem, NODE_BYTES, "node").await;
        changes.made(node, NODE_BYTES);
        node
    }

    /// A node with one branch changed.
    async fn copy_node(
        &self,
        mem: &Mem,
        node: Addr,
        (changed, to): (u64, u64),
        changes: &mut Changes,
    ) -> u64 {
        let copy = self.empty_node(mem, changes).await;
        changes.replaced(node, NODE_BYTES);
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

    /// Visits all leaves: how many there are.
    pub(super) async fn visit(&self, mem: &Mem, root: u64) -> u64 {
        let mut left = vec![root];
        let mut visited = 0;
        while let Some(at) = left.pop() {
            match node(at) {
                Some(node) => self.branches(mem, node, &mut left).await,
                None => visited += self.leaves.visit(mem, Addr(at)).await,
            }
        }
        visited
    }

    /// Counts all of a tree as replaced.
    pub(super) async fn replace_all(&self, mem: &Mem, root: u64, changes: &mut Changes) {
        let mut left = vec![root];
        while let Some(at) = left.pop() {
            match node(at) {
                Some(node) => {
                    changes.replaced(node, NODE_BYTES);
                    self.branches(mem, node, &mut left).await;
                }
                None => self.leaves.replace_all(mem, Addr(at), changes).await,
            }
        }
    }

    /// The branches of a node, the first one last.
    async fn branches(&self, mem: &Mem, node: Addr, left: &mut Vec<u64>) {
        for branch in (0..BRANCHES).rev() {
            left.push(mem.load_u64(node + branch * 8).await);
        }
    }

    /// What is in a tree, without an access.
    pub(super) fn entries(&self, memory: &Peek<'_>, root: u64) -> Vec<Entry> {
        let mut entries = Vec::new();
        self.entries_under(memory, root, 0, &mut entries);
        entries
    }

    fn entries_under(&self, memory: &Peek<'_>, at: u64, level: u32, entries: &mut Vec<Entry>) {
        match node(at) {
            Some(node) if level < LEVELS => {
                for branch in 0..BRANCHES {
                    let at = memory.word(node + branch * 8);
                    self.entries_under(memory, at, level + 1, entries);
                }
            }
            Some(_) => {}
            None => entries.extend(self.leaves.entries(memory, Addr(at), MOST)),
        }
    }
}
