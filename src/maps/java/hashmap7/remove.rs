//! `removeEntryForKey` and `clear`.

use super::{HashMap7, fields, hash};
use crate::maps::java::node;
use crate::maps::java::object::{NULL, add, checked_bin, element, length};
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};

impl HashMap7 {
    /// Unlinks the entry of a key, if there is one.
    pub(super) async fn remove(&self, mem: &Mem, key: &Key) -> Fallible<()> {
        if self.is_empty(mem).await {
            return Ok(());
        }
        let key = self.longs.sought(key, hash);
        let hash = self.hash(mem, &key).await;
        let table = mem.load_u32(self.field(fields::TABLE)).await;
        // Where the reference to the entry stands: the bin, or the entry before it.
        let mut place = checked_bin(table, length(mem, table).await, hash)?;
        let mut entry = mem.load_u32(place).await;
        while entry != NULL {
            let next = node::next(mem, entry).await;
            if node::holds(mem, entry, &key).await {
                add(mem, self.field(fields::MOD_COUNT), 1).await;
                add(mem, self.field(fields::SIZE), -1).await;
                mem.store_u32(place, next).await;
                mem.load_u32(node::value_of(entry)).await; // what `remove` returns
                return Ok(());
            }
            place = node::next_of(entry);
            entry = next;
        }
        Ok(())
    }

    /// `clear`: the table stays as long as it is.
    pub(super) async fn remove_all(&self, mem: &Mem) -> Fallible<()> {
        add(mem, self.field(fields::MOD_COUNT), 1).await;
        let table = mem.load_u32(self.field(fields::TABLE)).await;
        for index in 0..length(mem, table).await {
            mem.store_u32(element(table, index), NULL).await;
        }
        mem.store_u32(self.field(fields::SIZE), 0).await;
        Ok(())
    }
}
