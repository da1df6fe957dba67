//! When the table grows, and who takes part: `helpTransfer`, `tryPresize`, and the second half
//! of `addCount`.
//!
//! `sizeCtl` says it all: not negative, it is the size at which the table grows; -1, the first
//! table is being made; otherwise a stamp of the table's length in the high half, and in the
//! low half one more than the threads that are moving it.

use super::{ConcurrentHashMap, FORWARDS_TO, fields};
use crate::maps::java::object::{
    MAXIMUM_CAPACITY, NULL, Reference, at, length, length_or_0, table_size_for,
};
use crate::maps::mem::Mem;

const STAMP_SHIFT: u32 = 16;
/// As many threads as the low half of `sizeCtl` can count.
const MAX_RESIZERS: u32 = (1 << STAMP_SHIFT) - 1;

/// `resizeStamp(n) << RESIZE_STAMP_SHIFT`: negative as an `int`.
pub(super) fn stamp(length: u32) -> u32 {
    (length.leading_zeros() | 1 << 15) << STAMP_SHIFT
}

impl ConcurrentHashMap {
    /// Grows the table, or helps, as long as it is too small for `size` entries.
    pub(super) async fn grow_if_full(&self, mem: &Mem, mut size: i64) {
        loop {
            let size_ctl = self.load(mem, fields::SIZE_CTL).await;
            if size < i64::from(size_ctl as i32) {
                return;
            }
            let table = self.load(mem, fields::TABLE).await;
            let length = length_or_0(mem, table).await;
            if table == NULL || length >= MAXIMUM_CAPACITY {
                return;
            }
            if (size_ctl as i32) < 0 {
                if is_full_or_over(size_ctl, length) {
                    return;
                }
                let next_table = self.load(mem, fields::NEXT_TABLE).await;
                if next_table == NULL || !self.bins_are_left(mem).await {
                    return;
                }
                let joined = size_ctl.wrapping_add(1);
                if self
                    .compare_and_set(mem, fields::SIZE_CTL, size_ctl, joined)
                    .await
                {
                    self.transfer(mem, table, next_table).await;
                }
            } else {
                self.start_transfer(mem, table, length, size_ctl).await;
            }
            size = self.sum_count(mem).await;
        }
    }

    /// Helps to move the table, whose node leads to another one: the table to go on with.
    pub(super) async fn help_transfer(
        &self,
        mem: &Mem,
        table: Reference,
        forwarding: Reference,
    ) -> Reference {
        let next_table = mem.load_u32(at(forwarding) + FORWARDS_TO).await;
        let length = length(mem, table).await;
        while next_table == self.load(mem, fields::NEXT_TABLE).await
            && table == self.load(mem, fields::TABLE).await
        {
            let size_ctl = self.load(mem, fields::SIZE_CTL).await;
            if size_ctl as i32 >= 0
                || is_full_or_over(size_ctl, length)
                || !self.bins_are_left(mem).await
            {
                break;
            }
            let joined = size_ctl.wrapping_add(1);
            if self
                .compare_and_set(mem, fields::SIZE_CTL, size_ctl, joined)
                .await
            {
                self.transfer(mem, table, next_table).await;
                break;
            }
        }
        next_table
    }

    /// Grows the table until it has room for `size` entries, in a map that has one.
    pub(super) async fn try_presize(&self, mem: &Mem, size: u32) {
        let enough = match size >= MAXIMUM_CAPACITY / 2 {
            true => MAXIMUM_CAPACITY,
            false => table_size_for(u64::from(size + size / 2 + 1)),
        };
        loop {
            let size_ctl = self.load(mem, fields::SIZE_CTL).await;
            if (size_ctl as i32) < 0 {
                return;
            }
            let table = self.load(mem, fields::TABLE).await;
            let length = length_or_0(mem, table).await;
            if length == 0 || enough <= size_ctl || length >= MAXIMUM_CAPACITY {
                return;
            }
            if table == self.load(mem, fields::TABLE).await {
                self.start_transfer(mem, table, length, size_ctl).await;
            }
        }
    }

    /// Moves the table if nobody has begun to since `sizeCtl` was loaded.
    async fn start_transfer(&self, mem: &Mem, table: Reference, length: u32, size_ctl: u32) {
        let begun = stamp(length).wrapping_add(2);
        if self
            .compare_and_set(mem, fields::SIZE_CTL, size_ctl, begun)
            .await
        {
            self.transfer(mem, table, NULL).await;
        }
    }

    async fn bins_are_left(&self, mem: &Mem) -> bool {
        self.load(mem, fields::TRANSFER_INDEX).await as i32 > 0
    }
}

/// Whether no more thread may take part in moving the table of this length.
fn is_full_or_over(size_ctl: u32, length: u32) -> bool {
    let stamp = stamp(length);
    size_ctl == stamp.wrapping_add(MAX_RESIZERS) || size_ctl == stamp.wrapping_add(1)
}
