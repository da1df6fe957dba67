//! What the real processor answered, as text and as JSON; how long lines take, as a table and a chart
//! of all processors too.

mod calibrate;
mod compare;
mod heading;
mod heat;
mod latency;
#[cfg(target_arch = "x86_64")]
mod litmus;
mod map;
mod matrix;
mod tear;
mod tear_chart;

pub use calibrate::{Latencies, WITHIN, is_far, render_calibrated};
pub use compare::{Compared, ComparisonReport, render_comparison};
pub use heading::{Heading, NotAsked, Processors, Two};
pub use heat::heat_map;
pub use latency::{LatencyReport, PairReport, render_latency};
#[cfg(target_arch = "x86_64")]
pub use litmus::{LitmusReport, StateSeen, TestSeen, heading_as_comment, histogram};
pub use map::{MapReport, Race, render_map};
pub use matrix::Matrix;
pub use tear::{TearReport, render_tear};
pub use tear_chart::tear_chart;
