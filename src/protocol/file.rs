//! A protocol of either kind, as its file says.

use std::sync::Arc;

use super::load::table;
use super::network::{Network, load};
use super::table::{State, Table};
use crate::diagnostic::Invalid;
use crate::toml_file::{self, Problems, Section, shown};

/// A coherence protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// One table for caches on an atomic bus.
    Bus(Arc<Table>),
    /// Tables for controllers that send each other messages.
    Network(Arc<Network>),
}

impl Protocol {
    /// Reads a protocol file; `file` is the name that its problems carry.
    ///
    /// # Errors
    /// Everything that is wrong with the file. What only shows when caches meet, as two
    /// writers of one line, is not seen here.
    pub fn parse(file: &str, text: &str) -> Result<Protocol, Invalid> {
        toml_file::read(file, text, protocol)
    }

    /// The protocol's name, for reports.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Protocol::Bus(table) => table.name(),
            Protocol::Network(network) => &network.name,
        }
    }

    /// The state of a line that is not in a core's cache.
    #[must_use]
    pub fn initial(&self) -> State {
        match self {
            Protocol::Bus(table) => table.initial(),
            Protocol::Network(network) => State(network.front().initial),
        }
    }
}

impl From<Arc<Table>> for Protocol {
    fn from(table: Arc<Table>) -> Protocol {
        Protocol::Bus(table)
    }
}

impl From<Table> for Protocol {
    fn from(table: Table) -> Protocol {
        Protocol::Bus(table.into())
    }
}

impl From<&Protocol> for Protocol {
    fn from(protocol: &Protocol) -> Protocol {
        protocol.clone()
    }
}

fn protocol(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<Protocol> {
    let fabric = file.has("fabric").then(|| file.text("fabric", problems));
    match fabric {
        None => Some(Protocol::Bus(Arc::new(table(file, problems)?))),
        Some(fabric) => match fabric?.text {
            "bus" => Some(Protocol::Bus(Arc::new(table(file, problems)?))),
            "network" => Some(Protocol::Network(Arc::new(load::network(file, problems)?))),
            other => {
                problems
                    .at(
                        file.place_of("fabric"),
                        format!("unknown fabric `{}`", shown(other)),
                    )
                    .label("expected \"bus\" or \"network\"");
                None
            }
        },
    }
}
