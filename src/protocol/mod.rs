//! Coherence protocols as data: read from a file, checked as a whole, compiled to a table.
//! Nothing about any one protocol is written here.

mod actions;
mod check;
mod count;
mod file;
mod flow;
mod load;
pub mod network;

mod schema;
mod table;
mod vocabulary;

pub use file::Protocol;
pub use table::{Cell, Source, State, Table};
pub use vocabulary::{Event, Transaction};
