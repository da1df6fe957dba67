//! The real processor, asked the questions that the simulator answers. Its answers are counts with
//! what they prove: how often something was seen, among how many chances to see it.
//!
//! Reading order: `host` and `topology` say what machine this is, `pin` and `pair` put two threads
//! on two of its processors, `access` is what they do to memory, and `statistics` what counts mean.
//! `tear` asks whether values tear, and `latency` how long accesses take; `calibrate` makes a machine of
//! that for the simulator.
//!
//! The only module with `unsafe`: in `access`, `shared` and `latency`, and where their assembly is
//! called.

mod access;
pub mod calibrate;
pub mod cpulist;
mod host;
pub mod latency;
mod pair;
mod pin;
mod shared;
mod statistics;
pub mod tear;
mod topology;

pub use access::{Kind, MOST_BYTES};
pub use host::Host;
pub use pair::Pair;
pub use pin::allowed;
pub use statistics::Share;
pub use topology::{Cache, MOST_PROCESSORS, Processor, Relation, Topology, Unreadable};
