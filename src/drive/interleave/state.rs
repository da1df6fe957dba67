//! A machine with the programs on its cores.

use crate::drive::at_once::thread;
use crate::drive::ending::Ending;
use crate::machine::{Core, Encoder, Exit, Machine, Observer, Program, Progress, Request, Step};
use crate::memory::{Addr, Untagged, Values};

/// A program that a search can branch from.
pub trait Plain: Program<Untagged> + Clone {
    /// Writes down all that decides what it does from here on, and what is looked at in the end.
    fn encode(&self, into: &mut Encoder);

    /// What it may still access, the access under way included.
    fn footprint(&self) -> Footprint;
}

/// Objects that are accessed: a bit for each, by its place in the list that the search was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// What is read.
    pub loads: u64,
    /// What is written.
    pub stores: u64,
}

impl Footprint {
    /// Anything may be accessed.
    pub const EVERYTHING: Footprint = Footprint {
        loads: u64::MAX,
        stores: u64::MAX,
    };

    /// What either accesses.
    #[must_use]
    pub fn with(self, other: Footprint) -> Footprint {
        Footprint {
            loads: self.loads | other.loads,
            stores: self.stores | other.stores,
        }
    }

    /// The bit of the object that holds `addr`, where `objects` are their first bytes in order.
    #[must_use]
    pub fn bit(objects: &[Addr], addr: Addr) -> u64 {
        let at = objects.partition_point(|&first| first <= addr);
        match at {
            1..=64 => 1 << (at - 1),
            _ => u64::MAX,
        }
    }
}

/// A machine with the programs on its cores, the first on core 0 and so on.
#[derive(Debug)]
pub struct State<P> {
    /// The machine.
    pub machine: Machine<Values>,
    /// The programs.
    pub programs: Vec<P>,
    /// Whether each has come to its end.
    pub(super) ended: Vec<bool>,
}

impl<P: Clone> Clone for State<P> {
    fn clone(&self) -> State<P> {
        State {
            machine: self.machine.clone(),
            programs: self.programs.clone(),
            ended: self.ended.clone(),
        }
    }

    /// Uses what is allocated again.
    fn clone_from(&mut self, from: &State<P>) {
        self.machine.clone_from(&from.machine);
        self.programs.clone_from(&from.programs);
        self.ended.clone_from(&from.ended);
    }
}

impl<P: Plain> State<P> {
    /// The beginning: each program has asked for its first access.
    ///
    /// # Errors
    /// A program asks for something that has no place in a search.
    ///
    /// # Panics
    /// When there are more programs than cores.
    pub fn new(machine: Machine<Values>, programs: Vec<P>) -> Result<State<P>, Ending> {
        assert!(
            programs.len() <= machine.config().cores,
            "each program has a core of its own"
        );
        let ended = vec![false; programs.len()];
        let mut state = State {
            machine,
            programs,
            ended,
        };
        for core in state.cores() {
            state.go_on(core)?;
        }
        Ok(state)
    }

    /// The cores that have programs.
    pub(super) fn cores(&self) -> impl Iterator<Item = Core> + use<P> {
        (0..self.programs.len()).map(|core| Core(core as u8))
    }

    /// Everything that may happen next.
    pub fn steps(&mut self, steps: &mut Vec<Step>) {
        self.machine.steps(steps);
    }

    /// Makes a step happen, and programs go on whose accesses are over with it.
    ///
    /// # Errors
    /// What ends the run.
    pub fn take<O: Observer<Untagged>>(
        &mut self,
        step: Step,
        observer: &mut O,
    ) -> Result<(), Ending> {
        let progress = self.machine.perform(step, observer)?;
        match (progress, step) {
            (Progress::Faulted(addr, bytes), Step::Issue(core)) => {
                return Err(Ending::Fault(thread(core), addr, bytes));
            }
            (Progress::Unsupported(what), Step::Issue(core) | Step::Drain(core)) => {
                return Err(Ending::Unsupported(thread(core), what.to_owned()));
            }
            (Progress::Unsupported(what), _) => {
                return Err(Ending::Unsupported(thread(Core(0)), what.to_owned()));
            }
            (Progress::Done(_), Step::Issue(core)) => return self.go_on(core),
            _ => {}
        }
        // The access of any core may have been performed with it.
        for core in self.cores() {
            if self.machine.is_idle(core) && !self.ended[core.index()] {
                self.go_on(core)?;
            }
        }
        Ok(())
    }

    fn go_on(&mut self, core: Core) -> Result<(), Ending> {
        let mut answer = self.machine.answer(core);
        loop {
            let request = self.programs[core.index()].resume(&answer);
            answer = crate::machine::Response::Done;
            match request {
                Request::Access(access) => {
                    self.machine.begin(core, access);
                    return Ok(());
                }
                Request::Fence(fence) => {
                    self.machine.begin_fence(core, fence);
                    return Ok(());
                }
                Request::Compute(_) | Request::Note(_) => {}
                Request::Exit(Exit::Finished) => {
                    self.ended[core.index()] = true;
                    return Ok(());
                }
                Request::Exit(exit) => {
                    return Err(Ending::Unsupported(thread(core), exit.to_string()));
                }
                _ => {
                    let what = "a request that a search does not know";
                    return Err(Ending::Unsupported(thread(core), what.to_owned()));
                }
            }
        }
    }

    /// Whether all programs have ended and all they did has been performed.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let drained = |core| self.machine.store_buffer(core).is_empty();
        self.ended.iter().all(|&ended| ended) && self.cores().all(drained)
    }

    /// Writes the state down; see [`Machine::encode`].
    pub(super) fn encode(&self, ages: bool, into: &mut Encoder) {
        into.clear();
        for program in &self.programs {
            program.encode(into);
        }
        self.machine.encode(ages, into);
    }
}
