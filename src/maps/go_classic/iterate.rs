//! `mapiterinit` and `mapiternext`: a range over the map, also while it grows.

use super::{
    EVACUATED_EMPTY, EVACUATED_X, EVACUATED_Y, GoClassic, ITERATOR, OLD_ITERATOR, SLOTS, Slot,
    hmap, is_empty, is_evacuated, mapextra, mask,
};
use crate::machine::{Note, Update};
use crate::maps::go_runtime::CONCURRENT_ITERATION;
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// The iterator, `hiter`: what it took down when it began, and where it is. It lies on the
/// caller's stack.
pub(in crate::maps) struct Iteration {
    log_buckets: u8,
    buckets: Addr,
    /// It begins with this bucket, and in each bucket with this slot.
    start: u64,
    offset: u64,
    /// The bucket that it comes to next; none once it has been to all.
    next: Option<u64>,
    /// Where it is, and how many slots of that bucket it has been to.
    at: At,
    slots: u64,
}

/// A bucket that the iterator is at. If it is an old one, only entries that belong to this new
/// one are visited.
type At = (Addr, Option<u64>);

impl GoClassic {
    /// Visits all entries, and loads their keys and values as the loop's body does: how many
    /// there were.
    pub(super) async fn iterate(&self, mem: &Mem) -> Fallible<u64> {
        let Some(mut iteration) = self.begin_iteration(mem).await else {
            return Ok(0);
        };
        let mut visited = 0;
        while let Some(slot) = self.next_entry(mem, &mut iteration).await? {
            let key = self.read_key(mem, slot).await;
            self.value.read(mem, self.elem_at(slot)).await;
            mem.note(Note::Visited { key }).await;
            visited += 1;
        }
        Ok(visited)
    }

    /// `mapiterinit`; none where the map is empty.
    pub(in crate::maps) async fn begin_iteration(&self, mem: &Mem) -> Option<Iteration> {
        mem.note(Note::HeaderRead(self.header)).await;
        if mem.load_u64(self.header + hmap::COUNT).await == 0 {
            return None;
        }
        let log_buckets = self.log_buckets(mem).await;
        let buckets = mem.load_addr(self.header + hmap::BUCKETS).await;
        if self.is_pointer_free() {
            // It keeps the overflow buckets alive that it may still come to: a store by a reader.
            self.overflow_slice(mem).await;
            let extra = mem.load_addr(self.header + hmap::EXTRA).await;
            mem.load_addr(extra + mapextra::OLD_OVERFLOW).await;
        }
        self.mark_iterated(mem).await;
        let random = self.random(mem);
        let start = random & mask(log_buckets);
        Some(Iteration {
            log_buckets,
            buckets,
            start,
            offset: (random >> (log_buckets & 63)) % SLOTS,
            next: Some(start),
            at: (Addr(0), None),
            slots: 0,
        })
    }

    /// `mapiternext`: the place of the next entry. Each call looks at the flag once.
    pub(in crate::maps) async fn next_entry(
        &self,
        mem: &Mem,
        iteration: &mut Iteration,
    ) -> Fallible<Option<Slot>> {
        mem.note(Note::HeaderRead(self.header)).await;
        self.check_not_writing(mem, CONCURRENT_ITERATION).await?;
        loop {
            if iteration.at.0 == Addr(0) {
                let Some(index) = iteration.next else {
                    return Ok(None);
                };
                iteration.at = self.bucket_for(mem, iteration, index).await;
                iteration.slots = 0;
                let next = index.wrapping_add(1) & mask(iteration.log_buckets);
                iteration.next = (next != iteration.start).then_some(next);
            }
            let (bucket, only) = iteration.at;
            while iteration.slots < SLOTS {
                let slot = (bucket, (iteration.slots + iteration.offset) % SLOTS);
                iteration.slots += 1;
                if let Some(found) = self.entry_at(mem, iteration, slot, only).await {
                    return Ok(Some(found));
                }
            }
            let overflow = mem.load_addr(self.overflow_of(bucket)).await;
            iteration.at = (overflow, only);
            iteration.slots = 0;
        }
    }

    /// Loads the key of an entry: its id.
    pub(in crate::maps) async fn read_key(&self, mem: &Mem, slot: Slot) -> u64 {
        self.key.load_id(mem, self.key_at(slot)).await
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

    /// What `mapiternext` returns for a slot: where its entry is now, if there is one to visit.
    async fn entry_at(
        &self,
        mem: &Mem,
        iteration: &Iteration,
        slot: Slot,
        only: Option<u64>,
    ) -> Option<Slot> {
        let top = mem.load_u8(slot.0 + slot.1).await;
        if is_empty(top) || top == EVACUATED_EMPTY {
            return None;
        }
        if let Some(index) = only
            && !self.is_same_size(mem).await
            && self.hash_at(mem, slot).await.0 & mask(iteration.log_buckets) != index
        {
            return None; // it goes to the other half
        }
        if !matches!(top, EVACUATED_X | EVACUATED_Y) {
            return Some(slot);
        }
        // The map has grown since: the entry is looked up again, without a look at the flag.
        let key = self.load_key(mem, slot).await?;
        self.access_unchecked(mem, &key).await
    }

    /// The key of a slot as an argument; none if it is torn and no text.
    pub(in crate::maps) async fn load_key(&self, mem: &Mem, slot: Slot) -> Option<Key> {
        self.key.load(mem, self.key_at(slot)).await
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
