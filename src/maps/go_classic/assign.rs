//! `mapassign` and its fast variants: a place for a key's value.

use super::{EMPTY_REST, GoClassic, SLOTS, Slot, Variant, hmap, is_empty, mask, top_hash};
use crate::machine::Note;
use crate::maps::go_runtime::CONCURRENT_WRITES;
use crate::maps::key::{Key, KeyLayout};
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// What the walk over a chain found.
struct Walked {
    /// The key's slot, if it is there.
    key: Option<Slot>,
    /// The first free slot before the walk's end.
    free: Option<Slot>,
    /// The bucket that the walk ended in.
    last: Addr,
}

impl GoClassic {
    /// The place of the value of `key`, made if need be. The writing flag is set from the first
    /// look to the last; the caller stores the value after that.
    pub(in crate::maps) async fn assign(&self, mem: &Mem, key: &Key) -> Fallible<Addr> {
        mem.note(Note::HeaderWritten(self.header)).await;
        self.check_not_writing(mem, CONCURRENT_WRITES).await?;
        let hash = self.hash(mem, key).await;
        self.toggle_writing(mem).await;
        if mem.load_addr(self.header + hmap::BUCKETS).await == Addr(0) {
            let bucket = mem.allocate(self.bucket_bytes(), "buckets").await;
            mem.store_addr(self.header + hmap::BUCKETS, bucket).await;
        }
        let slot = self.find_or_insert(mem, hash, key).await?;
        self.end_writing(mem).await?;
        Ok(self.elem_at(slot))
    }

    async fn find_or_insert(&self, mem: &Mem, hash: u64, key: &Key) -> Fallible<Slot> {
        loop {
            let first = self.bucket_to_change(mem, hash).await?;
            let walked = self.walk_chain(mem, first, hash, key).await;
            if let Some(slot) = walked.key {
                self.renew_key(mem, slot, key).await;
                return Ok(slot);
            }
            if self.must_grow(mem).await {
                self.grow(mem).await?;
                continue;
            }
            let slot = match walked.free {
                Some(slot) => slot,
                None => (self.new_overflow(mem, walked.last).await, 0),
            };
            self.insert(mem, slot, top_hash(hash), key).await;
            return Ok(slot);
        }
    }

    /// The bucket of the new array that `hash` belongs to, evacuated to if the map grows.
    pub(super) async fn bucket_to_change(&self, mem: &Mem, hash: u64) -> Fallible<Addr> {
        let index = hash & mask(self.log_buckets(mem).await);
        if mem.load_addr(self.header + hmap::OLD_BUCKETS).await != Addr(0) {
            self.grow_work(mem, index).await?;
        }
        let buckets = mem.load_addr(self.header + hmap::BUCKETS).await;
        Ok(self.nth(buckets, index))
    }

    async fn walk_chain(&self, mem: &Mem, first: Addr, hash: u64, key: &Key) -> Walked {
        let mut free = None;
        let mut bucket = first;
        loop {
            for slot in (0..SLOTS).map(|slot| (bucket, slot)) {
                let top = mem.load_u8(bucket + slot.1).await;
                if is_empty(top) {
                    free = free.or(Some(slot));
                    if top == EMPTY_REST {
                        let (key, last) = (None, bucket);
                        return Walked { key, free, last };
                    }
                    continue;
                }
                // Numbers are compared without a look at the tophash in the fast variants.
                let by_key = self.variant == Variant::Fast && self.key != KeyLayout::Text;
                if (by_key || top == top_hash(hash)) && self.holds(mem, slot, key).await {
                    let (key, last) = (Some(slot), bucket);
                    return Walked { key, free, last };
                }
            }
            match mem.load_addr(self.overflow_of(bucket)).await {
                Addr(0) => {
                    let (key, last) = (None, bucket);
                    return Walked { key, free, last };
                }
                overflow => bucket = overflow,
            }
        }
    }

    /// A string's key is stored again, so that the old string can be freed: in the fast variant
    /// its address alone, for the length is the same.
    async fn renew_key(&self, mem: &Mem, slot: Slot, key: &Key) {
        if self.key != KeyLayout::Text {
            return;
        }
        let (place, [first, second]) = (self.key_at(slot), key.words());
        mem.store_u64(place, first).await;
        if self.variant == Variant::Generic {
            mem.store_u64(place + 8, second).await;
        }
    }

    /// Fills a free slot, in the order of the compiled code: the fast variants show the tophash
    /// before the key, and a string's length before its address; the generic one shows the
    /// tophash last.
    async fn insert(&self, mem: &Mem, slot: Slot, top: u8, key: &Key) {
        let (place, [first, second]) = (self.key_at(slot), key.words());
        let tophash = slot.0 + slot.1;
        match (self.variant, self.key) {
            (Variant::Fast, KeyLayout::Text) => {
                mem.store_u8(tophash, top).await;
                mem.store_u64(place + 8, second).await;
                mem.store_u64(place, first).await;
            }
            (Variant::Fast, _) => {
                mem.store_u8(tophash, top).await;
                mem.store(place, self.key.bytes() as usize, first.into())
                    .await;
            }
            (Variant::Generic, KeyLayout::Text) => {
                mem.store_u64(place, first).await;
                mem.store_u64(place + 8, second).await;
                mem.store_u8(tophash, top).await;
            }
            (Variant::Generic, _) => {
                mem.store(place, self.key.bytes() as usize, first.into())
                    .await;
                mem.store_u8(tophash, top).await;
            }
        }
        self.add_to_count(mem, 1).await;
    }
}
