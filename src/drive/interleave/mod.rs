//! Every interleaving of a few plain programs on the whole machine: each core's issues, its store
//! buffer's drains, and what the bus or the network does, one after another from every reachable
//! state. For programs that can be cloned, which those of maps cannot be.
//!
//! Reading order: `state` is a machine with its programs, and what a step does to it; `reduce`
//! says which steps are enough from a state; `search` goes through the states depth first, and
//! `shortest` finds the shortest way to one, breadth first; `follow` goes the way of a schedule.

mod follow;
mod reduce;
mod search;
mod shortest;
mod state;

pub use search::{Explored, Limit, Options, explore};
pub use shortest::shortest;
pub use state::{Footprint, Plain, State};
