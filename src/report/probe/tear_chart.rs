//! Where values tear, as a drawing: a row for each kind of access and each place, a column for each
//! offset, and in each cell what the processor showed above what the simulated machine showed.

use super::compare::{Compared, ComparisonReport};
use super::tear::Verdict;
use crate::probe::tear::{LINE_BYTES, Place, Seen};
use crate::report::graph::number;
use crate::report::graph::xml::Xml;
use crate::report::label::{self, Anchor};
use crate::report::sheet::sheet;

const MARGIN: f64 = 20.0;
/// A cell's width, and the height of each of its halves.
const WIDE: f64 = 10.0;
const HALF: f64 = 9.0;
/// From one row to the next.
const ROW: f64 = 2.0 * HALF + 8.0;
/// From one line of text to the next.
const LEADING: f64 = 17.0;
/// Between a label and what it is for.
const GAP: f64 = 8.0;
/// Offsets that are labelled are so far apart.
const LABELLED: usize = 8;

const STYLE: &str = "text { font-family: DejaVu Sans Mono, Menlo, Consolas, monospace; fill: #222 } \
    .title { font-weight: bold } .tick { fill: #555 } .few { fill: #dcdcdc } .never { fill: #dcecf7 } \
    .rare { fill: #fbd9a5 } .some { fill: #ee9a4d } .many { fill: #b3302c }";

/// Classes of cells with what they mean, for the legend.
const CLASSES: [(&str, &str); 5] = [
    ("never", "never seen torn"),
    ("rare", "torn in less than 1 % of changes"),
    ("some", "in less than 10 %"),
    ("many", "in more"),
    ("few", "too few changes were seen"),
];

/// The comparison as an SVG file.
#[must_use]
pub fn tear_chart(report: &ComparisonReport) -> String {
    let title = format!(
        "What tears, by offset in a line: {} above {}",
        report
            .heading
            .host
            .processor
            .as_deref()
            .unwrap_or("the processor"),
        report.machine
    );
    let same_row = |one: &Compared, next: &Compared| {
        (one.measured.kind, one.measured.place) == (next.measured.kind, next.measured.place)
    };
    let rows: Vec<&[Compared]> = report.cells.chunk_by(same_row).collect();
    let names: Vec<String> = rows.iter().map(|row| name(&row[0].measured)).collect();
    let widest = names
        .iter()
        .map(|name| label::width(name))
        .fold(0.0, f64::max);
    let left = MARGIN + widest + GAP;
    let top = MARGIN + 2.0 * LEADING;
    let legend = top + ROW * rows.len() as f64 + LEADING;
    let width = left + WIDE * LINE_BYTES as f64 + MARGIN;
    let width = width.max(2.0 * MARGIN + label::width(&title));
    let height = legend + LEADING * CLASSES.len() as f64 + MARGIN;
    sheet((width, height), &title, STYLE, |xml| {
        label::at(xml, "title", (MARGIN, MARGIN + 4.0), Anchor::Start, &title);
        for offset in (0..LINE_BYTES).step_by(LABELLED) {
            let at = (left + WIDE * offset as f64, top - GAP);
            label::at(xml, "tick", at, Anchor::Start, &offset.to_string());
        }
        for (nth, (row, name)) in rows.iter().zip(&names).enumerate() {
            let y = top + ROW * nth as f64;
            let at = (left - GAP, y + HALF + 4.0);
            label::at(xml, "tick", at, Anchor::End, name);
            halves(xml, row, (left, y));
        }
        for (nth, (class, meaning)) in CLASSES.into_iter().enumerate() {
            let y = legend + LEADING * nth as f64;
            rectangle(xml, class, (left, y), (WIDE, HALF));
            let at = (left + WIDE + GAP, y + HALF);
            label::at(xml, "tick", at, Anchor::Start, meaning);
        }
    })
}

fn name(seen: &Seen) -> String {
    let place = match seen.place {
        Place::Line => "",
        Place::Page => " +page",
    };
    format!("{}{place}", seen.kind.name())
}

/// A row's cells; neighbours of one class are one rectangle.
fn halves(xml: &mut Xml, row: &[Compared], (left, top): (f64, f64)) {
    for (nth, half) in [measured as fn(&Compared) -> &Seen, simulated]
        .into_iter()
        .enumerate()
    {
        let y = top + HALF * nth as f64;
        let alike = |one: &Compared, next: &Compared| {
            class(half(one)) == class(half(next)) && half(one).offset + 1 == half(next).offset
        };
        for run in row.chunk_by(alike) {
            let first = half(&run[0]);
            let x = left + WIDE * first.offset as f64;
            let size = (WIDE * run.len() as f64, HALF - 1.0);
            rectangle(xml, class(first), (x, y), size);
        }
    }
}

fn measured(both: &Compared) -> &Seen {
    &both.measured
}

fn simulated(both: &Compared) -> &Seen {
    &both.simulated
}

fn class(seen: &Seen) -> &'static str {
    match (Verdict::of(seen), seen.torn.value()) {
        (Verdict::TooFew, _) => "few",
        (Verdict::Never, _) => "never",
        (_, share) if share < 0.01 => "rare",
        (_, share) if share < 0.1 => "some",
        _ => "many",
    }
}

fn rectangle(xml: &mut Xml, class: &str, at: (f64, f64), size: (f64, f64)) {
    let attributes = [
        ("class", class.to_owned()),
        ("x", number(at.0)),
        ("y", number(at.1)),
        ("width", number(size.0)),
        ("height", number(size.1)),
    ];
    xml.empty("rect", &attributes);
}
