//! How a run ends, and when to give up on one.

use std::sync::atomic::{AtomicBool, Ordering};

use super::schedule::Misfit;
use crate::machine::{Thread, Violation};
use crate::memory::Addr;

/// When to give up on a run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A program that makes this many accesses and releases in one operation of its trace is stuck.
    pub accesses_per_operation: u64,
    /// The run is stuck if it is not over by this cycle.
    pub cycles: u64,
    /// Ends the run when it is set, whoever sets it: in time before the next operation begins,
    /// else before the next step.
    pub stop: Option<&'static AtomicBool>,
}

impl Limits {
    /// Whether somebody wants no more of the run.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            accesses_per_operation: 1_000_000,
            cycles: 1 << 50,
            stop: None,
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every program came to its end, and every store is performed.
    Finished,
    /// A runtime's own check ended the run, with this text.
    Fatal(Thread, &'static str),
    /// A thread touched what was not allocated.
    Fault(Thread, Addr, usize),
    /// A thread went on without end.
    Stuck(Thread),
    /// Every thread that is not at its end sleeps; the first of them.
    Asleep(Thread),
    /// A program needs what its model leaves out.
    Unsupported(Thread, String),
    /// The input that feeds the programs is broken.
    BadInput,
    /// The schedule that it followed does not fit.
    Misfit(Box<Misfit>),
    /// Whoever chose its steps has no further use for it.
    GivenUp,
    /// Somebody outside wanted no more of it.
    Stopped,
    /// A property of the machine did not hold: the protocol is wrong.
    Violation(Violation),
}

impl From<Box<Violation>> for Ending {
    fn from(violation: Box<Violation>) -> Ending {
        Ending::Violation(*violation)
    }
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub ending: Ending,
    /// In which cycle.
    pub cycle: u64,
}
