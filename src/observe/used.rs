//! Which cells of its protocol a run used, and how often.

use std::collections::BTreeMap;

use crate::machine::{Core, Event, Observer};
use crate::memory::Line;
use crate::protocol::network::{EventId, StateId};
use crate::protocol::{self, Protocol, State};

/// A cell, and where it led: on a bus that can depend on the shared wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Use {
    /// The controller's place in the protocol; 0 on a bus, where there are only caches.
    pub controller: usize,
    /// The state before.
    pub from: StateId,
    /// The event: one of the controller's, or of [`protocol::Event`].
    pub event: EventId,
    /// The state after.
    pub to: StateId,
}

/// How often each cell was used; those that were not are not there.
pub type Uses = BTreeMap<Use, u64>;

/// A cell that a cache on the bus uses; where it leads is not known yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    core: Core,
    line: Line,
    event: protocol::Event,
    from: State,
}

/// Counts how often each cell was used.
#[derive(Clone, Debug)]
pub struct Used {
    /// For each node its controller; empty on a bus.
    controllers: Vec<usize>,
    uses: Uses,
    /// Caches that met a transaction and have not changed their state since.
    met: Vec<Open>,
    /// Who changed the state of a line since the last hit or transaction.
    changed: Vec<(Core, Line)>,
}

impl Used {
    /// Nothing yet, for so many cores.
    #[must_use]
    pub fn new(cores: usize, protocol: &Protocol) -> Used {
        let controllers = match protocol {
            Protocol::Bus(_) => Vec::new(),
            Protocol::Network(network) => network.nodes(cores).collect(),
        };
        Used {
            controllers,
            uses: Uses::new(),
            met: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// How often each cell was used.
    #[must_use]
    pub fn uses(&self) -> &Uses {
        &self.uses
    }

    fn count(&mut self, controller: usize, from: StateId, event: EventId, to: StateId) {
        let used = Use {
            controller,
            from,
            event,
            to,
        };
        *self.uses.entry(used).or_default() += 1;
    }

    /// A cell led from one state to another, maybe the same.
    fn used(&mut self, from: State, event: protocol::Event, to: State) {
        self.count(0, from.0, event as EventId, to.0);
    }

    /// A hit or transaction is over: who met it and did not change, stayed.
    fn close(&mut self) {
        for open in std::mem::take(&mut self.met) {
            self.used(open.from, open.event, open.from);
        }
        self.changed.clear();
    }
}

impl<P> Observer<P> for Used {
    fn observe(&mut self, event: &Event<'_, P>) {
        match *event {
            Event::Met {
                node,
                event,
                from,
                to,
                ..
            } => self.count(self.controllers[usize::from(node)], from, event, to),
            // What follows is on a bus alone.
            _ if !self.controllers.is_empty() => {}
            Event::Snooped {
                core,
                line,
                event,
                from,
                ..
            } => self.met.push(Open {
                core,
                line,
                event,
                from,
            }),
            Event::Transition {
                core,
                line,
                event,
                from,
                to,
                ..
            } => {
                self.used(from, event, to);
                self.met
                    .retain(|open| (open.core, open.line, open.event) != (core, line, event));
                self.changed.push((core, line));
            }
            Event::Hit {
                core,
                line,
                event,
                from,
                ..
            }
            | Event::Transaction {
                core,
                line,
                event,
                from,
                ..
            } => {
                if !self.changed.contains(&(core, line)) {
                    self.used(from, event, from);
                }
                self.close();
            }
            Event::Refused { .. } => self.close(),
            _ => {}
        }
    }
}
