//! A comparison as drawings: throughput by share of reads, and by number of cores where
//! several were asked for, with a line for each map. One drawing below the other in one SVG file,
//! with nothing that a browser or an editor would have to load.

use super::CompareReport;
use super::axis::Axis;
use super::panel::{MARGIN, Panel, label};
use crate::report::graph::number;
use crate::report::graph::xml::Xml;

/// From one drawing to the next.
const GAP: f64 = 36.0;

const STYLE: &str = "text { font-family: DejaVu Sans Mono, Menlo, Consolas, monospace; fill: #222 } \
    .title { font-weight: bold } .tick { fill: #555 } \
    .axis { stroke: #555; stroke-width: 1 } .grid { stroke: #ddd; stroke-width: 1 } \
    .line { fill: none; stroke-width: 2 }";

/// The report as an SVG file.
#[must_use]
pub fn chart(report: &CompareReport) -> String {
    let by_cores = Axis::Cores.len(report) > 1;
    let by_reads = Axis::Reads.len(report) > 1 || !by_cores;
    let axes = [(Axis::Reads, by_reads), (Axis::Cores, by_cores)];
    let axes = axes.into_iter().filter(|(_, wanted)| *wanted);
    let mut top = MARGIN + 40.0;
    let mut panels = Vec::new();
    for (axis, slice) in
        axes.flat_map(|(axis, _)| axis.slices(report).into_iter().map(move |s| (axis, s)))
    {
        let panel = Panel::new(axis, slice, top);
        top = panel.bottom() + GAP;
        panels.push(panel);
    }
    let note = match report.runs < report.planned {
        true => format!("stopped after {} of {} runs", report.runs, report.planned),
        false => format!(
            "the mean of {} seeds; times in cycles of the cores",
            report.seeds
        ),
    };
    let texts = [report.title.as_str(), &note];
    let widest = panels.iter().map(Panel::right);
    let widest = widest.chain(texts.map(|text| MARGIN + label::width(text)));
    let width = (widest.fold(0.0, f64::max) + MARGIN).ceil();
    let height = (top - GAP + MARGIN).ceil();
    let mut xml = Xml::new();
    xml.declare();
    let attributes = [
        ("xmlns", "http://www.w3.org/2000/svg".to_owned()),
        ("width", number(width)),
        ("height", number(height)),
        (
            "viewBox",
            format!("0 0 {} {}", number(width), number(height)),
        ),
        ("role", "img".to_owned()),
    ];
    xml.element("svg", &attributes, |xml| {
        xml.text("title", &[], &report.title);
        xml.text("style", &[], STYLE);
        let all = [
            ("width", number(width)),
            ("height", number(height)),
            ("fill", "#fff".to_owned()),
        ];
        xml.empty("rect", &all);
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
        for panel in &panels {
            panel.draw(xml);
        }
    });
    xml.finish()
}
