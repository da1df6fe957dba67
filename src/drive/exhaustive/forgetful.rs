//! Visited states of which only fingerprints are kept. The states themselves are here only
//! while they are in the frontier.

use super::compact::{self, Compact};
use super::packed::Packed;
use super::visited::{PARTS, Visited};
use super::whole::{BATCH, Whole};

/// What a fingerprint is made of, and where it is kept.
pub(super) trait Fingerprints: Send + Sync {
    /// Bits in which the fingerprints of two states must agree for one to be missed, those
    /// that decide the part included if they are others.
    const BITS: u32;

    fn new() -> Self;

    /// Adds those of at most BATCH states, and calls `fresh` with the number of each new one.
    fn insert<P: Packed>(&mut self, states: &[P], fresh: impl FnMut(usize));

    fn len(&self) -> usize;

    fn bytes(&self) -> usize;
}

/// Fingerprints of 128 bits are kept as states of that size are.
impl Fingerprints for Whole<[u64; 2]> {
    const BITS: u32 = 128;

    fn new() -> Self {
        Visited::new()
    }

    fn insert<P: Packed>(&mut self, states: &[P], fresh: impl FnMut(usize)) {
        let mut keys = [[0; 2]; BATCH];
        for (state, key) in states.iter().zip(&mut keys) {
            let fingerprint = state.fingerprint();
            *key = [(fingerprint >> 64) as u64, fingerprint as u64];
        }
        self.insert_batch(&keys[..states.len()], fresh);
    }

    fn len(&self) -> usize {
        Visited::len(self)
    }

    fn bytes(&self) -> usize {
        self.visited_bytes()
    }
}

impl Fingerprints for Compact {
    // The part is decided by the hash, which is independent of the fingerprint.
    const BITS: u32 = compact::BITS + PARTS.trailing_zeros();

    fn new() -> Self {
        Compact::new()
    }

    fn insert<P: Packed>(&mut self, states: &[P], mut fresh: impl FnMut(usize)) {
        let mut numbers = [0; BATCH];
        for (state, number) in states.iter().zip(&mut numbers) {
            *number = state.fingerprint() as u64 >> (u64::BITS - compact::BITS);
        }
        let numbers = &numbers[..states.len()];
        self.touch(numbers);
        for (place, &number) in numbers.iter().enumerate() {
            if Compact::insert(self, number) {
                fresh(place);
            }
        }
    }

    fn len(&self) -> usize {
        Compact::len(self)
    }

    fn bytes(&self) -> usize {
        Compact::bytes(self)
    }
}

/// Fingerprints of what was visited, and the frontier.
pub(super) struct Forgetful<P, F> {
    fingerprints: F,
    level: Vec<P>,
    next: Vec<P>,
}

impl<P: Packed, F: Fingerprints> Visited<P> for Forgetful<P, F> {
    fn new() -> Self {
        Forgetful {
            fingerprints: F::new(),
            level: Vec::new(),
            next: Vec::new(),
        }
    }

    fn insert(&mut self, states: &[P]) {
        for batch in states.chunks(BATCH) {
            let next = &mut self.next;
            let fresh = |number: usize| next.push(batch[number]);
            self.fingerprints.insert(batch, fresh);
        }
    }

    fn len(&self) -> usize {
        self.fingerprints.len()
    }

    fn visited_bytes(&self) -> usize {
        self.fingerprints.bytes()
    }

    fn frontier_bytes(&self) -> usize {
        (self.level.capacity() + self.next.capacity()) * size_of::<P>()
    }

    fn level_len(&self) -> usize {
        self.level.len()
    }

    fn level_state(&self, index: usize) -> P {
        self.level[index]
    }

    fn next_level(&mut self) {
        self.level = std::mem::take(&mut self.next);
    }
}

/// A bound on the odds that any of so many states was missed (Wolper and Leroy, "Reliable
/// hashing without collision detection", 1993): there are so many pairs, and each agrees in all
/// bits with odds of one in 2^bits.
pub(super) fn omission_probability<F: Fingerprints>(states: u64) -> f64 {
    let states = states as f64;
    (states * (states - 1.0) / 2.0 * (-f64::from(F::BITS)).exp2()).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odds_grow_with_the_square() {
        let million = omission_probability::<Compact>(1_000_000);
        assert!((1.08e-7..1.09e-7).contains(&million), "{million}");
        let hundred = omission_probability::<Compact>(100_000_000);
        assert!((1.08e-3..1.09e-3).contains(&hundred), "{hundred}");
        assert!(omission_probability::<Whole<[u64; 2]>>(1 << 40) < 1e-14);
    }
}
