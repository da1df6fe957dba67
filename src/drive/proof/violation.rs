//! The properties that are proved, and how they fail.

/// A property that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// One may write a line without asking while others hold copies.
    SingleWriter {
        /// The line.
        line: usize,
        /// A node that may write.
        writer: usize,
        /// Another that may read or write.
        other: usize,
    },
    /// A node can read, or writes a part of, a line that is not what the last store left.
    DataValue {
        /// The line.
        line: usize,
        /// The node.
        node: usize,
    },
    /// The protocol has no cell for what happened.
    NoCell {
        /// Where.
        node: usize,
        /// The name of its state.
        state: String,
        /// The name of the event.
        event: String,
    },
    /// Something is under way, and nothing that serves it can happen.
    Deadlock,
    /// More messages are in flight than any protocol needs.
    Channel {
        /// How many of them are at most allowed.
        limit: usize,
    },
    /// A count left the range from minus to plus the number of nodes.
    Count {
        /// Whose.
        node: usize,
    },
    /// The state does not fit its packed form; a wider one has to be tried.
    TooWide,
}

impl Violation {
    /// The property's name.
    #[must_use]
    pub fn property(&self) -> &'static str {
        match self {
            Violation::SingleWriter { .. } => "single writer or many readers",
            Violation::DataValue { .. } => "data value",
            Violation::NoCell { .. } => "no unexpected event",
            Violation::Deadlock => "no deadlock",
            Violation::Channel { .. } | Violation::Count { .. } | Violation::TooWide => {
                "bounded channels"
            }
        }
    }
}
