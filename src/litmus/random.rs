//! A litmus test run in time: which final states come, and how often, when a seed decides what
//! hardware leaves open.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::run::{Setup, Values64};
use crate::drive::{Ending, Timed};
use crate::machine::{Event, Note, Observer};
use crate::memory::Values;

/// The registers that threads named at their ends.
#[derive(Default)]
struct Registers {
    values: BTreeMap<Arc<str>, u64>,
}

impl<P> Observer<P> for Registers {
    fn observe(&mut self, event: &Event<'_, P>) {
        if let Event::Note {
            note: Note::Named { name, value },
            ..
        } = event
        {
            let value = value.unwrap_or_default() as u64;
            self.values.insert(Arc::clone(name), value);
        }
    }
}

impl Setup<'_> {
    /// Runs the test once in time: the final state, unless the filter passes over it.
    ///
    /// # Errors
    /// What ended the run before its end.
    pub fn run(&self, seed: u64) -> Result<Option<Values64>, Ending> {
        let machine = self.machine::<Values>(&self.timed)?;
        let timed = Timed::new(machine, self.threads(), seed, Registers::default());
        let (ended, machine, registers) = timed.run();
        if ended.ending != Ending::Finished {
            return Err(ended.ending);
        }
        let register = |place: &super::Place| {
            let value = registers.values.get(place.to_string().as_str());
            value.copied().expect("a thread names what is shown of it")
        };
        let values = self.values(&machine, register);
        Ok(self.passes(&values).then_some(values))
    }
}
