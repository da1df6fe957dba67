//! `mapassign` and `mapassign_fast64`: a slot for a key's value.

use super::{
    CONCURRENT_WRITES, EMPTY_ONE, EMPTY_REST, GoClassic, SLOTS, Variant, growth_is_left_out, hmap,
    top_hash,
};
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// What the walk over a chain found.
enum Found {
    /// The key is here already.
    Key(Addr),
    /// It is not; this is the first free slot.
    Free(Addr, u64),
    /// It is not, and all slots are taken.
    Full,
}

impl GoClassic {
    /// The value slot of `key`, made if need be. The writing flag is set from the first look
    /// to the last; the caller stores the value after that.
    pub(super) async fn assign(&self, mem: &Mem, key: &Key) -> Fallible<Addr> {
        self.check_not_writing(mem, CONCURRENT_WRITES).await?;
        let hash = self.hash(mem, key).await;
        self.toggle_writing(mem).await;
        mem.load_u64(self.header + hmap::BUCKETS).await; // still nil?
        let bucket = self.bucket(mem, hash).await?;
        let elem = match self.walk(mem, bucket, hash, key).await {
            Found::Key(elem) => elem,
            Found::Free(bucket, slot) => {
                self.check_room(mem).await?;
                self.insert(mem, bucket, slot, top_hash(hash), key).await;
                self.elem(bucket, slot)
            }
            Found::Full => return Err(growth_is_left_out()),
        };
        self.check_writing(mem).await?;
        self.clear_writing(mem).await;
        Ok(elem)
    }

    async fn walk(&self, mem: &Mem, first: Addr, hash: u64, key: &Key) -> Found {
        let mut free = None;
        let mut bucket = first;
        while bucket != Addr(0) {
            for slot in 0..SLOTS {
                let top = mem.load_u8(bucket + slot).await;
                if top <= EMPTY_ONE {
                    free = free.or(Some((bucket, slot)));
                    if top == EMPTY_REST {
                        return free.map_or(Found::Full, |(b, s)| Found::Free(b, s));
                    }
                    continue;
                }
                let candidate = self.variant == Variant::Fast || top == top_hash(hash);
                if candidate && self.holds(mem, bucket, slot, key).await {
                    return Found::Key(self.elem(bucket, slot));
                }
            }
            bucket = mem.load_addr(self.overflow(bucket)).await;
        }
        free.map_or(Found::Full, |(b, s)| Found::Free(b, s))
    }

    /// Whether one more entry stays under the load factor of 6.5 and without growth.
    async fn check_room(&self, mem: &Mem) -> Fallible<()> {
        self.check_not_growing(mem).await?;
        let count = mem
            .load_u64(self.header + hmap::COUNT)
            .await
            .saturating_add(1);
        let log_buckets = mem.load_u8(self.header + hmap::LOG_BUCKETS).await;
        mem.load(self.header + hmap::NOVERFLOW, 2).await;
        let halves = (1_u64 << log_buckets.min(63)) / 2;
        if count > SLOTS && count > halves.saturating_mul(13) {
            return Err(growth_is_left_out());
        }
        Ok(())
    }

    /// Fills a free slot, in the order of the compiled code: the fast variant shows the
    /// tophash before the key, the generic one after it.
    async fn insert(&self, mem: &Mem, bucket: Addr, slot: u64, top: u8, key: &Key) {
        let place = self.key_at(bucket, slot);
        match self.variant {
            Variant::Fast => {
                mem.store_u8(bucket + slot, top).await;
                mem.store_u64(place, key.id()).await;
            }
            Variant::Generic => {
                mem.store_u64(place, key.id()).await;
                mem.store_u8(bucket + slot, top).await;
            }
        }
        self.add_to_count(mem, 1).await;
    }

    /// `INCQ` or `DECQ` of the count: one instruction, yet a load and then a store.
    pub(super) async fn add_to_count(&self, mem: &Mem, change: i64) {
        let count = mem.load_u64(self.header + hmap::COUNT).await;
        let count = count.wrapping_add_signed(change);
        mem.store_u64(self.header + hmap::COUNT, count).await;
    }
}
