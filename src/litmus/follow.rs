//! A litmus test's steps taken one after another, as a search found them or a schedule names them.

use super::run::{Setup, Values64};
use super::thread::Thread;
use crate::drive::Ending;
use crate::drive::interleave::State;
use crate::machine::{self, Observer, Step};
use crate::memory::Untagged;
use crate::trace::{NamedStep, Schedule};

/// What following a schedule came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The steps of the schedule.
    pub steps: Vec<Step>,
    /// What each column holds after them. Before the threads are at their ends that is final for
    /// no column, and for a location it means nothing: its line can be on its way.
    pub values: Values64,
    /// What can happen next; nothing where the threads are at their ends and all their stores
    /// are performed.
    pub next: Vec<NamedStep>,
}

impl Setup<'_> {
    /// Takes the steps that a schedule names.
    ///
    /// # Errors
    /// The step that does not fit, or as for [`Setup::explore`].
    pub fn follow(&self, schedule: &Schedule) -> Result<Followed, Ending> {
        let mut state = self.first()?;
        let steps = state.follow(schedule)?;
        let next = state.possible();
        if next.is_empty() && !state.is_finished() {
            return Err(Ending::Stuck(machine::Thread(0)));
        }
        let values = self.finally(&state);
        Ok(Followed {
            steps,
            values,
            next,
        })
    }

    /// Takes the steps one after another, and calls `each` after each with the state before it.
    ///
    /// # Errors
    /// As for [`Setup::explore`].
    pub fn walk<O: Observer<Untagged>>(
        &self,
        steps: &[Step],
        observer: &mut O,
        mut each: impl FnMut(Step, &State<Thread>, &State<Thread>, &mut O),
    ) -> Result<(), Ending> {
        let mut state = self.first()?;
        for &step in steps {
            let before = state.clone();
            state.take(step, observer)?;
            each(step, &before, &state, observer);
        }
        Ok(())
    }
}
