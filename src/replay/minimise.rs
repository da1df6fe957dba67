//! A smaller trace that shows the same: fewest operations, then fewest switches between
//! threads. Operations are taken away as long as some schedule of the rest still shows it
//! (delta debugging; Zeller and Hildebrandt, IEEE TSE 28(2), 2002, the algorithm ddmin); then
//! the schedule is one that leaves the usual one least often.

use std::io::Cursor;
use std::sync::Arc;

use super::{Outcome, Ran, Replay, Strategy, Verdict};
use crate::drive::Ending;
use crate::drive::stepped::{Bound, Explorer, Random};
use crate::maps::KINDS;
use crate::observe::Findings;
use crate::trace::{self, Error, Header, Operation, Schedule, Trace};

/// So many schedules that leave the usual one a given number of times are tried.
const MOST_SCHEDULES: u64 = 3000;
/// And so many random ones.
const MOST_SEEDS: u64 = 300;
/// Schedules that leave the usual one more often are not tried.
const MOST_DEVIATIONS: u32 = 6;

/// What is looked for: what a run shows, and the runtime's text if it is a fatal error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// What a run shows.
    pub verdict: Verdict,
    /// A runtime's text.
    pub text: Option<&'static str>,
}

impl Target {
    /// What comes first in a run: how it ended, before what it showed on the way.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Option<Target> {
        Target::only(*outcome.verdicts.first()?, outcome)
    }

    /// One verdict, if a run shows it.
    #[must_use]
    pub fn only(verdict: Verdict, outcome: &Outcome) -> Option<Target> {
        let text = match outcome.ended.ending {
            Ending::Fatal(_, text) if verdict == Verdict::FatalError => Some(text),
            _ => None,
        };
        let shown = outcome.verdicts.contains(&verdict) && verdict != Verdict::Ok;
        shown.then_some(Target { verdict, text })
    }

    fn is_shown(self, outcome: &Outcome) -> bool {
        Target::only(self.verdict, outcome) == Some(self)
    }
}

/// A smaller trace.
#[derive(Clone, Debug)]
pub struct Minimised {
    /// What it shows.
    pub target: Target,
    /// Its header, with a schedule.
    pub header: Header,
    /// Its operations.
    pub operations: Vec<Operation>,
    /// How often the schedule leaves the usual one, in which a thread goes on until it ends;
    /// none if only a random schedule shows it.
    pub deviations: Option<u32>,
    /// How many runs were made to find it.
    pub runs: u64,
    /// The search was stopped: a smaller one may show it, too.
    pub stopped: bool,
}

/// A trace with fewer operations that shows `target` as well; none if no schedule that was
/// tried shows it at all. Calls `tried` after each run. When the replay is stopped, the
/// smallest that was found until then is given.
///
/// # Errors
/// When a run cannot be made.
pub fn minimise(
    replay: &Replay,
    target: Target,
    tried: impl Fn(),
) -> Result<Option<Minimised>, Error> {
    let operations: Result<Vec<_>, _> = replay.trace().operations()?.collect();
    let mut header = replay.trace().header().clone();
    header.schedule = None;
    for (map, kind) in header.maps.iter_mut().zip(&replay.kinds) {
        kind.name.clone_into(&mut map.kind);
    }
    let mut search = Search {
        replay,
        target,
        runs: 0,
        shown: None,
        tried: &tried,
    };
    let mut operations = operations?;
    if !search.shows(&header, &operations)? {
        return Ok(None);
    }
    search.shrink(&mut operations, |search, operations| {
        search.shows(&header, operations)
    })?;
    let mut init = std::mem::take(&mut header.init);
    search.shrink(&mut init, |search, init| {
        let init = init.to_vec();
        let header = Header {
            init,
            ..header.clone()
        };
        search.shows(&header, &operations)
    })?;
    header.init = init;
    search.schedule(header, operations).map(Some)
}

struct Search<'a> {
    replay: &'a Replay,
    target: Target,
    runs: u64,
    /// How often the schedule that showed it last leaves the usual one, and its run.
    shown: Option<(Option<u32>, Ran<Findings>)>,
    tried: &'a dyn Fn(),
}

impl Search<'_> {
    /// Takes away what is not needed, in ever smaller chunks.
    fn shrink<T: Clone>(
        &mut self,
        items: &mut Vec<T>,
        shows: impl Fn(&mut Self, &[T]) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut chunk = items.len().div_ceil(2);
        while chunk > 0 {
            let mut at = 0;
            let mut smaller = false;
            while at < items.len() && !self.replay.is_stopped() {
                let end = (at + chunk).min(items.len());
                let rest = [&items[..at], &items[end..]].concat();
                if shows(self, &rest)? {
                    *items = rest;
                    smaller = true;
                } else {
                    at = end;
                }
            }
            // A single one may have become unneeded by what was taken away after it.
            if !(chunk == 1 && smaller) {
                chunk /= 2;
            }
        }
        Ok(())
    }

    /// Whether some schedule of these operations shows it.
    fn shows(&mut self, header: &Header, operations: &[Operation]) -> Result<bool, Error> {
        let Some(replay) = self.smaller(header, operations)? else {
            return Ok(false);
        };
        for deviations in 0..=2 {
            if let Some(ran) = self.explore(&replay, deviations)? {
                self.shown = Some((Some(deviations), ran));
                return Ok(true);
            }
        }
        let ran = self.random(&replay)?;
        let is_shown = ran.is_some();
        self.shown = ran.map(|ran| (None, ran)).or(self.shown.take());
        Ok(is_shown)
    }

    /// The schedule that leaves the usual one least often and shows it.
    fn schedule(
        mut self,
        mut header: Header,
        operations: Vec<Operation>,
    ) -> Result<Minimised, Error> {
        let replay = self.smaller(&header, &operations)?;
        let replay = replay.expect("it was tried before");
        let mut found = None;
        for deviations in 0..=MOST_DEVIATIONS {
            if let Some(ran) = self.explore(&replay, deviations)? {
                found = Some((Some(deviations), ran));
                break;
            }
        }
        if found.is_none() {
            found = self.random(&replay)?.map(|ran| (None, ran));
        }
        let found = found.or(self.shown);
        let (deviations, ran) = found.expect("nothing smaller was kept than what was shown");
        header.schedule = Some(Schedule {
            file: None,
            steps: ran.steps.into_iter().map(|step| (0, step)).collect(),
        });
        let cores = replay.config().cores;
        if cores > self.replay.config().cores || header.cores.is_some() {
            header.cores = Some(cores as u32);
        }
        Ok(Minimised {
            target: self.target,
            header,
            operations,
            deviations,
            runs: self.runs,
            stopped: self.replay.is_stopped(),
        })
    }

    fn explore(
        &mut self,
        replay: &Replay,
        deviations: u32,
    ) -> Result<Option<Ran<Findings>>, Error> {
        let mut explorer = Explorer::new(Bound::Deviations(deviations));
        for _ in 0..MOST_SCHEDULES {
            if self.replay.is_stopped() {
                break;
            }
            let ran = replay.run_stepped(&mut explorer, true, replay.findings()?)?;
            if let Some(ran) = self.judge(replay, ran) {
                return Ok(Some(ran));
            }
            if !explorer.advance() {
                break;
            }
        }
        Ok(None)
    }

    fn random(&mut self, replay: &Replay) -> Result<Option<Ran<Findings>>, Error> {
        for seed in 0..MOST_SEEDS {
            if self.replay.is_stopped() {
                break;
            }
            let ran = replay.run_stepped(Random::new(seed), true, replay.findings()?)?;
            if let Some(ran) = self.judge(replay, ran) {
                return Ok(Some(ran));
            }
        }
        Ok(None)
    }

    fn judge(&mut self, replay: &Replay, ran: Ran<Findings>) -> Option<Ran<Findings>> {
        self.runs += 1;
        (self.tried)();
        let (ran, outcome) = replay.judge(ran);
        self.target.is_shown(&outcome).then_some(ran)
    }

    /// A replay of a smaller trace; none if it has no operations.
    fn smaller(&self, header: &Header, operations: &[Operation]) -> Result<Option<Replay>, Error> {
        if operations.is_empty() {
            return Ok(None);
        }
        let mut text = Vec::new();
        trace::write(header, operations, &mut text)?;
        let text: Arc<[u8]> = text.into();
        let open = move || Ok(Box::new(Cursor::new(Arc::clone(&text))) as Box<_>);
        let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let trace = Trace::read(self.replay.trace().file(), &kinds, Box::new(open))?;
        let replay = self.replay;
        let (config, protocol) = (Arc::clone(&replay.config), replay.protocol.clone());
        let smaller = Replay::new(config, protocol, Arc::new(trace), None)?
            .limited(replay.limits)
            .checked(replay.checked);
        smaller.choosing(Strategy::Random).map(Some)
    }
}
