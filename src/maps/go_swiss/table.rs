//! A table: its fields, the way of a search through its groups, and how a new one is made.

use super::control::{ALL_EMPTY, Control, SLOTS, h1};
use super::{GoSwiss, Slot};
use crate::maps::mem::Mem;
use crate::memory::Addr;

/// Offsets in `table`.
pub(super) mod fields {
    pub(crate) const USED: u64 = 0;
    /// How many slots it has.
    pub(crate) const CAPACITY: u64 = 2;
    /// How many of its empty slots may still be filled.
    pub(crate) const GROWTH_LEFT: u64 = 4;
    /// How many bits of the hash the directory has used to come here.
    pub(crate) const LOCAL_DEPTH: u64 = 6;
    /// The first of its places in the directory.
    pub(crate) const INDEX: u64 = 8;
    pub(crate) const GROUPS: u64 = 16;
    /// How many groups it has, less one.
    pub(crate) const LENGTH_MASK: u64 = 24;
    pub(crate) const BYTES: u64 = 32;
}

/// The index of a table that the directory no longer has.
pub(super) const STALE: u64 = u64::MAX;

/// A table with more slots is split.
pub(super) const MOST_SLOTS: u16 = 1024;

/// How many slots of a new table may be filled: seven of eight, and all but one of a single
/// group (`resetGrowthLeft`).
pub(super) fn growth_left(capacity: u16) -> u16 {
    match u64::from(capacity) <= SLOTS {
        true => capacity.saturating_sub(1),
        false => (u32::from(capacity) * 7 / 8) as u16,
    }
}

/// The groups that a search comes to, one after another: the steps grow by one each time
/// (`probeSeq`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    mask: u64,
    step: u64,
    /// The group where it is.
    pub(super) group: u64,
}

impl Probe {
    pub(super) fn new(hash: u64, mask: u64) -> Probe {
        Probe {
            mask,
            step: 0,
            group: h1(hash) & mask,
        }
    }

    pub(super) fn advance(&mut self) {
        self.step = self.step.wrapping_add(1);
        self.group = self.group.wrapping_add(self.step) & self.mask;
    }
}

impl GoSwiss {
    /// The beginning of a search for a hash in a table.
    pub(super) async fn probe(&self, mem: &Mem, table: Addr, hash: u64) -> Probe {
        Probe::new(hash, mem.load_u64(table + fields::LENGTH_MASK).await)
    }

    /// A group of a table. The address of the groups is loaded for each.
    pub(super) async fn group(&self, mem: &Mem, table: Addr, index: u64) -> Addr {
        let groups = mem.load_addr(table + fields::GROUPS).await;
        self.nth(groups, index)
    }

    /// Loads a group's control word.
    pub(super) async fn control(&self, mem: &Mem, group: Addr) -> Control {
        Control(mem.load_u64(group).await)
    }

    /// `newTable`, known to this thread alone so far.
    pub(super) async fn new_table(
        &self,
        mem: &Mem,
        capacity: u16,
        index: u64,
        local_depth: u8,
    ) -> Addr {
        let table = mem.allocate(fields::BYTES, "table").await;
        mem.store_u64(table + fields::INDEX, index).await;
        mem.store_u8(table + fields::LOCAL_DEPTH, local_depth).await;
        let capacity = capacity.clamp(SLOTS as u16, MOST_SLOTS).next_power_of_two();
        let count = u64::from(capacity) / SLOTS;
        let groups = mem.allocate(count * self.group_bytes(), "groups").await;
        mem.store_u64(table + fields::LENGTH_MASK, count - 1).await;
        mem.store_addr(table + fields::GROUPS, groups).await;
        mem.store_u16(table + fields::CAPACITY, capacity).await;
        let growth_left = growth_left(capacity);
        mem.store_u16(table + fields::GROWTH_LEFT, growth_left)
            .await;
        let mut index = 0;
        while index <= mem.load_u64(table + fields::LENGTH_MASK).await {
            let group = self.group(mem, table, index).await;
            mem.store_u64(group, ALL_EMPTY).await;
            index += 1;
        }
        table
    }

    /// A load and a store of a table's count of 2 bytes, which is at this offset.
    pub(super) async fn add_to_count(&self, mem: &Mem, table: Addr, offset: u64, change: i16) {
        let count = mem.load_u16(table + offset).await;
        let count = count.wrapping_add_signed(change);
        mem.store_u16(table + offset, count).await;
    }

    /// Whether a slot is taken: its own control byte alone is loaded.
    pub(super) async fn control_of(&self, mem: &Mem, (group, slot): Slot) -> u8 {
        mem.load_u8(group + slot).await
    }
}
