//! `inflateTable`, `resize` and `transfer`.

use super::{HashMap7, fields};
use crate::maps::java::node;
use crate::maps::java::object::{
    MAXIMUM_CAPACITY, NULL, Reference, at, bin, element, length, new_array, table_size_for,
    three_quarters,
};
use crate::maps::mem::Mem;

/// `Integer.MAX_VALUE`: a threshold that nothing reaches.
const NEVER: u32 = i32::MAX as u32;

impl HashMap7 {
    /// `inflateTable(threshold)`: the first table; the threshold is stored before it.
    pub(super) async fn inflate_table(&self, mem: &Mem) {
        let capacity = mem.load_u32(self.field(fields::THRESHOLD)).await;
        let length = table_size_for(capacity.into());
        self.set_threshold(mem, length).await;
        let table = new_array(mem, length, "Entry[]").await;
        mem.store_u32(self.field(fields::TABLE), table).await;
        self.load_hash_seed(mem).await;
    }

    /// Moves all entries to a table of this length, and only then shows it.
    pub(super) async fn resize(&self, mem: &Mem, new_length: u32) {
        let old = mem.load_u32(self.field(fields::TABLE)).await;
        if length(mem, old).await == MAXIMUM_CAPACITY {
            mem.store_u32(self.field(fields::THRESHOLD), NEVER).await;
            return;
        }
        let new = new_array(mem, new_length, "Entry[]").await;
        self.load_hash_seed(mem).await;
        self.transfer(mem, (new, new_length)).await;
        mem.store_u32(self.field(fields::TABLE), new).await;
        self.set_threshold(mem, new_length).await;
    }

    /// Takes the entries of the table, which is loaded anew, from the front of each chain to
    /// the front of another one. What comes next is loaded before anything is changed: a
    /// thread that is late goes on with entries that another one has linked anew.
    async fn transfer(&self, mem: &Mem, (new, new_length): (Reference, u32)) {
        let table = mem.load_u32(self.field(fields::TABLE)).await;
        for index in 0..length(mem, table).await {
            let mut entry = mem.load_u32(element(table, index)).await;
            while entry != NULL {
                let next = node::next(mem, entry).await;
                let hash = mem.load_u32(at(entry) + node::HASH).await;
                let place = bin(new, new_length, hash);
                let first = mem.load_u32(place).await;
                mem.store_u32(node::next_of(entry), first).await;
                mem.store_u32(place, entry).await;
                entry = next;
            }
        }
    }

    /// `threshold = (int) Math.min(capacity * loadFactor, MAXIMUM_CAPACITY + 1)`.
    async fn set_threshold(&self, mem: &Mem, length: u32) {
        mem.load_u32(self.field(fields::LOAD_FACTOR)).await;
        let threshold = three_quarters(length).min(MAXIMUM_CAPACITY + 1);
        mem.store_u32(self.field(fields::THRESHOLD), threshold)
            .await;
    }

    /// `initHashSeedAsNeeded`: only a look, because hashing by a seed is off by default.
    async fn load_hash_seed(&self, mem: &Mem) {
        mem.load_u32(self.field(fields::HASH_SEED)).await;
    }
}
