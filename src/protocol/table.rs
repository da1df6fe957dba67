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
    /// Memory takes the line first and then answers the requester in its place.
    pub write_back: bool,
    /// It refuses: what the others did stands, and the request is made again.
    pub retry: bool,
    /// It raises the bus's shared wire.
    pub shared: bool,
    /// Memory takes the bytes that are then written.
    pub write_through: bool,
    /// The next state when no other cache raised the shared wire.
    pub next_alone: State,
    /// The next state when one did; the same as `next_alone` where no transaction is made.
    pub next_shared: State,
}

impl Cell {
    /// Whether `event` is looked up again in the new state once the transaction is over: a
    /// store that has only fetched a copy to read.
    #[must_use]
    pub fn looks_again(&self, event: Event) -> bool {
        event == Event::Store && self.transaction == Some(Transaction::BusRd)
    }

    /// Whether memory takes the line.
    #[must_use]
    pub fn updates_memory(&self) -> bool {
        self.flush || self.write_back
    }
}

/// What cells of a file count, besides what is counted of any protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// When the line was not needed, or whoever it came from: a bit for each tally.
    pub(super) always: u32,
    /// When it came from memory.
    pub(super) memory: u32,
    /// When it came from another cache.
    pub(super) cache: u32,
}

/// Where a line came from, for [`Table::counts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was not needed.
    Nowhere,
    /// Memory, or a cache on memory's side of the bus.
    Memory,
    /// Another core's cache.
    Cache,
}

/// A protocol: states × events → cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub(super) name: String,
    pub(super) states: Vec<String>,
    pub(super) initial: State,
    pub(super) cells: Vec<Option<Cell>>,
    /// The names that cells count under.
    pub(super) tallies: Vec<String>,
    /// What each cell counts; apart from the cells, which are looked at more often.
    pub(super) counts: Vec<Counts>,
    pub(super) notes: Notes,
}

/// What a protocol's file says in words, for those who look at it; nothing follows from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Notes {
    /// Where the protocol is described.
    pub(super) source: String,
    /// What each state means.
    pub(super) meanings: Vec<String>,
    /// What is to be said about each cell.
    pub(super) cells: Vec<Option<String>>,
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

    /// Where the protocol is described.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.notes.source
    }

    /// What a state means, in words.
    #[must_use]
    pub fn meaning(&self, state: State) -> &str {
        &self.notes.meanings[usize::from(state.0)]
    }

    /// What the file says about a cell, in words.
    #[must_use]
    pub fn note(&self, state: State, event: Event) -> Option<&str> {
        self.notes.cells[index(state, event)].as_deref()
    }

    /// What a cache does when `event` meets a line in `state`; none if that is impossible.
    #[must_use]
    pub fn cell(&self, state: State, event: Event) -> Option<&Cell> {
        self.cells[index(state, event)].as_ref()
    }

    /// The names under which the file's cells count, each once.
    #[must_use]
    pub fn tallies(&self) -> &[String] {
        &self.tallies
    }

    /// What goes up when the cell is used, as indices into [`Table::tallies`].
    pub fn counts(
        &self,
        state: State,
        event: Event,
        source: Source,
    ) -> impl Iterator<Item = usize> + use<> {
        let counts = self.counts[index(state, event)];
        let of_source = match source {
            Source::Nowhere => 0,
            Source::Memory => counts.memory,
            Source::Cache => counts.cache,
        };
        let bits = counts.always | of_source;
        (0..u32::BITS as usize).filter(move |tally| bits >> tally & 1 == 1)
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

/// Where a state's cell for an event stands among the cells.
pub(super) fn index(state: State, event: Event) -> usize {
    usize::from(state.0) * Event::ALL.len() + event as usize
}
