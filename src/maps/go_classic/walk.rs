//! Looking a map over from outside: its entries in both arrays, and what is wrong with it.

use rustc_hash::FxHashSet;

use super::{
    EMPTY_REST, GoClassic, MIN_TOP_HASH, SAME_SIZE_GROW, SLOTS, Slot, Variant, WRITING, hmap,
    is_empty, is_evacuated, mask, top_hash,
};
use crate::maps::key::KeyLayout;
use crate::maps::walk::{Entry, Fault, Peek, Walk};
use crate::memory::Addr;

/// No more buckets than this are looked at.
const MOST_BUCKETS: usize = 1 << 22;

/// One that has so many faults is not looked over further.
const MOST_FAULTS: usize = 100;

/// The header as it stands.
struct Header {
    seed: u64,
    mask: u64,
    buckets: Addr,
    old: Addr,
    old_mask: u64,
}

impl GoClassic {
    pub(super) fn look_over(&self, memory: &Peek<'_>) -> Walk {
        let flags = memory.byte(self.header + hmap::FLAGS);
        let log_buckets = memory.byte(self.header + hmap::LOG_BUCKETS);
        let same_size = flags & SAME_SIZE_GROW != 0;
        let header = Header {
            seed: memory.load(self.header + hmap::SEED, 4).unwrap_or(0),
            mask: mask(log_buckets),
            buckets: memory.addr(self.header + hmap::BUCKETS),
            old: memory.addr(self.header + hmap::OLD_BUCKETS),
            old_mask: mask(log_buckets.saturating_sub(u8::from(!same_size))),
        };
        let mut walk = Walk {
            len: memory.word(self.header + hmap::COUNT),
            ..Walk::default()
        };
        if flags & WRITING != 0 {
            let mark = "the writing flag";
            walk.faults.push(Fault::LeftMarked { mark });
        }
        let mut seen = FxHashSet::default();
        for (array, mask) in [(header.buckets, header.mask), (header.old, header.old_mask)] {
            if array == Addr(0) {
                continue;
            }
            for index in 0..=mask.min(MOST_BUCKETS as u64) {
                if walk.faults.len() > MOST_FAULTS {
                    return walk.judged();
                }
                let bucket = self.nth(array, index);
                self.look_over_chain(memory, &header, bucket, &mut seen, &mut walk);
            }
        }
        walk.judged()
    }

    fn look_over_chain(
        &self,
        memory: &Peek<'_>,
        header: &Header,
        first: Addr,
        seen: &mut FxHashSet<Addr>,
        walk: &mut Walk,
    ) {
        let mut bucket = first;
        while bucket != Addr(0) {
            if memory.load(bucket, 8).is_none() {
                let (to, addr) = ("bucket", bucket);
                walk.faults.push(Fault::Dangling { to, addr });
                return;
            }
            if !seen.insert(bucket) || seen.len() > MOST_BUCKETS {
                let of = "overflow links";
                walk.faults.push(Fault::Cycle { of });
                return;
            }
            for slot in (0..SLOTS).map(|slot| (bucket, slot)) {
                if memory.byte(bucket + slot.1) >= MIN_TOP_HASH {
                    walk.entries.push(self.entry(memory, header, slot));
                }
            }
            bucket = memory.addr(self.overflow_of(bucket));
        }
    }

    fn entry(&self, memory: &Peek<'_>, header: &Header, slot: Slot) -> Entry {
        let place = self.key_at(slot);
        let (key, hash) = self.key.peek(memory, place, header.seed);
        let (value, write) = memory.value(self.value, self.elem_at(slot));
        let found = self.find(memory, header, hash, place);
        Entry {
            key,
            value,
            write,
            reachable: found.is_some(),
        }
    }

    /// Looks a key up as a call would, from where it is stored.
    fn find(&self, memory: &Peek<'_>, header: &Header, hash: u64, key: Addr) -> Option<Slot> {
        let mut bucket = self.nth(header.buckets, hash & header.mask);
        if header.old != Addr(0) {
            let old = self.nth(header.old, hash & header.old_mask);
            if !is_evacuated(memory.byte(old)) {
                bucket = old;
            }
        }
        let by_key = self.variant == Variant::Fast && self.key != KeyLayout::Text;
        for _ in 0..MOST_BUCKETS {
            if bucket == Addr(0) {
                return None;
            }
            for slot in (0..SLOTS).map(|slot| (bucket, slot)) {
                let top = memory.byte(bucket + slot.1);
                if top == EMPTY_REST && self.variant == Variant::Generic {
                    return None;
                }
                let candidate = if by_key {
                    !is_empty(top)
                } else {
                    top == top_hash(hash)
                };
                if candidate && self.key.same(memory, self.key_at(slot), key) {
                    return Some(slot);
                }
            }
            bucket = memory.addr(self.overflow_of(bucket));
        }
        None
    }
}
