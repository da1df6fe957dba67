//! `replaceNode`, as `remove` calls it, and `clear`.

use super::get::node_has_key;
use super::{ConcurrentHashMap, MOVED, bin_at, fields, hash, hash_of, next, set_bin};
use crate::maps::java::long::{HASH_CYCLES, Sought};
use crate::maps::java::object::{NULL, Reference, at, length_or_0};
use crate::maps::java::{monitor, node};
use crate::maps::key::Key;
use crate::maps::mem::Mem;

impl ConcurrentHashMap {
    /// Unlinks the node of a key, if there is one.
    pub(super) async fn remove(&self, mem: &Mem, key: &Key) {
        let key = self.longs.sought(key, hash);
        mem.compute(HASH_CYCLES).await;
        let mut table = self.load(mem, fields::TABLE).await;
        loop {
            let length = length_or_0(mem, table).await;
            if length == 0 {
                return;
            }
            let index = (length - 1) & key.hash;
            let first = bin_at(mem, table, index).await;
            if first == NULL {
                return;
            }
            if hash_of(mem, first).await == MOVED {
                table = self.help_transfer(mem, table, first).await;
                continue;
            }
            monitor::enter(mem, at(first)).await;
            let removed = match bin_at(mem, table, index).await == first {
                true => Some(unlink(mem, (table, index), first, &key).await),
                false => None,
            };
            monitor::exit(mem, at(first)).await;
            match removed {
                Some(true) => return self.add_count(mem, -1, None).await,
                Some(false) => return,
                None => {} // the bin has another first node by now
            }
        }
    }

    /// Empties one bin after another, each under its lock; what is put behind its back stays.
    pub(super) async fn remove_all(&self, mem: &Mem) {
        let mut removed = 0_i64;
        let mut index = 0;
        let mut table = self.load(mem, fields::TABLE).await;
        while index < length_or_0(mem, table).await {
            let first = bin_at(mem, table, index).await;
            if first == NULL {
                index += 1;
                continue;
            }
            if hash_of(mem, first).await == MOVED {
                table = self.help_transfer(mem, table, first).await;
                index = 0;
                continue;
            }
            monitor::enter(mem, at(first)).await;
            if bin_at(mem, table, index).await == first {
                let mut node = first;
                while node != NULL {
                    removed = removed.saturating_add(1);
                    node = next(mem, node).await;
                }
                set_bin(mem, table, index, NULL).await;
                index += 1;
            }
            monitor::exit(mem, at(first)).await;
        }
        if removed != 0 {
            self.add_count(mem, -removed, None).await;
        }
    }
}

/// With the bin's first node locked: unlinks the node of the key. Whether there was one.
async fn unlink(
    mem: &Mem,
    (table, index): (Reference, u32),
    first: Reference,
    key: &Sought,
) -> bool {
    let (mut before, mut node) = (NULL, first);
    while node != NULL {
        if hash_of(mem, node).await == key.hash && node_has_key(mem, node, key).await {
            mem.load_atomic(node::value_of(node), 4).await; // what `remove` returns
            let after = next(mem, node).await;
            match before {
                NULL => set_bin(mem, table, index, after).await,
                before => {
                    mem.exchange(node::next_of(before), 4, after.into()).await;
                }
            }
            return true;
        }
        before = node;
        node = next(mem, node).await;
    }
    false
}
