//! A comparison as small drawings side by side: throughput by number of cores where several were
//! asked for, else by share of gets, with a line for each map. One SVG file, with nothing that a
//! browser or an editor would have to load.

use super::CompareReport;
use super::axis::Axis;
use super::legend::Legend;
use super::panel::Panel;
use crate::report::counted;
use crate::report::label;
use crate::report::sheet::sheet;

/// Around everything.
const MARGIN: f64 = 24.0;
/// From one drawing to the next.
const GAP: f64 = 32.0;
/// So many drawings stand side by side.
const ACROSS: usize = 3;

const STYLE: &str = "text { font-family: DejaVu Sans Mono, Menlo, Consolas, monospace; fill: #222 } \
    .title { font-weight: bold } .tick { fill: #555 } \
    .axis { stroke: #555; stroke-width: 1 } .grid { stroke: #ddd; stroke-width: 1 } \
    .line { fill: none; stroke-width: 2 }";

/// The report as an SVG file.
#[must_use]
pub fn chart(report: &CompareReport) -> String {
    let axis = match Axis::Cores.len(report) {
        0 | 1 => Axis::Reads,
        _ => Axis::Cores,
    };
    let legend = Legend::new(report);
    let slices = axis.slices(report).into_iter();
    let mut panels: Vec<Panel<'_>> = slices.map(|slice| Panel::new(axis, slice)).collect();
    let column = panels.iter().map(Panel::width).fold(0.0, f64::max) + GAP;
    let first_row = MARGIN + 36.0 + legend.height() + GAP / 2.0;
    for (nth, panel) in panels.iter_mut().enumerate() {
        let (row, at) = ((nth / ACROSS) as f64, (nth % ACROSS) as f64);
        let top = first_row + row * (Panel::height() + GAP / 2.0);
        panel.place(MARGIN + at * column, top);
    }
    let rows = panels.len().div_ceil(ACROSS) as f64;
    let bottom = first_row + rows * (Panel::height() + GAP / 2.0);
    let note = match report.runs < report.planned {
        true => format!("stopped after {} of {} runs", report.runs, report.planned),
        false => format!(
            "the mean of {}; times in cycles of the cores",
            counted(report.seeds as usize, "seed")
        ),
    };
    let texts = [report.title.as_str(), &note];
    let drawn = panels.len().min(ACROSS) as f64 * column - GAP;
    let widest = texts
        .map(label::width)
        .into_iter()
        .fold(legend.width(), f64::max);
    let width = (widest.max(drawn) + 2.0 * MARGIN).ceil();
    let height = (bottom + MARGIN / 2.0).ceil();
    sheet((width, height), &report.title, STYLE, |xml| {
        label::at(
            xml,
            "title",
            (MARGIN, MARGIN + 6.0),
            label::Anchor::Start,
            &report.title,
        );
        label::at(
            xml,
            "tick",
            (MARGIN, MARGIN + 24.0),
            label::Anchor::Start,
            &note,
        );
        legend.draw(xml, (MARGIN, MARGIN + 36.0));
        for panel in &panels {
            panel.draw(xml, &legend);
        }
    })
}
