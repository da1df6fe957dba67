//! A calibrated simulator beside the real processor.

use std::fmt::Write as _;

use super::heading::Heading;
use super::latency::words;
use crate::probe::calibrate::{Compared, Rounds};
use crate::report::table::Table;

/// What the simulator takes may differ so much from what was measured.
pub const WITHIN: f64 = 0.15;

/// Whether a loop takes as long as it should.
#[must_use]
pub fn is_close(compared: &Compared) -> bool {
    (compared.ratio() - 1.0).abs() <= WITHIN
}

/// The loops as they were measured in rounds of their own, beside the simulator's.
#[must_use]
pub fn render_calibrated(heading: &Heading, rounds: Rounds, compared: &[Compared]) -> String {
    let mut out = String::new();
    heading.render(&mut out);
    out.push('\n');
    let head = ["cycles", "measured", "simulated", "ratio", ""];
    let mut table = Table::new(head.map(str::to_owned));
    for one in compared {
        let far = if is_close(one) { "" } else { "far" };
        table.row([
            words(one.question).to_owned(),
            format!("{:.1}", one.measured),
            format!("{:.1}", one.simulated),
            format!("{:.2}", one.ratio()),
            far.to_owned(),
        ]);
    }
    // Writing to a String cannot fail.
    let _ = write!(out, "{table}");
    let _ = writeln!(
        out,
        "measured in {} of {} rounds that were not used to calibrate; in the others lines took another way",
        rounds.kept, rounds.of
    );
    if !compared.iter().all(is_close) {
        let percent = WITHIN * 100.0;
        let _ = writeln!(out, "far: the two differ by more than {percent:.0} %");
    }
    out
}
