//! `mapdelete` and `mapdelete_fast64`: slots are emptied, buckets stay where they are.

use super::{CONCURRENT_WRITES, EMPTY_ONE, EMPTY_REST, GoClassic, SLOTS, Variant, hmap, top_hash};
use crate::maps::key::{Key, hash};
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl GoClassic {
    /// Removes `key` if it is there.
    pub(super) async fn remove(&self, mem: &Mem, key: &Key) -> Fallible<()> {
        if mem.load_u64(self.header + hmap::COUNT).await == 0 {
            return Ok(());
        }
        self.check_not_writing(mem, CONCURRENT_WRITES).await?;
        let hash = self.hash(mem, key).await;
        self.toggle_writing(mem).await;
        let first = self.bucket(mem, hash).await?;
        if let Some((bucket, slot)) = self.seek(mem, first, hash, key).await {
            self.value.clear(mem, self.elem(bucket, slot)).await;
            self.empty(mem, first, bucket, slot).await;
            self.add_to_count(mem, -1).await;
            if mem.load_u64(self.header + hmap::COUNT).await == 0 {
                self.reseed(mem).await;
            }
        }
        self.check_writing(mem).await?;
        self.clear_writing(mem).await;
        Ok(())
    }

    async fn seek(&self, mem: &Mem, first: Addr, hash: u64, key: &Key) -> Option<(Addr, u64)> {
        let mut bucket = first;
        while bucket != Addr(0) {
            for slot in 0..SLOTS {
                let found = match self.variant {
                    Variant::Fast => {
                        self.holds(mem, bucket, slot, key).await
                            && mem.load_u8(bucket + slot).await > EMPTY_ONE
                    }
                    Variant::Generic => {
                        let top = mem.load_u8(bucket + slot).await;
                        if top == EMPTY_REST {
                            return None;
                        }
                        top == top_hash(hash) && self.holds(mem, bucket, slot, key).await
                    }
                };
                if found {
                    return Some((bucket, slot));
                }
            }
            bucket = mem.load_addr(self.overflow(bucket)).await;
        }
        None
    }

    /// Marks a slot empty, and with it all empty slots before it if nothing follows.
    async fn empty(&self, mem: &Mem, first: Addr, bucket: Addr, slot: u64) {
        mem.store_u8(bucket + slot, EMPTY_ONE).await;
        let next = if slot + 1 < SLOTS {
            mem.load_u8(bucket + (slot + 1)).await
        } else {
            match mem.load_addr(self.overflow(bucket)).await {
                Addr(0) => EMPTY_REST,
                overflow => mem.load_u8(overflow).await,
            }
        };
        if next != EMPTY_REST {
            return;
        }
        let (mut bucket, mut slot) = (bucket, slot);
        loop {
            mem.store_u8(bucket + slot, EMPTY_REST).await;
            if slot > 0 {
                slot -= 1;
            } else if bucket == first {
                return;
            } else {
                bucket = self.before(mem, first, bucket).await;
                slot = SLOTS - 1;
            }
            if mem.load_u8(bucket + slot).await != EMPTY_ONE {
                return;
            }
        }
    }

    /// The bucket of the chain that comes before `bucket`: the chain has no way back.
    async fn before(&self, mem: &Mem, first: Addr, bucket: Addr) -> Addr {
        let mut at = first;
        loop {
            let next = mem.load_addr(self.overflow(at)).await;
            if next == bucket {
                return at;
            }
            at = next;
        }
    }

    /// An emptied map gets a new seed, so that nobody can keep collisions in store.
    async fn reseed(&self, mem: &Mem) {
        let seed = mem.load(self.header + hmap::SEED, 4).await as u32;
        let seed = hash(u64::from(seed), seed.into()) as u32;
        mem.store(self.header + hmap::SEED, 4, seed.into()).await;
    }
}
