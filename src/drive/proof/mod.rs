//! Proving a protocol: its caches, lines and messages as a transition system for the exhaustive
//! driver, and the properties that must hold in every state.

mod layout;
mod network;
mod raw;
mod symmetry;
mod view;
mod violation;

pub use network::{Coverage, NetworkSpace, Step};
pub use violation::Violation;
