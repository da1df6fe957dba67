//! `put`, `addEntry` and `createEntry`. Each of them loads the table anew, so a table that has
//! become shorter in between is an index out of bounds.

use super::{HashMap7, fields};
use crate::maps::java::long::Sought;
use crate::maps::java::node;
use crate::maps::java::object::{NULL, Reference, add, checked_bin, checked_element, length};
use crate::maps::mem::{Fallible, Mem};

impl HashMap7 {
    /// Puts a boxed value under a boxed key.
    pub(super) async fn put_value(
        &self,
        mem: &Mem,
        key: &Sought,
        value: Reference,
    ) -> Fallible<()> {
        let mut table = mem.load_u32(self.field(fields::TABLE)).await;
        if table == self.empty {
            self.inflate_table(mem).await;
            table = mem.load_u32(self.field(fields::TABLE)).await;
        }
        let hash = self.hash(mem, key).await;
        let length = length(mem, table).await;
        let mut entry = mem.load_u32(checked_bin(table, length, hash)?).await;
        while entry != NULL {
            if node::holds(mem, entry, key).await {
                node::replace_value(mem, entry, value).await;
                return Ok(());
            }
            entry = node::next(mem, entry).await;
        }
        add(mem, self.field(fields::MOD_COUNT), 1).await;
        self.add_entry(mem, key, value, length.wrapping_sub(1) & hash)
            .await
    }

    async fn add_entry(
        &self,
        mem: &Mem,
        key: &Sought,
        value: Reference,
        mut index: u32,
    ) -> Fallible<()> {
        let size = mem.load_u32(self.field(fields::SIZE)).await as i32;
        if size >= mem.load_u32(self.field(fields::THRESHOLD)).await as i32 {
            let table = mem.load_u32(self.field(fields::TABLE)).await;
            let place = checked_element(mem, table, index).await?;
            if mem.load_u32(place).await != NULL {
                let twice = length(mem, table).await.wrapping_mul(2);
                self.resize(mem, twice).await;
                let hash = self.hash(mem, key).await;
                let table = mem.load_u32(self.field(fields::TABLE)).await;
                index = length(mem, table).await.wrapping_sub(1) & hash;
            }
        }
        self.create_entry(mem, key, value, index).await
    }

    async fn create_entry(
        &self,
        mem: &Mem,
        key: &Sought,
        value: Reference,
        index: u32,
    ) -> Fallible<()> {
        let table = mem.load_u32(self.field(fields::TABLE)).await;
        let place = checked_element(mem, table, index).await?;
        let first = mem.load_u32(place).await;
        let entry = node::new_node(mem, key, value, first).await;
        mem.store_u32(place, entry).await;
        add(mem, self.field(fields::SIZE), 1).await;
        Ok(())
    }
}
