//! The last writes to each byte, in the order in which all cores saw them.

use std::collections::BTreeMap;

use super::LastWrite;
use crate::memory::Addr;

/// So many writes to each byte are remembered.
pub(super) const KEPT: usize = 4;
/// At most so many words of 8 bytes are watched.
const MOST_WORDS: usize = 1 << 18;

/// A write, and its place among all.
type Placed = (u64, LastWrite);

/// Remembers them.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// By number: address divided by 8. The oldest write first.
    words: BTreeMap<u64, Vec<Placed>>,
    /// How many writes there were.
    order: u64,
    unwatched: bool,
}

impl Words {
    /// A write that all cores can see from now on.
    pub(super) fn add(&mut self, write: LastWrite) {
        self.order += 1;
        for word in words(write.addr, write.bytes as u64) {
            if self.words.len() >= MOST_WORDS && !self.words.contains_key(&word) {
                self.unwatched = true;
                continue;
            }
            let kept = self.words.entry(word).or_default();
            kept.push((self.order, write));
            if kept.len() > KEPT {
                prune(word, kept);
            }
        }
    }

    /// The last writes with bytes among `bytes` bytes from `addr` on, the latest first.
    pub(super) fn last(&self, addr: Addr, bytes: u64, most: usize) -> Vec<LastWrite> {
        let (first, last) = (addr.0 / 8, addr.0.saturating_add(bytes.max(1) - 1) / 8);
        let within = self.words.range(first..=last);
        let mut found: Vec<&Placed> = within
            .flat_map(|(_, kept)| kept)
            .filter(|(_, write)| write.touches(addr, bytes))
            .collect();
        found.sort_unstable_by_key(|(order, _)| std::cmp::Reverse(*order));
        found.dedup_by_key(|(order, _)| *order);
        found.iter().take(most).map(|(_, write)| *write).collect()
    }

    /// Whether some writes were not watched because there are too many words.
    pub(super) fn is_bounded(&self) -> bool {
        self.unwatched
    }
}

/// The words that an access touches.
fn words(addr: Addr, bytes: u64) -> impl Iterator<Item = u64> {
    let words = (addr.0 % 8 + bytes.max(1)).div_ceil(8);
    (0..words).map(move |word| (addr.0 / 8).wrapping_add(word))
}

/// Forgets writes after which every byte of theirs in the word was written often enough.
fn prune(word: u64, kept: &mut Vec<Placed>) {
    let mut later = [0; 8];
    let mut needed = vec![false; kept.len()];
    for (needed, (_, write)) in needed.iter_mut().zip(kept.iter()).rev() {
        for (byte, later) in (0..).zip(&mut later) {
            if write.touches(Addr(word.wrapping_mul(8).wrapping_add(byte)), 1) {
                *needed |= *later < KEPT;
                *later += 1;
            }
        }
    }
    let mut needed = needed.into_iter();
    kept.retain(|_| needed.next().unwrap_or(true));
}
