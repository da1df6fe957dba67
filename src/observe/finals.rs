//! In which state each line is in each cache at the end of a run.

use std::collections::BTreeMap;

use crate::machine::{Core, Event, Observer};
use crate::memory::Line;
use crate::protocol::State;

/// Follows the states of lines that caches have, or had.
#[derive(Clone, Debug, Default)]
pub struct Finals {
    states: BTreeMap<(Core, Line), State>,
}

impl Finals {
    /// The lines that ever changed their state in a core's cache and the states that they are
    /// in, by core and line.
    pub fn states(&self) -> impl Iterator<Item = (Core, Line, State)> {
        let states = self.states.iter();
        states.map(|(&(core, line), &state)| (core, line, state))
    }
}

impl<P> Observer<P> for Finals {
    fn observe(&mut self, event: &Event<'_, P>) {
        match *event {
            Event::Transition { core, line, to, .. } => {
                self.states.insert((core, line), to);
            }
            Event::Changed {
                core: Some(core),
                node,
                line,
                to,
                ..
            } if node == core.0 => {
                self.states.insert((core, line), State(to));
            }
            _ => {}
        }
    }
}
