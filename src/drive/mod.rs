//! Drivers: they choose which of the machine's possible steps happens next. The timed
//! driver chooses the earliest.

mod cost;
mod dice;
mod ending;
pub mod exhaustive;
mod network;
pub mod proof;
mod timed;

pub use dice::Dice;
pub use ending::{Ended, Ending, Limits};
pub use timed::Timed;
