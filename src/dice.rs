//! Random numbers whose stream is the same for ever, on every platform.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A stream of random numbers, fixed by its seed (xoshiro256++, Blackman and Vigna, 2019,
/// seeded through SplitMix64).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dice(Xoshiro256PlusPlus);

impl Dice {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Dice {
        Dice(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A number of 64 bits.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 to `last`, both included. Written out here because a library's own
    /// way to do this may change between its versions.
    pub fn up_to(&mut self, last: u32) -> u32 {
        let sides = u64::from(last) + 1;
        // The high half of a 32-bit by 33-bit product, so it is below `sides`.
        (((self.0.next_u64() >> 32) * sides) >> 32) as u32
    }

    /// A number from `first` to `last`, both included.
    pub fn between(&mut self, first: u32, last: u32) -> u32 {
        first + self.up_to(last.saturating_sub(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        let mut dice = Dice::new(17);
        let rolls: Vec<u32> = (0..6).map(|_| dice.up_to(99)).collect();
        assert_eq!(rolls, [86, 87, 3, 61, 46, 77]);
    }

    #[test]
    fn rolls_stay_inside_their_bounds() {
        let mut dice = Dice::new(1);
        assert!((0..1000).all(|_| (3..=5).contains(&dice.between(3, 5))));
        assert_eq!(dice.up_to(0), 0);
        let _ = dice.up_to(u32::MAX);
    }
}
