//! Drivers: they choose which of the machine's possible steps happens next. The timed
//! driver chooses the earliest, the ordered driver the next of the trace, the
//! stepwise driver what a chooser says, and the exhaustive driver takes every one from every reachable state.

mod at_once;
mod bus;
mod cost;
mod drain;
mod ending;
pub mod exhaustive;
mod follow;
pub mod interleave;
mod invalidate;
mod livelock;
mod network;
mod ordered;
pub mod proof;
mod request;
mod rest;
pub mod schedule;
pub mod stepped;
mod switch;
mod threads;
mod timed;
mod wake;

pub use crate::dice::Dice;
pub use ending::{Ended, Ending, Limits};
pub use ordered::Ordered;
pub use timed::Timed;
