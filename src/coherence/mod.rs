//! What a protocol's table means where caches meet, for one line at a time. The same code moves
//! the bytes of a simulated machine and the packed states of a proof: where copies and messages
//! are stored is the caller's business, and so is everything that concerns more than one line.

mod bus;
mod impossible;
pub mod network;

pub use bus::{Copies, Happened, Place, Served, evict, hit, transact};
pub use impossible::Impossible;
