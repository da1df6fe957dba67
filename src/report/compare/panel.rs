//! One drawing: axes with ticks, and a line for each map.

mod scale;

use super::axis::{Axis, Slice};
use super::legend::{Legend, mark, stroke};
use crate::report::graph::number;
use crate::report::graph::xml::Xml;
use crate::report::label::{self, Anchor};
use scale::Scale;

/// The height of the lines' area.
const HEIGHT: f64 = 200.0;
/// Its width, if its ticks need no more.
const WIDTH: f64 = 260.0;
/// From the edge of the area to the first column.
const INSET: f64 = 24.0;
/// The title and the name of the axis stand above the area, the columns below it.
const ABOVE: f64 = 48.0;
const BELOW: f64 = 44.0;

/// A drawing.
pub(super) struct Panel<'a> {
    axis: Axis,
    slice: Slice<'a>,
    scale: Scale,
    /// The width of the numbers beside the lines' area, and its own.
    ticks: f64,
    area: f64,
    /// The left and top end of the area, once it has a place.
    left: f64,
    top: f64,
}

impl<'a> Panel<'a> {
    pub(super) fn new(axis: Axis, slice: Slice<'a>) -> Panel<'a> {
        let combinations = slice.maps.iter().flat_map(|(_, combinations)| combinations);
        let rates = combinations.filter_map(|combination| combination.work.calls_per_1000_cycles);
        let scale = Scale::up_to(rates.fold(0.0, f64::max));
        let ticks = scale.ticks().map(|tick| label::width(&scale.text(tick)));
        let ticks = ticks.fold(0.0, f64::max) + 12.0;
        let widest = slice.columns.iter().map(|text| label::width(text) + 10.0);
        let columns = slice.columns.len().saturating_sub(1) as f64;
        let needed = widest.fold(0.0, f64::max) * columns + 2.0 * INSET;
        Panel {
            axis,
            scale,
            ticks,
            area: needed.max(WIDTH).max(label::width(&slice.title) - ticks),
            left: 0.0,
            top: 0.0,
            slice,
        }
    }

    pub(super) fn width(&self) -> f64 {
        self.ticks + self.area
    }

    pub(super) fn height() -> f64 {
        ABOVE + HEIGHT + BELOW
    }

    /// Its left and top end.
    pub(super) fn place(&mut self, left: f64, top: f64) {
        self.left = left + self.ticks;
        self.top = top + ABOVE;
    }

    fn x(&self, column: usize) -> f64 {
        let steps = self.slice.columns.len().saturating_sub(1);
        match steps {
            0 => self.left + self.area / 2.0,
            _ => {
                let step = (self.area - 2.0 * INSET) / steps as f64;
                self.left + INSET + step * column as f64
            }
        }
    }

    fn y(&self, rate: f64) -> f64 {
        self.top + HEIGHT * (1.0 - rate / self.scale.top())
    }

    /// Draws it.
    pub(super) fn draw(&self, xml: &mut Xml, legend: &Legend) {
        let edge = self.left - self.ticks;
        let above = (edge, self.top - 34.0);
        label::at(xml, "title", above, Anchor::Start, &self.slice.title);
        let name = (edge, self.top - 14.0);
        label::at(xml, "tick", name, Anchor::Start, "calls per 1000 cycles");
        self.draw_axes(xml);
        for nth in 0..self.slice.maps.len() {
            self.draw_map(xml, nth, legend);
        }
    }

    fn draw_axes(&self, xml: &mut Xml) {
        let (right, bottom) = (self.left + self.area, self.top + HEIGHT);
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
        let middle = (self.left + self.area / 2.0, bottom + 38.0);
        label::at(xml, "name", middle, Anchor::Middle, self.axis.name());
    }

    fn draw_map(&self, xml: &mut Xml, nth: usize, legend: &Legend) {
        let (map, combinations) = &self.slice.maps[nth];
        let nth = legend.number(map);
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
