//! What the real processor answered, as text and as JSON.

mod heading;
mod tear;

pub use heading::{Heading, NotAsked};
pub use tear::{TearReport, render_tear};
