//! A replay: a trace's threads on the cores of a machine, with its maps and variables laid
//! out in simulated memory. Once for a look, or many times for how often what comes.

mod in_order;
mod seeds;
mod setup;
mod witness;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

pub use seeds::{Example, Outcome, Tally, TornShape, Verdict, run_seeds};
pub use setup::Place;
pub use witness::witness_trace;

use crate::coherence::network::MAX_NODES;
use crate::diagnostic::{Invalid, Problem};
use crate::drive::schedule::Misfit;
use crate::drive::{Ended, Ending, Limits, Timed};
use crate::machine::{Config, Machine, Observer};
use crate::maps::{AsyncProgram, Kind, Mem, WriteIds, run_thread};
use crate::memory::{NoBytes, Tagged};
use crate::protocol::Protocol;
use crate::trace::{Error, Schedule, Trace};

/// Everything that a replay needs, fixed; what is left open is the seed.
pub struct Replay {
    config: Arc<Config>,
    protocol: Protocol,
    trace: Arc<Trace>,
    /// The algorithm of each map of the trace.
    kinds: Vec<&'static Kind>,
    limits: Limits,
    checked: bool,
    schedule: Option<Arc<Schedule>>,
}

/// Where things lie in a run's memory.
pub type Places = Vec<Place>;

impl Replay {
    /// A replay of `trace` on a machine. All its maps use the algorithm `map`, if one is
    /// given, instead of what the trace says.
    ///
    /// # Errors
    /// When the protocol's controllers are too many on the machine.
    ///
    /// # Panics
    /// When the trace names a map that is not in [`KINDS`](crate::maps::KINDS); reading it has made sure.
    pub fn new(
        config: Arc<Config>,
        protocol: Protocol,
        trace: Arc<Trace>,
        map: Option<&'static Kind>,
    ) -> Result<Replay, Error> {
        if !Machine::<NoBytes>::can_run(config.cores, &protocol) {
            return Err(too_many_nodes(&config, &protocol).into());
        }
        let schedule = trace.header().schedule.clone().map(Arc::new);
        let maps = trace.header().maps.iter();
        let kinds = maps.map(|declared| map.or(Kind::named(&declared.kind)).expect("a known map"));
        Ok(Replay {
            kinds: kinds.collect(),
            config,
            protocol,
            trace,
            limits: Limits::default(),
            checked: false,
            schedule,
        })
    }

    /// The same, with the machine's properties checked after every step.
    #[must_use]
    pub fn checked(mut self, checked: bool) -> Replay {
        self.checked = checked;
        self
    }

    /// The same, with this schedule instead of the trace's own.
    #[must_use]
    pub fn following(mut self, schedule: Option<Schedule>) -> Replay {
        self.schedule = schedule.map(Arc::new).or(self.schedule);
        self
    }

    /// The same, giving up earlier or later than usual.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Replay {
        self.limits = limits;
        self
    }

    /// The machine.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The protocol.
    #[must_use]
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// The trace.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Replays with one seed: how it ended, and the observer, which has also been told of
    /// what the trace's `init` lines did before the run.
    ///
    /// # Errors
    /// When what the trace declares finds no room, or the trace can no longer be read.
    pub fn run<O: Observer<Tagged>>(
        &self,
        seed: u64,
        mut observer: O,
    ) -> Result<(Ended, O), Error> {
        let writes = WriteIds::default();
        let (machine, world) = self.set_up(&writes, &mut observer)?;
        let world = Rc::new(world);
        let feed = Rc::new(RefCell::new(self.trace.feed()?));
        let programs = (0..self.trace.threads().len()).map(|thread| {
            let mem = Mem::new(writes.clone());
            let feed = Rc::clone(&feed);
            let next = move || feed.borrow_mut().next(thread);
            AsyncProgram::new(&mem, run_thread(mem.clone(), Rc::clone(&world), next))
        });
        let timed = Timed::new(machine, programs.collect(), seed, observer).limited(self.limits);
        let timed = if self.checked { timed.checked() } else { timed };
        let timed = match &self.schedule {
            Some(schedule) => timed.following(Arc::clone(schedule)),
            None => timed,
        };
        let (ended, _, observer) = timed.run();
        let error = feed.borrow_mut().take_error();
        match (&ended.ending, error) {
            (Ending::BadInput, Some(error)) => Err(error),
            (Ending::BadInput, None) => {
                Err(io::Error::other("it has changed since it was checked").into())
            }
            (Ending::Misfit(misfit), _) => Err(self.misfit(misfit)?),
            _ => Ok((ended, observer)),
        }
    }

    /// The place where a schedule stops fitting, and what fits there.
    fn misfit(&self, misfit: &Misfit) -> Result<Error, Error> {
        /// So many steps are listed.
        const LISTED: usize = 16;
        let message = "the schedule does not fit here";
        let own = self.schedule.as_ref().and_then(|own| own.file.as_ref());
        let problem = match own {
            None => self.trace.problem(misfit.line, message)?,
            Some(_) => {
                let text = format!("step {}", misfit.step);
                let mut problem = Problem::at(&text, 0..4, message);
                problem.line = misfit.line as usize;
                problem
            }
        };
        let possible = misfit.possible.iter().take(LISTED);
        let possible: Vec<String> = possible.map(|step| format!("`step {step}`")).collect();
        let more = misfit.possible.len().saturating_sub(LISTED);
        let help = match (possible.len(), more) {
            (0, _) => "nothing can be done here".to_owned(),
            (_, 0) => format!("possible here: {}", possible.join(", ")),
            (_, more) => format!("possible here: {} and {more} more", possible.join(", ")),
        };
        let problem = problem.label(&*misfit.why).help(help);
        let file = own.map_or(self.trace.file(), |file| file);
        Ok(Error::Invalid(Invalid::new(file, vec![problem])))
    }
}

fn too_many_nodes(config: &Config, protocol: &Protocol) -> io::Error {
    let (cores, name) = (config.cores, protocol.name());
    io::Error::other(format!(
        "{cores} cores are too many for the protocol {name}: it may have {MAX_NODES} controllers in all"
    ))
}
