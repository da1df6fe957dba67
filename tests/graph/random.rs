//! Pictures of all kinds: any number of states and edges, and names that no format likes.

use proptest::prelude::*;
use tearline::report::graph::{Kind, Label, Node, Page, Part, Picture};

/// Names with everything that could mean something in some format, but without the characters
/// that a protocol's names cannot have.
fn name() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "end", "graph", "subgraph", "state", "class", "style", "click", "1.", "- x", "`x`", "]]>",
        "<!--", "--", "\\", "\\n", "\"", "'", "&amp;", "&", "#35;", "%%", "{", "}", "[*]", "|",
        "<br>", "</svg>", "a_b_c", "*", "→", "状態", "é", ";", ":::x", "http://x", "$x$", "~~x~~",
    ]);
    let mixed = prop::collection::vec(odd, 1..3).prop_map(|parts| parts.concat());
    prop_oneof![mixed, "[A-Z]{1,2}(_[A-Z]{1,2})?", "[!-~]{1,32}"]
}

fn label(counted: bool) -> impl Strategy<Value = Label> {
    let actions = prop::collection::vec(name(), 0..4);
    let when = prop::option::of(name());
    let told = prop::bool::weighted(0.9);
    let count = prop_oneof![Just(0), 1_u64..100, Just(u64::MAX / 1000)];
    (name(), actions, when, count, told).prop_map(move |(event, actions, when, count, told)| {
        Label {
            event,
            actions: Some(actions).filter(|_| told),
            when,
            count: counted.then_some(count),
        }
    })
}

/// A picture with at least one state.
pub(crate) fn picture() -> impl Strategy<Value = Picture> {
    let kind = prop::sample::select(vec![
        Kind::Stable,
        Kind::Transient,
        Kind::Wrong,
        Kind::Unreachable,
        Kind::Lost,
    ]);
    let details = prop::collection::vec(name(), 0..3);
    let states = prop::collection::vec((name(), kind, details), 1..9);
    (states, any::<bool>(), name()).prop_flat_map(|(states, counted, title)| {
        let edge = (0..states.len(), 0..states.len(), label(counted));
        let edges = prop::collection::vec(edge, 0..25);
        edges.prop_map(move |edges| {
            let mut picture = Picture::new(&*title);
            for (number, (name, kind, details)) in states.iter().enumerate() {
                picture.add_node(Node {
                    name: name.clone(),
                    meaning: name.clone(),
                    details: details.clone(),
                    kind: *kind,
                    initial: number + 1 == states.len(),
                    count: counted.then_some(number as u64),
                });
            }
            for (from, to, label) in edges {
                picture.add_label(from, to, label);
            }
            picture
        })
    })
}

/// A page with that picture alone.
pub(crate) fn alone(picture: Picture) -> Page {
    let part = Part {
        picture: Some(picture),
        ..Part::default()
    };
    Page {
        parts: vec![part],
        ..Page::default()
    }
}
