//! A calibrated simulator beside the real processor.

use std::fmt::Write as _;

use serde::Serialize;

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

/// Loops of two threads as they were measured, beside the simulator's.
#[derive(Clone, Debug, Serialize)]
pub struct Loops {
    /// In how many rounds they were measured.
    pub rounds: Rounds,
    /// Loop by loop.
    pub compared: Vec<Compared>,
}

/// The loops as they were measured in rounds of their own, beside the simulator's.
#[must_use]
pub fn render_calibrated(heading: &Heading, loops: &Loops) -> String {
    let mut out = String::new();
    heading.render(&mut out);
    out.push('\n');
    render_loops(&mut out, loops, "rounds that were not used to calibrate");
    out
}

/// The loops, as they were measured in such rounds.
pub(super) fn render_loops(out: &mut String, loops: &Loops, such: &str) {
    let Loops { rounds, compared } = loops;
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
        "measured in {} of {} {such}; in the others lines took another way",
        rounds.kept, rounds.of
    );
    if !compared.iter().all(is_close) {
        let percent = WITHIN * 100.0;
        let _ = writeln!(out, "far: the two differ by more than {percent:.0} %");
    }
}
