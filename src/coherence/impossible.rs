//! What happens when the table has no cell.

use std::fmt;

use crate::protocol::{Event, State, Table};

/// The protocol has no cell for what happened: its table is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// Whose cache.
    pub cache: usize,
    /// The line's state there.
    pub state: State,
    /// What it met.
    pub event: Event,
    /// The state's name.
    pub state_name: String,
}

impl Impossible {
    /// For a cell that is not there; boxed, because hardly ever needed.
    #[cold]
    pub(super) fn new(table: &Table, cache: usize, state: State, event: Event) -> Box<Impossible> {
        Box::new(Impossible {
            cache,
            state,
            event,
            state_name: table.state_name(state).to_owned(),
        })
    }
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cache, state, event) = (self.cache, &self.state_name, self.event.name());
        write!(
            f,
            "core {cache} has a line in {state} and meets {event}: the protocol has no cell ({state}, {event})"
        )
    }
}

impl std::error::Error for Impossible {}
