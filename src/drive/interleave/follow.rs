//! A schedule followed: each of its steps is found by its name and taken.

use super::state::{Plain, State};
use crate::drive::ending::Ending;
use crate::drive::schedule::{self, Misfit};
use crate::machine::Step;
use crate::trace::{NamedStep, Schedule};

impl<P: Plain> State<P> {
    /// Takes the steps of a schedule, and says which they are.
    ///
    /// # Errors
    /// The first that does not fit, or what ends the run.
    pub fn follow(&mut self, schedule: &Schedule) -> Result<Vec<Step>, Ending> {
        let mut steps = Vec::with_capacity(schedule.steps.len());
        for (line, named) in &schedule.steps {
            match schedule::find(&mut self.machine, named) {
                Ok(step) => {
                    self.take(step, &mut ())?;
                    steps.push(step);
                }
                Err(why) => {
                    return Err(Ending::Misfit(Box::new(Misfit {
                        line: *line,
                        step: named.clone(),
                        why: why.to_owned(),
                        possible: self.possible(),
                    })));
                }
            }
        }
        Ok(steps)
    }

    /// Everything that may happen next, in the words of schedules.
    pub fn possible(&mut self) -> Vec<NamedStep> {
        let mut steps = Vec::new();
        self.steps(&mut steps);
        let steps = steps.into_iter();
        steps
            .map(|step| schedule::name(&self.machine, step))
            .collect()
    }
}
