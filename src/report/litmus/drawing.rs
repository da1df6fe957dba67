//! A schedule as a drawing: a row for each step, a column for each store buffer and cache, and what
//! changed in it marked. One SVG file, with nothing that a browser or an editor would have to load.

use super::schedule::Schedule;
use crate::report::graph::number;
use crate::report::graph::xml::Xml;
use crate::report::label::{self, Anchor};
use crate::report::sheet::sheet;

const MARGIN: f64 = 20.0;
/// From one line of text to the next.
const LEADING: f64 = 17.0;
/// Between a cell's border and its text.
const PADDING: f64 = 8.0;

const STYLE: &str = "text { font-family: DejaVu Sans Mono, Menlo, Consolas, monospace; fill: #222 } \
    .title { font-weight: bold } .tick { fill: #555 } \
    .rule { stroke: #ccc; stroke-width: 1 } .changed { fill: #fde9a9 }";

/// A row: what was done, and what each part of the machine holds after it.
struct Row<'a> {
    what: String,
    cells: &'a [Vec<String>],
}

impl Row<'_> {
    fn height(&self) -> f64 {
        let lines = self.cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        lines as f64 * LEADING + PADDING
    }
}

/// The schedule as an SVG file.
#[must_use]
pub fn drawing(title: &str, schedule: &Schedule) -> String {
    let rows = rows(schedule);
    let steps = rows.iter().map(|row| row.what.as_str());
    let mut widths = vec![widest(steps)];
    for (column, title) in schedule.titles.iter().enumerate() {
        let texts = rows.iter().flat_map(|row| &row.cells[column]);
        widths.push(widest(texts.map(String::as_str).chain([title.as_str()])));
    }
    let width = widths.iter().sum::<f64>() + 2.0 * MARGIN;
    let head = MARGIN + 2.0 * LEADING + PADDING;
    let height = head + rows.iter().map(Row::height).sum::<f64>() + MARGIN;
    sheet((width, height), title, STYLE, |xml| {
        text(xml, "title", (MARGIN, MARGIN + 4.0), title);
        let mut x = MARGIN + widths[0];
        for (title, width) in schedule.titles.iter().zip(&widths[1..]) {
            text(xml, "tick", (x + PADDING, head - PADDING), title);
            x += width;
        }
        let mut y = head;
        let mut before: Option<&Row<'_>> = None;
        for row in &rows {
            rule(xml, y, width);
            draw(xml, row, before, y, &widths);
            y += row.height();
            before = Some(row);
        }
        rule(xml, y, width);
    })
}

fn rows(schedule: &Schedule) -> Vec<Row<'_>> {
    let first = Row {
        what: "at first".to_owned(),
        cells: &schedule.first.cells,
    };
    let steps = schedule.steps.iter().zip(1..).map(|(taken, nth)| Row {
        what: format!("{nth:>2}  {}  {}", taken.who, taken.what),
        cells: &taken.after.cells,
    });
    std::iter::once(first).chain(steps).collect()
}

fn draw(xml: &mut Xml, row: &Row<'_>, before: Option<&Row<'_>>, y: f64, widths: &[f64]) {
    text(xml, "step", (MARGIN, y + LEADING - 2.0), &row.what);
    let mut x = MARGIN + widths[0];
    for (column, cell) in row.cells.iter().enumerate() {
        let width = widths[column + 1];
        if before.is_some_and(|before| before.cells[column] != *cell) {
            rectangle(xml, (x, y + 1.0), (width, row.height() - 2.0));
        }
        for (line, content) in cell.iter().enumerate() {
            let at = (x + PADDING, y + (line as f64 + 1.0) * LEADING - 2.0);
            text(xml, "cell", at, content);
        }
        x += width;
    }
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    texts.map(label::width).fold(0.0, f64::max) + 2.0 * PADDING
}

fn text(xml: &mut Xml, class: &str, at: (f64, f64), content: &str) {
    label::at(xml, class, at, Anchor::Start, content);
}

fn rule(xml: &mut Xml, y: f64, width: f64) {
    let attributes = [
        ("class", "rule".to_owned()),
        ("x1", number(MARGIN)),
        ("y1", number(y)),
        ("x2", number(width - MARGIN)),
        ("y2", number(y)),
    ];
    xml.empty("line", &attributes);
}

fn rectangle(xml: &mut Xml, at: (f64, f64), size: (f64, f64)) {
    let attributes = [
        ("class", "changed".to_owned()),
        ("x", number(at.0)),
        ("y", number(at.1)),
        ("width", number(size.0)),
        ("height", number(size.1)),
    ];
    xml.empty("rect", &attributes);
}
