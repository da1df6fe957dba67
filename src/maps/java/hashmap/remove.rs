//! `removeNode` and `clear`.

use super::{HashMap, fields, hash};
use crate::maps::java::long::HASH_CYCLES;
use crate::maps::java::node;
use crate::maps::java::object::{self, NULL, add, bin, element, length_or_0};
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};

impl HashMap {
    /// Unlinks the node of a key, if there is one.
    pub(super) async fn remove(&self, mem: &Mem, key: &Key) -> Fallible<()> {
        let key = self.longs.sought(key, hash);
        mem.compute(HASH_CYCLES).await;
        let table = mem.load_u32(self.field(fields::TABLE)).await;
        let length = length_or_0(mem, table).await;
        if length == 0 {
            return Ok(());
        }
        // Where the reference to the node stands: the bin, or the node before it.
        let mut place = bin(table, length, key.hash);
        let mut node = mem.load_u32(place).await;
        while node != NULL && !node::holds(mem, node, &key).await {
            place = node::next_of(node);
            node = mem.load_u32(place).await;
        }
        if node != NULL {
            let next = node::next(mem, node).await;
            mem.store_u32(place, next).await;
            add(mem, self.field(fields::MOD_COUNT), 1).await;
            add(mem, self.field(fields::SIZE), -1).await;
            mem.load_u32(node::value_of(node)).await; // what `remove` returns
        }
        Ok(())
    }

    /// `clear`: the table stays as long as it is.
    pub(super) async fn remove_all(&self, mem: &Mem) -> Fallible<()> {
        add(mem, self.field(fields::MOD_COUNT), 1).await;
        let table = mem.load_u32(self.field(fields::TABLE)).await;
        if table == NULL || mem.load_u32(self.field(fields::SIZE)).await as i32 <= 0 {
            return Ok(());
        }
        mem.store_u32(self.field(fields::SIZE), 0).await;
        for index in 0..object::length(mem, table).await {
            mem.store_u32(element(table, index), NULL).await;
        }
        Ok(())
    }
}
