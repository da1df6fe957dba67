//! A machine for the simulator whose times are those of the real processor. Not a model of that
//! processor: the simulator's parts get the times with which its loops take as long as the real ones.
//!
//! Which number comes from what, in cycles of the core's clock as it was measured; caches' sizes, the
//! store buffer's depth, the last level and what the seed varies stay those of the base file:
//!
//! Measuring goes in rounds, by turns to calibrate by and to compare with: `measure` says which are
//! left out.
//!
//! | number | is |
//! |---|---|
//! | `core.issue`, `forward` | the time of a store, and of a store with a load of it, in a long row; at least 1, for the simulator's core does one thing a cycle |
//! | `core.fence`, `locked` | the time of a fence and of a locked addition in a long row |
//! | `cache.hit` | the time of a load that waits for the one before, both processors having the line |
//! | `bus.request` + `supply` + `transfer` | the time of a load of a line that the other has modified, less `cache.hit` and the mean of the seed's jitter |
//! | `bus.request` | the time of a store to a line that both have, less the same; but at most what the sum leaves |
//! | `bus.supply` : `transfer` | as in the base file, for nobody can see where the one ends |
//! | `store_buffer.drain` | so that a round trip takes as long; if even stores that leave at once make it too slow, `bus.request` becomes less and `bus.supply` more |
//! | `bus.hold` | so that locked additions by two cores in one line take as long |
//! | `memory.latency` | the time of a load from memory, less `cache.hit`, `bus.request`, `bus.transfer` and the mean jitter |
//!
//! Why a line is held: a real core that has a line makes many locked operations before it gives the
//! line up, so that such an addition takes less than the line's way. A bus that serves whoever came
//! first hands the line over after one or two. Additions that take longer than on such a bus cannot be
//! had: nothing is held then, and the comparison shows it. And a line is held for whole operations, so
//! that where there are only one to three at a time, their time comes in steps of a fifth and more.

mod file;
mod fit;
mod measure;
mod simulate;

use serde::Serialize;

use super::latency::{Alone, Clock, Question, Seen, SeenAlone, Spread};
use super::pair::Pair;
use crate::machine::Config;
use crate::protocol::Protocol;

pub use file::machine_file;
pub use fit::fit;
pub use measure::measure;
pub use simulate::{Simulated, simulate};

/// Measurements, in cycles.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The two processors.
    pub pair: Pair,
    /// The clocks.
    pub clock: Clock,
    /// What both did.
    pub seen: Vec<Seen>,
    /// What the first did alone.
    pub alone: Vec<SeenAlone>,
    /// Of how many rounds this is.
    pub rounds: Rounds,
}

/// How many rounds were measured, and in how many lines took the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rounds {
    /// In so many they did.
    pub kept: u32,
    /// Of so many.
    pub of: u32,
}

/// A loop that was measured, and that the simulator ran.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The loop.
    pub question: Question,
    /// The measured median, in cycles.
    pub measured: f64,
    /// What the simulator took, in cycles.
    pub simulated: f64,
}

impl Compared {
    /// The simulator's time by the measured one.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.simulated / self.measured
    }
}

impl Measured {
    /// The simulator's loops on a machine beside these measurements; what was not measured is left
    /// out.
    ///
    /// # Errors
    /// As for [`simulate`].
    pub fn compare(&self, config: &Config, protocol: &Protocol) -> Result<Vec<Compared>, String> {
        let simulated = simulate(config, protocol)?;
        let all = Simulated::QUESTIONS.into_iter();
        let compare = |question| {
            Some(Compared {
                question,
                measured: self.together(question).ok()?.1.p50,
                simulated: simulated.of(question),
            })
        };
        Ok(all.filter_map(compare).collect())
    }

    /// How many samples there are of a question, and their cycles.
    fn together(&self, question: Question) -> Result<(u64, Spread), String> {
        let found = self.seen.iter().find(|seen| seen.question == question);
        let found = found.map(|seen| (seen.samples, seen.cycles));
        found.ok_or_else(|| format!("{question:?} could not be measured"))
    }

    fn by_one(&self, question: Alone) -> Result<(u64, Spread), String> {
        let found = self.alone.iter().find(|seen| seen.question == question);
        let found = found.map(|seen| (seen.samples, seen.cycles));
        found.ok_or_else(|| format!("{question:?} could not be measured"))
    }
}
