//! Moving entries into a larger array, a bucket or two with each put and delete (`growWork`,
//! `evacuate`, `advanceEvacuationMark`).

use super::{
    EVACUATED_EMPTY, EVACUATED_X, EVACUATED_Y, GoClassic, KEYS, MIN_TOP_HASH, OLD_ITERATOR,
    SAME_SIZE_GROW, SLOTS, Slot, Variant, hmap, is_empty, is_evacuated, mapextra, shift,
};
use crate::machine::Exit;
use crate::maps::key::KeyLayout;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// The mark looks ahead at most so many buckets at once.
const MOST_AHEAD: u64 = 1024;

/// Where entries of one old bucket go.
struct Destination {
    bucket: Addr,
    /// The next slot to fill; 8 when the bucket is full.
    slot: u64,
}

impl GoClassic {
    /// Evacuates the old bucket that belongs to the new one at `index`, and one more.
    pub(super) async fn grow_work(&self, mem: &Mem, index: u64) -> Fallible<()> {
        let old = self.old_buckets(mem).await;
        self.evacuate(mem, index & old.wrapping_sub(1)).await?;
        if mem.load_addr(self.header + hmap::OLD_BUCKETS).await != Addr(0) {
            let next = mem.load_u64(self.header + hmap::NEVACUATE).await;
            self.evacuate(mem, next).await?;
        }
        Ok(())
    }

    /// `noldbuckets`: how many buckets the old array has.
    pub(super) async fn old_buckets(&self, mem: &Mem) -> u64 {
        let log_buckets = self.log_buckets(mem).await;
        let same_size = self.is_same_size(mem).await;
        shift(log_buckets.wrapping_sub(u8::from(!same_size)))
    }

    pub(super) async fn is_same_size(&self, mem: &Mem) -> bool {
        self.flags(mem).await & SAME_SIZE_GROW != 0
    }

    async fn evacuate(&self, mem: &Mem, index: u64) -> Fallible<()> {
        let old = mem.load_addr(self.header + hmap::OLD_BUCKETS).await;
        let first = self.nth(old, index);
        let new_bit = self.old_buckets(mem).await;
        if !is_evacuated(mem.load_u8(first).await) {
            self.move_chain(mem, first, index, new_bit).await?;
            if self.flags(mem).await & OLD_ITERATOR == 0 && !self.is_pointer_free() {
                self.forget(mem, first).await;
            }
        }
        if index == mem.load_u64(self.header + hmap::NEVACUATE).await {
            self.advance_mark(mem, new_bit).await;
        }
        Ok(())
    }

    async fn move_chain(&self, mem: &Mem, first: Addr, index: u64, new_bit: u64) -> Fallible<()> {
        let buckets = mem.load_addr(self.header + hmap::BUCKETS).await;
        let destination = |bucket| Destination { bucket, slot: 0 };
        let mut x = destination(self.nth(buckets, index));
        let mut y = match self.is_same_size(mem).await {
            true => destination(Addr(0)),
            false => destination(self.nth(buckets, index.wrapping_add(new_bit))),
        };
        let mut bucket = first;
        while bucket != Addr(0) {
            for slot in (0..SLOTS).map(|slot| (bucket, slot)) {
                let top = mem.load_u8(bucket + slot.1).await;
                if is_empty(top) {
                    mem.store_u8(bucket + slot.1, EVACUATED_EMPTY).await;
                    continue;
                }
                if top < MIN_TOP_HASH {
                    return Err(Exit::Fatal("bad map state"));
                }
                let to_y =
                    !self.is_same_size(mem).await && self.hash_at(mem, slot).await.0 & new_bit != 0;
                let (mark, destination) = match to_y {
                    false => (EVACUATED_X, &mut x),
                    true => (EVACUATED_Y, &mut y),
                };
                // A reader that comes now looks for the entry where it is not yet.
                mem.store_u8(bucket + slot.1, mark).await;
                self.move_entry(mem, slot, top, destination).await;
            }
            bucket = mem.load_addr(self.overflow_of(bucket)).await;
        }
        Ok(())
    }

    async fn move_entry(&self, mem: &Mem, from: Slot, top: u8, to: &mut Destination) {
        if to.slot == SLOTS {
            to.bucket = self.new_overflow(mem, to.bucket).await;
            to.slot = 0;
        }
        let slot = (to.bucket, to.slot);
        mem.store_u8(slot.0 + slot.1, top).await;
        self.move_key(mem, self.key_at(from), self.key_at(slot))
            .await;
        let (source, target) = (self.elem_at(from), self.elem_at(slot));
        self.value.copy(mem, source, target).await;
        to.slot += 1;
    }

    /// Copies a key: as memory in the generic variant, as a string is assigned in the fast one.
    async fn move_key(&self, mem: &Mem, from: Addr, to: Addr) {
        if self.key != KeyLayout::Text {
            let bytes = self.key.bytes() as usize;
            let number = mem.load(from, bytes).await;
            return mem.store(to, bytes, number).await;
        }
        let (addr, len) = (mem.load_u64(from).await, mem.load_u64(from + 8).await);
        let mut words = [(0, addr), (8, len)];
        if self.variant == Variant::Fast {
            words.reverse();
        }
        for (at, word) in words {
            mem.store_u64(to + at, word).await;
        }
    }

    /// The hash of the key in a slot, and its id.
    pub(super) async fn hash_at(&self, mem: &Mem, slot: Slot) -> (u64, u64) {
        let seed = mem.load_u32(self.header + hmap::SEED).await;
        self.key.hash_at(mem, self.key_at(slot), seed.into()).await
    }

    /// Zeroes a bucket but for its tophashes. After an evacuation the collector can so free what
    /// the old bucket pointed to.
    pub(super) async fn forget(&self, mem: &Mem, bucket: Addr) {
        for word in 0..SLOTS * self.key.bytes() / 8 {
            mem.store_u64(bucket + (KEYS + word * 8), 0).await;
        }
        for slot in 0..SLOTS {
            self.value.wipe(mem, self.elem_at((bucket, slot))).await;
        }
        mem.store_addr(self.overflow_of(bucket), Addr(0)).await;
    }

    /// All old buckets below the mark are evacuated; when all are, growth is over.
    async fn advance_mark(&self, mem: &Mem, new_bit: u64) {
        let mark = self.header + hmap::NEVACUATE;
        let mut at = mem.load_u64(mark).await.wrapping_add(1);
        mem.store_u64(mark, at).await;
        let stop = at.wrapping_add(MOST_AHEAD).min(new_bit);
        while at != stop && self.is_old_evacuated(mem, at).await {
            at = mem.load_u64(mark).await.wrapping_add(1);
            mem.store_u64(mark, at).await;
        }
        if at != new_bit {
            return;
        }
        mem.store_addr(self.header + hmap::OLD_BUCKETS, Addr(0))
            .await;
        let extra = mem.load_addr(self.header + hmap::EXTRA).await;
        if extra != Addr(0) {
            mem.store_addr(extra + mapextra::OLD_OVERFLOW, Addr(0))
                .await;
        }
        let flags = self.flags(mem).await;
        mem.store_u8(self.header + hmap::FLAGS, flags & !SAME_SIZE_GROW)
            .await;
    }

    async fn is_old_evacuated(&self, mem: &Mem, index: u64) -> bool {
        let old = mem.load_addr(self.header + hmap::OLD_BUCKETS).await;
        is_evacuated(mem.load_u8(self.nth(old, index)).await)
    }
}
