//! The stepwise driver: no clock, one thread's next step after another, in the order that a
//! [`Chooser`] gives. A step is a part of an access with all that the fabric does for it, or a
//! buffered store's way to the cache. What threads do and when their stores drain is free;
//! how long things take plays no part.
//!
//! Each thread has a core of its own, so all its interleavings with the others are possible.
//! A thread's program goes on as soon as its access is over; what it then says of itself
//! (a call that begins) is told to observers when its next step is chosen.

mod exhaustive;
mod pct;
mod program;
mod random;

pub use exhaustive::{Bound, Explorer};
pub use pct::Pct;
pub use random::Random;

use super::at_once::{AtOnce, thread};
use super::ending::{Ended, Ending, Limits};
use crate::machine::{
    AccessKind, Checker, Core, Lookup, Machine, Observer, Port, Program, Slot, Step,
};
use crate::memory::{Addr, Contents};
use crate::trace::NamedStep;
use program::Programs;

/// A step that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Whose, and whether it is the program's or the store buffer's.
    pub slot: Slot,
    /// What it touches that others can see.
    pub touch: Touch,
}

/// What a step touches that others can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Nothing: a store enters its buffer, or a load is answered there.
    Nothing,
    /// It reads these bytes.
    Read(Addr, usize),
    /// It writes these bytes.
    Write(Addr, usize),
}

impl Touch {
    /// Whether two steps give the same in either order.
    #[must_use]
    pub fn commutes(self, other: Touch) -> bool {
        let apart = |a: Addr, a_bytes: usize, b: Addr, b_bytes: usize| {
            a.0.saturating_add(a_bytes as u64) <= b.0 || b.0.saturating_add(b_bytes as u64) <= a.0
        };
        match (self, other) {
            (Touch::Nothing, _) | (_, Touch::Nothing) | (Touch::Read(..), Touch::Read(..)) => true,
            (
                Touch::Read(a, a_bytes) | Touch::Write(a, a_bytes),
                Touch::Read(b, b_bytes) | Touch::Write(b, b_bytes),
            ) => apart(a, a_bytes, b, b_bytes),
        }
    }
}

/// Who decides which step comes next.
pub trait Chooser {
    /// The number of the chosen step; none to give the run up. `choices` is not empty and is
    /// in the order of cores, a core's own step before its store buffer's.
    fn choose(&mut self, choices: &[Choice]) -> Option<usize>;

    /// The run is over, at its end or by what was chosen last.
    fn ended(&mut self, _finished: bool) {}
}

impl<T: Chooser + ?Sized> Chooser for &mut T {
    fn choose(&mut self, choices: &[Choice]) -> Option<usize> {
        (**self).choose(choices)
    }

    fn ended(&mut self, finished: bool) {
        (**self).ended(finished);
    }
}

/// A machine, the programs on its cores, and who chooses.
pub struct Stepped<C: Contents, P, O, H> {
    machine: AtOnce<C, O>,
    programs: Programs<P, C::Piece>,
    chooser: H,
    limits: Limits,
    taken: u64,
}

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>, H: Chooser> Stepped<C, P, O, H> {
    /// A run of `programs`, the first on core 0 and so on.
    ///
    /// # Panics
    /// When there are more programs than cores.
    #[must_use]
    pub fn new(machine: Machine<C>, programs: Vec<P>, chooser: H, observer: O) -> Self {
        let cores = machine.config().cores;
        assert!(programs.len() <= cores, "each thread has a core of its own");
        Stepped {
            machine: AtOnce::new(machine, observer),
            programs: Programs::new(programs),
            chooser,
            limits: Limits::default(),
            taken: 0,
        }
    }

    /// Checks the machine's properties after every step.
    #[must_use]
    pub fn checked(mut self) -> Self {
        self.machine.checker = Some(Checker::new(&self.machine.machine));
        self
    }

    /// Keeps the machine's steps, for a schedule.
    #[must_use]
    pub fn recording(mut self) -> Self {
        self.machine.recorded = Some(Vec::new());
        self
    }

    /// Gives up later or earlier than usual; a cycle is a step here.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Runs to the end: how it ended, after how many steps, the machine as it then stands, the
    /// observer, and the machine's steps if they were recorded.
    pub fn run(mut self) -> (Ended, Machine<C>, O, Vec<NamedStep>) {
        let ending = self.steps().err().unwrap_or(Ending::Finished);
        self.chooser.ended(ending == Ending::Finished);
        let AtOnce {
            machine,
            observer,
            recorded,
            ..
        } = self.machine;
        let cycle = self.taken;
        let ended = Ended { ending, cycle };
        (ended, machine, observer, recorded.unwrap_or_default())
    }

    fn steps(&mut self) -> Result<(), Ending> {
        for core in self.programs.cores() {
            self.go_on(core)?;
        }
        let (mut steps, mut choices) = (Vec::new(), Vec::new());
        loop {
            steps.clear();
            for core in self.programs.cores() {
                self.machine.machine.core_steps(core, &mut steps);
            }
            choices.clear();
            choices.extend(steps.iter().filter_map(|&step| self.choice(step)));
            if choices.is_empty() {
                return match self.programs.first_asleep() {
                    None => Ok(()),
                    Some(thread) => Err(Ending::Asleep(thread)),
                };
            }
            let chosen = self.chooser.choose(&choices).ok_or(Ending::GivenUp)?;
            self.take(choices[chosen].slot)?;
        }
    }

    fn take(&mut self, slot: Slot) -> Result<(), Ending> {
        if self.limits.is_stopped() {
            return Err(Ending::Stopped);
        }
        let core = slot.core;
        self.taken += 1;
        if self.taken > self.limits.cycles {
            return Err(Ending::Stuck(thread(core)));
        }
        self.machine.observer.clock(self.taken);
        match slot.port {
            Port::Drain => self.machine.drain(core),
            Port::Issue => {
                self.programs.say(core, &mut self.machine.observer);
                self.machine.issue(core)?;
                match self.machine.machine.is_idle(core) {
                    true => self.go_on(core),
                    false => Ok(()),
                }
            }
        }
    }

    fn choice(&self, step: Step) -> Option<Choice> {
        let (core, port) = match step {
            Step::Issue(core) => (core, Port::Issue),
            Step::Drain(core) => (core, Port::Drain),
            _ => return None,
        };
        let touch = match port {
            Port::Issue => self.touch_of_issue(core),
            Port::Drain => {
                let oldest = self.machine.machine.store_buffer(core).oldest();
                let oldest = oldest.expect("a store drains");
                Touch::Write(oldest.addr, oldest.bytes)
            }
        };
        let slot = Slot { core, port };
        Some(Choice { slot, touch })
    }

    fn touch_of_issue(&self, core: Core) -> Touch {
        let machine = &self.machine.machine;
        let Some(access) = machine.access_under_way(core) else {
            return Touch::Nothing; // a fence
        };
        let buffer = machine.store_buffer(core);
        let (addr, bytes) = (access.addr, access.bytes);
        match access.kind {
            AccessKind::Load => match buffer.lookup(addr, bytes) {
                Lookup::Forward { .. } => Touch::Nothing,
                _ => Touch::Read(addr, bytes),
            },
            AccessKind::Store { .. } if !buffer.is_absent() => Touch::Nothing,
            AccessKind::Evict => Touch::Nothing,
            AccessKind::Store { .. } | AccessKind::Locked { .. } => Touch::Write(addr, bytes),
        }
    }
}
