//! `mapdelete` and its fast variants: slots are emptied, buckets stay where they are.

use super::{EMPTY_ONE, EMPTY_REST, GoClassic, SLOTS, Slot, Variant, hmap, is_empty, top_hash};
use crate::machine::Note;
use crate::maps::go_runtime::CONCURRENT_WRITES;
use crate::maps::key::{Key, KeyLayout};
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl GoClassic {
    /// Removes `key` if it is there.
    pub(in crate::maps) async fn remove(&self, mem: &Mem, key: &Key) -> Fallible<()> {
        mem.note(Note::HeaderWritten(self.header)).await;
        if mem.load_u64(self.header + hmap::COUNT).await == 0 {
            return Ok(());
        }
        self.check_not_writing(mem, CONCURRENT_WRITES).await?;
        let hash = self.hash(mem, key).await;
        self.toggle_writing(mem).await;
        let first = self.bucket_to_change(mem, hash).await?;
        if let Some(slot) = self.seek(mem, first, hash, key).await {
            self.wipe(mem, slot).await;
            self.mark_empty(mem, first, slot).await;
            if self.add_to_count(mem, -1).await == 0 {
                self.reseed(mem).await;
            }
        }
        self.end_writing(mem).await
    }

    async fn seek(&self, mem: &Mem, first: Addr, hash: u64, key: &Key) -> Option<Slot> {
        let mut bucket = first;
        while bucket != Addr(0) {
            for slot in (0..SLOTS).map(|slot| (bucket, slot)) {
                let tophash = bucket + slot.1;
                let found = match (self.variant, self.key) {
                    (Variant::Fast, KeyLayout::Text) => {
                        self.has_length(mem, slot, key).await
                            && mem.load_u8(tophash).await == top_hash(hash)
                            && self.has_text(mem, slot, key).await
                    }
                    (Variant::Fast, _) => {
                        self.holds(mem, slot, key).await && !is_empty(mem.load_u8(tophash).await)
                    }
                    (Variant::Generic, _) => {
                        let top = mem.load_u8(tophash).await;
                        if top == EMPTY_REST {
                            return None;
                        }
                        top == top_hash(hash) && self.holds(mem, slot, key).await
                    }
                };
                if found {
                    return Some(slot);
                }
            }
            bucket = mem.load_addr(self.overflow_of(bucket)).await;
        }
        None
    }

    /// Takes away what the collector would follow, and the value.
    async fn wipe(&self, mem: &Mem, slot: Slot) {
        if self.key.has_pointers() {
            mem.store_u64(self.key_at(slot), 0).await;
            if self.variant == Variant::Generic {
                mem.store_u64(self.key_at(slot) + 8, 0).await;
            }
        }
        self.value.clear(mem, self.elem_at(slot)).await;
    }

    /// Marks a slot empty, and with it all empty slots before it if nothing follows.
    async fn mark_empty(&self, mem: &Mem, first: Addr, (bucket, slot): Slot) {
        mem.store_u8(bucket + slot, EMPTY_ONE).await;
        let next = if slot + 1 < SLOTS {
            mem.load_u8(bucket + (slot + 1)).await
        } else {
            match mem.load_addr(self.overflow_of(bucket)).await {
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
            let next = mem.load_addr(self.overflow_of(at)).await;
            if next == bucket {
                return at;
            }
            at = next;
        }
    }

    /// An emptied map gets a new seed, so that nobody can keep collisions in store.
    pub(super) async fn reseed(&self, mem: &Mem) {
        let seed = self.random(mem) as u32;
        mem.store_u32(self.header + hmap::SEED, seed).await;
    }
}
