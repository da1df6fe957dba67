//! A calibrated simulator beside the real processor.

use std::fmt::Write as _;

use serde::Serialize;

use super::heading::Heading;
use super::latency::words;
use crate::probe::calibrate::{Compared, Rounds};
use crate::report::table::Table;

/// What the simulator takes may differ so much from what was measured.
pub const WITHIN: f64 = 0.15;

/// Whether the simulator takes much more or less than the processor; if that took less than its clock
/// can tell, it is not known.
#[must_use]
pub fn is_far(compared: &Compared) -> bool {
    let ratio = compared.ratio();
    ratio.is_some_and(|ratio| (ratio - 1.0).abs() > WITHIN)
}

/// How long lines took as it was measured, beside the simulator's times.
#[derive(Clone, Debug, Serialize)]
pub struct Latencies {
    /// In how many rounds that was measured.
    pub rounds: Rounds,
    /// Question by question.
    pub compared: Vec<Compared>,
}

/// The times as they were measured in rounds of their own, beside the simulator's.
#[must_use]
pub fn render_calibrated(heading: &Heading, latencies: &Latencies) -> String {
    let mut out = String::new();
    heading.render(&mut out);
    out.push('\n');
    render_latencies(
        &mut out,
        latencies,
        "rounds that were not used to calibrate",
    );
    out
}

/// The times, as they were measured in such rounds.
pub(super) fn render_latencies(out: &mut String, latencies: &Latencies, such: &str) {
    let Latencies { rounds, compared } = latencies;
    let head = ["cycles", "measured", "simulated", "ratio", ""];
    let mut table = Table::new(head.map(str::to_owned));
    for one in compared {
        let far = if is_far(one) { "far" } else { "" };
        table.row([
            words(one.question).to_owned(),
            format!("{:.1}", one.measured),
            format!("{:.1}", one.simulated),
            one.ratio()
                .map_or("-".to_owned(), |ratio| format!("{ratio:.2}")),
            far.to_owned(),
        ]);
    }
    // Writing to a String cannot fail.
    let _ = write!(out, "{table}");
    let _ = writeln!(
        out,
        "measured in {} of {} {such}; in the others lines took another way",
        rounds.kept, rounds.of
    );
    if compared.iter().any(is_far) {
        let percent = WITHIN * 100.0;
        let _ = writeln!(out, "far: the two differ by more than {percent:.0} %");
    }
}
