//! `Map.Clear`: `clear(m)`, and a loop that deletes all keys. Tables and directory stay.

use super::control::{ALL_EMPTY, CONTROL_BYTES, SLOTS};
use super::header::map;
use super::table::{fields, growth_left};
use super::{GoSwiss, Slot};
use crate::machine::Note;
use crate::maps::go_runtime::CONCURRENT_WRITES;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl GoSwiss {
    /// Removes all entries.
    pub(super) async fn empty(&self, mem: &Mem) -> Fallible<()> {
        mem.note(Note::HeaderWritten(self.header)).await;
        if self.used(mem).await == 0 {
            return Ok(());
        }
        self.check_not_writing(mem, CONCURRENT_WRITES).await?;
        self.toggle_writing(mem).await;
        match self.directory_len(mem).await {
            0 => {
                let group = self.directory(mem).await;
                self.clear_group(mem, group).await;
            }
            len => self.clear_tables(mem, len).await,
        }
        mem.store_u64(self.header + map::USED, 0).await;
        let cleared = mem.load_u64(self.header + map::CLEAR_SEQ).await;
        let cleared = cleared.wrapping_add(1);
        mem.store_u64(self.header + map::CLEAR_SEQ, cleared).await;
        self.reseed(mem).await;
        self.end_writing(mem).await
    }

    async fn clear_tables(&self, mem: &Mem, len: u64) {
        let mut last = Addr(0);
        for index in 0..len {
            let table = self.table_at(mem, index).await;
            if table != last {
                self.clear_table(mem, table).await;
                last = table;
            }
        }
    }

    async fn clear_table(&self, mem: &Mem, table: Addr) {
        let mut index = 0_u64;
        while index <= mem.load_u64(table + fields::LENGTH_MASK).await {
            let group = self.group(mem, table, index).await;
            self.clear_group(mem, group).await;
            index = index.wrapping_add(1);
        }
        mem.store_u16(table + fields::USED, 0).await;
        let capacity = mem.load_u16(table + fields::CAPACITY).await;
        let growth_left = growth_left(capacity);
        mem.store_u16(table + fields::GROWTH_LEFT, growth_left)
            .await;
    }

    /// Zeroes a group, its control word with it: until that is stored anew, all eight slots look
    /// taken, by key 0.
    async fn clear_group(&self, mem: &Mem, group: Addr) {
        mem.store_u64(group, 0).await;
        for slot in (0..SLOTS).map(|slot| (group, slot)) {
            self.clear_slot(mem, slot).await;
        }
        mem.store_u64(group, ALL_EMPTY).await;
    }

    async fn clear_slot(&self, mem: &Mem, slot: Slot) {
        let (key, elem) = (self.key_at(slot), self.elem_at(slot));
        let bytes = elem.0.wrapping_sub(key.0);
        for at in (0..bytes / 8).map(|word| word * 8) {
            mem.store_u64(key + at, 0).await;
        }
        if !bytes.is_multiple_of(CONTROL_BYTES) {
            mem.store_u32(key, 0).await;
        }
        self.value.wipe(mem, elem).await;
    }
}
