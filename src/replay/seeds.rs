//! Many replays of one trace, each with its own seed: how often what came.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Ran, Replay};
use crate::drive::{Ended, Ending};
use crate::observe::{Findings, Named};
use crate::trace::Error;

/// What a run can show. A run can show several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// None of the others.
    Ok,
    /// A runtime's own check ended it.
    FatalError,
    /// A read gave bytes of writes that never stood together.
    TornRead,
    /// A map call gave what no order of the calls explains.
    WrongValue,
    /// A core touched what was not allocated.
    SegmentationFault,
    /// A core went on without end.
    Stuck,
    /// The machine broke one of its own properties: the protocol is wrong.
    Violation,
    /// The run needs what a model leaves out, and ended there.
    Unsupported,
}

impl Verdict {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Verdict; 8] = [
        Verdict::Ok,
        Verdict::FatalError,
        Verdict::TornRead,
        Verdict::WrongValue,
        Verdict::SegmentationFault,
        Verdict::Stuck,
        Verdict::Violation,
        Verdict::Unsupported,
    ];

    /// The verdict of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Verdict> {
        Verdict::ALL
            .into_iter()
            .find(|verdict| verdict.name() == name)
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::FatalError => "fatal error",
            Verdict::TornRead => "torn read",
            Verdict::WrongValue => "wrong value",
            Verdict::SegmentationFault => "segmentation fault",
            Verdict::Stuck => "stuck",
            Verdict::Violation => "protocol violation",
            Verdict::Unsupported => "not modelled",
        }
    }
}

/// What one run showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub ended: Ended,
    /// What it showed, in the order of [`Verdict::ALL`]; never empty.
    pub verdicts: Vec<Verdict>,
}

impl Outcome {
    /// Judges a run by its end and what its observers found.
    #[must_use]
    pub fn new(ended: Ended, findings: &Findings) -> Outcome {
        let mut verdicts = Vec::new();
        verdicts.extend(match ended.ending {
            Ending::Finished | Ending::BadInput | Ending::Misfit(_) | Ending::GivenUp => None,
            Ending::Fatal(..) => Some(Verdict::FatalError),
            Ending::Fault(..) => Some(Verdict::SegmentationFault),
            Ending::Stuck(_) | Ending::Asleep(_) => Some(Verdict::Stuck),
            Ending::Violation(_) => Some(Verdict::Violation),
            Ending::Unsupported(..) => Some(Verdict::Unsupported),
        });
        verdicts.extend((findings.torn.count() > 0).then_some(Verdict::TornRead));
        verdicts.extend((findings.history.count() > 0).then_some(Verdict::WrongValue));
        if verdicts.is_empty() {
            verdicts.push(Verdict::Ok);
        }
        verdicts.sort_unstable();
        Outcome { ended, verdicts }
    }
}

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
        let ran = self.run_whole(seed, Findings::default())?;
        Ok(self.tally_of(seed, ran))
    }

    /// What a run with this seed shows.
    ///
    /// # Errors
    /// As [`Replay::run`].
    pub fn outcome(&self, seed: u64) -> Result<Outcome, Error> {
        let ran = self.run_whole(seed, Findings::default())?;
        Ok(self.judge(ran).1)
    }

    /// What a run that is over has shown.
    pub(super) fn judge(&self, ran: Ran<Findings>) -> (Ran<Findings>, Outcome) {
        let outcome = Outcome::new(ran.ended.clone(), &ran.observer);
        (ran, outcome)
    }

    /// The tally of a run that is over.
    pub(super) fn tally_of(&self, seed: u64, ran: Ran<Findings>) -> Tally {
        let (ran, outcome) = self.judge(ran);
        let Findings { torn, named, .. } = ran.observer;
        let once = Example::once(seed);
        let mut tally = Tally {
            runs: 1,
            ..Tally::default()
        };
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
/// calls `finished` after each. Stops early when `stop` is set: the tally then holds the runs
/// that were over. The tally does not depend on the number of threads.
///
/// # Errors
/// When a run cannot be made at all.
pub fn run_seeds(
    replay: &Replay,
    seeds: u64,
    stop: &AtomicBool,
    finished: impl Fn() + Sync,
) -> Result<Tally, Error> {
    let one = |seed: u64| {
        if stop.load(Ordering::Relaxed) {
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
