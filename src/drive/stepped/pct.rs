//! Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatte, ASPLOS
//! 2010): threads have random priorities, the highest one that can goes on, and at `depth` - 1
//! random steps the one that would go on falls below all others. A bug that needs `depth`
//! ordering constraints is found by a run with a probability of at least
//! 1 / (n k^(depth - 1)), for n threads and k steps. A store buffer is a thread here.

use std::collections::VecDeque;

use super::{Choice, Chooser};
use crate::dice::Dice;
use crate::machine::{Port, Slot};

/// One that goes on alone for so many steps while others could falls back: it may be
/// spinning until another one moves.
const PATIENCE: u32 = 10_000;

/// Chooses by priorities.
#[derive(Clone, Debug)]
pub struct Pct {
    dice: Dice,
    /// By thread and store buffer; the higher goes first.
    priorities: Vec<i64>,
    /// At which steps the one that would go on falls back, ascending.
    changes: VecDeque<u64>,
    step: u64,
    lowest: i64,
    /// Who went on last, and for how many steps without anyone else.
    alone: (usize, u32),
}

impl Pct {
    /// The choices of a seed, for bugs of this depth (at least 1) in runs of about so many
    /// steps.
    #[must_use]
    pub fn new(seed: u64, depth: u32, steps: u64) -> Pct {
        let mut dice = Dice::new(seed);
        let last = u32::try_from(steps.saturating_sub(1)).unwrap_or(u32::MAX);
        let mut changes: Vec<u64> = (1..depth).map(|_| dice.up_to(last).into()).collect();
        changes.sort_unstable();
        Pct {
            dice,
            priorities: Vec::new(),
            changes: changes.into(),
            step: 0,
            lowest: 0,
            alone: (usize::MAX, 0),
        }
    }

    /// A bug of this depth shows at least once in so many runs, on average: n k^(depth - 1).
    #[must_use]
    pub fn runs_for_one(threads: usize, steps: u64, depth: u32) -> f64 {
        let power = i32::try_from(depth.saturating_sub(1)).unwrap_or(i32::MAX);
        threads as f64 * (steps as f64).powi(power)
    }

    fn number(slot: Slot) -> usize {
        2 * slot.core.index() + usize::from(slot.port == Port::Drain)
    }

    fn highest(&mut self, choices: &[Choice]) -> usize {
        for choice in choices {
            while self.priorities.len() <= Pct::number(choice.slot) {
                let priority = 1 + i64::from(self.dice.up_to(u32::MAX - 1));
                self.priorities.push(priority);
            }
        }
        let priority = |&at: &usize| self.priorities[Pct::number(choices[at].slot)];
        let highest = (0..choices.len()).max_by_key(priority);
        highest.expect("there is a choice")
    }

    fn fall_back(&mut self, choice: Choice) {
        self.lowest -= 1;
        self.priorities[Pct::number(choice.slot)] = self.lowest;
    }
}

impl Chooser for Pct {
    fn choose(&mut self, choices: &[Choice]) -> Option<usize> {
        let mut chosen = self.highest(choices);
        while self.changes.front() == Some(&self.step) {
            self.changes.pop_front();
            self.fall_back(choices[chosen]);
            chosen = self.highest(choices);
        }
        self.step += 1;
        let number = Pct::number(choices[chosen].slot);
        self.alone = match self.alone {
            (same, times) if same == number && choices.len() > 1 => (same, times + 1),
            _ => (number, 0),
        };
        if self.alone.1 > PATIENCE {
            self.fall_back(choices[chosen]);
            chosen = self.highest(choices);
        }
        Some(chosen)
    }
}
