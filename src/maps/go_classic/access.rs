//! `mapaccess1` and its fast variants: where a key's value is.

use super::{
    EMPTY_REST, GoClassic, SAME_SIZE_GROW, SLOTS, Slot, Variant, hmap, is_empty, is_evacuated,
    mask, top_hash,
};
use crate::maps::key::{Key, KeyLayout};
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl GoClassic {
    /// The place of the value of `key`. The caller loads the value; nothing checks the flag
    /// again.
    pub(super) async fn access(&self, mem: &Mem, key: &Key) -> Fallible<Option<Addr>> {
        if mem.load_u64(self.header + hmap::COUNT).await == 0 {
            return Ok(None);
        }
        self.check_not_writing(mem, "concurrent map read and map write")
            .await?;
        let found = match (self.variant, self.key) {
            (Variant::Generic, _) => self.access_by_tophash(mem, key).await,
            (Variant::Fast, KeyLayout::Text) => self.access_by_text(mem, key).await,
            (Variant::Fast, _) => self.access_by_number(mem, key).await,
        };
        Ok(found.map(|slot| self.elem_at(slot)))
    }

    /// `mapaccessK`, for iterators: without a look at the flag.
    pub(super) async fn access_by_tophash(&self, mem: &Mem, key: &Key) -> Option<Slot> {
        let hash = self.hash(mem, key).await;
        let mut bucket = self.bucket(mem, hash).await;
        while bucket != Addr(0) {
            for slot in (0..SLOTS).map(|slot| (bucket, slot)) {
                let top = mem.load_u8(bucket + slot.1).await;
                if top == EMPTY_REST {
                    return None;
                }
                if top == top_hash(hash) && self.holds(mem, slot, key).await {
                    return Some(slot);
                }
            }
            bucket = mem.load_addr(self.overflow_of(bucket)).await;
        }
        None
    }

    /// `mapaccess1_fast64`: compares keys first and looks at a slot's tophash only when they
    /// are equal; reads all keys of the chain when the key is not there.
    async fn access_by_number(&self, mem: &Mem, key: &Key) -> Option<Slot> {
        let mut bucket = match self.log_buckets(mem).await {
            // One bucket: no need to hash.
            0 => mem.load_addr(self.header + hmap::BUCKETS).await,
            _ => {
                let hash = self.hash(mem, key).await;
                self.bucket(mem, hash).await
            }
        };
        while bucket != Addr(0) {
            for slot in (0..SLOTS).map(|slot| (bucket, slot)) {
                if self.holds(mem, slot, key).await && !is_empty(mem.load_u8(bucket + slot.1).await)
                {
                    return Some(slot);
                }
            }
            bucket = mem.load_addr(self.overflow_of(bucket)).await;
        }
        None
    }

    /// `mapaccess1_faststr`: lengths first, then the tophash, then the text.
    async fn access_by_text(&self, mem: &Mem, key: &Key) -> Option<Slot> {
        if self.log_buckets(mem).await == 0 {
            let bucket = mem.load_addr(self.header + hmap::BUCKETS).await;
            return self.search_only_bucket(mem, bucket, key).await;
        }
        let hash = self.hash(mem, key).await;
        let mut bucket = self.bucket(mem, hash).await;
        while bucket != Addr(0) {
            for slot in (0..SLOTS).map(|slot| (bucket, slot)) {
                if self.has_length(mem, slot, key).await
                    && mem.load_u8(bucket + slot.1).await == top_hash(hash)
                    && self.has_text(mem, slot, key).await
                {
                    return Some(slot);
                }
            }
            bucket = mem.load_addr(self.overflow_of(bucket)).await;
        }
        None
    }

    /// In a map of one bucket strings are compared without hashing.
    async fn search_only_bucket(&self, mem: &Mem, bucket: Addr, key: &Key) -> Option<Slot> {
        for slot in (0..SLOTS).map(|slot| (bucket, slot)) {
            let same_length = self.has_length(mem, slot, key).await;
            let top = mem.load_u8(bucket + slot.1).await;
            if !same_length || is_empty(top) {
                if top == EMPTY_REST {
                    return None;
                }
                continue;
            }
            if self.has_text(mem, slot, key).await {
                return Some(slot);
            }
        }
        None
    }

    /// The bucket that `hash` belongs to: the old one while that was not evacuated.
    async fn bucket(&self, mem: &Mem, hash: u64) -> Addr {
        let mask = mask(self.log_buckets(mem).await);
        let buckets = mem.load_addr(self.header + hmap::BUCKETS).await;
        let bucket = self.nth(buckets, hash & mask);
        let old = mem.load_addr(self.header + hmap::OLD_BUCKETS).await;
        if old == Addr(0) {
            return bucket;
        }
        let same_size = self.flags(mem).await & SAME_SIZE_GROW != 0;
        let mask = if same_size { mask } else { mask >> 1 };
        let old = self.nth(old, hash & mask);
        match is_evacuated(mem.load_u8(old).await) {
            true => bucket,
            false => old,
        }
    }

    pub(super) async fn holds(&self, mem: &Mem, slot: Slot, key: &Key) -> bool {
        self.key.matches(mem, self.key_at(slot), key).await
    }

    pub(super) async fn has_length(&self, mem: &Mem, slot: Slot, key: &Key) -> bool {
        mem.load_u64(self.key_at(slot) + 8).await == key.words()[1]
    }

    /// Whether the string, whose length is right, has the right bytes.
    pub(super) async fn has_text(&self, mem: &Mem, slot: Slot, key: &Key) -> bool {
        let found = mem.load_addr(self.key_at(slot)).await;
        key.has_bytes_at(mem, found).await
    }
}
