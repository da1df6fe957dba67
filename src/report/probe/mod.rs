//! What the real processor answered, as text and as JSON.

mod compare;
mod heading;
#[cfg(target_arch = "x86_64")]
mod litmus;
mod map;
mod tear;

pub use compare::{CompareTearReport, Compared, render_compare_tear};
pub use heading::{Heading, NotAsked, Processors};
#[cfg(target_arch = "x86_64")]
pub use litmus::{LitmusReport, StateSeen, TestSeen, heading_as_comment, histogram};
pub use map::{MapReport, Race, render_map};
pub use tear::{TearReport, render_tear};
