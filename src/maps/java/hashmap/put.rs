//! `putVal`: a node is made and linked where no node was seen; nothing looks again whether
//! another thread has linked one there since.

use super::{HashMap, fields};
use crate::maps::java::long::{HASH_CYCLES, Sought};
use crate::maps::java::node;
use crate::maps::java::object::{self, NULL, Reference, add, bin, length_or_0};
use crate::maps::mem::{Fallible, Mem};

/// The ninth node of a chain makes it a tree, or the table grow.
const TREEIFY_THRESHOLD: u32 = 8;
/// A shorter table than this grows instead.
const MIN_TREEIFY_CAPACITY: u32 = 64;

impl HashMap {
    /// Puts a boxed value under a boxed key.
    pub(super) async fn put_value(
        &self,
        mem: &Mem,
        key: &Sought,
        value: Reference,
    ) -> Fallible<()> {
        mem.compute(HASH_CYCLES).await;
        let mut table = mem.load_u32(self.field(fields::TABLE)).await;
        let mut length = length_or_0(mem, table).await;
        if length == 0 {
            table = self.resize(mem).await;
            length = object::length(mem, table).await;
        }
        let place = bin(table, length, key.hash);
        let first = mem.load_u32(place).await;
        if first == NULL {
            let node = node::new_node(mem, key, value, NULL).await;
            mem.store_u32(place, node).await;
        } else if let Some(found) = self.find_or_append(mem, first, key, value).await {
            node::replace_value(mem, found, value).await;
            return Ok(());
        }
        add(mem, self.field(fields::MOD_COUNT), 1).await;
        let size = add(mem, self.field(fields::SIZE), 1).await;
        if size > mem.load_u32(self.field(fields::THRESHOLD)).await as i32 {
            self.resize(mem).await;
        }
        Ok(())
    }

    /// The node of the key in the chain from `first` on; none if there was none and a new
    /// node is its tail now.
    async fn find_or_append(
        &self,
        mem: &Mem,
        first: Reference,
        key: &Sought,
        value: Reference,
    ) -> Option<Reference> {
        let mut node = first;
        let mut passed = 0_u32;
        while !node::holds(mem, node, key).await {
            let next = node::next(mem, node).await;
            passed = passed.saturating_add(1);
            if next == NULL {
                let tail = node::new_node(mem, key, value, NULL).await;
                mem.store_u32(node::next_of(node), tail).await;
                if passed >= TREEIFY_THRESHOLD {
                    self.treeify_bin(mem).await;
                }
                return None;
            }
            node = next;
        }
        Some(node)
    }

    /// `treeifyBin`, but a chain in a long table stays what it is.
    async fn treeify_bin(&self, mem: &Mem) {
        let table = mem.load_u32(self.field(fields::TABLE)).await;
        if length_or_0(mem, table).await < MIN_TREEIFY_CAPACITY {
            self.resize(mem).await;
        }
    }
}
