//! Proving a protocol: its caches, lines and messages as a transition system for the exhaustive
//! driver, and the properties that must hold in every state.

mod bus;
mod chart;
mod effects;
mod layout;
mod network;
mod prove;
mod raw;
mod space;
mod symmetry;
mod view;
mod violation;
mod witness;

pub use chart::{Arrow, Chart, Global, chart, chart_witness};
pub use prove::{Finding, Plan, Proven, prove};
pub use space::{Coverage, Proof, Scratch, Size, Step};
pub use violation::Violation;
pub use witness::{Did, Moment, Witness};
