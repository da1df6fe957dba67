//! Looking a map over from outside: its entries in both arrays, and what is wrong with it.

use rustc_hash::FxHashSet;

use super::{
    EMPTY_REST, GoClassic, MIN_TOP_HASH, SAME_SIZE_GROW, SLOTS, Slot, Variant, WRITING, hmap,
    is_empty, is_evacuated, mask, top_hash,
};
use crate::maps::key::KeyLayout;
use crate::maps::walk::{Entry, Fault, Peek, Walk};
use crate::memory::Addr;

/// No more buckets than this are looked at, and no more in one chain.
const MOST_BUCKETS: usize = 1 << 22;
const MOST_IN_CHAIN: usize = 1 << 12;

/// One that has so many faults is not looked over further.
const MOST_FAULTS: usize = 100;

/// The header as it stands.
struct Header {
    count: u64,
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
            count: memory.word(self.header + hmap::COUNT),
            seed: memory.load(self.header + hmap::SEED, 4).unwrap_or(0),
            mask: mask(log_buckets),
            buckets: memory.addr(self.header + hmap::BUCKETS),
            old: memory.addr(self.header + hmap::OLD_BUCKETS),
            old_mask: mask(log_buckets.wrapping_sub(u8::from(!same_size))),
        };
        let mut walk = Walk {
            len: header.count,
            ..Walk::default()
        };
        if flags & WRITING != 0 {
            let mark = "the writing flag";
            walk.faults.push(Fault::LeftMarked { mark });
        }
        let mut left = MOST_BUCKETS;
        for (array, mask) in [(header.buckets, header.mask), (header.old, header.old_mask)] {
            if array == Addr(0) {
                continue;
            }
            for index in 0..=mask {
                if walk.faults.len() > MOST_FAULTS || left == 0 {
                    return walk.judged();
                }
                let (chain, fault) = self.chain(memory, self.nth(array, index));
                left = left.saturating_sub(chain.len());
                walk.faults.extend(fault);
                let slots = chain.iter().flat_map(|&bucket| slots(bucket));
                let taken = slots.filter(|slot| memory.byte(tophash(*slot)) >= MIN_TOP_HASH);
                walk.entries
                    .extend(taken.map(|slot| self.entry(memory, &header, slot, &chain)));
            }
        }
        walk.judged()
    }

    /// A bucket and those that hang behind it, each once, and what is wrong with their links.
    fn chain(&self, memory: &Peek<'_>, first: Addr) -> (Vec<Addr>, Option<Fault>) {
        let (mut chain, mut seen) = (Vec::new(), FxHashSet::default());
        let mut bucket = first;
        while bucket != Addr(0) && chain.len() < MOST_IN_CHAIN {
            let Some(next) = memory.load(self.overflow_of(bucket), 8) else {
                let (to, addr) = ("bucket", bucket);
                return (chain, Some(Fault::Dangling { to, addr }));
            };
            if !seen.insert(bucket) {
                let of = "overflow buckets";
                return (chain, Some(Fault::Cycle { of }));
            }
            chain.push(bucket);
            bucket = Addr(next);
        }
        (chain, None)
    }

    /// The entry in a slot of `chain`.
    fn entry(&self, memory: &Peek<'_>, header: &Header, slot: Slot, chain: &[Addr]) -> Entry {
        let place = self.key_at(slot);
        let (key, hash) = self.key.peek(memory, place, header.seed);
        let (value, write) = memory.value(self.value, self.elem_at(slot));
        let first = self.first_of(memory, header, hash);
        let found = match chain.first() == Some(&first) {
            true => self.find(memory, header, hash, place, chain),
            false => self.find(memory, header, hash, place, &self.chain(memory, first).0),
        };
        Entry {
            key,
            value,
            write,
            reachable: header.count > 0 && found == Some(slot),
        }
    }

    /// Whether keys are looked up without their hash: in the fast variants of a map of one bucket.
    fn is_unhashed(&self, header: &Header) -> bool {
        self.variant == Variant::Fast && header.mask == 0
    }

    /// The bucket in which a look-up begins.
    fn first_of(&self, memory: &Peek<'_>, header: &Header, hash: u64) -> Addr {
        if header.old != Addr(0) && !self.is_unhashed(header) {
            let old = self.nth(header.old, hash & header.old_mask);
            if !is_evacuated(memory.byte(old)) {
                return old;
            }
        }
        self.nth(header.buckets, hash & header.mask)
    }

    /// Looks the key that lies at `key` up in a chain as a call would.
    fn find(
        &self,
        memory: &Peek<'_>,
        header: &Header,
        hash: u64,
        key: Addr,
        chain: &[Addr],
    ) -> Option<Slot> {
        let unhashed = self.is_unhashed(header);
        let by_number = self.variant == Variant::Fast && self.key != KeyLayout::Text;
        let (any_tophash, stops_early, chain) = match self.variant {
            Variant::Generic => (false, true, chain),
            Variant::Fast if unhashed && !by_number => (true, true, &chain[..chain.len().min(1)]),
            Variant::Fast => (by_number, false, chain),
        };
        for slot in chain.iter().flat_map(|&bucket| slots(bucket)) {
            let top = memory.byte(tophash(slot));
            if top == EMPTY_REST && stops_early {
                return None;
            }
            let candidate = match any_tophash {
                true => !is_empty(top),
                false => top == top_hash(hash),
            };
            if candidate && self.key.same(memory, self.key_at(slot), key) {
                return Some(slot);
            }
        }
        None
    }
}

fn slots(bucket: Addr) -> impl Iterator<Item = Slot> {
    (0..SLOTS).map(move |slot| (bucket, slot))
}

fn tophash((bucket, slot): Slot) -> Addr {
    bucket + slot
}
