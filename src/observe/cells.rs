//! Which changes of state there were, and what the protocol's file itself wants counted. Both
//! follow from the table's cells, by their uses.

use crate::machine::{Core, Event, Observer, Supplier};
use crate::memory::Piece;
use crate::protocol::{self, Source, State, Table};

/// Counts uses of cells, for each core.
#[derive(Clone, Debug)]
pub struct Cells {
    table: Table,
    states: usize,
    /// For each core from state × to state.
    changes: Vec<Vec<u64>>,
    /// For each core the table's tallies.
    tallies: Vec<Vec<u64>>,
}

impl Cells {
    /// Zero for `cores` cores.
    #[must_use]
    pub fn new(cores: usize, table: &Table) -> Cells {
        let states = table.states().count();
        Cells {
            states,
            changes: vec![vec![0; states * states]; cores],
            tallies: vec![vec![0; table.tallies().len()]; cores],
            table: table.clone(),
        }
    }

    /// How often a line in a core's cache went from one state to another: those pairs that
    /// came, by the names of the states, in the order of the table.
    pub fn changes(&self, core: Core) -> impl Iterator<Item = (&str, &str, u64)> {
        let name = |state: usize| self.table.state_name(State(state as u8));
        let counts = self.changes[core.index()].iter().enumerate();
        counts
            .filter(|&(_, &count)| count > 0)
            .map(move |(at, &count)| (name(at / self.states), name(at % self.states), count))
    }

    /// The table's tallies for a core, by their names, in the order of the file.
    pub fn tallies(&self, core: Core) -> impl Iterator<Item = (&str, u64)> {
        let counts = self.tallies[core.index()].iter().copied();
        self.table.tallies().iter().map(String::as_str).zip(counts)
    }

    fn used(&mut self, core: Core, state: State, event: protocol::Event, source: Source) {
        for tally in self.table.counts(state, event, source) {
            self.tallies[core.index()][tally] += 1;
        }
    }
}

impl<P: Piece> Observer<P> for Cells {
    fn observe(&mut self, event: &Event<'_, P>) {
        match *event {
            Event::Transition {
                core,
                event,
                from,
                to,
                ..
            } => {
                let at = usize::from(from.0) * self.states + usize::from(to.0);
                self.changes[core.index()][at] += 1;
                if event == protocol::Event::Evict {
                    self.used(core, from, event, Source::Nowhere);
                }
            }
            _ if self.table.tallies().is_empty() => {}
            Event::Hit {
                core, event, from, ..
            }
            | Event::Snooped {
                core, event, from, ..
            } => self.used(core, from, event, Source::Nowhere),
            Event::Transaction {
                core,
                event,
                from,
                supplier,
                ..
            } => {
                let source = match supplier {
                    Supplier::Nobody => Source::Nowhere,
                    Supplier::Cache(_) => Source::Cache,
                    Supplier::LastLevel | Supplier::Memory => Source::Memory,
                };
                self.used(core, from, event, source);
            }
            _ => {}
        }
    }
}
