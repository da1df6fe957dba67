//! The properties that are checked while a machine runs, and how they fail.

use std::fmt;

use super::access::Core;
use crate::coherence::Impossible;
use crate::memory::{Addr, Line, LineSize};

/// A property that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Single writer or many readers: a core may write a line without asking while another
    /// core holds a copy.
    SingleWriter {
        /// The line.
        line: Line,
        /// Its holders, with the names of their states.
        holders: Vec<(Core, String)>,
    },
    /// A copy that may be read is not the latest write in bus order.
    DataValue {
        /// The line.
        line: Line,
        /// Whose copy; none for memory, when no cache holds anything newer.
        holder: Option<Core>,
    },
    /// A load or a store met bytes that are not the latest writes.
    Stale {
        /// Whose.
        core: Core,
        /// Its first byte.
        addr: Addr,
    },
    /// A store left the store buffer out of order.
    StoreOrder {
        /// Whose store buffer.
        core: Core,
    },
    /// The protocol's table has no cell for what happened.
    Impossible(Impossible),
    /// The protocol's controllers have no cell for what happened.
    Unexpected {
        /// The line.
        line: Line,
        /// What happened, in words.
        what: String,
    },
    /// More messages are in flight than any protocol that works can need.
    Flood {
        /// The line of the last one.
        line: Line,
    },
    /// A controller counts further than there are controllers.
    Count {
        /// The line.
        line: Line,
        /// Who counts.
        node: u8,
    },
    /// Something is under way and nothing more can happen.
    Deadlock {
        /// What, in words.
        what: String,
    },
    /// Something is under way, and no order of deliveries comes to an end of it.
    Starved {
        /// What, in words.
        what: String,
    },
}

impl Violation {
    /// The property's name.
    #[must_use]
    pub fn property(&self) -> &'static str {
        match self {
            Violation::SingleWriter { .. } => "single writer or many readers",
            Violation::DataValue { .. } | Violation::Stale { .. } => "data value",
            Violation::StoreOrder { .. } => "store buffer order",
            Violation::Impossible(_) | Violation::Unexpected { .. } => "no unexpected event",
            Violation::Flood { .. } | Violation::Count { .. } => "bounded channels",
            Violation::Deadlock { .. } => "no deadlock",
            Violation::Starved { .. } => "every request is served",
        }
    }

    /// What happened, with lines as the addresses that a user knows.
    #[must_use]
    pub fn describe(&self, line_size: LineSize) -> String {
        match self {
            Violation::SingleWriter { line, holders } => {
                let holders: Vec<String> = holders
                    .iter()
                    .map(|(core, state)| format!("{core} in {state}"))
                    .collect();
                let at = line_size.base_of(*line);
                format!(
                    "line {at} can be written by one core and is held by others: {}",
                    holders.join(", ")
                )
            }
            Violation::DataValue { line, holder } => {
                let at = line_size.base_of(*line);
                match holder {
                    Some(core) => {
                        format!("{core} can read line {at} and would not see the latest write")
                    }
                    None => format!(
                        "no cache has line {at} to write back and memory lacks the latest write"
                    ),
                }
            }
            Violation::Stale { core, addr } => {
                let at = line_size.base_of(line_size.line_of(*addr));
                format!(
                    "{core} accesses {addr} and meets bytes of line {at} that are not the latest writes"
                )
            }
            Violation::StoreOrder { core } => {
                format!("{core}'s stores left its store buffer out of order")
            }
            Violation::Impossible(impossible) => impossible.to_string(),
            Violation::Unexpected { line, what } => {
                format!("line {}: {what}", line_size.base_of(*line))
            }
            Violation::Flood { line } => {
                let at = line_size.base_of(*line);
                format!("more messages about line {at} are in flight than any protocol needs")
            }
            Violation::Count { line, node } => {
                let at = line_size.base_of(*line);
                format!(
                    "controller {node} counts further about line {at} than there are controllers"
                )
            }
            Violation::Deadlock { what } | Violation::Starved { what } => what.clone(),
        }
    }
}

impl From<Impossible> for Violation {
    fn from(impossible: Impossible) -> Violation {
        Violation::Impossible(impossible)
    }
}

impl From<Box<Impossible>> for Box<Violation> {
    fn from(impossible: Box<Impossible>) -> Box<Violation> {
        Box::new(Violation::Impossible(*impossible))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.property())
    }
}

impl std::error::Error for Violation {}
