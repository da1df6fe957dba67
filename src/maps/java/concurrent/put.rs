//! `putVal` and `initTable`.

use super::get::node_has_key;
use super::{ConcurrentHashMap, MOVED, bin_at, fields, hash_of, next, threshold};
use crate::maps::java::long::{HASH_CYCLES, Sought};
use crate::maps::java::object::{
    DEFAULT_CAPACITY, NULL, Reference, at, element, length_or_0, new_array,
};
use crate::maps::java::{monitor, node};
use crate::maps::mem::Mem;

/// A chain of this many nodes becomes a tree, or makes the table grow.
const TREEIFY_THRESHOLD: u32 = 8;
/// A shorter table than this grows instead.
const MIN_TREEIFY_CAPACITY: u32 = 64;
/// `Thread.yield()`, in cycles. Chosen: about a system call.
const YIELD_CYCLES: u32 = 500;

/// What putting into a bin came to, and how many nodes were passed.
enum Put {
    Replaced(u32),
    Appended(u32),
    /// The bin has another first node by now.
    Moved,
}

impl ConcurrentHashMap {
    /// Puts a boxed value under a boxed key.
    pub(super) async fn put_value(&self, mem: &Mem, key: &Sought, value: Reference) {
        mem.compute(HASH_CYCLES).await;
        let mut table = self.load(mem, fields::TABLE).await;
        let passed = loop {
            let length = length_or_0(mem, table).await;
            if length == 0 {
                table = self.init_table(mem).await;
                continue;
            }
            let index = (length - 1) & key.hash;
            let first = bin_at(mem, table, index).await;
            if first == NULL {
                let node = node::new_node(mem, key, value, NULL).await;
                let bin = element(table, index);
                if mem.compare_exchange(bin, 4, 0, node.into()).await {
                    break 0; // no lock for the first node of a bin
                }
                continue;
            }
            if hash_of(mem, first).await == MOVED {
                table = self.help_transfer(mem, table, first).await;
                continue;
            }
            monitor::enter(mem, at(first)).await;
            let put = match bin_at(mem, table, index).await == first {
                true => put_in_chain(mem, first, key, value).await,
                false => Put::Moved,
            };
            monitor::exit(mem, at(first)).await;
            let (Put::Replaced(passed) | Put::Appended(passed)) = put else {
                continue;
            };
            if passed >= TREEIFY_THRESHOLD {
                self.treeify_bin(mem, table).await;
            }
            if matches!(put, Put::Replaced(_)) {
                return;
            }
            break passed;
        };
        self.add_count(mem, 1, Some(passed)).await;
    }

    /// Makes the first table, or waits for the thread that makes it.
    async fn init_table(&self, mem: &Mem) -> Reference {
        loop {
            let table = self.load(mem, fields::TABLE).await;
            if length_or_0(mem, table).await != 0 {
                return table;
            }
            let size_ctl = self.load(mem, fields::SIZE_CTL).await;
            if (size_ctl as i32) < 0 {
                mem.spin(YIELD_CYCLES).await;
            } else if self
                .compare_and_set(mem, fields::SIZE_CTL, size_ctl, u32::MAX)
                .await
            {
                return self.make_first_table(mem, size_ctl).await;
            }
        }
    }

    /// With `sizeCtl` held at -1: the table that there is then.
    async fn make_first_table(&self, mem: &Mem, size_ctl: u32) -> Reference {
        let mut next_size_ctl = size_ctl;
        let mut table = self.load(mem, fields::TABLE).await;
        if length_or_0(mem, table).await == 0 {
            let length = match size_ctl {
                0 => DEFAULT_CAPACITY,
                capacity => capacity,
            };
            table = new_array(mem, length, "Node[]").await;
            self.store(mem, fields::TABLE, table).await;
            next_size_ctl = threshold(length);
        }
        self.store(mem, fields::SIZE_CTL, next_size_ctl).await;
        table
    }

    /// `treeifyBin`, but a chain in a long table stays what it is.
    async fn treeify_bin(&self, mem: &Mem, table: Reference) {
        let length = length_or_0(mem, table).await;
        if length < MIN_TREEIFY_CAPACITY {
            self.try_presize(mem, length.saturating_mul(2)).await;
        }
    }
}

/// With the bin's first node locked: replaces the value of the key's node, or appends one.
async fn put_in_chain(mem: &Mem, first: Reference, key: &Sought, value: Reference) -> Put {
    let mut node = first;
    let mut passed = 1_u32;
    loop {
        if hash_of(mem, node).await == key.hash && node_has_key(mem, node, key).await {
            let place = node::value_of(node);
            mem.load_atomic(place, 4).await; // what `put` returns
            mem.exchange_value(place, 4, value.into()).await;
            return Put::Replaced(passed);
        }
        let after = next(mem, node).await;
        if after == NULL {
            let tail = node::new_node(mem, key, value, NULL).await;
            mem.exchange(node::next_of(node), 4, tail.into()).await;
            return Put::Appended(passed);
        }
        node = after;
        passed = passed.saturating_add(1);
    }
}
