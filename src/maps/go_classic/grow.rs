//! When a map grows, and how growth begins (`hashGrow`): a new array, and nothing in it yet.

use super::{GoClassic, ITERATOR, OLD_ITERATOR, SAME_SIZE_GROW, SLOTS, hmap, mapextra, shift};
use crate::machine::Exit;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// `overLoadFactor`: whether so many entries are more than 6.5 for each bucket. A count that
/// lost updates have made negative is not.
pub(super) fn is_over_load_factor(count: u64, log_buckets: u8) -> bool {
    let most = (shift(log_buckets) / 2).wrapping_mul(13);
    count.cast_signed() > SLOTS.cast_signed() && count > most
}

/// `tooManyOverflowBuckets`: about as many as there are buckets.
fn has_too_many_overflow_buckets(overflow: u16, log_buckets: u8) -> bool {
    overflow >= 1 << log_buckets.min(15)
}

impl GoClassic {
    /// Whether a new entry makes the map grow: it does not grow already, and has too many
    /// entries or too many overflow buckets.
    pub(super) async fn must_grow(&self, mem: &Mem) -> bool {
        if mem.load_addr(self.header + hmap::OLD_BUCKETS).await != Addr(0) {
            return false;
        }
        let count = mem.load_u64(self.header + hmap::COUNT).await;
        let log_buckets = self.log_buckets(mem).await;
        if is_over_load_factor(count.wrapping_add(1), log_buckets) {
            return true;
        }
        let overflow = mem.load_u16(self.header + hmap::NOVERFLOW).await;
        has_too_many_overflow_buckets(overflow, log_buckets)
    }

    /// `hashGrow`: to twice the size, or to the same size if there are only too many overflow
    /// buckets. Entries move later, a few with each put and delete.
    pub(super) async fn grow(&self, mem: &Mem) -> Fallible<()> {
        let header = self.header;
        let count = mem.load_u64(header + hmap::COUNT).await;
        let log_buckets = self.log_buckets(mem).await;
        let bigger = is_over_load_factor(count.wrapping_add(1), log_buckets);
        if !bigger {
            let flags = self.flags(mem).await;
            mem.store_u8(header + hmap::FLAGS, flags | SAME_SIZE_GROW)
                .await;
        }
        let old = mem.load_addr(header + hmap::BUCKETS).await;
        let log_buckets = log_buckets.wrapping_add(bigger.into());
        let (buckets, spare) = self.make_array(mem, log_buckets).await;
        let before = self.flags(mem).await;
        let mut flags = before & !(ITERATOR | OLD_ITERATOR);
        if before & ITERATOR != 0 {
            flags |= OLD_ITERATOR;
        }
        // Each of these stores is seen by itself: between the first and the fourth the new
        // number of buckets goes with the old array.
        let log_buckets = self.log_buckets(mem).await.wrapping_add(bigger.into());
        mem.store_u8(header + hmap::LOG_BUCKETS, log_buckets).await;
        mem.store_u8(header + hmap::FLAGS, flags).await;
        mem.store_addr(header + hmap::OLD_BUCKETS, old).await;
        mem.store_addr(header + hmap::BUCKETS, buckets).await;
        mem.store_u64(header + hmap::NEVACUATE, 0).await;
        mem.store_u16(header + hmap::NOVERFLOW, 0).await;
        self.set_overflow_aside(mem).await?;
        if let Some(spare) = spare {
            let extra = self.extra(mem).await;
            mem.store_addr(extra + mapextra::NEXT_OVERFLOW, spare).await;
        }
        Ok(())
    }

    async fn set_overflow_aside(&self, mem: &Mem) -> Fallible<()> {
        let extra = mem.load_addr(self.header + hmap::EXTRA).await;
        if extra == Addr(0) {
            return Ok(());
        }
        let overflow = mem.load_addr(extra + mapextra::OVERFLOW).await;
        if overflow == Addr(0) {
            return Ok(());
        }
        // Only a second growth that runs into the first one can find it there.
        if mem.load_addr(extra + mapextra::OLD_OVERFLOW).await != Addr(0) {
            return Err(Exit::Fatal("oldoverflow is not nil"));
        }
        mem.store_addr(extra + mapextra::OLD_OVERFLOW, overflow)
            .await;
        mem.store_addr(extra + mapextra::OVERFLOW, Addr(0)).await;
        Ok(())
    }
}
