//! Writes what `parse` reads.

use std::fmt;

use super::condition::Place;

impl fmt::Display for Place {
    /// As herd7 shows it in final states: `0:rax`, `[x]` or `t[1]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Register { thread, name, .. } => write!(f, "{thread}:{name}"),
            Place::Location {
                name,
                element: Some(element),
                ..
            } => write!(f, "{name}[{element}]"),
            Place::Location { name, .. } => write!(f, "[{name}]"),
        }
    }
}
