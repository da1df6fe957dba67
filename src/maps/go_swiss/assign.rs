//! `mapassign_fast32`, `mapassign_fast64` and `mapassign_faststr`: a place for a key's value.

use super::control::{DELETED, SLOTS, h2};
use super::table::fields;
use super::{GoSwiss, Slot};
use crate::machine::{Exit, Note};
use crate::maps::go_runtime::CONCURRENT_WRITES;
use crate::maps::key::{Key, KeyLayout};
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// A small map that says it has room, and has none.
const NO_EMPTY_SLOT: &str = "small map with no empty slot (concurrent map writes?)";

impl GoSwiss {
    /// The slot of `key`, made if need be. The flag is set from the first look to the last; the
    /// caller stores the value after that.
    pub(super) async fn assign(&self, mem: &Mem, key: &Key) -> Fallible<Slot> {
        mem.note(Note::HeaderWritten(self.header)).await;
        self.check_not_writing(mem, CONCURRENT_WRITES).await?;
        let hash = self.hash(mem, key).await;
        self.toggle_writing(mem).await;
        if self.directory(mem).await == Addr(0) {
            self.grow_to_small(mem).await;
        }
        let slot = self.find_or_insert(mem, hash, key).await?;
        self.end_writing(mem).await?;
        Ok(slot)
    }

    async fn find_or_insert(&self, mem: &Mem, hash: u64, key: &Key) -> Fallible<Slot> {
        if self.directory_len(mem).await == 0 {
            if self.used(mem).await < SLOTS {
                return self.assign_in_small(mem, hash, key).await;
            }
            self.grow_to_table(mem).await?;
        }
        loop {
            let len = self.directory_len(mem).await;
            let table = self.table_of(mem, len, hash).await;
            if let Some(slot) = self.assign_in_table(mem, table, hash, key).await {
                return Ok(slot);
            }
            self.rehash(mem, table).await?;
        }
    }

    /// `putSlotSmall`: in the only group, which has no tombstones.
    async fn assign_in_small(&self, mem: &Mem, hash: u64, key: &Key) -> Fallible<Slot> {
        let group = self.directory(mem).await;
        let mut control = self.control(mem, group).await;
        for slot in control.with(hash) {
            if self.holds(mem, (group, slot), key).await {
                self.renew_key(mem, (group, slot), key).await;
                return Ok((group, slot));
            }
        }
        if !self.compares_inline() {
            control = self.control(mem, group).await;
        }
        let Some(free) = control.free().first() else {
            return Err(Exit::Fatal(NO_EMPTY_SLOT));
        };
        self.fill(mem, (group, free), hash, key).await;
        self.add_to_used(mem, 1).await;
        Ok((group, free))
    }

    /// The slot of a key in a table, in the first tombstone of the way if there was one; none
    /// where the table has no room left.
    async fn assign_in_table(&self, mem: &Mem, table: Addr, hash: u64, key: &Key) -> Option<Slot> {
        let mut deleted = None;
        let mut probe = self.probe(mem, table, hash).await;
        loop {
            let group = self.group(mem, table, probe.group).await;
            let mut control = self.control(mem, group).await;
            for slot in control.with(hash) {
                if self.holds(mem, (group, slot), key).await {
                    self.renew_key(mem, (group, slot), key).await;
                    return Some((group, slot));
                }
            }
            if !self.compares_inline() {
                control = self.control(mem, group).await;
            }
            if let Some(slot) = control.free().first() {
                // A group with a tombstone was full once, so the search goes on.
                if self.control_of(mem, (group, slot)).await != DELETED {
                    return self
                        .insert(mem, table, deleted, (group, slot), hash, key)
                        .await;
                }
                deleted = deleted.or(Some((group, slot)));
            }
            probe.advance();
        }
    }

    /// Fills a tombstone or an empty slot, and counts it.
    async fn insert(
        &self,
        mem: &Mem,
        table: Addr,
        deleted: Option<Slot>,
        empty: Slot,
        hash: u64,
        key: &Key,
    ) -> Option<Slot> {
        if deleted.is_some() {
            // No empty slot is used up: what is added here is taken away below.
            self.add_to_count(mem, table, fields::GROWTH_LEFT, 1).await;
        }
        if mem.load_u16(table + fields::GROWTH_LEFT).await == 0 {
            return None;
        }
        let slot = deleted.unwrap_or(empty);
        self.fill(mem, slot, hash, key).await;
        self.add_to_count(mem, table, fields::GROWTH_LEFT, -1).await;
        self.add_to_count(mem, table, fields::USED, 1).await;
        self.add_to_used(mem, 1).await;
        Some(slot)
    }

    /// The key first, then the control byte that shows it.
    async fn fill(&self, mem: &Mem, (group, slot): Slot, hash: u64, key: &Key) {
        self.store_key(mem, (group, slot), key).await;
        mem.store_u8(group + slot, h2(hash)).await;
    }

    /// A string's key is stored again, so that the old string can be freed.
    async fn renew_key(&self, mem: &Mem, slot: Slot, key: &Key) {
        if self.key == KeyLayout::Text {
            self.store_key(mem, slot, key).await;
        }
    }

    /// Stores a number, or a string's length and then its address.
    async fn store_key(&self, mem: &Mem, slot: Slot, key: &Key) {
        let (place, [first, second]) = (self.key_at(slot), key.words());
        if self.key == KeyLayout::Text {
            mem.store_u64(place + 8, second).await;
            mem.store_u64(place, first).await;
        } else {
            let bytes = self.key.bytes() as usize;
            mem.store(place, bytes, first.into()).await;
        }
    }
}
