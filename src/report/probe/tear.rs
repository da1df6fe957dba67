//! Whether values tore on the real processor.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::heading::{Heading, NotAsked};
use crate::probe::tear::{Place, Seen};
use crate::probe::{Kind, Share};
use crate::report::table::Table;

/// The version of the JSON form: `book/src/reference/probe-tear.schema.json` describes it.
const VERSION: u32 = 1;

/// Whether values tore.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TearReport {
    /// The version of this form.
    pub version: u32,
    /// Which machine was asked, when and how.
    #[serde(flatten)]
    pub heading: Heading,
    /// How many changes were wanted of each cell.
    pub changes: u64,
    /// What was seen, cell by cell.
    pub cells: Vec<Seen>,
    /// What could not be asked.
    pub not_asked: Vec<NotAsked>,
    /// All cells were asked until enough was seen.
    pub complete: bool,
}

impl TearReport {
    /// The report of what was seen of `wanted` cells.
    #[must_use]
    pub fn new(
        heading: Heading,
        changes: u64,
        cells: Vec<Seen>,
        not_asked: Vec<NotAsked>,
        wanted: usize,
    ) -> TearReport {
        TearReport {
            version: VERSION,
            heading,
            changes,
            complete: cells.len() == wanted && cells.iter().all(|seen| seen.enough),
            cells,
            not_asked,
        }
    }

    /// The report that this JSON is. What follows from its counts is worked out again: shares, and which
    /// cells saw enough.
    ///
    /// # Errors
    /// It is none, or of another version, or has counts that no cell can have; in words.
    pub fn read(json: &str) -> Result<TearReport, String> {
        let mut report: TearReport = serde_json::from_str(json).map_err(|why| why.to_string())?;
        if report.version != VERSION {
            let version = report.version;
            return Err(format!(
                "version {version}, and {VERSION} is what is read here"
            ));
        }
        for (at, seen) in report.cells.iter_mut().enumerate() {
            if !seen.is_possible() {
                return Err(format!("cell {at} is none that can be seen"));
            }
            seen.torn = Share::new(seen.torn.of, seen.changes);
            seen.enough = seen.changes >= report.changes;
        }
        Ok(report)
    }
}

/// What is said of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Never torn, in enough changes.
    Never,
    /// Torn, and always where the next line begins.
    AtTheLine,
    /// Torn, somewhere else as well.
    Elsewhere,
    /// Not torn, in fewer changes than wanted.
    TooFew,
}

impl Verdict {
    pub(super) fn of(seen: &Seen) -> Verdict {
        match seen.torn.of {
            0 if seen.enough => Verdict::Never,
            0 => Verdict::TooFew,
            _ if seen.is_cut_at_the_line() => Verdict::AtTheLine,
            _ => Verdict::Elsewhere,
        }
    }
}

/// The report in words: offsets of which the same is to be said in one row.
#[must_use]
pub fn render_tear(report: &TearReport) -> String {
    let mut out = String::new();
    report.heading.render(&mut out);
    out.push('\n');
    let heading = [
        "access",
        "",
        "offsets",
        "torn",
        "of changes",
        "share, 95 %",
        "",
    ];
    let mut table = Table::new(heading.map(str::to_owned));
    let alike = |one: &Seen, next: &Seen| {
        (one.kind, one.place, Verdict::of(one)) == (next.kind, next.place, Verdict::of(next))
            && one.offset + 1 == next.offset
    };
    let mut before = None;
    for run in report.cells.chunk_by(alike) {
        let kind = run[0].kind;
        let first = before.replace(kind) != Some(kind);
        let run: Vec<&Seen> = run.iter().collect();
        table.row(row(&run, kind, first));
    }
    let _ = write!(out, "{table}");
    for NotAsked { what, why } in &report.not_asked {
        let _ = writeln!(out, "not asked: {what}: {why}");
    }
    if report.cells.iter().any(|seen| seen.place == Place::Page) {
        let _ = writeln!(out, "+page: the value crosses into another page");
    }
    if report.cells.iter().any(|seen| !seen.enough) {
        let _ = writeln!(
            out,
            "too few: less than {} changes were seen in the time given; that none was torn says nothing",
            report.changes
        );
    }
    out
}

fn row(run: &[&Seen], kind: Kind, first: bool) -> [String; 7] {
    let changes: u64 = run.iter().map(|seen| seen.changes).sum();
    let torn: u64 = run.iter().map(|seen| seen.torn.of).sum();
    let verdict = Verdict::of(run[0]);
    let (said, note) = match verdict {
        Verdict::Never => (below(run), "never seen".to_owned()),
        Verdict::TooFew => (below(run), "too few".to_owned()),
        Verdict::AtTheLine => (between(run), "cut where the line ends".to_owned()),
        Verdict::Elsewhere => (between(run), cuts(run)),
    };
    let (name, instructions) = match first {
        true => (kind.name(), kind.instructions().unwrap_or("").to_owned()),
        false => (String::new(), String::new()),
    };
    [
        name,
        instructions,
        offsets(run),
        torn.to_string(),
        changes.to_string(),
        said,
        note,
    ]
}

/// Where the values of a run of cells begin.
pub(super) fn offsets(run: &[&Seen]) -> String {
    let place = match run[0].place {
        Place::Line => "",
        Place::Page => "+page",
    };
    match run {
        [one] => format!("{}{place}", one.offset),
        _ => format!("{}-{}{place}", run[0].offset, run[run.len() - 1].offset),
    }
}

/// The bound of the offset that is known least.
pub(super) fn below(run: &[&Seen]) -> String {
    let most = run.iter().map(|seen| seen.torn.at_most).fold(0.0, f64::max);
    match run.len() {
        1 => format!("below {most:.1e}"),
        _ => format!("below {most:.1e} each"),
    }
}

/// From the least to the greatest share, with the intervals' ends.
pub(super) fn between(run: &[&Seen]) -> String {
    let least = run.iter().map(|seen| seen.torn.at_least);
    let most = run.iter().map(|seen| seen.torn.at_most);
    format!(
        "{} to {}",
        percent(least.fold(1.0, f64::min)),
        percent(most.fold(0.0, f64::max))
    )
}

pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        large if large >= 0.1 => format!("{large:.1} %"),
        small => format!("{small:.1e} %"),
    }
}

/// Where values were cut: the places that come most often.
fn cuts(run: &[&Seen]) -> String {
    let mut all = std::collections::BTreeMap::new();
    for (&cut, &count) in run.iter().flat_map(|seen| &seen.cuts) {
        *all.entry(cut).or_insert(0) += count;
    }
    let mut all: Vec<(usize, u64)> = all.into_iter().collect();
    all.sort_by_key(|&(cut, count)| (std::cmp::Reverse(count), cut));
    let shown = all.iter().take(3).map(|(cut, _)| cut.to_string());
    let more = if all.len() > 3 { ", …" } else { "" };
    format!(
        "cut after {}{more} bytes",
        shown.collect::<Vec<_>>().join(", ")
    )
}
