//! How each map is drawn, and which is which.

use super::CompareReport;
use super::axis::distinct;
use crate::report::graph::number;
use crate::report::graph::xml::{Attribute, Xml};
use crate::report::label::{self, Anchor};

/// From one line of the legend to the next.
const ROW: f64 = 20.0;
/// The width of a sample.
const SAMPLE: f64 = 34.0;

/// Colours that differ in brightness, too (Okabe and Ito, with a few more).
const COLOURS: [&str; 10] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8a5a00",
    "#7a3fbf", "#7f7f7f",
];
const DASHES: [&str; 3] = ["none", "7 4", "2 3"];

/// The maps of a report.
pub(super) struct Legend {
    maps: Vec<&'static str>,
    /// Their names, and what must be said of them.
    texts: Vec<String>,
}

impl Legend {
    pub(super) fn new(report: &CompareReport) -> Legend {
        let maps = distinct(
            report
                .combinations
                .iter()
                .map(|combination| combination.map),
        );
        let texts = maps.iter().map(|map| text(report, map)).collect();
        Legend { maps, texts }
    }

    /// The number of a map, by which it is drawn.
    pub(super) fn number(&self, map: &str) -> usize {
        self.maps
            .iter()
            .position(|known| *known == map)
            .unwrap_or(0)
    }

    pub(super) fn width(&self) -> f64 {
        let widths = self.texts.iter().map(|text| label::width(text));
        SAMPLE + 8.0 + widths.fold(0.0, f64::max)
    }

    pub(super) fn height(&self) -> f64 {
        ROW * self.maps.len() as f64
    }

    pub(super) fn draw(&self, xml: &mut Xml, (left, top): (f64, f64)) {
        for (nth, text) in self.texts.iter().enumerate() {
            let y = top + ROW * nth as f64 + 8.0;
            let (from, to) = (number(left), number(left + SAMPLE));
            let way = format!("M{from},{y} L{to},{y}", y = number(y));
            xml.empty("path", &stroke(nth, way));
            mark(xml, nth, (left + SAMPLE / 2.0, y), self.maps[nth]);
            let at = (left + SAMPLE + 8.0, y + 4.0);
            label::at(xml, "name", at, Anchor::Start, text);
        }
    }
}

fn text(report: &CompareReport, map: &str) -> String {
    let combinations = || report.combinations.iter().filter(|c| c.map == map);
    let early: u64 = combinations().map(|c| c.ended_early()).sum();
    let runs: u64 = combinations().map(|c| c.runs).sum();
    match early {
        0 if runs == 0 => format!("{map}: not run"),
        0 if combinations().any(|c| c.went_wrong()) => format!("{map}: goes wrong"),
        0 => map.to_owned(),
        _ => format!("{map}: {early} of {runs} runs ended early"),
    }
}

/// How a map's line is drawn.
pub(super) fn stroke(nth: usize, way: String) -> [Attribute<'static>; 4] {
    let dashes = DASHES[nth / COLOURS.len() % DASHES.len()];
    [
        ("class", "line".to_owned()),
        ("d", way),
        ("stroke", COLOURS[nth % COLOURS.len()].to_owned()),
        ("stroke-dasharray", dashes.to_owned()),
    ]
}

/// A point: its shape tells maps apart without colours.
pub(super) fn mark(xml: &mut Xml, nth: usize, (x, y): (f64, f64), title: &str) {
    let shape: &[(f64, f64)] = match nth % 4 {
        0 => &[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)],
        1 => &[(0.0, -5.5), (5.5, 0.0), (0.0, 5.5), (-5.5, 0.0)],
        2 => &[(0.0, -5.0), (5.0, 4.0), (-5.0, 4.0)],
        _ => &[(0.0, 5.0), (5.0, -4.0), (-5.0, -4.0)],
    };
    let points = shape
        .iter()
        .map(|(dx, dy)| format!("{},{}", number(x + dx), number(y + dy)));
    let points: Vec<String> = points.collect();
    let attributes = [
        ("points", points.join(" ")),
        ("fill", COLOURS[nth % COLOURS.len()].to_owned()),
    ];
    xml.element("polygon", &attributes, |xml| xml.text("title", &[], title));
}
