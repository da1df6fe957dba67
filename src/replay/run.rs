//! One run of a replay.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use super::{Replay, Strategy};
use crate::diagnostic::Invalid;
use crate::drive::schedule::Misfit;
use crate::drive::stepped::{Chooser, Explorer, Pct, Random, Stepped};
use crate::drive::{Ended, Ending, Timed};
use crate::machine::{Machine, Observer};
use crate::maps::{AsyncProgram, Mem, Peek, Walk, World, WriteIds, run_thread};
use crate::memory::{Bytes, Tagged};
use crate::trace::{Error, Feed, NamedStep};

/// A run that is over.
pub struct Ran<O> {
    /// How it ended.
    pub ended: Ended,
    /// Who observed it.
    pub observer: O,
    /// What each map then held, if all threads came to their ends.
    pub maps: Vec<Walk>,
    /// The machine's steps, if they were recorded.
    pub steps: Vec<NamedStep>,
    /// The machine as it then was, if it was timed or stepped.
    pub machine: Option<Machine<Bytes>>,
}

/// A run that is about to begin.
struct Prepared {
    machine: Machine<Bytes>,
    world: Rc<World>,
    feed: Rc<RefCell<Feed>>,
    programs: Vec<AsyncProgram>,
}

impl Replay {
    /// Replays with one seed: how it ended, and the observer, which has also been told of
    /// what the trace's `init` lines did before the run.
    ///
    /// # Errors
    /// When what the trace declares finds no room, or the trace can no longer be read.
    pub fn run<O: Observer<Tagged>>(&self, seed: u64, observer: O) -> Result<(Ended, O), Error> {
        self.run_whole(seed, observer)
            .map(|ran| (ran.ended, ran.observer))
    }

    /// The same, with what the maps hold at the end.
    ///
    /// # Errors
    /// As [`Replay::run`].
    pub fn run_whole<O: Observer<Tagged>>(&self, seed: u64, observer: O) -> Result<Ran<O>, Error> {
        match self.strategy {
            Strategy::Timed => self.run_timed(seed, observer),
            Strategy::Random => self.run_stepped(Random::new(seed), self.recording, observer),
            Strategy::Pct { depth } => {
                let pct = Pct::new(seed, depth, self.steps_of_a_run()?);
                self.run_stepped(pct, self.recording, observer)
            }
            Strategy::Exhaustive(bound) => {
                let mut explorer = Explorer::new(bound);
                for _ in 0..seed {
                    self.run_stepped(&mut explorer, false, ())?;
                    if self.is_stopped() {
                        break;
                    }
                    if !explorer.advance() {
                        let runs = explorer.runs();
                        let why = format!("schedules are numbered from 0, and there are {runs}");
                        return Err(io::Error::other(why).into());
                    }
                }
                self.run_stepped(&mut explorer, self.recording, observer)
            }
        }
    }

    /// About how many steps a run has: as many as the longest of three, one random one and two
    /// in which threads go on as long as they can, so that a fatal error does not cut all short.
    ///
    /// # Errors
    /// As [`Replay::run`].
    pub fn steps_of_a_run(&self) -> Result<u64, Error> {
        if let Some(&steps) = self.steps.get() {
            return Ok(steps);
        }
        let mut steps = self.run_stepped(Random::new(0), false, ())?.ended.cycle;
        for seed in [0, 1] {
            let run = self.run_stepped(Pct::new(seed, 1, 1), false, ())?;
            steps = steps.max(run.ended.cycle);
        }
        if self.is_stopped() {
            return Ok(steps);
        }
        Ok(*self.steps.get_or_init(|| steps))
    }

    fn run_timed<O: Observer<Tagged>>(&self, seed: u64, mut observer: O) -> Result<Ran<O>, Error> {
        let Prepared {
            machine,
            world,
            feed,
            programs,
        } = self.prepare(&mut observer)?;
        let timed = Timed::new(machine, programs, seed, observer).limited(self.limits);
        let timed = if self.checked { timed.checked() } else { timed };
        let timed = match &self.schedule {
            Some(schedule) => timed.following(Arc::clone(schedule)),
            None => timed,
        };
        let (ended, machine, observer) = timed.run();
        let maps = self.finish(&ended, &machine, &world, &feed)?;
        Ok(Ran {
            ended,
            observer,
            maps,
            steps: Vec::new(),
            machine: Some(machine),
        })
    }

    /// A run whose steps are chosen, and recorded if that is wanted.
    pub(super) fn run_stepped<O: Observer<Tagged>>(
        &self,
        chooser: impl Chooser,
        recording: bool,
        mut observer: O,
    ) -> Result<Ran<O>, Error> {
        let Prepared {
            machine,
            world,
            feed,
            programs,
        } = self.prepare(&mut observer)?;
        let run = Stepped::new(machine, programs, chooser, observer).limited(self.limits);
        let run = if self.checked { run.checked() } else { run };
        let run = if recording { run.recording() } else { run };
        let (ended, machine, observer, steps) = run.run();
        let maps = self.finish(&ended, &machine, &world, &feed)?;
        Ok(Ran {
            ended,
            observer,
            maps,
            steps,
            machine: Some(machine),
        })
    }

    fn prepare(&self, observer: &mut impl Observer<Tagged>) -> Result<Prepared, Error> {
        let writes = WriteIds::default();
        let (machine, world) = self.set_up(&writes, observer)?;
        let world = Rc::new(world);
        let feed = Rc::new(RefCell::new(self.trace.feed()?));
        let programs = (0..self.trace.threads().len()).map(|thread| {
            let mem = Mem::new(writes.clone());
            let feed = Rc::clone(&feed);
            let next = move || feed.borrow_mut().next(thread);
            AsyncProgram::new(&mem, run_thread(mem.clone(), Rc::clone(&world), next))
        });
        let programs = programs.collect();
        Ok(Prepared {
            machine,
            world,
            feed,
            programs,
        })
    }

    /// What the maps hold at the end, unless the run is the fault of its input.
    fn finish(
        &self,
        ended: &Ended,
        machine: &Machine<Bytes>,
        world: &World,
        feed: &RefCell<Feed>,
    ) -> Result<Vec<Walk>, Error> {
        let error = feed.borrow_mut().take_error();
        match (&ended.ending, error) {
            (Ending::BadInput, Some(error)) => Err(error),
            (Ending::BadInput, None) => {
                Err(io::Error::other("it has changed since it was checked").into())
            }
            (Ending::Misfit(misfit), _) => Err(self.misfit(misfit)?),
            (Ending::Finished, _) => Ok(world.walk(&Peek::new(machine))),
            _ => Ok(Vec::new()),
        }
    }

    /// The place where a schedule stops fitting, and what fits there.
    fn misfit(&self, misfit: &Misfit) -> Result<Error, Error> {
        let own = self.schedule.as_ref().and_then(|own| own.file.as_ref());
        let invalid = match own {
            Some(file) => misfit.in_file(file),
            None => {
                let problem = self.trace.problem(misfit.line, Misfit::MESSAGE)?;
                Invalid::new(self.trace.file(), vec![misfit.explain(problem)])
            }
        };
        Ok(Error::Invalid(invalid))
    }
}
