//! Protocols whose controllers send each other messages: directories, split buses, and whatever
//! else is a set of tables with messages in flight between them.
//!
//! Reading order: `table` is the compiled form, `words` reads one action or condition, `load`
//! reads a file, `check` looks at its cells, `live` finds what no later step can read,
//! `notes` keeps what a file says in words.

mod check;
mod expression;
mod live;
pub(super) mod load;
mod notes;
mod schema;
mod table;
mod words;

pub use expression::{
    Action, Comparison, Condition, CountExpr, CountTerm, NodeExpr, SetExpr, SetTerm,
};
pub use notes::{CellNotes, EventNotes, Notes};
pub use table::{
    Cell, Channel, Controller, CoreEvent, EventId, Kind, Network, Order, Place, StateId, Trigger,
    TriggeredEvent, Uses, VarKind, Variable,
};
