//! A matrix as a heat map: one SVG file, with nothing that a browser or an editor would have to load.
//! Cells of one shade are one path, and neighbours in a row one rectangle of it, so that a machine of
//! hundreds of processors is still a small file.

use std::fmt::Write as _;

use super::matrix::Matrix;
use crate::report::graph::number;
use crate::report::graph::xml::Xml;
use crate::report::label::{self, Anchor};
use crate::report::sheet::sheet;

const MARGIN: f64 = 20.0;
/// From one line of text to the next; labels are at least so far apart.
const LEADING: f64 = 17.0;
/// The drawing's cells together are about so wide, as far as the sizes of cells allow it.
const WIDE: f64 = 640.0;
const LEAST_CELL: f64 = 4.0;
const LARGEST_CELL: f64 = 48.0;
/// A cell of this size has its number written in it.
const CELL_WITH_TEXT: f64 = 36.0;
/// Between a label and what it is for.
const GAP: f64 = 6.0;
/// From the lightest, the least number, to the darkest.
const SHADES: usize = 12;
const LIGHTEST: [f64; 3] = [254.0, 246.0, 220.0];
const DARKEST: [f64; 3] = [120.0, 15.0, 60.0];

const STYLE: &str = "text { font-family: DejaVu Sans Mono, Menlo, Consolas, monospace; fill: #222 } \
    .title { font-weight: bold } .tick { fill: #555 } .light { fill: #fff } .none { fill: #e4e4e4 }";

/// The matrix as an SVG file.
#[must_use]
pub fn heat_map(title: &str, matrix: &Matrix) -> String {
    let count = matrix.processors().len();
    let cell = (WIDE / count.max(1) as f64).floor();
    let cell = cell.clamp(LEAST_CELL, LARGEST_CELL);
    let names: Vec<String> = matrix.processors().iter().map(u32::to_string).collect();
    let widest = names
        .iter()
        .map(|name| label::width(name))
        .fold(0.0, f64::max);
    let left = MARGIN + widest + GAP;
    let top = MARGIN + 2.0 * LEADING + GAP;
    let side = cell * count as f64;
    let legend = top + side + 2.0 * LEADING;
    let width = (left + side + MARGIN).max(2.0 * MARGIN + label::width(title));
    let width = width.max(left + Legend::WIDTH + MARGIN);
    let height = legend + 4.0 * LEADING + MARGIN;
    sheet((width, height), title, STYLE, |xml| {
        label::at(xml, "title", (MARGIN, MARGIN + 4.0), Anchor::Start, title);
        let row_labels = every(cell, LEADING);
        let column_labels = every(cell, widest + GAP);
        for (nth, name) in names.iter().enumerate() {
            let middle = (nth as f64 + 0.5) * cell;
            if nth % column_labels == 0 {
                label::at(
                    xml,
                    "tick",
                    (left + middle, top - GAP),
                    Anchor::Middle,
                    name,
                );
            }
            if nth % row_labels == 0 {
                label::at(
                    xml,
                    "tick",
                    (left - GAP, top + middle + 4.0),
                    Anchor::End,
                    name,
                );
            }
        }
        cells(xml, matrix, (left, top), cell);
        Legend { matrix }.draw(xml, (left, legend));
    })
}

/// Every how many cells there is room for a label of this size: a power of two.
fn every(cell: f64, room: f64) -> usize {
    let mut every = 1;
    while cell * (every as f64) < room {
        every *= 2;
    }
    every
}

fn cells(xml: &mut Xml, matrix: &Matrix, (left, top): (f64, f64), cell: f64) {
    let count = matrix.processors().len();
    let shades = Shades::of(matrix);
    let mut paths = vec![String::new(); SHADES + 1];
    for row in 0..count {
        let shade_at = |column: usize| matrix.at(row, column).map_or(SHADES, |ns| shades.shade(ns));
        let columns: Vec<usize> = (0..count).collect();
        for run in columns.chunk_by(|&one, &next| shade_at(one) == shade_at(next)) {
            let (x, y) = (left + run[0] as f64 * cell, top + row as f64 * cell);
            let wide = run.len() as f64 * cell;
            // Writing to a String cannot fail.
            let _ = write!(
                paths[shade_at(run[0])],
                "M{} {}h{}v{}h-{}z",
                number(x),
                number(y),
                number(wide),
                number(cell),
                number(wide)
            );
        }
    }
    for (shade, path) in paths.into_iter().enumerate() {
        if !path.is_empty() {
            xml.empty("path", &[fill(shade), ("d", path)]);
        }
    }
    if cell < CELL_WITH_TEXT {
        return;
    }
    for row in 0..count {
        for column in 0..count {
            if let Some(ns) = matrix.at(row, column) {
                let middle = |nth: usize| (nth as f64 + 0.5) * cell;
                let at = (left + middle(column), top + middle(row) + 4.0);
                let dark = shades.shade(ns) >= SHADES / 2;
                let class = if dark { "light" } else { "cell" };
                label::at(xml, class, at, Anchor::Middle, &format!("{ns:.0}"));
            }
        }
    }
}

/// A shade's colour; the one after the last is for what was not measured.
fn fill(shade: usize) -> (&'static str, String) {
    if shade == SHADES {
        return ("class", "none".to_owned());
    }
    let part = shade as f64 / (SHADES - 1) as f64;
    let mut colour = "#".to_owned();
    for (light, dark) in LIGHTEST.into_iter().zip(DARKEST) {
        let _ = write!(
            colour,
            "{:02x}",
            (light + (dark - light) * part).round() as u8
        );
    }
    ("fill", colour)
}

/// Which number has which shade: steps of equal size.
struct Shades {
    least: f64,
    step: f64,
}

impl Shades {
    fn of(matrix: &Matrix) -> Shades {
        let (least, greatest) = matrix.range().unwrap_or((0.0, 0.0));
        Shades {
            least,
            step: (greatest - least) / SHADES as f64,
        }
    }

    fn shade(&self, ns: f64) -> usize {
        match self.step > 0.0 {
            // Truncated: the greatest is the last shade's too.
            true => (((ns - self.least) / self.step) as usize).min(SHADES - 1),
            false => 0,
        }
    }
}

/// What the shades mean.
struct Legend<'a> {
    matrix: &'a Matrix,
}

impl Legend<'_> {
    const SWATCH: f64 = 24.0;
    const WIDTH: f64 = Legend::SWATCH * SHADES as f64;

    fn draw(&self, xml: &mut Xml, (x, y): (f64, f64)) {
        let swatch = |xml: &mut Xml, shade: usize, x: f64, y: f64| {
            let attributes = [
                ("x", number(x)),
                ("y", number(y)),
                ("width", number(Legend::SWATCH)),
                ("height", number(LEADING)),
                fill(shade),
            ];
            xml.empty("rect", &attributes);
        };
        if let Some((least, greatest)) = self.matrix.range() {
            for shade in 0..SHADES {
                swatch(xml, shade, x + shade as f64 * Legend::SWATCH, y);
            }
            let under = y + 2.0 * LEADING - 2.0;
            let end = x + Legend::WIDTH;
            label::at(
                xml,
                "tick",
                (x, under),
                Anchor::Start,
                &format!("{least:.0} ns"),
            );
            let greatest = format!("{greatest:.0} ns");
            label::at(xml, "tick", (end, under), Anchor::End, &greatest);
        }
        let y = y + 2.0 * LEADING + GAP;
        swatch(xml, SHADES, x, y);
        let at = (x + Legend::SWATCH + GAP, y + LEADING - 4.0);
        label::at(xml, "tick", at, Anchor::Start, "not measured");
    }
}
