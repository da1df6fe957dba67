//! Uniform choice of the next step.

use super::{Choice, Chooser};
use crate::dice::Dice;

/// Chooses each of the possible steps with the same probability.
#[derive(Clone, Debug)]
pub struct Random(Dice);

impl Random {
    /// The choices of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random(Dice::new(seed))
    }
}

impl Chooser for Random {
    fn choose(&mut self, choices: &[Choice]) -> Option<usize> {
        Some(self.0.up_to(choices.len() as u32 - 1) as usize)
    }
}
