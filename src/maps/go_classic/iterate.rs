//! `mapiterinit` and `mapiternext`: a range over the map, also while it grows.

use super::{
    EVACUATED_EMPTY, EVACUATED_X, EVACUATED_Y, GoClassic, ITERATOR, OLD_ITERATOR, SLOTS, Slot,
    hmap, is_empty, is_evacuated, mask,
};
use crate::machine::{Note, Update};
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// The iterator, `hiter`: what it took down when it began.
struct Iteration {
    log_buckets: u8,
    buckets: Addr,
    /// In each bucket it begins with this slot.
    offset: u64,
}

/// A bucket that the iterator is at. If it is an old one, only entries that belong to this new
/// one are visited.
type At = (Addr, Option<u64>);

impl GoClassic {
    /// Visits all entries and loads their values: how many there were.
    pub(super) async fn iterate(&self, mem: &Mem) -> Fallible<u64> {
        if mem.load_u64(self.header + hmap::COUNT).await == 0 {
            return Ok(0);
        }
        let iteration = Iteration {
            log_buckets: self.log_buckets(mem).await,
            buckets: mem.load_addr(self.header + hmap::BUCKETS).await,
            offset: self.random() % SLOTS,
        };
        if self.is_pointer_free() {
            // It keeps the overflow buckets alive that it may still come to: a store by a reader.
            self.overflow_slice(mem).await;
        }
        self.mark_iterated(mem).await;
        let mask = mask(iteration.log_buckets);
        let start = self.random() & mask;
        let mut visited = 0;
        let mut index = start;
        // Each entry is one call of mapiternext, and each call looks at the flag once.
        self.check_no_writer(mem).await?;
        loop {
            let (mut bucket, only) = self.bucket_for(mem, &iteration, index).await;
            while bucket != Addr(0) {
                for slot in 0..SLOTS {
                    let slot = (bucket, (slot + iteration.offset) % SLOTS);
                    if self.visit(mem, &iteration, slot, only).await {
                        visited += 1;
                        self.check_no_writer(mem).await?;
                    }
                }
                bucket = mem.load_addr(self.overflow_of(bucket)).await;
            }
            index = index.wrapping_add(1) & mask;
            if index == start {
                return Ok(visited);
            }
        }
    }

    async fn check_no_writer(&self, mem: &Mem) -> Fallible<()> {
        let text = "concurrent map iteration and map write";
        self.check_not_writing(mem, text).await
    }

    /// Where the entries of a bucket are now: in the old array while it was not evacuated, if
    /// the map grew before the iterator began.
    async fn bucket_for(&self, mem: &Mem, iteration: &Iteration, index: u64) -> At {
        let here = self.nth(iteration.buckets, index);
        let old = mem.load_addr(self.header + hmap::OLD_BUCKETS).await;
        if old == Addr(0) || self.log_buckets(mem).await != iteration.log_buckets {
            return (here, None);
        }
        let old_mask = self.old_buckets(mem).await.wrapping_sub(1);
        let old = self.nth(old, index & old_mask);
        match is_evacuated(mem.load_u8(old).await) {
            true => (here, None),
            false => (old, Some(index)),
        }
    }

    /// Comes to a slot: whether there is an entry to visit.
    async fn visit(&self, mem: &Mem, iteration: &Iteration, slot: Slot, only: Option<u64>) -> bool {
        let top = mem.load_u8(slot.0 + slot.1).await;
        if is_empty(top) || top == EVACUATED_EMPTY {
            return false;
        }
        if let Some(index) = only
            && !self.is_same_size(mem).await
            && self.hash_at(mem, slot).await.0 & mask(iteration.log_buckets) != index
        {
            return false; // it goes to the other half
        }
        let moved = matches!(top, EVACUATED_X | EVACUATED_Y);
        let id = mem
            .load(self.key_at(slot), self.key.bytes().min(8) as usize)
            .await as u64;
        let elem = if moved {
            // The map has grown since: the entry is looked up again, without a look at the flag.
            let Some(key) = self.key_again(mem, slot, id).await else {
                return false;
            };
            match self.access_by_tophash(mem, &key).await {
                Some(found) => self.elem_at(found),
                None => return false,
            }
        } else {
            self.elem_at(slot)
        };
        self.value.read(mem, elem).await;
        mem.note(Note::Visited { key: id }).await;
        true
    }

    /// The key of a slot as an argument.
    async fn key_again(&self, mem: &Mem, slot: Slot, id: u64) -> Option<Key> {
        match self.key.has_pointers() {
            false => Some(Key::Number(id)),
            true => {
                let len = mem.load_u64(self.key_at(slot) + 8).await;
                Key::load_text(mem, Addr(id), len).await
            }
        }
    }

    /// The only atomic access of the classic map: two ranges at once are allowed.
    async fn mark_iterated(&self, mem: &Mem) {
        let flags = self.flags(mem).await;
        let both = ITERATOR | OLD_ITERATOR;
        if flags & both != both {
            let update = Update::Or(both.into());
            mem.locked(self.header + hmap::FLAGS, 1, update).await;
        }
    }
}
