//! One drawing: axes with ticks, a line for each map, and what the lines are.

pub(super) mod label;
mod scale;

use super::axis::{Axis, Slice};
use crate::report::graph::number;
use crate::report::graph::xml::{Attribute, Xml};
use label::Anchor;
use scale::Scale;

/// Around everything.
pub(super) const MARGIN: f64 = 24.0;
/// The height of the lines' area.
const HEIGHT: f64 = 280.0;
/// Its width, if its ticks need no more.
const WIDTH: f64 = 480.0;
/// From the edge of the area to the first column.
const INSET: f64 = 30.0;
/// From one line of the legend to the next.
const ROW: f64 = 20.0;
/// The legend's samples.
const SAMPLE: f64 = 34.0;

/// Colours that differ in brightness, too (Okabe and Ito, with a few more).
const COLOURS: [&str; 10] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8a5a00",
    "#7a3fbf", "#7f7f7f",
];
const DASHES: [&str; 3] = ["none", "7 4", "2 3"];

/// A drawing and where it is.
pub(super) struct Panel<'a> {
    axis: Axis,
    slice: Slice<'a>,
    scale: Scale,
    /// The area of the lines: left, top, width.
    left: f64,
    top: f64,
    width: f64,
}

impl<'a> Panel<'a> {
    /// A drawing that begins at `top`.
    pub(super) fn new(axis: Axis, slice: Slice<'a>, top: f64) -> Panel<'a> {
        let combinations = slice.maps.iter().flat_map(|(_, combinations)| combinations);
        let rates = combinations.filter_map(|combination| combination.work.calls_per_1000_cycles);
        let scale = Scale::up_to(rates.fold(0.0, f64::max));
        let ticks = scale.ticks().map(|tick| label::width(&scale.text(tick)));
        let left = MARGIN + ticks.fold(0.0, f64::max) + 12.0;
        let widest = slice.columns.iter().map(|text| label::width(text) + 16.0);
        let columns = slice.columns.len().saturating_sub(1) as f64;
        let needed = widest.fold(0.0, f64::max) * columns + 2.0 * INSET;
        Panel {
            axis,
            scale,
            left,
            // The title and the name of the axis stand above.
            top: top + 48.0,
            width: needed.max(WIDTH),
            slice,
        }
    }

    /// Its last row of pixels.
    pub(super) fn bottom(&self) -> f64 {
        let legend = self.top + ROW * self.slice.maps.len() as f64;
        (self.top + HEIGHT + 44.0).max(legend)
    }

    /// Its last column of pixels.
    pub(super) fn right(&self) -> f64 {
        let names = (0..self.slice.maps.len()).map(|nth| label::width(&self.name(nth)));
        let legend = self.legend_left() + SAMPLE + 8.0 + names.fold(0.0, f64::max);
        legend.max(MARGIN + label::width(&self.slice.title))
    }

    fn legend_left(&self) -> f64 {
        self.left + self.width + 20.0
    }

    /// What the legend says of a map.
    fn name(&self, nth: usize) -> String {
        let (map, combinations) = &self.slice.maps[nth];
        let early: u64 = combinations
            .iter()
            .map(|combination| combination.ended_early())
            .sum();
        let runs: u64 = combinations
            .iter()
            .map(|combination| combination.runs)
            .sum();
        match early {
            0 if runs == 0 => format!("{map}: not run"),
            0 if combinations
                .iter()
                .any(|combination| combination.went_wrong()) =>
            {
                format!("{map}: goes wrong")
            }
            0 => (*map).to_owned(),
            _ => format!("{map}: {early} of {runs} runs ended early"),
        }
    }

    fn x(&self, column: usize) -> f64 {
        let steps = self.slice.columns.len().saturating_sub(1);
        match steps {
            0 => self.left + self.width / 2.0,
            _ => {
                let step = (self.width - 2.0 * INSET) / steps as f64;
                self.left + INSET + step * column as f64
            }
        }
    }

    fn y(&self, rate: f64) -> f64 {
        self.top + HEIGHT * (1.0 - rate / self.scale.top())
    }

    /// Draws it.
    pub(super) fn draw(&self, xml: &mut Xml) {
        let above = (MARGIN, self.top - 34.0);
        label::at(xml, "title", above, Anchor::Start, &self.slice.title);
        let name = (MARGIN, self.top - 14.0);
        label::at(xml, "tick", name, Anchor::Start, "calls per 1000 cycles");
        self.draw_axes(xml);
        for nth in 0..self.slice.maps.len() {
            self.draw_map(xml, nth);
            self.draw_legend(xml, nth);
        }
    }

    fn draw_axes(&self, xml: &mut Xml) {
        let (right, bottom) = (self.left + self.width, self.top + HEIGHT);
        for tick in self.scale.ticks() {
            let y = self.y(tick);
            let class = if tick == 0.0 { "axis" } else { "grid" };
            line(xml, class, (self.left, y), (right, y));
            let at = (self.left - 8.0, y + 4.0);
            label::at(xml, "tick", at, Anchor::End, &self.scale.text(tick));
        }
        line(xml, "axis", (self.left, self.top), (self.left, bottom));
        for (column, text) in self.slice.columns.iter().enumerate() {
            let x = self.x(column);
            line(xml, "axis", (x, bottom), (x, bottom + 5.0));
            label::at(xml, "tick", (x, bottom + 19.0), Anchor::Middle, text);
        }
        let middle = (self.left + self.width / 2.0, bottom + 38.0);
        label::at(xml, "name", middle, Anchor::Middle, self.axis.name());
    }

    fn draw_map(&self, xml: &mut Xml, nth: usize) {
        let (map, combinations) = &self.slice.maps[nth];
        let points = combinations
            .iter()
            .enumerate()
            .map(|(column, combination)| {
                let rate = combination.work.calls_per_1000_cycles?;
                Some((self.x(column), self.y(rate), rate))
            });
        let points: Vec<_> = points.collect();
        // Where not all runs came to their ends, the line has a gap.
        let mut way = String::new();
        let mut before = false;
        for point in &points {
            if let Some((x, y, _)) = point {
                let letter = if before { 'L' } else { 'M' };
                way += &format!("{letter}{},{} ", number(*x), number(*y));
            }
            before = point.is_some();
        }
        xml.element("g", &[], |xml| {
            xml.text("title", &[], map);
            if !way.is_empty() {
                xml.empty("path", &stroke(nth, way.trim_end().to_owned()));
            }
            for &(x, y, rate) in points.iter().flatten() {
                mark(xml, nth, (x, y), &format!("{map}: {rate:.2}"));
            }
        });
    }

    fn draw_legend(&self, xml: &mut Xml, nth: usize) {
        let (x, y) = (self.legend_left(), self.top + ROW * nth as f64 + 8.0);
        let way = format!(
            "M{},{y} L{},{y}",
            number(x),
            number(x + SAMPLE),
            y = number(y)
        );
        xml.empty("path", &stroke(nth, way));
        mark(xml, nth, (x + SAMPLE / 2.0, y), self.slice.maps[nth].0);
        let at = (x + SAMPLE + 8.0, y + 4.0);
        label::at(xml, "name", at, Anchor::Start, &self.name(nth));
    }
}

fn stroke(nth: usize, way: String) -> [Attribute<'static>; 4] {
    let dashes = DASHES[nth / COLOURS.len() % DASHES.len()];
    [
        ("class", "line".to_owned()),
        ("d", way),
        ("stroke", COLOURS[nth % COLOURS.len()].to_owned()),
        ("stroke-dasharray", dashes.to_owned()),
    ]
}

/// A point: its shape tells maps apart without colours.
fn mark(xml: &mut Xml, nth: usize, (x, y): (f64, f64), title: &str) {
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

fn line(xml: &mut Xml, class: &str, from: (f64, f64), to: (f64, f64)) {
    let attributes = [
        ("class", class.to_owned()),
        ("x1", number(from.0)),
        ("y1", number(from.1)),
        ("x2", number(to.0)),
        ("y2", number(to.1)),
    ];
    xml.empty("line", &attributes);
}
