//! A map gets its first group, its first table, larger tables, and more of them
//! (`growToSmall`, `growToTable`, `rehash`). Entries are copied into tables that nobody else knows
//! yet: no call ever sees one that is half filled, but what is put into the old one meanwhile is
//! lost.

use super::control::{ALL_EMPTY, SLOTS, h2, is_free};
use super::directory::place;
use super::header::map;
use super::table::{MOST_SLOTS, STALE, fields};
use super::{GoSwiss, Slot};
use crate::machine::Exit;
use crate::maps::key::KeyLayout;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// What becomes of the entries of a table: all go to one, or each to one of two by a bit of its
/// hash.
#[derive(Clone, Copy)]
struct Destination {
    left: Addr,
    right: Addr,
    mask: u64,
}

impl GoSwiss {
    /// `growToSmall`. The group is shown before its control word says that its slots are free:
    /// as long as that is 0, all eight look taken.
    pub(super) async fn grow_to_small(&self, mem: &Mem) {
        let group = mem.allocate(self.group_bytes(), "group").await;
        mem.store_addr(self.header + map::DIRECTORY, group).await;
        mem.store_u64(group, ALL_EMPTY).await;
    }

    /// `growToTable`: from one group to a table of two. The directory is shown before its length
    /// is: in between, other calls take it for a group.
    pub(super) async fn grow_to_table(&self, mem: &Mem) -> Fallible<()> {
        let table = self.new_table(mem, 2 * SLOTS as u16, 0, 0).await;
        let group = self.directory(mem).await;
        let to = Destination {
            left: table,
            right: table,
            mask: 0,
        };
        self.move_group(mem, group, to).await?;
        let directory = mem.allocate(8, "directory").await;
        mem.store_addr(place(directory, 0), table).await;
        let header = self.header;
        mem.store_addr(header + map::DIRECTORY, directory).await;
        mem.store_u64(header + map::DIRECTORY_LEN, 1).await;
        mem.store_u8(header + map::GLOBAL_DEPTH, 0).await;
        mem.store_u8(header + map::GLOBAL_SHIFT, 64).await;
        Ok(())
    }

    /// `rehash`: a table that is full gives way to one of twice its size, or to two. That is
    /// also how tombstones go away.
    pub(super) async fn rehash(&self, mem: &Mem, table: Addr) -> Fallible<()> {
        let capacity = mem.load_u16(table + fields::CAPACITY).await;
        match capacity.wrapping_mul(2) {
            doubled @ ..=MOST_SLOTS => self.grow(mem, table, doubled).await,
            _ => self.split(mem, table).await,
        }
    }

    async fn grow(&self, mem: &Mem, old: Addr, capacity: u16) -> Fallible<()> {
        let index = mem.load_u64(old + fields::INDEX).await;
        let local_depth = mem.load_u8(old + fields::LOCAL_DEPTH).await;
        let new = self.new_table(mem, capacity, index, local_depth).await;
        if mem.load_u16(old + fields::CAPACITY).await > 0 {
            let to = Destination {
                left: new,
                right: new,
                mask: 0,
            };
            self.move_entries(mem, old, to).await?;
        }
        self.replace_table(mem, new).await;
        mem.store_u64(old + fields::INDEX, STALE).await;
        Ok(())
    }

    async fn split(&self, mem: &Mem, old: Addr) -> Fallible<()> {
        let local_depth = mem.load_u8(old + fields::LOCAL_DEPTH).await;
        let local_depth = local_depth.wrapping_add(1);
        let left = self.new_table(mem, MOST_SLOTS, STALE, local_depth).await;
        let right = self.new_table(mem, MOST_SLOTS, STALE, local_depth).await;
        let shift = 64_u8.wrapping_sub(local_depth);
        let mask = 1_u64.checked_shl(shift.into()).unwrap_or(0);
        let to = Destination { left, right, mask };
        self.move_entries(mem, old, to).await?;
        self.install_split(mem, old, left, right).await?;
        mem.store_u64(old + fields::INDEX, STALE).await;
        Ok(())
    }

    async fn move_entries(&self, mem: &Mem, from: Addr, to: Destination) -> Fallible<()> {
        let mut index = 0_u64;
        while index <= mem.load_u64(from + fields::LENGTH_MASK).await {
            let group = self.group(mem, from, index).await;
            self.move_group(mem, group, to).await?;
            index = index.wrapping_add(1);
        }
        Ok(())
    }

    async fn move_group(&self, mem: &Mem, group: Addr, to: Destination) -> Fallible<()> {
        for slot in (0..SLOTS).map(|slot| (group, slot)) {
            if is_free(self.control_of(mem, slot).await) {
                continue;
            }
            let seed = self.seed(mem).await;
            let (hash, _) = self.key.hash_at(mem, self.key_at(slot), seed).await;
            let table = match hash & to.mask {
                0 => to.left,
                _ => to.right,
            };
            self.insert_unchecked(mem, table, hash, slot).await?;
        }
        Ok(())
    }

    /// `uncheckedPutSlot`: copies an entry into a new table, whose first free slot on the way of
    /// its hash it takes.
    async fn insert_unchecked(
        &self,
        mem: &Mem,
        table: Addr,
        hash: u64,
        from: Slot,
    ) -> Fallible<()> {
        if mem.load_u16(table + fields::GROWTH_LEFT).await == 0 {
            // A panic and no fatal error, but nobody catches it.
            return Err(Exit::Fatal(
                "invariant failed: growthLeft is unexpectedly 0",
            ));
        }
        let mut probe = self.probe(mem, table, hash).await;
        loop {
            let group = self.group(mem, table, probe.group).await;
            if let Some(free) = self.control(mem, group).await.free().first() {
                self.copy_key(mem, from, (group, free)).await;
                let (source, target) = (self.elem_at(from), self.elem_at((group, free)));
                self.value.copy(mem, source, target).await;
                self.add_to_count(mem, table, fields::GROWTH_LEFT, -1).await;
                self.add_to_count(mem, table, fields::USED, 1).await;
                mem.store_u8(group + free, h2(hash)).await;
                return Ok(());
            }
            probe.advance();
        }
    }

    /// Copies a key as memory: loads first, then stores.
    async fn copy_key(&self, mem: &Mem, from: Slot, to: Slot) {
        let (from, to) = (self.key_at(from), self.key_at(to));
        if self.key == KeyLayout::Text {
            let words = [mem.load_u64(from).await, mem.load_u64(from + 8).await];
            mem.store_u64(to, words[0]).await;
            mem.store_u64(to + 8, words[1]).await;
        } else {
            let bytes = self.key.bytes() as usize;
            let number = mem.load(from, bytes).await;
            mem.store(to, bytes, number).await;
        }
    }
}
