//! `Iter.Init` and `Iter.Next`: a range over the map, also while it grows. An iterator leaves no
//! trace in the map.

use super::control::{SLOTS, Slots, is_free};
use super::header::map;
use super::table::{STALE, fields};
use super::{GoSwiss, Slot};
use crate::machine::Note;
use crate::maps::go_runtime::CONCURRENT_ITERATION;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// The iterator, `Iter`: what it took down when it began, and where it is. It lies on the
/// caller's stack.
struct Iteration {
    /// It begins with this slot of each table, and with this table.
    entry_offset: u64,
    directory_offset: u64,
    global_depth: u8,
    /// The place in the directory that it has come to; less than 0 if the map was small.
    directory_index: i64,
    /// The table that it is in, also if that has given way to others since.
    table: Addr,
    group: Addr,
    /// How many slots of that table it has been to.
    entry: u64,
}

impl Iteration {
    /// The slot that it has come to, in a table whose slots this mask numbers.
    fn at(&self, mask: u64) -> u64 {
        self.entry.wrapping_add(self.entry_offset) & mask
    }
}

impl GoSwiss {
    /// Visits all entries, and loads their keys and values as the loop's body does: how many
    /// there were.
    pub(super) async fn iterate(&self, mem: &Mem) -> Fallible<u64> {
        let Some(mut iteration) = self.begin_iteration(mem).await else {
            return Ok(0);
        };
        let mut visited = 0;
        while let Some(slot) = self.next_entry(mem, &mut iteration).await? {
            let key = self.key.load_id(mem, self.key_at(slot)).await;
            self.value.read(mem, self.elem_at(slot)).await;
            mem.note(Note::Visited { key }).await;
            visited += 1;
        }
        Ok(visited)
    }

    /// `Iter.Init`; none where the map is empty.
    async fn begin_iteration(&self, mem: &Mem) -> Option<Iteration> {
        mem.note(Note::HeaderRead(self.header)).await;
        if self.used(mem).await == 0 {
            return None;
        }
        let (directory_index, group) = match self.directory_len(mem).await {
            0 => (-1, self.directory(mem).await),
            _ => (0, Addr(0)),
        };
        let entry_offset = self.random(mem);
        let directory_offset = self.random(mem);
        let global_depth = self.global_depth(mem).await;
        self.cleared(mem).await;
        Some(Iteration {
            entry_offset,
            directory_offset,
            global_depth,
            directory_index,
            table: Addr(0),
            group,
            entry: 0,
        })
    }

    /// `Iter.Next`: the next entry. Each call looks at the flag once, and once more for each
    /// entry that it looks up again.
    async fn next_entry(&self, mem: &Mem, iteration: &mut Iteration) -> Fallible<Option<Slot>> {
        mem.note(Note::HeaderRead(self.header)).await;
        self.check_not_writing(mem, CONCURRENT_ITERATION).await?;
        if iteration.directory_index < 0 {
            return self.next_in_small(mem, iteration).await;
        }
        self.follow_growth(mem, iteration).await;
        loop {
            let len = self.directory_len(mem).await;
            if iteration.directory_index >= len as i64 {
                return Ok(None);
            }
            if iteration.table == Addr(0) {
                self.enter_table(mem, iteration, len).await;
            }
            let found = self.next_in_table(mem, iteration).await?;
            if found.is_some() {
                return Ok(found);
            }
            // All places of this table are done (`nextDirIdx`).
            let places = self.places_of(mem, iteration.table).await as i64;
            iteration.directory_index = iteration.directory_index.wrapping_add(places);
            iteration.table = Addr(0);
            iteration.group = Addr(0);
            iteration.entry = 0;
        }
    }

    /// In the group of a map that was small when the iterator began.
    async fn next_in_small(&self, mem: &Mem, iteration: &mut Iteration) -> Fallible<Option<Slot>> {
        while iteration.entry < SLOTS {
            let slot = (iteration.group, iteration.at(SLOTS - 1));
            iteration.entry += 1;
            if is_free(self.control_of(mem, slot).await) {
                continue;
            }
            let grown = self.directory_len(mem).await as i64 > 0;
            let found = self.entry_at(mem, slot, grown).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Where the directory has become longer since the last call, so have the indices.
    async fn follow_growth(&self, mem: &Mem, iteration: &mut Iteration) {
        let depth = self.global_depth(mem).await;
        if depth == iteration.global_depth {
            return;
        }
        let orders = u32::from(depth.wrapping_sub(iteration.global_depth));
        let index = iteration.directory_index;
        iteration.directory_index = index.checked_shl(orders).unwrap_or(0);
        let offset = iteration.directory_offset;
        iteration.directory_offset = offset.checked_shl(orders).unwrap_or(0);
        iteration.global_depth = self.global_depth(mem).await;
    }

    /// The table at the iterator's place, which is moved to the first that the table has: only
    /// the very first one can be in the middle.
    async fn enter_table(&self, mem: &Mem, iteration: &mut Iteration, len: u64) {
        let place = (iteration.directory_index as u64).wrapping_add(iteration.directory_offset)
            & len.wrapping_sub(1);
        let table = self.table_at(mem, place).await;
        let first = mem.load_u64(table + fields::INDEX).await;
        let too_far = place.wrapping_sub(first);
        iteration.directory_offset = iteration.directory_offset.wrapping_sub(too_far);
        iteration.table = table;
    }

    /// The next entry of the iterator's table: one look at a control byte, and then, if that slot
    /// is free, whole control words.
    async fn next_in_table(&self, mem: &Mem, iteration: &mut Iteration) -> Fallible<Option<Slot>> {
        let capacity = mem.load_u16(iteration.table + fields::CAPACITY).await;
        let mask = u64::from(capacity).wrapping_sub(1);
        if iteration.entry > mask {
            return Ok(None);
        }
        let slot = self.slot_in_table(mem, iteration, mask).await;
        if !is_free(self.control_of(mem, slot).await) {
            let found = self.entry_in_table(mem, iteration, slot).await?;
            if found.is_some() {
                iteration.entry += 1;
                return Ok(found);
            }
        }
        iteration.entry += 1;
        let mut full = Slots::NONE;
        while iteration.entry <= mask {
            let (group, mut slot) = self.slot_in_table(mem, iteration, mask).await;
            if full.is_empty() {
                full = self.control(mem, group).await.full().from(slot);
                let Some(first) = full.first() else {
                    iteration.entry += SLOTS - slot;
                    continue;
                };
                iteration.entry += first - slot;
                slot = first;
                if iteration.entry > mask {
                    break;
                }
            }
            let found = self.entry_in_table(mem, iteration, (group, slot)).await?;
            full = full.from(slot + 1);
            iteration.entry += full.first().unwrap_or(SLOTS) - slot;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Where the iterator is. The group's address is made anew at its first slot alone.
    async fn slot_in_table(&self, mem: &Mem, iteration: &mut Iteration, mask: u64) -> Slot {
        let at = iteration.at(mask);
        let slot = at % SLOTS;
        if slot == 0 || iteration.group == Addr(0) {
            iteration.group = self.group(mem, iteration.table, at / SLOTS).await;
        }
        (iteration.group, slot)
    }

    async fn entry_in_table(
        &self,
        mem: &Mem,
        iteration: &Iteration,
        slot: Slot,
    ) -> Fallible<Option<Slot>> {
        let index = mem.load_u64(iteration.table + fields::INDEX).await;
        self.entry_at(mem, slot, index == STALE).await
    }

    /// Where the entry of a taken slot is now. If the table has given way to others, its key is
    /// looked up there, and it may be gone.
    async fn entry_at(&self, mem: &Mem, slot: Slot, grown: bool) -> Fallible<Option<Slot>> {
        if !grown {
            return Ok(Some(slot));
        }
        let Some(key) = self.key.load(mem, self.key_at(slot)).await else {
            return Ok(None);
        };
        let found = self.access_again(mem, &key).await?;
        if found.is_none() {
            self.cleared(mem).await;
        }
        Ok(found)
    }

    /// How often the map was cleared: what became of it since the iterator began matters only
    /// for keys that differ from themselves.
    async fn cleared(&self, mem: &Mem) -> u64 {
        mem.load_u64(self.header + map::CLEAR_SEQ).await
    }
}
