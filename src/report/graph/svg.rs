//! A picture laid out as SVG, with nothing that a browser or an editor would have to load.

use super::dot::thickness;
use super::label::TextLine;
use super::layout::{
    LINE, Layout, NAME, PAD, PlacedEdge, Rect, TEXT, count_text, layout, text_width,
};
use super::picture::{Edge, Kind, Node, Picture};
use super::route::{number, routes};
use super::xml::{Attribute, Xml};

/// Around everything; the mark of the initial state has room in it.
const MARGIN: f64 = 32.0;
/// The height of the title.
const TITLE: f64 = 17.0;

const STYLE: &str = "text { font-family: DejaVu Sans Mono, Menlo, Consolas, monospace; fill: #222 } \
    .name { font-weight: bold; text-anchor: middle } .met { text-anchor: middle } \
    .title { font-weight: bold } \
    .node { fill: #eaf1fb; stroke: #27508f; stroke-width: 1.5 } \
    .transient { fill: #fff6e0; stroke: #8a5a00; stroke-dasharray: 5 3 } \
    .wrong { fill: #fde8e8; stroke: #b00020 } \
    .unreachable { fill: #f4f4f4; stroke: #777; stroke-dasharray: 5 3 } \
    .lost { fill: #fde8e8; stroke: #b00020; stroke-dasharray: 5 3 } \
    .initial { stroke-width: 3 } \
    .way { fill: none; stroke: #555; stroke-width: 1.2 } \
    .label { fill: #fff; stroke: #ddd } \
    .unused { stroke: #bbb } text.unused { fill: #999; stroke: none } \
    rect.unused { fill: #f7f7f7 } path.unused { stroke-dasharray: 4 3 }";

/// The picture as an SVG file.
pub(super) fn svg(picture: &Picture) -> String {
    let mut xml = Xml::new();
    xml.declare();
    element(&mut xml, picture);
    xml.finish()
}

/// The picture as an element, for a file or a page.
pub(super) fn element(xml: &mut Xml, picture: &Picture) {
    let mut layout = layout(picture);
    let ways = routes(&mut layout);
    let heading = picture.about();
    let legend = legend(picture);
    let head = MARGIN + TITLE + LINE * heading.len() as f64 + 8.0;
    let (width, height) = layout.size();
    let texts = heading.iter().chain(&legend);
    let widest = texts.map(|text| text_width(text, TEXT));
    let widest = widest.fold(text_width(picture.title(), TITLE), f64::max);
    let width = (width.max(widest) + 2.0 * MARGIN).ceil();
    let foot = head + height + 12.0;
    let height = (foot + LINE * legend.len() as f64 + MARGIN).ceil();
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
        xml.text("title", &[], &format!("The states of {}", picture.title()));
        xml.text("style", &[], STYLE);
        xml.element("defs", &[], arrow);
        let all = [
            ("width", number(width)),
            ("height", number(height)),
            ("fill", "#fff".to_owned()),
        ];
        xml.empty("rect", &all);
        text(xml, "title", (MARGIN, MARGIN + 4.0), TITLE, picture.title());
        for (nth, line) in heading.iter().enumerate() {
            let y = MARGIN + TITLE + LINE * nth as f64 + 6.0;
            text(xml, "about", (MARGIN, y), TEXT, line);
        }
        let moved = format!("translate({} {})", number(MARGIN), number(head));
        xml.element("g", &[("transform", moved)], |xml| {
            drawing(xml, picture, &layout, ways);
        });
        for (nth, line) in legend.iter().enumerate() {
            let y = foot + LINE * (nth + 1) as f64;
            text(xml, "about", (MARGIN, y), TEXT, line);
        }
    });
}

fn arrow(xml: &mut Xml) {
    let marker = [
        ("id", "arrow"),
        ("viewBox", "0 0 10 10"),
        ("refX", "9.5"),
        ("refY", "5"),
        ("markerWidth", "8"),
        ("markerHeight", "8"),
        ("markerUnits", "userSpaceOnUse"),
        ("orient", "auto"),
    ];
    xml.element("marker", &owned(&marker), |xml| {
        xml.empty(
            "path",
            &owned(&[("d", "M0,0 L10,5 L0,10 z"), ("fill", "#555")]),
        );
    });
}

fn drawing(xml: &mut Xml, picture: &Picture, layout: &Layout, ways: Vec<String>) {
    let names: Vec<&str> = picture.nodes().map(|node| &*node.name).collect();
    let edges = picture.edges().map(|(_, _, edge)| edge);
    let edges: Vec<(&Edge, &PlacedEdge)> = edges.zip(&layout.edges).collect();
    // All ways first: no way runs over a text.
    for ((edge, placed), way) in edges.iter().zip(ways) {
        let (from, to) = (names[placed.from], names[placed.to]);
        xml.element("g", &[], |xml| {
            xml.text("title", &[], &format!("{from} → {to}"));
            xml.empty("path", &way_attributes(edge, way));
        });
    }
    for (_, placed) in &edges {
        label(xml, placed);
    }
    for (node, rect) in picture.nodes().zip(&layout.nodes) {
        state(xml, node, rect);
    }
}

fn way_attributes(edge: &Edge, way: String) -> Vec<Attribute<'static>> {
    let mut attributes = vec![
        ("class", class("way", edge.count() == Some(0))),
        ("d", way),
        ("marker-end", "url(#arrow)".to_owned()),
    ];
    if let Some(count) = edge.count().filter(|&count| count > 0) {
        attributes.push((
            "style",
            format!("stroke-width: {}", number(thickness(count))),
        ));
    }
    attributes
}

fn label(xml: &mut Xml, placed: &PlacedEdge) {
    let rect = &placed.label;
    let unused = placed.lines.iter().all(|line| line.unused);
    boxed(xml, &class("label", unused), rect, 3.0);
    for (nth, TextLine { text: line, unused }) in placed.lines.iter().enumerate() {
        let begin = line.trim_start();
        let indent = text_width(&line[..line.len() - begin.len()], TEXT);
        let x = rect.left() + PAD + indent;
        let y = rect.top() + PAD + LINE * nth as f64 + 11.0;
        text(xml, &class("line", *unused), (x, y), TEXT, begin);
    }
}

fn state(xml: &mut Xml, node: &Node, rect: &Rect) {
    let kind = match node.kind {
        Kind::Stable => "node",
        Kind::Transient => "node transient",
        Kind::Wrong => "node wrong",
        Kind::Unreachable => "node unreachable",
        Kind::Lost => "node lost",
    };
    let initial = if node.initial { " initial" } else { "" };
    let unused = node.count == Some(0);
    xml.element("g", &[], |xml| {
        if !node.meaning.is_empty() {
            xml.text("title", &[], &node.meaning);
        }
        boxed(xml, &class(&format!("{kind}{initial}"), unused), rect, 10.0);
        let at = (rect.x, rect.top() + 23.0);
        text(xml, &class("name", unused), at, NAME, &node.name);
        let lines = node.details.iter().cloned();
        for (nth, line) in lines.chain(node.count.map(count_text)).enumerate() {
            let at = (rect.x, rect.top() + 41.0 + 14.0 * nth as f64);
            text(xml, &class("met", unused), at, TEXT, &line);
        }
        if node.initial {
            start(xml, rect);
        }
    });
}

/// The mark of the state in which things begin.
fn start(xml: &mut Xml, rect: &Rect) {
    let (x, y) = (rect.left(), rect.y);
    let dot = [
        ("cx", number(x - 20.0)),
        ("cy", number(y)),
        ("r", "4".to_owned()),
        ("fill", "#555".to_owned()),
    ];
    xml.empty("circle", &dot);
    let way = [
        ("class", "way".to_owned()),
        (
            "d",
            format!(
                "M{},{y} L{},{y}",
                number(x - 18.0),
                number(x - 1.0),
                y = number(y)
            ),
        ),
        ("marker-end", "url(#arrow)".to_owned()),
    ];
    xml.empty("path", &way);
}

fn boxed(xml: &mut Xml, class: &str, rect: &Rect, round: f64) {
    let attributes = [
        ("class", class.to_owned()),
        ("x", number(rect.left())),
        ("y", number(rect.top())),
        ("width", number(rect.width)),
        ("height", number(rect.height)),
        ("rx", number(round)),
    ];
    xml.empty("rect", &attributes);
}

/// A text as wide as it was taken to be, whatever font the reader has.
fn text(xml: &mut Xml, class: &str, (x, y): (f64, f64), size: f64, text: &str) {
    let attributes = [
        ("class", class.to_owned()),
        ("x", number(x)),
        ("y", number(y)),
        ("font-size", number(size)),
        ("textLength", number(text_width(text, size))),
        ("lengthAdjust", "spacingAndGlyphs".to_owned()),
    ];
    xml.text("text", &attributes, text);
}

fn class(name: &str, unused: bool) -> String {
    let unused = if unused { " unused" } else { "" };
    format!("{name}{unused}")
}

fn owned<'a>(attributes: &[(&'a str, &str)]) -> Vec<Attribute<'a>> {
    let owned = attributes.iter();
    owned
        .map(|&(name, value)| (name, value.to_owned()))
        .collect()
}

/// What the marks mean: only those that are there.
fn legend(picture: &Picture) -> Vec<String> {
    let marks = [
        (Kind::Transient, "dashed box: a transient state"),
        (Kind::Wrong, "red box: a property does not hold"),
        (
            Kind::Unreachable,
            "dashed box: nothing leads there any more",
        ),
        (
            Kind::Lost,
            "red dashed box: lost, for nothing leads there any more",
        ),
    ];
    let is_there = |kind| picture.nodes().any(|node| node.kind == kind);
    let marks = marks.into_iter().filter(|(kind, _)| is_there(*kind));
    let mut legend: Vec<String> = marks.map(|(_, means)| means.to_owned()).collect();
    if picture.is_counted() {
        legend.push("×N: how often it was used; grey: never".to_owned());
    }
    legend
}
