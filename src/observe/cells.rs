//! Which changes of state there were, and what the protocol's file itself wants counted. Both
//! follow from the table's cells, by their uses.

use std::sync::Arc;

use crate::machine::{Core, Event, Observer, Supplier};
use crate::memory::Piece;
use crate::protocol::{self, Protocol, Source, State, Table};

/// Counts uses of cells, for each core.
#[derive(Clone, Debug)]
pub struct Cells {
    /// What counts are given in; none for controllers that send messages.
    table: Option<Arc<Table>>,
    names: Vec<String>,
    states: usize,
    /// For each core from state × to state.
    changes: Vec<Vec<u64>>,
    /// For each core the table's tallies.
    tallies: Vec<Vec<u64>>,
}

impl Cells {
    /// Zero for `cores` cores.
    #[must_use]
    pub fn new(cores: usize, protocol: &Protocol) -> Cells {
        let (table, names): (_, Vec<String>) = match protocol {
            Protocol::Bus(table) => {
                let names = table
                    .states()
                    .map(|state| table.state_name(state).to_owned());
                (Some(Arc::clone(table)), names.collect())
            }
            Protocol::Network(network) => (None, network.front().states.clone()),
        };
        let tallies = table.as_ref().map_or(0, |table| table.tallies().len());
        let states = names.len();
        Cells {
            states,
            names,
            changes: vec![vec![0; states * states]; cores],
            tallies: vec![vec![0; tallies]; cores],
            table,
        }
    }

    /// How often a line in a core's cache went from one state to another: those pairs that
    /// came, by the names of the states, in the order of the table.
    pub fn changes(&self, core: Core) -> impl Iterator<Item = (&str, &str, u64)> {
        let name = |state: usize| &*self.names[state];
        let counts = self.changes[core.index()].iter().enumerate();
        counts
            .filter(|&(_, &count)| count > 0)
            .map(move |(at, &count)| (name(at / self.states), name(at % self.states), count))
    }

    /// The table's tallies for a core, by their names, in the order of the file.
    pub fn tallies(&self, core: Core) -> impl Iterator<Item = (&str, u64)> {
        let counts = self.tallies[core.index()].iter().copied();
        let names = self.table.iter().flat_map(|table| table.tallies());
        names.map(String::as_str).zip(counts)
    }

    fn used(&mut self, core: Core, state: State, event: protocol::Event, source: Source) {
        let Some(table) = &self.table else { return };
        for tally in table.counts(state, event, source) {
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
            Event::Changed {
                core: Some(core),
                node,
                from,
                to,
                ..
            } if node == core.0 => {
                let at = usize::from(from) * self.states + usize::from(to);
                self.changes[core.index()][at] += 1;
            }
            _ if self.tallies.first().is_none_or(Vec::is_empty) => {}
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
