//! Changes to the trie: the way down without a lock, then a second look under the lock of the one
//! node that changes.

use super::Trie;
use super::node::{BITS, HASH_BITS, Indirect, indirect, is_entry};
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};
use crate::maps::value::Words;
use crate::memory::Addr;

/// A change to the value of a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// `Swap`, which `Store` is.
    Store(Words),
    /// `LoadOrStore`.
    StoreIfAbsent(Words),
    /// `CompareAndSwap`, for numbers.
    CompareAndSwap(u64, Words),
    /// `LoadAndDelete`.
    Delete,
}

/// The place of a key in the trie; the node that it is in is locked.
struct Place {
    node: Indirect,
    slot: Addr,
    /// So many bits of the hash are left below the node.
    shift: u32,
    /// What is there: nothing, or the first entry of some hash.
    head: Addr,
}

impl Trie {
    /// Makes a change if its condition holds: whether it did.
    pub(super) async fn change(&self, mem: &Mem, key: &Key, change: Change) -> Fallible<bool> {
        let hash = self.hash(mem, key).await?;
        let Some(place) = self.lock_place(mem, hash, key, change).await? else {
            return Ok(false);
        };
        let found = self.entries.look_up(mem, place.head, key).await;
        let done = match (change, found) {
            (Change::Delete, Some(old)) => {
                self.remove(mem, place, old, hash).await?;
                return Ok(true);
            }
            (Change::Store(value), Some(old)) => {
                self.swap(mem, &place, key, old, value).await;
                true
            }
            (Change::Store(value) | Change::StoreIfAbsent(value), None) => {
                self.insert(mem, &place, key, hash, value).await;
                true
            }
            (Change::CompareAndSwap(expected, value), Some(old))
                if self.entries.read(mem, old).await[0] == expected =>
            {
                self.swap(mem, &place, key, old, value).await;
                true
            }
            _ => false,
        };
        place.node.mutex().unlock(mem).await?;
        Ok(done)
    }

    /// The place of a key, locked: of all nodes on the way the one whose child is no node. None
    /// if a look without the lock shows that there is nothing to change.
    async fn lock_place(
        &self,
        mem: &Mem,
        hash: u64,
        key: &Key,
        change: Change,
    ) -> Fallible<Option<Place>> {
        loop {
            let mut node = self.root(mem).await;
            let mut shift = HASH_BITS;
            let (slot, head) = loop {
                shift -= BITS;
                let slot = node.slot(hash, shift);
                let child = mem.load_addr_atomic(slot).await;
                if child == Addr(0) || shift == 0 || is_entry(mem, child).await {
                    break (slot, child);
                }
                node = Indirect(child);
            };
            if self.is_settled(mem, head, key, change).await {
                return Ok(None);
            }
            node.mutex().lock(mem).await;
            let head = mem.load_addr_atomic(slot).await;
            if (head == Addr(0) || is_entry(mem, head).await) && !node.is_dead(mem).await {
                return Ok(Some(Place {
                    node,
                    slot,
                    shift,
                    head,
                }));
            }
            node.mutex().unlock(mem).await?;
        }
    }

    /// Whether there is nothing to change, by what hangs in the key's place.
    async fn is_settled(&self, mem: &Mem, head: Addr, key: &Key, change: Change) -> bool {
        match change {
            Change::Store(_) => false,
            Change::StoreIfAbsent(_) => self.entries.look_up(mem, head, key).await.is_some(),
            Change::Delete => self.entries.look_up(mem, head, key).await.is_none(),
            Change::CompareAndSwap(expected, _) => {
                match self.entries.look_up(mem, head, key).await {
                    Some(entry) => self.entries.read(mem, entry).await[0] != expected,
                    None => true,
                }
            }
        }
    }

    async fn swap(&self, mem: &Mem, place: &Place, key: &Key, old: Addr, value: Words) {
        let new = self.entries.make(mem, key, value).await;
        let head = self.entries.swap(mem, place.head, old, new).await;
        mem.exchange(place.slot, 8, head.0).await;
    }

    async fn insert(&self, mem: &Mem, place: &Place, key: &Key, hash: u64, value: Words) {
        let new = self.entries.make(mem, key, value).await;
        let node = match place.head {
            Addr(0) => new,
            old => self.expand(mem, place, old, new, hash).await,
        };
        mem.exchange(place.slot, 8, node.0).await;
    }

    /// `expand`: nodes that tell two entries apart, which nobody sees before all is in place.
    async fn expand(&self, mem: &Mem, place: &Place, old: Addr, new: Addr, hash: u64) -> Addr {
        let seed = mem.load_u64(self.header + super::trie::SEED).await;
        let key = old + super::node::entry::KEY;
        let (old_hash, _) = self.entries.key.hash_at(mem, key, seed).await;
        if old_hash == hash {
            let link = new + super::node::entry::OVERFLOW;
            mem.exchange(link, 8, old.0).await;
            return new;
        }
        let top = Indirect::new(mem, Some(place.node)).await;
        let (mut node, mut shift) = (top, place.shift);
        while shift != 0 {
            shift -= BITS;
            let (one, two) = (node.slot(old_hash, shift), node.slot(hash, shift));
            if one != two {
                mem.exchange(one, 8, old.0).await;
                mem.exchange(two, 8, new.0).await;
                break;
            }
            let next = Indirect::new(mem, Some(node)).await;
            mem.exchange(one, 8, next.0.0).await;
            node = next;
        }
        top.0
    }

    /// Takes an entry out of its place, and unlocks that. Nodes that are empty then are taken out,
    /// from below.
    async fn remove(&self, mem: &Mem, place: Place, old: Addr, hash: u64) -> Fallible<()> {
        let head = self.entries.remove(mem, place.head, old).await;
        mem.exchange(place.slot, 8, head.0).await;
        let (mut node, mut shift) = (place.node, place.shift);
        while head == Addr(0)
            && let Some(parent) = node.parent(mem).await
            && node.is_empty(mem).await
        {
            shift += BITS;
            parent.mutex().lock(mem).await;
            mem.exchange(node.0 + indirect::DEAD, 4, 1).await;
            mem.exchange(parent.slot(hash, shift), 8, 0).await;
            node.mutex().unlock(mem).await?;
            node = parent;
        }
        node.mutex().unlock(mem).await
    }
}
