//! Many replays of one trace, each with its own seed: how often what came.

use std::collections::BTreeMap;

use super::verdict::{Outcome, Verdict};
use super::{Ran, Replay};
use crate::drive::Ending;
use crate::observe::{Findings, Named, Races};
use crate::trace::Error;

/// How often something came, and the lowest seed with which it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// In how many runs.
    pub runs: u64,
    /// A seed to see it again.
    pub seed: u64,
}

impl Example {
    fn once(seed: u64) -> Example {
        Example { runs: 1, seed }
    }

    fn merge(&mut self, other: Example) {
        self.runs += other.runs;
        self.seed = self.seed.min(other.seed);
    }
}

/// What a torn value looks like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TornShape {
    /// Its bytes, the lowest address first.
    pub value: Vec<u8>,
    /// Where in it the bytes of another write begin.
    pub cuts: Vec<usize>,
    /// Where in it a cache line begins.
    pub lines: Vec<usize>,
}

/// How often what came in many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many runs.
    pub runs: u64,
    /// Runs that showed each verdict; a run with several counts for each.
    pub verdicts: BTreeMap<Verdict, Example>,
    /// Runs that a runtime's check ended, by its text.
    pub fatal: BTreeMap<&'static str, Example>,
    /// Runs by the results that the trace gives names to, for traces that name some; only
    /// runs that came to their end.
    pub named: BTreeMap<Named, Example>,
    /// Runs in which a value was torn like this.
    pub torn: BTreeMap<TornShape, Example>,
    /// Runs in which a call was wrong like this, by its name.
    pub wrong: BTreeMap<&'static str, Example>,
    /// Runs that left a map's structure like this, by its name.
    pub faults: BTreeMap<&'static str, Example>,
    /// Runs that went wrong, and who would have said so.
    pub reckoning: Reckoning,
}

/// Of the runs that went wrong, who would have said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reckoning {
    /// Runs that went wrong.
    pub wrong: u64,
    /// Runs in which calls of different threads to one map overlapped in time, or that the
    /// runtime's check ended: then one's stores were still on their way.
    pub overlapped: u64,
    /// Those that the runtime's own check ended.
    pub caught: u64,
    /// Those in which a race detector would have reported something.
    pub raced: u64,
    /// Those that nobody would have noticed.
    pub silent: Option<Example>,
    /// Those of them in which a race detector would have reported something.
    pub silent_raced: u64,
    /// Runs that went right, and in which a race detector would have reported something.
    pub right_raced: u64,
}

impl Reckoning {
    fn of(outcome: &Outcome, raced: bool, overlapped: bool, once: Example) -> Reckoning {
        let is = |holds: bool| u64::from(holds);
        let (wrong, silent) = (outcome.is_wrong(), outcome.is_silent());
        let caught = outcome.verdicts.contains(&Verdict::FatalError);
        Reckoning {
            wrong: is(wrong),
            overlapped: is(overlapped || caught),
            caught: is(caught),
            raced: is(wrong && raced),
            silent: silent.then_some(once),
            silent_raced: is(silent && raced),
            right_raced: is(!wrong && raced),
        }
    }

    fn merge(&mut self, other: Reckoning) {
        self.wrong += other.wrong;
        self.overlapped += other.overlapped;
        self.caught += other.caught;
        self.raced += other.raced;
        self.silent_raced += other.silent_raced;
        self.right_raced += other.right_raced;
        self.silent = match (self.silent, other.silent) {
            (Some(mut one), Some(two)) => {
                one.merge(two);
                Some(one)
            }
            (one, two) => one.or(two),
        };
    }
}

impl Tally {
    /// The tally of both. The order does not matter.
    #[must_use]
    pub fn merge(mut self, other: Tally) -> Tally {
        self.runs += other.runs;
        merge(&mut self.verdicts, other.verdicts);
        merge(&mut self.fatal, other.fatal);
        merge(&mut self.named, other.named);
        merge(&mut self.torn, other.torn);
        merge(&mut self.wrong, other.wrong);
        merge(&mut self.faults, other.faults);
        self.reckoning.merge(other.reckoning);
        self
    }
}

fn merge<K: Ord>(all: &mut BTreeMap<K, Example>, other: BTreeMap<K, Example>) {
    for (key, example) in other {
        all.entry(key)
            .and_modify(|known| known.merge(example))
            .or_insert(example);
    }
}

impl Replay {
    /// The tally of one run.
    fn tally(&self, seed: u64) -> Result<Tally, Error> {
        let ran = self.run_whole(seed, self.findings()?)?;
        Ok(self.tally_of(seed, ran))
    }

    /// What a run with this seed shows.
    ///
    /// # Errors
    /// As [`Replay::run`].
    pub fn outcome(&self, seed: u64) -> Result<Outcome, Error> {
        let ran = self.run_whole(seed, self.findings()?)?;
        Ok(self.judge(ran).1)
    }

    /// What a run that is over has shown.
    pub(super) fn judge(&self, mut ran: Ran<Findings>) -> (Ran<Findings>, Outcome) {
        ran.observer.look_over(&ran.maps);
        let outcome = Outcome::new(ran.ended.clone(), &ran.observer, &ran.maps);
        (ran, outcome)
    }

    /// The tally of a run that is over; an empty one if it was stopped.
    pub(super) fn tally_of(&self, seed: u64, ran: Ran<Findings>) -> Tally {
        if ran.ended.ending == Ending::Stopped {
            return Tally::default();
        }
        let (ran, outcome) = self.judge(ran);
        let raced = ran.observer.races.as_ref().is_some_and(Races::is_reported);
        let Findings {
            torn,
            named,
            history,
            overlap,
            ..
        } = ran.observer;
        let once = Example::once(seed);
        let mut tally = Tally {
            runs: 1,
            reckoning: Reckoning::of(&outcome, raced, overlap.is_seen(), once),
            ..Tally::default()
        };
        let wrong = history.found().iter().map(|wrong| (wrong.why.name(), once));
        tally.wrong.extend(wrong);
        let faults = outcome.faults.iter().map(|(_, fault)| (fault.name(), once));
        tally.faults.extend(faults);
        tally
            .verdicts
            .extend(outcome.verdicts.iter().map(|&verdict| (verdict, once)));
        if let Ending::Fatal(_, text) = outcome.ended.ending {
            tally.fatal.insert(text, once);
        }
        if outcome.ended.ending == Ending::Finished && !named.values.is_empty() {
            tally.named.insert(named, once);
        }
        let line_bytes = self.config().line_size.bytes();
        for read in torn.found() {
            let begins_line =
                |offset: &usize| (read.addr.0 + *offset as u64).is_multiple_of(line_bytes);
            let shape = TornShape {
                value: read.value.clone(),
                cuts: read.seen.iter().skip(1).map(|seen| seen.offset).collect(),
                lines: (1..read.value.len()).filter(begins_line).collect(),
            };
            tally.torn.insert(shape, once);
        }
        tally
    }
}

/// Replays with the seeds from 0 to `seeds` - 1, in parallel where that is built in, and
/// calls `finished` after each. When the replay is stopped, the tally holds the runs that were
/// over. The tally does not depend on the number of threads.
///
/// # Errors
/// When a run cannot be made at all.
pub fn run_seeds(replay: &Replay, seeds: u64, finished: impl Fn() + Sync) -> Result<Tally, Error> {
    let one = |seed: u64| {
        if replay.is_stopped() {
            return Ok(Tally::default());
        }
        let tally = replay.tally(seed);
        finished();
        tally
    };
    #[cfg(feature = "parallel")]
    {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};
        (0..seeds)
            .into_par_iter()
            .map(one)
            .try_reduce(Tally::default, |a, b| Ok(a.merge(b)))
    }
    #[cfg(not(feature = "parallel"))]
    (0..seeds).try_fold(Tally::default(), |tally, seed| Ok(tally.merge(one(seed)?)))
}
