//! Texts in a drawing, as wide as they are taken to be, whatever font the reader has.

use crate::report::graph::xml::Xml;
use crate::report::graph::{number, text_width};

/// The height of all texts.
const TEXT: f64 = 12.0;

/// Where in a text its place is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How wide a text is.
pub(super) fn width(text: &str) -> f64 {
    text_width(text, TEXT)
}

/// Writes a text.
pub(super) fn at(xml: &mut Xml, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let attributes = [
        ("class", class.to_owned()),
        ("x", number(x)),
        ("y", number(y)),
        ("font-size", number(TEXT)),
        ("text-anchor", anchor.to_owned()),
        ("textLength", number(width(text))),
        ("lengthAdjust", "spacingAndGlyphs".to_owned()),
    ];
    xml.text("text", &attributes, text);
}
