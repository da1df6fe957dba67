//! What the real processor does beside what a simulated machine does: which values tear, and how long
//! lines take.

use std::fmt::Write as _;

use serde::Serialize;

use super::calibrate::{Latencies, render_latencies};
use super::heading::{Heading, NotAsked};
use super::tear::{Verdict, below, between, offsets};
use crate::probe::Kind;
use crate::probe::tear::{LINE_BYTES, Seen};
use crate::report::table::Table;

/// The version of the JSON form.
const VERSION: u32 = 1;

/// Measured and simulated side by side.
#[derive(Clone, Debug, Serialize)]
pub struct ComparisonReport {
    /// The version of this form.
    pub version: u32,
    /// Which machine was asked, when and how.
    #[serde(flatten)]
    pub heading: Heading,
    /// The simulated machine.
    pub machine: String,
    /// The protocol of its caches.
    pub protocol: String,
    /// Its `single_copy_bytes`.
    pub single_copy_bytes: usize,
    /// Cell by cell.
    pub cells: Vec<Compared>,
    /// How many cells are of one kind on both: torn sometimes, or never seen torn.
    pub alike: usize,
    /// The largest `single_copy_bytes` with which every cut that was measured in one access is where
    /// a block ends; none if none was seen.
    pub fits: Option<usize>,
    /// What could not be asked of both.
    pub not_asked: Vec<NotAsked>,
    /// How long lines take on both, if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latencies: Option<Latencies>,
}

/// One cell on both.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// What the real processor showed.
    pub measured: Seen,
    /// What the simulated machine showed.
    pub simulated: Seen,
}

impl Compared {
    /// Whether both tear, or neither was seen to; none where one of them showed too little.
    #[must_use]
    pub fn is_alike(&self) -> Option<bool> {
        let tears = |seen: &Seen| match Verdict::of(seen) {
            Verdict::Never => Some(false),
            Verdict::AtTheLine | Verdict::Elsewhere => Some(true),
            Verdict::TooFew => None,
        };
        Some(tears(&self.measured)? == tears(&self.simulated)?)
    }
}

impl ComparisonReport {
    /// The report of these cells.
    #[must_use]
    pub fn new(
        heading: Heading,
        (machine, protocol, single_copy_bytes): (&str, &str, usize),
        cells: Vec<Compared>,
        not_asked: Vec<NotAsked>,
        latencies: Option<Latencies>,
    ) -> ComparisonReport {
        let alike = cells.iter().filter(|both| both.is_alike() == Some(true));
        ComparisonReport {
            version: VERSION,
            heading,
            machine: machine.to_owned(),
            protocol: protocol.to_owned(),
            single_copy_bytes,
            alike: alike.count(),
            fits: fits(cells.iter().map(|both| &both.measured)),
            cells,
            not_asked,
            latencies,
        }
    }

    /// Whether all cells are of one kind on both; none if of those of which enough was seen all are, and
    /// of others nothing is known, or there is no cell.
    #[must_use]
    pub fn agrees(&self) -> Option<bool> {
        let is = |alike| move |both: &Compared| both.is_alike() == alike;
        if self.cells.iter().any(is(Some(false))) {
            return Some(false);
        }
        let known = !self.cells.is_empty() && self.cells.iter().all(is(Some(true)));
        known.then_some(true)
    }
}

/// The largest block of which one access is performed whole, by where values were cut.
fn fits<'s>(measured: impl Iterator<Item = &'s Seen>) -> Option<usize> {
    let one_access = measured.filter(|seen| seen.kind != Kind::TwoWords);
    let cuts = one_access.flat_map(|seen| seen.cuts.keys().map(|cut| seen.offset + cut));
    let blocks = cuts.map(|at| 1 << at.trailing_zeros().min(LINE_BYTES.trailing_zeros()));
    blocks.min()
}

/// The report in words: places of which the same is to be said in one row.
#[must_use]
pub fn render_comparison(report: &ComparisonReport) -> String {
    let mut out = String::new();
    report.heading.render(&mut out);
    let ComparisonReport {
        machine,
        protocol,
        single_copy_bytes,
        ..
    } = report;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "beside {machine}, {protocol}, single_copy_bytes = {single_copy_bytes}\n"
    );
    let heading = ["access", "offsets", "measured", "simulated", ""];
    let mut table = Table::new(heading.map(str::to_owned));
    let verdicts = |both: &Compared| (Verdict::of(&both.measured), Verdict::of(&both.simulated));
    let alike = |one: &Compared, next: &Compared| {
        let (before, after) = (one.measured.cell(), next.measured.cell());
        (before.kind, before.place, verdicts(one)) == (after.kind, after.place, verdicts(next))
            && before.offset + 1 == after.offset
    };
    let mut before = None;
    for run in report.cells.chunk_by(alike) {
        let measured: Vec<&Seen> = run.iter().map(|both| &both.measured).collect();
        let simulated: Vec<&Seen> = run.iter().map(|both| &both.simulated).collect();
        let kind = measured[0].kind;
        let name = match before.replace(kind) == Some(kind) {
            true => String::new(),
            false => kind.name(),
        };
        let alike = match run[0].is_alike() {
            Some(true) => "",
            Some(false) => "DIFFERENT",
            None => "too few",
        };
        table.row([
            name,
            offsets(&measured),
            said(&measured),
            said(&simulated),
            alike.to_owned(),
        ]);
    }
    let _ = writeln!(out, "{table}");
    let _ = writeln!(
        out,
        "of one kind at {} of {} places",
        report.alike,
        report.cells.len()
    );
    let _ = match report.fits {
        Some(block) => writeln!(
            out,
            "single_copy_bytes = {block} fits: every cut in one access is at a multiple of it"
        ),
        None => writeln!(
            out,
            "no cut in one access was seen: nothing is known of single_copy_bytes"
        ),
    };
    if let Some(latencies) = &report.latencies {
        out.push('\n');
        render_latencies(&mut out, latencies, "rounds");
        out.push('\n');
    }
    for NotAsked { what, why } in &report.not_asked {
        let _ = writeln!(out, "not asked: {what}: {why}");
    }
    out
}

fn said(run: &[&Seen]) -> String {
    match Verdict::of(run[0]) {
        Verdict::Never => format!("never, {}", below(run)),
        Verdict::TooFew => "too few changes".to_owned(),
        Verdict::AtTheLine | Verdict::Elsewhere => between(run),
    }
}
