//! Drivers: they choose which of the machine's possible steps happens next. The timed
//! driver chooses the earliest.

mod dice;
mod timed;

pub use dice::Dice;
pub use timed::{Ended, Ending, Limits, Timed};
