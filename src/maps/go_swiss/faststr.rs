//! `getWithoutKeySmallFastStr`: where a string is in a small map. A long one is not hashed if its
//! length and its ends tell it from all others.

use super::{GoSwiss, Slot};
use crate::maps::key::Key;
use crate::maps::mem::Mem;
use crate::memory::Addr;

/// Hashing strings of more bytes costs more than a look at all slots.
pub(super) const LONG: usize = 64;

/// How the quick comparison of a long string with all keys ended.
enum Quick {
    /// No other key has its length and its ends.
    Over(Option<Slot>),
    /// Several have: their hashes tell them apart.
    Ambiguous,
}

impl GoSwiss {
    pub(super) async fn access_small_text(&self, mem: &Mem, key: &Key) -> Option<Slot> {
        let group = self.directory(mem).await;
        if let Key::Text(_, text) = key
            && text.len() > LONG
            && let Quick::Over(found) = self.compare_ends(mem, group, key, text).await
        {
            return found;
        }
        let hash = self.hash(mem, key).await;
        self.find_by_hash(mem, group, hash, key).await
    }

    async fn compare_ends(&self, mem: &Mem, group: Addr, key: &Key, text: &str) -> Quick {
        let mut maybe = None;
        for slot in self.control(mem, group).await.full() {
            let place = self.key_at((group, slot));
            if has_same_ends(mem, place, text).await && maybe.replace((group, slot)).is_some() {
                return Quick::Ambiguous;
            }
        }
        Quick::Over(match maybe {
            Some(slot) if self.holds(mem, slot, key).await => Some(slot),
            _ => None,
        })
    }
}

/// Whether the string at `place` has the length of `text`, and its first and last eight bytes
/// (`longStringQuickEqualityTest`).
async fn has_same_ends(mem: &Mem, place: Addr, text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        return false;
    };
    if mem.load_u64(place + 8).await != bytes.len() as u64 {
        return false;
    }
    let found = mem.load_addr(place).await;
    let last_at = (bytes.len() - 8) as u64;
    mem.load_u64(found).await == u64::from_le_bytes(*first)
        && mem.load_u64(found + last_at).await == u64::from_le_bytes(*last)
}
