//! The real processor, asked the questions that the simulator answers. Its answers are counts with
//! what they prove: how often something was seen, among how many chances to see it.
//!
//! Reading order: `host`, `lse2` and `topology` say what machine this is, `pin`, `team` and `pair` put
//! threads on its processors, `access` is what they do to memory, and `statistics` what counts mean.
//! `tear` asks whether values tear, `count` whether increments get lost, `litmus` which final states
//! litmus tests have, and `latency` how long accesses take; `calibrate` makes a machine of that for the
//! simulator.
//!
//! The only module with `unsafe`: in `access`, `shared` and `latency`, where their assembly is called,
//! and in `litmus`, which runs instructions that it has made.

mod access;
pub mod calibrate;
pub mod count;
pub mod cpulist;
mod host;
pub mod latency;
#[cfg(target_arch = "x86_64")]
pub mod litmus;
mod lse2;
mod pair;
mod pin;
mod shared;
mod statistics;
mod team;
pub mod tear;
mod topology;

pub use access::{Increment, Kind, MOST_BYTES};
pub use host::Host;
pub use pair::Pair;
pub use pin::allowed;
pub use statistics::Share;
pub use team::Team;
pub use topology::{Cache, MOST_PROCESSORS, Processor, Relation, Topology, Unreadable};
