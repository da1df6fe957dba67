//! A protocol in its compiled form: a dense array of cells, one for each state and event.

use super::vocabulary::{Event, Transaction};

/// A state of a line in a cache: an index into the table's states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State(pub u8);

/// What a cache does when an event meets a line in some state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The bus transaction that it needs first; none for a hit or a snoop.
    pub transaction: Option<Transaction>,
    /// It puts the line on the bus and memory takes it too (a write-back when evicting).
    pub flush: bool,
    /// It puts the line on the bus for the requester alone; memory stays as it is.
    pub flush_opt: bool,
    /// It raises the bus's shared wire.
    pub shared: bool,
    /// The next state when no other cache raised the shared wire.
    pub next_alone: State,
    /// The next state when one did; the same as `next_alone` where no transaction is made.
    pub next_shared: State,
}

/// A protocol: states × events → cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub(super) name: String,
    pub(super) states: Vec<String>,
    pub(super) initial: State,
    pub(super) cells: Vec<Option<Cell>>,
}

impl Table {
    /// The protocol's name, for reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The state of a line that is not in the cache.
    #[must_use]
    pub fn initial(&self) -> State {
        self.initial
    }

    /// All states, in the order of the file.
    pub fn states(&self) -> impl Iterator<Item = State> + use<> {
        (0..u8::try_from(self.states.len()).expect("a table has at most 255 states")).map(State)
    }

    /// A state's name.
    #[must_use]
    pub fn state_name(&self, state: State) -> &str {
        &self.states[usize::from(state.0)]
    }

    /// What a cache does when `event` meets a line in `state`; none if that is impossible.
    #[must_use]
    pub fn cell(&self, state: State, event: Event) -> Option<&Cell> {
        self.cells[usize::from(state.0) * Event::ALL.len() + event as usize].as_ref()
    }

    /// Whether a load in `state` is answered without a transaction.
    #[must_use]
    pub fn may_load(&self, state: State) -> bool {
        self.needs_no_bus(state, Event::Load)
    }

    /// Whether a store in `state` is performed without a transaction, so that no other
    /// cache learns of it.
    #[must_use]
    pub fn may_store(&self, state: State) -> bool {
        self.needs_no_bus(state, Event::Store)
    }

    /// Whether a line in `state` is written back when it is evicted.
    #[must_use]
    pub fn is_dirty(&self, state: State) -> bool {
        self.cell(state, Event::Evict)
            .is_some_and(|cell| cell.flush)
    }

    fn needs_no_bus(&self, state: State, event: Event) -> bool {
        self.cell(state, event)
            .is_some_and(|cell| cell.transaction.is_none())
    }
}
