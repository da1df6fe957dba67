//! How it is chosen what happens next in a replay.

use crate::drive::stepped::Bound;

/// How it is chosen what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// By how long things take on the machine; the seed decides what hardware leaves open.
    Timed,
    /// Any possible step with the same probability, by the seed.
    Random,
    /// By random priorities that change at `depth` - 1 random steps, by the seed.
    Pct {
        /// How many ordering constraints a bug may need; at least 1.
        depth: u32,
    },
    /// All schedules one after another; the seed is a schedule's number in that order.
    Exhaustive(Bound),
}

impl Strategy {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Timed => "timed",
            Strategy::Random => "random",
            Strategy::Pct { .. } => "pct",
            Strategy::Exhaustive(_) => "exhaustive",
        }
    }
}
