//! Exceptions that nobody caught: each ended its thread, not the program.

use crate::machine::{Event, Exit, Observer, Thread};

use super::running::Running;

/// A thread that an exception ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncaught {
    /// Which.
    pub thread: Thread,
    /// The exception's name.
    pub name: &'static str,
    /// In which cycle.
    pub cycle: u64,
}

/// Collects them.
#[derive(Clone, Debug, Default)]
pub struct Thrown {
    running: Running,
    now: u64,
    found: Vec<Uncaught>,
}

impl Thrown {
    /// All of them, at most one a thread.
    #[must_use]
    pub fn found(&self) -> &[Uncaught] {
        &self.found
    }
}

impl<P> Observer<P> for Thrown {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        if let Event::Ended {
            core,
            exit: &Exit::Thrown(name),
        } = *event
        {
            self.found.push(Uncaught {
                thread: self.running.on(core),
                name,
                cycle: self.now,
            });
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
