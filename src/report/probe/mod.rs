//! What the real processor answered, as text and as JSON.

mod compare;
mod heading;
mod map;
mod tear;

pub use compare::{CompareTearReport, Compared, render_compare_tear};
pub use heading::{Heading, NotAsked};
pub use map::{MapReport, Race, render_map};
pub use tear::{TearReport, render_tear};
