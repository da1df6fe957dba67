//! The timed driver follows a schedule: it takes the step that the schedule names next instead
//! of the earliest of its queue, and knows only when. Time does not go backward; a step happens
//! when it would have been due, or now if that is past.

mod network;

use std::cmp::Reverse;

use super::ending::Ending;
use super::schedule::{self, Misfit};
use super::timed::{Timed, Wake};
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
        match step {
            &NamedStep::Issue(core) => self.take_issue(self.core(core)?),
            &NamedStep::Drain(core) => self.take_drain(self.core(core)?),
            &NamedStep::Promote { core, place } => {
                let (core, place) = (self.core(core)?, usize::from(place));
                if !self.can(core, Step::Overtake(core, place)) {
                    return Err("that store cannot leave before the older ones".into());
                }
                self.perform(Step::Overtake(core, place))
                    .map_err(Ending::from)?;
                Ok(())
            }
            &NamedStep::Invalidate(core) => self.take_invalidation(self.core(core)?),
            &NamedStep::Serve { core, drain } => {
                let port = if drain { Port::Drain } else { Port::Issue };
                let core = self.core(core)?;
                self.take_turn(Slot { core, port })
            }
            NamedStep::Receive {
                to,
                kind,
                from,
                addr,
                nth,
            } => {
                let id = schedule::message(&self.machine, to.as_ref(), kind, from, *addr, *nth);
                let id = id.ok_or("no such message is in flight")?;
                if !self.machine.may_arrive(id) {
                    return Err("its receiver stalls it, or another must come first".into());
                }
                Ok(self.take_message(id)?)
            }
            NamedStep::Act {
                node,
                event,
                member,
                addr,
            } => {
                let act = schedule::act(&mut self.machine, node, event, member.as_ref(), *addr);
                Ok(self.take_act(act.ok_or("the controller cannot do that now")?)?)
            }
        }
    }

    fn core(&self, number: u8) -> Result<Core, Stop> {
        match self.cores.len() > usize::from(number) {
            true => Ok(Core(number)),
            false => Err("there is no thread for this core".into()),
        }
    }

    fn take_issue(&mut self, core: Core) -> Result<(), Stop> {
        let port = Port::Issue;
        loop {
            let Some(time) = self.unschedule(Wake::Issue(core)) else {
                return Err(match self.threads.on(core).is_none() {
                    true => "its program is at its end",
                    false => "its last access is not over",
                }
                .into());
            };
            self.advance(time.max(self.now))?;
            if std::mem::take(&mut self.cores[core.index()].resumes)
                && let Some(time) = self.next_request(core)?
            {
                if time == u64::MAX {
                    return Err("its program is at its end".into());
                }
                self.schedule(time, Wake::Issue(core));
            } else if let Some(time) = self.waits_for_fill(Slot { core, port }) {
                self.schedule(time, Wake::Issue(core));
            } else {
                break;
            }
        }
        if !self.can(core, Step::Issue(core)) {
            return Err("it must wait for its store buffer, or for its invalidations".into());
        }
        if let Some(time) = self.issue(core)? {
            self.schedule(time, Wake::Issue(core));
        }
        Ok(())
    }

    fn take_drain(&mut self, core: Core) -> Result<(), Stop> {
        let port = Port::Drain;
        let time = self.cores[core.index()].drain_at;
        let Some(time) = time.filter(|_| self.can(core, Step::Drain(core))) else {
            return Err("no store of it can leave its store buffer".into());
        };
        self.advance(time.max(self.now))?;
        if let Some(time) = self.waits_for_fill(Slot { core, port }) {
            self.advance(time)?;
        }
        self.unschedule(Wake::Drain(core));
        Ok(self.drain(core)?)
    }

    fn take_invalidation(&mut self, core: Core) -> Result<(), Stop> {
        let Some(time) = self.cores[core.index()].invalidate_at else {
            return Err("it has no invalidation to apply".into());
        };
        if !self.machine.has_invalidations(core) {
            return Err("it has no invalidation to apply".into());
        }
        self.advance(time.max(self.now))?;
        self.unschedule(Wake::Invalidate(core));
        Ok(self.invalidate(core)?)
    }

    fn take_turn(&mut self, slot: Slot) -> Result<(), Stop> {
        if !self.can(slot.core, Step::Deliver(slot)) {
            return Err("it does not wait for its turn".into());
        }
        match self.network {
            None => Ok(self.grant_to(slot)?),
            Some(_) => Ok(self.take_retry(slot)?),
        }
    }

    fn can(&mut self, core: Core, step: Step) -> bool {
        let mut steps = Vec::new();
        self.machine.core_steps(core, &mut steps);
        steps.contains(&step)
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
