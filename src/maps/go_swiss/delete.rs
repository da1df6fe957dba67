//! `Map.Delete`, which the functions for all types of keys call: a slot becomes empty, or a
//! tombstone where searches must go on.

use super::control::{DELETED, EMPTY};
use super::table::fields;
use super::{GoSwiss, Slot};
use crate::machine::Note;
use crate::maps::go_runtime::CONCURRENT_WRITES;
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl GoSwiss {
    /// Removes `key` if it is there.
    pub(super) async fn remove(&self, mem: &Mem, key: &Key) -> Fallible<()> {
        mem.note(Note::HeaderWritten(self.header)).await;
        if self.used(mem).await == 0 {
            return Ok(());
        }
        self.check_not_writing(mem, CONCURRENT_WRITES).await?;
        let hash = self.hash(mem, key).await;
        self.toggle_writing(mem).await;
        match self.directory_len(mem).await {
            0 => self.remove_from_small(mem, hash, key).await,
            len => {
                let table = self.table_of(mem, len, hash).await;
                self.remove_from_table(mem, table, hash, key).await;
            }
        }
        if self.used(mem).await == 0 {
            self.reseed(mem).await;
        }
        self.end_writing(mem).await
    }

    /// `deleteSmall`: no search goes on from the only group, so its slots become empty.
    async fn remove_from_small(&self, mem: &Mem, hash: u64, key: &Key) {
        let group = self.directory(mem).await;
        if let Some(slot) = self.find_by_hash(mem, group, hash, key).await {
            self.add_to_used(mem, -1).await;
            self.wipe(mem, slot).await;
            mem.store_u8(slot.0 + slot.1, EMPTY).await;
        }
    }

    async fn remove_from_table(&self, mem: &Mem, table: Addr, hash: u64, key: &Key) {
        let Some(slot) = self.find(mem, table, hash, key, true).await else {
            return;
        };
        self.add_to_count(mem, table, fields::USED, -1).await;
        self.add_to_used(mem, -1).await;
        self.wipe(mem, slot).await;
        let (group, slot) = slot;
        // Only a group that was full is in the middle of other keys' ways.
        if self.control(mem, group).await.empty().is_empty() {
            mem.store_u8(group + slot, DELETED).await;
        } else {
            mem.store_u8(group + slot, EMPTY).await;
            self.add_to_count(mem, table, fields::GROWTH_LEFT, 1).await;
        }
    }

    /// Takes away what the collector would follow, and the value.
    async fn wipe(&self, mem: &Mem, slot: Slot) {
        if self.key.has_pointers() {
            let key = self.key_at(slot);
            mem.store_u64(key, 0).await;
            mem.store_u64(key + 8, 0).await;
        }
        self.value.clear(mem, self.elem_at(slot)).await;
    }
}
