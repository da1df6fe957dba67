//! `mapaccess1`, `mapaccess1_fast32` and `mapaccess1_fast64`: where a key's value is.

use super::{
    EMPTY_REST, GoClassic, SAME_SIZE_GROW, SLOTS, Slot, Variant, hmap, is_empty, is_evacuated,
    mask, top_hash,
};
use crate::machine::Note;
use crate::maps::go_runtime::CONCURRENT_READ;
use crate::maps::key::{Key, KeyLayout};
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl GoClassic {
    /// The place of the value of `key`. The caller loads the value; nothing checks the flag
    /// again.
    pub(in crate::maps) async fn access(&self, mem: &Mem, key: &Key) -> Fallible<Option<Addr>> {
        mem.note(Note::HeaderRead(self.header)).await;
        if mem.load_u64(self.header + hmap::COUNT).await == 0 {
            return Ok(None);
        }
        self.check_not_writing(mem, CONCURRENT_READ).await?;
        let found = match (self.variant, self.key) {
            (Variant::Generic, _) => self.access_by_tophash(mem, key).await,
            (Variant::Fast, KeyLayout::Text) => self.access_by_text(mem, key).await,
            (Variant::Fast, _) => self.access_by_number(mem, key).await,
        };
        Ok(found.map(|slot| self.elem_at(slot)))
    }

    /// `mapaccessK`, for iterators: `mapaccess1` without a look at the flag.
    pub(super) async fn access_unchecked(&self, mem: &Mem, key: &Key) -> Option<Slot> {
        match mem.load_u64(self.header + hmap::COUNT).await {
            0 => None,
            _ => self.access_by_tophash(mem, key).await,
        }
    }

    /// `mapaccess1` once it has looked at count and flag: by tophash, up to an empty slot after
    /// which nothing follows.
    async fn access_by_tophash(&self, mem: &Mem, key: &Key) -> Option<Slot> {
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

    /// The bucket that `hash` belongs to: the old one while that was not evacuated.
    pub(super) async fn bucket(&self, mem: &Mem, hash: u64) -> Addr {
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
}
