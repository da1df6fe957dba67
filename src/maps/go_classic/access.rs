//! `mapaccess1` and `mapaccess1_fast64`: where a key's value is.

use super::{EMPTY_ONE, EMPTY_REST, GoClassic, KEYS, SLOTS, Variant, hmap, top_hash};
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl GoClassic {
    /// The value slot of `key`. The caller loads the value; nothing checks the flag again.
    pub(super) async fn access(&self, mem: &Mem, key: &Key) -> Fallible<Option<Addr>> {
        if mem.load_u64(self.header + hmap::COUNT).await == 0 {
            return Ok(None);
        }
        self.check_not_writing(mem, "concurrent map read and map write")
            .await?;
        match self.variant {
            Variant::Generic => self.access_by_tophash(mem, key).await,
            Variant::Fast => self.access_by_key(mem, key).await,
        }
    }

    async fn access_by_tophash(&self, mem: &Mem, key: &Key) -> Fallible<Option<Addr>> {
        let hash = self.hash(mem, key).await;
        let mut bucket = self.bucket(mem, hash).await?;
        while bucket != Addr(0) {
            for slot in 0..SLOTS {
                let top = mem.load_u8(bucket + slot).await;
                if top == EMPTY_REST {
                    return Ok(None);
                }
                if top == top_hash(hash) && self.holds(mem, bucket, slot, key).await {
                    return Ok(Some(self.elem(bucket, slot)));
                }
            }
            bucket = mem.load_addr(self.overflow(bucket)).await;
        }
        Ok(None)
    }

    /// Compares keys first and looks at a slot's tophash only when they are equal; reads all
    /// keys of the chain when the key is not there.
    async fn access_by_key(&self, mem: &Mem, key: &Key) -> Fallible<Option<Addr>> {
        let mut bucket = if mem.load_u8(self.header + hmap::LOG_BUCKETS).await == 0 {
            mem.load_addr(self.header + hmap::BUCKETS).await
        } else {
            let hash = self.hash(mem, key).await;
            self.bucket(mem, hash).await?
        };
        while bucket != Addr(0) {
            for slot in 0..SLOTS {
                if self.holds(mem, bucket, slot, key).await
                    && mem.load_u8(bucket + slot).await > EMPTY_ONE
                {
                    return Ok(Some(self.elem(bucket, slot)));
                }
            }
            bucket = mem.load_addr(self.overflow(bucket)).await;
        }
        Ok(None)
    }

    pub(super) async fn holds(&self, mem: &Mem, bucket: Addr, slot: u64, key: &Key) -> bool {
        self.key.matches(mem, self.key_at(bucket, slot), key).await
    }

    pub(super) fn key_at(&self, bucket: Addr, slot: u64) -> Addr {
        bucket + (KEYS + slot * self.key.bytes())
    }
}
