//! Where the bytes of loads and locked operations came from: what events say between an access's
//! beginning and its end.

use std::fmt;

use crate::machine::{AccessKind, Core, Event, Supplier};
use crate::memory::Line;
use crate::protocol;

/// Who had the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Served {
    /// The core's own store buffer.
    StoreBuffer,
    /// The core's own cache.
    OwnCache,
    /// Another core's cache.
    Cache(Core),
    /// The cache in front of memory.
    LastLevel,
    /// Memory.
    Memory,
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Served::StoreBuffer => f.write_str("its own store buffer"),
            Served::OwnCache => f.write_str("its own cache"),
            Served::Cache(core) => write!(f, "{core}'s cache"),
            Served::LastLevel => f.write_str("the last level"),
            Served::Memory => f.write_str("memory"),
        }
    }
}

/// What a core's loads, or its stores, have met since the last one was complete.
#[derive(Clone, Debug, Default)]
struct Met {
    served: Vec<Served>,
    /// The line that others were asked for, over a network.
    asked: Option<Line>,
}

/// Follows all cores.
#[derive(Clone, Debug, Default)]
pub struct Serving {
    /// Loads, then stores.
    cores: Vec<[Met; 2]>,
}

impl Serving {
    fn met(&mut self, core: Core, event: protocol::Event) -> &mut Met {
        if self.cores.len() <= core.index() {
            self.cores.resize_with(core.index() + 1, Default::default);
        }
        &mut self.cores[core.index()][usize::from(event != protocol::Event::Load)]
    }

    /// Takes in an event.
    pub fn observe<P>(&mut self, event: &Event<'_, P>) {
        match *event {
            Event::Forwarded { core, .. } => {
                let met = self.met(core, protocol::Event::Load);
                met.add(Served::StoreBuffer);
            }
            Event::Hit {
                core, line, event, ..
            } => {
                let met = self.met(core, event);
                // It may be served by what has just come.
                if met.asked.take() != Some(line) || met.served.is_empty() {
                    met.add(Served::OwnCache);
                }
            }
            Event::Transaction {
                core,
                event,
                supplier,
                ..
            } => self.met(core, event).add(match supplier {
                Supplier::Nobody => Served::OwnCache,
                supplier => served_by(supplier),
            }),
            Event::Missed {
                core, line, event, ..
            } => self.met(core, event).asked = Some(line),
            Event::Supplied {
                core: Some(core),
                line,
                supplier,
                ..
            } => {
                for event in [protocol::Event::Load, protocol::Event::Store] {
                    let met = self.met(core, event);
                    if met.asked == Some(line) && supplier != Supplier::Nobody {
                        met.add(served_by(supplier));
                    }
                }
            }
            _ => {}
        }
    }

    /// Who served the access that the core has just completed: for each of its parts, but each
    /// once. A plain store is served by nobody. They take the place of what `served` held.
    pub fn take(&mut self, core: Core, kind: AccessKind, served: &mut Vec<Served>) {
        served.clear();
        match kind {
            AccessKind::Load => {
                let met = self.met(core, protocol::Event::Load);
                met.asked = None;
                std::mem::swap(&mut met.served, served);
            }
            // Before it its core's buffer has drained, and that met something, too.
            AccessKind::Locked { .. } => {
                let met = self.met(core, protocol::Event::Store);
                met.asked = None;
                served.extend(met.served.drain(..).next_back());
            }
            AccessKind::Store { .. } | AccessKind::Evict => {}
        }
    }
}

impl Met {
    fn add(&mut self, served: Served) {
        self.served.retain(|known| *known != served);
        self.served.push(served);
    }
}

fn served_by(supplier: Supplier) -> Served {
    match supplier {
        Supplier::Cache(core) => Served::Cache(core),
        Supplier::LastLevel => Served::LastLevel,
        Supplier::Memory | Supplier::Nobody => Served::Memory,
    }
}
