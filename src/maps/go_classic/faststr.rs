//! `mapaccess1_faststr`: where the value of a string is. Lengths are compared first, then the
//! tophash, then addresses and bytes.

use super::{EMPTY_REST, GoClassic, SLOTS, Slot, hmap, is_empty, top_hash};
use crate::maps::key::Key;
use crate::maps::mem::Mem;
use crate::memory::Addr;

/// Strings of so many bytes are compared as seldom as possible in a map of one bucket.
const LONG: usize = 32;

impl GoClassic {
    /// The slot of a string. There is no early end at an empty slot after which nothing follows.
    pub(super) async fn access_by_text(&self, mem: &Mem, key: &Key) -> Option<Slot> {
        if self.log_buckets(mem).await == 0 {
            let bucket = mem.load_addr(self.header + hmap::BUCKETS).await;
            match self.search_only_bucket(mem, bucket, key).await {
                Search::Over(found) => return found,
                Search::Ambiguous => {}
            }
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

    /// In a map of one bucket strings are compared without hashing. Of long ones only one is
    /// compared as a whole.
    async fn search_only_bucket(&self, mem: &Mem, bucket: Addr, key: &Key) -> Search {
        let mut maybe = None;
        for slot in (0..SLOTS).map(|slot| (bucket, slot)) {
            let same_length = self.has_length(mem, slot, key).await;
            let top = mem.load_u8(bucket + slot.1).await;
            if !same_length || is_empty(top) {
                if top == EMPTY_REST {
                    break;
                }
                continue;
            }
            let text = mem.load_addr(self.key_at(slot)).await;
            let is_there = match key {
                Key::Text(_, bytes) if bytes.len() < LONG => key.has_bytes_at(mem, text).await,
                _ => text == Addr(key.words()[0]),
            };
            if is_there {
                return Search::Over(Some(slot));
            }
            if has_same_ends(mem, text, key).await && maybe.replace(slot).is_some() {
                return Search::Ambiguous;
            }
        }
        let Some(slot) = maybe else {
            return Search::Over(None);
        };
        let found = self.has_text(mem, slot, key).await;
        Search::Over(found.then_some(slot))
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

/// How the search of the only bucket ended.
enum Search {
    /// With the key's slot, or it is not there.
    Over(Option<Slot>),
    /// Two long strings may be the key: their hashes tell them apart.
    Ambiguous,
}

/// Whether a long string, whose length is right, begins and ends with the right four bytes.
async fn has_same_ends(mem: &Mem, found: Addr, key: &Key) -> bool {
    let Key::Text(_, text) = key else {
        return false;
    };
    let (Some(first), Some(last)) = (text.as_bytes().first_chunk(), text.as_bytes().last_chunk())
    else {
        return false;
    };
    let after = (text.len() - last.len()) as u64;
    text.len() >= LONG
        && mem.load_u32(found).await == u32::from_le_bytes(*first)
        && mem.load_u32(found + after).await == u32::from_le_bytes(*last)
}
