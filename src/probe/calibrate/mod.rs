//! A machine for the simulator whose times are those of the real processor. Not a model of that
//! processor: the simulator's parts get the times with which its loops take as long as the real ones.
//!
//! Measuring goes in rounds, by turns to calibrate by and to compare with: `rounds` says which are
//! left out. What the simulator then takes is said of everything that was asked of the processor
//! (`simulate`): what it was calibrated to, and what follows from that or does not.
//!
//! Of samples the mean of the middle 90 % is taken: the median jumps where lines have two ways that
//! differ, and single events are timed in steps of the clock.
//!
//! Which number comes from what, in cycles of the core's clock as it was measured; caches' sizes, the
//! store buffer's depth, the last level and what the seed varies stay those of the base file:
//!
//! | number | is |
//! |---|---|
//! | `core.issue`, `forward` | the time of a store, and of a store with a load of it, in a long row; at least 1, for the simulator's core does one thing a cycle |
//! | `core.fence`, `locked` | the time of a fence and of a locked addition in a long row |
//! | `cache.hit` | the time of a load that waits for the one before, both processors having the line |
//! | `bus.request` + `supply` + `transfer` | the time of a load of a line that the other has modified, less `cache.hit` and the mean of the seed's jitter |
//! | `bus.request` | the time of a store to a line that both have, less the same; but at most what the sum leaves |
//! | `bus.supply` : `transfer` | as in the base file, for nobody can see where the one ends |
//! | `store_buffer.commit` | the time of a store in a row that is longer than the store buffer; at least 1 |
//! | `store_buffer.drain` | at least `cache.hit`, for a store leaves when it has retired, and a load after it finds it still there; at most so that a round trip takes as long; if even stores that leave so soon make it too slow, `bus.request` becomes less and `bus.supply` more |
//! | `bus.hold` | so that locked additions by two cores in one line take as long |
//! | `bus.store_hold` | so that plain additions by two cores in one line take as long |
//! | `memory.latency` | the time of a load from memory, less `cache.hit`, `bus.request`, `bus.transfer` and the mean jitter |
//!
//! Why a line is held: a real core that has a line makes many locked operations, or writes many stores
//! of its store buffer, before it gives the line up, so that such an addition takes less than the
//! line's way. A bus that serves whoever came first hands the line over after one or two. Additions
//! that take longer than on such a bus cannot be had: nothing is held then, and the comparison shows
//! it. And a line is held for whole operations, so that where there are only one to three at a time,
//! their time comes in steps of a fifth and more.

mod file;
mod fit;
mod measure;
mod rounds;
mod simulate;

use serde::Serialize;

use super::latency::{Alone, Clock, Question, Seen, SeenAlone, Spread};
use super::pair::Pair;
use crate::machine::Config;
use crate::protocol::Protocol;

pub use file::machine_file;
pub use fit::fit;
pub use measure::{ROUNDS, STEPS, measure, measure_to_compare};
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

/// What was measured, and what the simulator does in its place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The loop or event.
    pub question: Question,
    /// The measured cycles, the mean of the middle 90 %.
    pub measured: f64,
    /// What the simulator took, in cycles.
    pub simulated: f64,
    /// Fewer cycles cannot be told: a tenth of the clock's step, where single events were timed.
    pub resolution: f64,
}

impl Compared {
    /// The simulator's time by the measured one; none if the processor took less than can be told.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.measured > self.resolution).then(|| self.simulated / self.measured)
    }

    /// Whether it is what calibrating is for: what it costs that two processors share a line.
    #[must_use]
    pub fn is_sharing(&self) -> bool {
        matches!(
            self.question,
            Question::RoundTrip | Question::LockedOneLine | Question::PlainOneLine
        )
    }
}

impl Measured {
    /// What a machine takes beside these measurements; what was not measured is left out.
    ///
    /// # Errors
    /// As for [`simulate`].
    pub fn compare(&self, config: &Config, protocol: &Protocol) -> Result<Vec<Compared>, String> {
        let simulated = simulate(config, protocol)?;
        let step = self.clock.ns(self.clock.step_ticks as f64) * self.clock.core_ghz;
        let compare = |question: Question| {
            let (_, cycles) = self.together(question).ok()?;
            Some(Compared {
                question,
                measured: cycles.middle,
                simulated: simulated.of(question),
                resolution: if question.is_event() {
                    step / 10.0
                } else {
                    0.0
                },
            })
        };
        Ok(Question::ALL.into_iter().filter_map(compare).collect())
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
