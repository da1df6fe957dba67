//! A white sheet to draw on: one SVG file, with nothing that a browser or an editor would have to
//! load.

use super::graph::number;
use super::graph::xml::Xml;

/// A file with a sheet of this width and height, what it is called, the style of its classes, and
/// what `inside` draws on it.
pub(super) fn sheet(
    (width, height): (f64, f64),
    title: &str,
    style: &str,
    inside: impl FnOnce(&mut Xml),
) -> String {
    let (width, height) = (number(width), number(height));
    let mut xml = Xml::new();
    xml.declare();
    let attributes = [
        ("xmlns", "http://www.w3.org/2000/svg".to_owned()),
        ("width", width.clone()),
        ("height", height.clone()),
        ("viewBox", format!("0 0 {width} {height}")),
        ("role", "img".to_owned()),
    ];
    xml.element("svg", &attributes, |xml| {
        xml.text("title", &[], title);
        xml.text("style", &[], style);
        let paper = [
            ("width", width),
            ("height", height),
            ("fill", "#fff".to_owned()),
        ];
        xml.empty("rect", &paper);
        inside(xml);
    });
    xml.finish()
}
