//! Pauses of both threads, so that they do not fall into step: a writer that always comes at the same
//! point of the reader's loop would show one value, and no change.

use crate::dice::Dice;

/// For so many rounds pauses stay of one size.
const ROUNDS: u32 = 16;
/// Pauses are up to so long, by turns: none at all to about as long as a line travels, in turns of a
/// loop that does nothing, or cycles. The processor's own instruction for a pause takes 40 to 140
/// cycles, which is too coarse.
const LONGEST: [u32; 4] = [0, 7, 31, 127];

/// Pauses whose size changes from time to time.
pub(super) struct Pauses {
    dice: Dice,
    longest: u32,
    rounds: u32,
}

impl Pauses {
    pub(super) fn new(seed: u64) -> Pauses {
        Pauses {
            dice: Dice::new(seed),
            longest: 0,
            rounds: 0,
        }
    }

    /// How long the next one is.
    #[inline]
    pub(super) fn next(&mut self) -> u32 {
        match self.longest {
            0 => 0,
            longest => self.dice.up_to(longest),
        }
    }

    /// A round is over: after some of them pauses get another size.
    pub(super) fn round(&mut self) {
        self.rounds += 1;
        if self.rounds.is_multiple_of(ROUNDS) {
            let sizes = LONGEST.len() as u32;
            self.longest = LONGEST[self.dice.up_to(sizes - 1) as usize];
        }
    }
}
