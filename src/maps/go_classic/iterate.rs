//! `mapiterinit` and `mapiternext`: a range over the map. It starts at the first bucket,
//! where the runtime starts at a random one.

use super::{EMPTY_ONE, GoClassic, ITERATOR, OLD_ITERATOR, SLOTS, hmap};
use crate::machine::Update;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl GoClassic {
    /// Visits all entries and loads their values: how many there were.
    pub(super) async fn iterate(&self, mem: &Mem) -> Fallible<u64> {
        if mem.load_u64(self.header + hmap::COUNT).await == 0 {
            return Ok(0);
        }
        let log_buckets = mem.load_u8(self.header + hmap::LOG_BUCKETS).await;
        let buckets = mem.load_addr(self.header + hmap::BUCKETS).await;
        self.mark_iterated(mem).await;
        let mut visited = 0;
        for index in 0..1_u64 << log_buckets.min(63) {
            let mut bucket = buckets + index.wrapping_mul(self.bucket_bytes());
            while bucket != Addr(0) {
                visited += self.visit(mem, bucket).await?;
                bucket = mem.load_addr(self.overflow(bucket)).await;
            }
        }
        Ok(visited)
    }

    /// Each entry is one call of `mapiternext`, and each call looks at the flag once.
    async fn visit(&self, mem: &Mem, bucket: Addr) -> Fallible<u64> {
        let mut visited = 0;
        let mut step_begins = true;
        for slot in 0..SLOTS {
            if step_begins {
                let text = "concurrent map iteration and map write";
                self.check_not_writing(mem, text).await?;
            }
            step_begins = mem.load_u8(bucket + slot).await > EMPTY_ONE;
            if step_begins {
                mem.load_u64(self.key_at(bucket, slot)).await;
                self.value.read(mem, self.elem(bucket, slot)).await;
                visited += 1;
            }
        }
        Ok(visited)
    }

    /// The only atomic access of the classic map: two ranges at once are allowed.
    async fn mark_iterated(&self, mem: &Mem) {
        let flags = mem.load_u8(self.header + hmap::FLAGS).await;
        let both = ITERATOR | OLD_ITERATOR;
        if flags & both != both {
            let update = Update::Or(both.into());
            mem.locked(self.header + hmap::FLAGS, 1, update).await;
        }
    }
}
