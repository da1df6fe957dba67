//! What becomes of a map's values and counters when two real threads race, beside the simulator's.

use std::fmt::Write as _;

use serde::Serialize;

use super::heading::Heading;
use super::tear::percent;
use crate::probe::Share;
use crate::report::table::Table;

/// The version of the JSON form.
const VERSION: u32 = 1;

/// Rates of torn values and lost increments.
#[derive(Clone, Debug, Serialize)]
pub struct MapReport {
    /// The version of this form.
    pub version: u32,
    /// Which machine was asked, when and how.
    #[serde(flatten)]
    pub heading: Heading,
    /// The simulated machine.
    pub machine: String,
    /// The protocol of its caches.
    pub protocol: String,
    /// Question by question.
    pub races: Vec<Race>,
}

/// One question to both.
#[derive(Clone, Debug, Serialize)]
pub struct Race {
    /// What two threads did.
    pub what: String,
    /// By which instructions.
    pub instructions: String,
    /// What is counted: torn values among changes, or lost increments among all.
    pub counts: &'static str,
    /// What the real processor showed.
    pub measured: Share,
    /// What the simulated machine showed.
    pub simulated: Share,
}

impl MapReport {
    /// The report of these answers.
    #[must_use]
    pub fn new(heading: Heading, (machine, protocol): (&str, &str), races: Vec<Race>) -> MapReport {
        MapReport {
            version: VERSION,
            heading,
            machine: machine.to_owned(),
            protocol: protocol.to_owned(),
            races,
        }
    }
}

/// The report in words.
#[must_use]
pub fn render_map(report: &MapReport) -> String {
    let mut out = String::new();
    report.heading.render(&mut out);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "beside {}, {}\n", report.machine, report.protocol);
    let heading = ["", "", "", "measured", "simulated"];
    let mut table = Table::new(heading.map(str::to_owned));
    for race in &report.races {
        table.row([
            race.what.clone(),
            race.instructions.clone(),
            race.counts.to_owned(),
            said(&race.measured),
            said(&race.simulated),
        ]);
    }
    let _ = write!(out, "{table}");
    let _ = writeln!(
        out,
        "shares with their 95 % intervals; how often two threads meet is the loops' business, whether \
         they can is the processor's"
    );
    out
}

fn said(share: &Share) -> String {
    match share.of {
        0 => format!("never in {}, below {:.1e}", share.among, share.at_most),
        _ => format!(
            "{} ({} to {})",
            percent(share.value()),
            percent(share.at_least),
            percent(share.at_most)
        ),
    }
}
