//! What the real processor answered, as text and as JSON; how long lines take, as a table and a chart
//! of all processors too.

mod calibrate;
mod heading;
mod heat;
mod latency;
mod matrix;
mod tear;

pub use calibrate::{WITHIN, is_close, render_calibrated};
pub use heading::{Heading, NotAsked, Two};
pub use heat::heat_map;
pub use latency::{LatencyReport, PairReport, render_latency};
pub use matrix::Matrix;
pub use tear::{TearReport, render_tear};
