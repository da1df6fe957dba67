//! Nothing in an SVG overlaps and nothing is cut off: read back from the file itself.

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use tearline::drive::proof::{Plan, Size, chart, chart_witness};
use tearline::report::graph::{Format, Part, Picture};

use crate::random::{alone, picture};
use crate::{common, page, protocols, shipped};

/// What an SVG has, in its own coordinates.
#[derive(Default)]
struct Drawn {
    size: (f64, f64),
    nodes: Vec<Rect>,
    labels: Vec<Rect>,
    /// Each with the font's size.
    texts: Vec<Rect>,
    ways: Vec<Vec<(f64, f64)>>,
}

#[derive(Clone, Copy, Debug)]
struct Rect {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Rect {
    fn overlaps(&self, other: &Rect) -> bool {
        let near = 1.0;
        self.left < other.right + near
            && other.left < self.right + near
            && self.top < other.bottom + near
            && other.top < self.bottom + near
    }

    fn has(&self, (x, y): (f64, f64)) -> bool {
        let inside = 0.5;
        x > self.left + inside
            && x < self.right - inside
            && y > self.top + inside
            && y < self.bottom - inside
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element
        .try_get_attribute(name)
        .expect("attributes are well formed")?;
    let value = found
        .normalized_value(quick_xml::XmlVersion::Explicit1_0)
        .expect("it is well formed");
    Some(value.into_owned())
}

fn number(element: &BytesStart<'_>, name: &str) -> f64 {
    let text = attribute(element, name).unwrap_or_default();
    text.parse()
        .unwrap_or_else(|_| panic!("{name} is {text:?}"))
}

/// Points along a way that is written with M, L and C only.
fn along(path: &str) -> Vec<(f64, f64)> {
    let point = |text: &str| {
        let (x, y) = text.split_once(',').expect("a pair");
        (x.parse::<f64>().expect("x"), y.parse::<f64>().expect("y"))
    };
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut words = path.split(' ');
    while let Some(word) = words.next() {
        let to = point(&word[1..]);
        let &from = points.last().unwrap_or(&to);
        let ends = match word.as_bytes()[0] {
            b'M' | b'L' => [from, to, to],
            b'C' => {
                let mut next = || point(words.next().expect("a curve has three points"));
                [to, next(), next()]
            }
            other => panic!("unknown {other}"),
        };
        let straight = word.as_bytes()[0] != b'C';
        for step in 1..=20 {
            let t = f64::from(step) / 20.0;
            let u = 1.0 - t;
            let mix = |a: f64, b: f64, c: f64, d: f64| match straight {
                true => u * a + t * d,
                false => u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d,
            };
            let [b, c, d] = ends;
            points.push((mix(from.0, b.0, c.0, d.0), mix(from.1, b.1, c.1, d.1)));
        }
    }
    points
}

fn read(svg: &str) -> Drawn {
    let mut reader = Reader::from_str(svg);
    let mut drawn = Drawn::default();
    let (mut moved, mut open, mut words) = ((0.0, 0.0), Vec::new(), None);
    loop {
        let event = reader.read_event().expect("the SVG is well-formed XML");
        let (element, closed) = match &event {
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::Text(text) => {
                assert!(words.is_none() || !text.is_empty());
                continue;
            }
            Event::End(_) => {
                words = None;
                open.pop();
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        let name: String = element.name().as_ref().to_owned();
        let class = attribute(element, "class").unwrap_or_default();
        let is = |wanted: &str| class.split(' ').any(|class| class == wanted);
        // Title and legend stand outside of the part that is moved.
        if is("title") || is("about") {
            moved = (0.0, 0.0);
        }
        let rect = |x: f64, y: f64, width: f64, height: f64| Rect {
            left: x + moved.0,
            top: y + moved.1,
            right: x + width + moved.0,
            bottom: y + height + moved.1,
        };
        match &*name {
            "svg" => drawn.size = (number(element, "width"), number(element, "height")),
            "g" => {
                if let Some(by) = attribute(element, "transform") {
                    let by = by.trim_start_matches("translate(").trim_end_matches(')');
                    let (x, y) = by.split_once(' ').expect("two numbers");
                    moved = (x.parse().expect("x"), y.parse().expect("y"));
                }
            }
            "rect" if is("node") || is("label") => {
                let [x, y, width, height] =
                    ["x", "y", "width", "height"].map(|name| number(element, name));
                let of = if is("node") {
                    &mut drawn.nodes
                } else {
                    &mut drawn.labels
                };
                of.push(rect(x, y, width, height));
            }
            "path" if is("way") => {
                let path = attribute(element, "d").expect("a path has data");
                let points = along(&path);
                let moved = points.iter().map(|(x, y)| (x + moved.0, y + moved.1));
                drawn.ways.push(moved.collect());
            }
            "text" => {
                let [x, y, size, width] =
                    ["x", "y", "font-size", "textLength"].map(|name| number(element, name));
                let x = if is("name") || is("met") {
                    x - width / 2.0
                } else {
                    x
                };
                drawn.texts.push(rect(x, y - 0.8 * size, width, size));
                words = Some(());
            }
            _ => {}
        }
        if !closed {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} is not closed");
    drawn
}

fn assert_readable(part: &Part) {
    let svg = part.render(Format::Svg).expect("it can be drawn");
    assert_eq!(
        svg,
        part.render(Format::Svg).expect("it can be drawn again")
    );
    let drawn = read(&svg);
    let picture = part.picture.as_ref().expect("there is one");
    assert_eq!(drawn.nodes.len(), picture.nodes().len());
    assert_eq!(drawn.labels.len(), picture.edges().len());
    let boxes: Vec<&Rect> = drawn.nodes.iter().chain(&drawn.labels).collect();
    for (at, a) in boxes.iter().enumerate() {
        for b in &boxes[at + 1..] {
            assert!(!a.overlaps(b), "{a:?} and {b:?} overlap:\n{svg}");
        }
    }
    for rect in boxes.iter().copied().chain(&drawn.texts) {
        let (width, height) = drawn.size;
        let inside = rect.left >= 0.0 && rect.top >= 0.0;
        assert!(
            inside && rect.right <= width && rect.bottom <= height,
            "{rect:?} is cut off:\n{svg}"
        );
    }
    // All ways but the marks of initial states, which come last.
    for (way, own) in drawn.ways.iter().zip(&drawn.labels) {
        for &point in way {
            let in_node = drawn.nodes.iter().find(|node| node.has(point));
            assert!(in_node.is_none(), "{point:?} in {in_node:?}:\n{svg}");
            let mut labels = drawn.labels.iter();
            let crossed = labels.find(|label| !std::ptr::eq(*label, own) && label.has(point));
            assert!(crossed.is_none(), "{point:?} in {crossed:?}:\n{svg}");
            let (x, y) = point;
            assert!(x > 0.0 && y > 0.0 && x < drawn.size.0 && y < drawn.size.1);
        }
    }
    assert_apart(&drawn, &svg);
    // Only loops have no stretch; so there is something to compare.
    let straight = drawn.ways.iter().filter(|way| !stretches(way).is_empty());
    let others = picture.edges().filter(|(from, to, _)| from != to);
    assert!(straight.count() >= others.count());
    // Every label's and state's text stands in its box, and no other.
    for text in &drawn.texts {
        let middle = (
            (text.left + text.right) / 2.0,
            (text.top + text.bottom) / 2.0,
        );
        let holder = boxes.iter().find(|rect| rect.has(middle));
        if let Some(holder) = holder {
            let inside = holder.left < text.left && text.right < holder.right;
            assert!(inside, "{text:?} leaves {holder:?}:\n{svg}");
        }
    }
}

/// No two ways share a stretch.
fn assert_apart(drawn: &Drawn, svg: &str) {
    let stretches: Vec<Vec<(f64, f64, f64, bool)>> =
        drawn.ways.iter().map(|way| stretches(way)).collect();
    for (at, a) in stretches.iter().enumerate() {
        for b in &stretches[at + 1..] {
            for one in a {
                let shares = |other: &&(f64, f64, f64, bool)| {
                    let (near, overlap) = (2.0, 1.0);
                    other.3 == one.3
                        && (other.0 - one.0).abs() < near
                        && other.1 + overlap < one.2
                        && one.1 + overlap < other.2
                };
                let shared = b.iter().find(shares);
                assert!(shared.is_none(), "{one:?} and {shared:?}:\n{svg}");
            }
        }
    }
}

/// The parts of a way that run straight to the side or straight up or down: where, from, to, and
/// whether to the side.
fn stretches(way: &[(f64, f64)]) -> Vec<(f64, f64, f64, bool)> {
    let parts = way.windows(2).filter_map(|pair| {
        let [(x, y), (to_x, to_y)] = [pair[0], pair[1]];
        let (aside, down) = ((to_x - x).abs(), (to_y - y).abs());
        if down < 0.01 && aside > 0.01 {
            Some((y, x.min(to_x), x.max(to_x), true))
        } else if aside < 0.01 && down > 0.01 {
            Some((x, y.min(to_y), y.max(to_y), false))
        } else {
            None
        }
    });
    let mut joined: Vec<(f64, f64, f64, bool)> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if last.3 == part.3 && (last.0 - part.0).abs() < 0.01 => {
                last.1 = last.1.min(part.1);
                last.2 = last.2.max(part.2);
            }
            _ => joined.push(part),
        }
    }
    joined
}

#[test]
fn protocols_are_readable() {
    for folder in [
        "models/protocols",
        "models/broken",
        "tests/models/good-protocols",
    ] {
        for (_, protocol) in protocols(folder) {
            for part in page(&protocol).parts {
                assert_readable(&part);
            }
        }
    }
}

/// The picture of what two or three caches reach, or the way to a violation.
#[test]
fn spaces_and_witnesses_are_readable() {
    let drawn = |picture| assert_readable(&alone(picture).parts[0]);
    let size = |cores, values| Size {
        cores,
        lines: 1,
        values,
    };
    for (name, size) in [
        ("mesi", size(3, 1)),
        ("moesi", size(3, 2)),
        ("german", size(2, 1)),
        ("directory-mesi", size(1, 2)),
    ] {
        let chart = chart(&shipped(name), size, true, 1000).expect("it is small");
        drawn(Picture::of_chart(name, &chart));
    }
    let space = chart(&shipped("directory-mesi"), size(2, 1), true, 1000).expect("it is small");
    let around = Picture::of_chart("around", &space).around(&space.with(&["M", "I"]), 2);
    assert!(around.nodes().len() > 3 && around.nodes().len() < space.states.len());
    drawn(around);
    let broken = "models/broken/directory-msi-inv-ack-twice.toml";
    let plan = Plan {
        size: size(3, 2),
        symmetric: true,
        options: tearline::drive::exhaustive::Options::default(),
    };
    let witness = chart_witness(&common::any_protocol(broken), &plan, &mut ());
    let witness = witness.expect("no limit").expect("it is broken");
    drawn(Picture::of_chart("witness", &witness));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_picture_is_readable(picture in picture()) {
        assert_readable(&alone(picture).parts[0]);
    }
}
