//! `mapclear` (the form of Go 1.21 and after): `clear(m)`, and a loop that deletes all keys.

use super::{EMPTY_REST, GoClassic, SAME_SIZE_GROW, SLOTS, hmap, mapextra, mask};
use crate::machine::Note;
use crate::maps::go_runtime::CONCURRENT_WRITES;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl GoClassic {
    /// Removes all entries. The array stays.
    pub(in crate::maps) async fn empty(&self, mem: &Mem) -> Fallible<()> {
        mem.note(Note::HeaderWritten(self.header)).await;
        if mem.load_u64(self.header + hmap::COUNT).await == 0 {
            return Ok(());
        }
        self.check_not_writing(mem, CONCURRENT_WRITES).await?;
        self.toggle_writing(mem).await;
        // So that iterators that are under way find nothing more (golang/go#59411).
        let buckets = mem.load_addr(self.header + hmap::BUCKETS).await;
        let log_buckets = self.log_buckets(mem).await;
        self.mark_array_empty(mem, buckets, mask(log_buckets)).await;
        let old = mem.load_addr(self.header + hmap::OLD_BUCKETS).await;
        if old != Addr(0) {
            let old_mask = self.old_buckets(mem).await.wrapping_sub(1);
            self.mark_array_empty(mem, old, old_mask).await;
        }
        self.reset_header(mem).await;
        self.clear_array(mem).await;
        self.end_writing(mem).await
    }

    /// `makeBucketArray` with an array that is there: as if it were new.
    async fn clear_array(&self, mem: &Mem) {
        let array = self.array(self.log_buckets(mem).await);
        let buckets = mem.load_addr(self.header + hmap::BUCKETS).await;
        for index in 0..array.buckets {
            let bucket = self.nth(buckets, index);
            mem.store_u64(bucket, 0).await;
            self.forget(mem, bucket).await;
        }
        if let Some(spare) = self.prepare_spare(mem, buckets, array).await {
            // An array that has spare buckets came with it.
            let extra = mem.load_addr(self.header + hmap::EXTRA).await;
            mem.store_addr(extra + mapextra::NEXT_OVERFLOW, spare).await;
        }
    }

    async fn reset_header(&self, mem: &Mem) {
        let header = self.header;
        let flags = self.flags(mem).await;
        mem.store_u8(header + hmap::FLAGS, flags & !SAME_SIZE_GROW)
            .await;
        mem.store_addr(header + hmap::OLD_BUCKETS, Addr(0)).await;
        mem.store_u64(header + hmap::NEVACUATE, 0).await;
        mem.store_u16(header + hmap::NOVERFLOW, 0).await;
        mem.store_u64(header + hmap::COUNT, 0).await;
        self.reseed(mem).await;
        let extra = mem.load_addr(header + hmap::EXTRA).await;
        if extra != Addr(0) {
            for offset in [
                mapextra::OVERFLOW,
                mapextra::OLD_OVERFLOW,
                mapextra::NEXT_OVERFLOW,
            ] {
                mem.store_u64(extra + offset, 0).await;
            }
        }
    }

    /// `markBucketsEmpty`.
    async fn mark_array_empty(&self, mem: &Mem, buckets: Addr, mask: u64) {
        for index in 0..=mask {
            let mut bucket = self.nth(buckets, index);
            while bucket != Addr(0) {
                for slot in 0..SLOTS {
                    mem.store_u8(bucket + slot, EMPTY_REST).await;
                }
                bucket = mem.load_addr(self.overflow_of(bucket)).await;
            }
        }
    }
}
