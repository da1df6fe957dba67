//! The timed driver follows a schedule: it takes the step that the schedule names next instead
//! of the earliest of its queue, and knows only when. Time does not go backward; a step happens
//! when it would have been due, or now if that is past.

mod network;

use std::cmp::Reverse;

use super::ending::Ending;
use super::schedule::{self, Misfit};
use super::timed::Timed;
use super::wake::Wake;
use crate::machine::{Core, Observer, Port, Program, Slot, Step};
use crate::memory::Contents;
use crate::trace::{NamedStep, Schedule};

/// Why a step cannot be taken, or what ends the run.
enum Stop {
    Misfit(&'static str),
    Ending(Ending),
}

impl From<Ending> for Stop {
    fn from(ending: Ending) -> Stop {
        Stop::Ending(ending)
    }
}

impl From<&'static str> for Stop {
    fn from(why: &'static str) -> Stop {
        Stop::Misfit(why)
    }
}

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    /// Takes the schedule's steps; what comes after the last of them is for time to decide.
    pub(super) fn follow(&mut self, schedule: &Schedule) -> Result<(), Ending> {
        for (line, step) in &schedule.steps {
            self.take(step).map_err(|stop| match stop {
                Stop::Ending(ending) => ending,
                Stop::Misfit(why) => Ending::Misfit(Box::new(Misfit {
                    line: *line,
                    step: step.clone(),
                    why: why.to_owned(),
                    possible: self.possible(),
                })),
            })?;
        }
        self.catch_up();
        Ok(())
    }

    fn take(&mut self, step: &NamedStep) -> Result<(), Stop> {
        // A core that issues may have to go on with its program first.
        if let &NamedStep::Issue(core) = step {
            return match self.cores.len() > usize::from(core) {
                true => self.take_issue(Core(core)),
                false => Err(schedule::NO_THREAD.into()),
            };
        }
        match schedule::find(&mut self.machine, step)? {
            Step::Issue(core) => self.take_issue(core),
            Step::Drain(core) => self.take_drain(core),
            step @ Step::Overtake(..) => {
                self.perform(step).map_err(Ending::from)?;
                Ok(())
            }
            Step::Invalidate(core) => self.take_invalidation(core),
            Step::Deliver(slot) => match self.network {
                None => Ok(self.grant_to(slot)?),
                Some(_) => Ok(self.take_retry(slot)?),
            },
            Step::Receive(id) => Ok(self.take_message(id)?),
            Step::Act(act) => Ok(self.take_act(act)?),
        }
    }

    fn take_issue(&mut self, core: Core) -> Result<(), Stop> {
        let port = Port::Issue;
        loop {
            let Some(time) = self.unschedule(Wake::Issue(core)) else {
                return Err(match self.threads.on(core).is_none() {
                    true => schedule::AT_ITS_END,
                    false => schedule::NOT_OVER,
                }
                .into());
            };
            self.advance(time.max(self.now))?;
            if std::mem::take(&mut self.cores[core.index()].resumes)
                && let Some(time) = self.next_request(core)?
            {
                if time == u64::MAX {
                    return Err(schedule::AT_ITS_END.into());
                }
                self.schedule(time, Wake::Issue(core));
            } else if let Some(time) = self.waits_for_fill(Slot { core, port }) {
                self.schedule(time, Wake::Issue(core));
            } else {
                break;
            }
        }
        let mut steps = Vec::new();
        self.machine.core_steps(core, &mut steps);
        if !steps.contains(&Step::Issue(core)) {
            return Err(schedule::BUFFER_FIRST.into());
        }
        if let Some(time) = self.issue(core)? {
            self.schedule(time, Wake::Issue(core));
        }
        Ok(())
    }

    fn take_drain(&mut self, core: Core) -> Result<(), Stop> {
        let port = Port::Drain;
        let time = self.cores[core.index()].drain_at;
        let time = time.ok_or(schedule::NO_DRAIN)?;
        self.advance(time.max(self.now))?;
        if let Some(time) = self.waits_for_fill(Slot { core, port }) {
            self.advance(time)?;
        }
        self.unschedule(Wake::Drain(core));
        Ok(self.drain(core)?)
    }

    fn take_invalidation(&mut self, core: Core) -> Result<(), Stop> {
        let time = self.cores[core.index()].invalidate_at;
        self.advance(time.unwrap_or(0).max(self.now))?;
        self.unschedule(Wake::Invalidate(core));
        Ok(self.invalidate(core)?)
    }

    /// Takes a wake out of the queue: when it would have been, if it is there.
    fn unschedule(&mut self, wake: Wake) -> Option<u64> {
        let mut time = None;
        self.queue.retain(|&Reverse((at, _, other))| {
            let same = other == wake;
            time = if same { Some(at) } else { time };
            !same
        });
        time
    }

    /// All that a schedule could name now. A core that goes on with its program may turn out to
    /// be at its end.
    fn possible(&mut self) -> Vec<NamedStep> {
        let mut steps = Vec::new();
        for core in (0..self.cores.len()).map(|core| Core(core as u8)) {
            if self.cores[core.index()].resumes && self.threads.on(core).is_some() {
                steps.push(Step::Issue(core));
            }
        }
        let mut now = Vec::new();
        self.machine.steps(&mut now);
        steps.extend(now);
        let steps = steps.into_iter();
        steps
            .map(|step| schedule::name(&self.machine, step))
            .collect()
    }

    /// What would have been due in the past is due now.
    fn catch_up(&mut self) {
        let now = self.now;
        let late = |Reverse((time, lot, wake)): Reverse<(u64, u32, Wake)>| {
            Reverse((time.max(now), lot, wake))
        };
        self.queue = std::mem::take(&mut self.queue)
            .into_iter()
            .map(late)
            .collect();
        for core in &mut self.cores {
            core.drain_at = core.drain_at.map(|time| time.max(now));
            core.invalidate_at = core.invalidate_at.map(|time| time.max(now));
        }
        self.bus_wake = self.bus_wake.map(|time| time.max(now));
        if self.network.is_some() {
            self.catch_up_on_network();
        }
    }
}
