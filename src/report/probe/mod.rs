//! What the real processor answered, as text and as JSON.

mod heading;
#[cfg(target_arch = "x86_64")]
mod litmus;
mod tear;

pub use heading::{Heading, NotAsked, Processors};
#[cfg(target_arch = "x86_64")]
pub use litmus::{LitmusReport, StateSeen, TestSeen, heading_as_comment, histogram};
pub use tear::{TearReport, render_tear};
