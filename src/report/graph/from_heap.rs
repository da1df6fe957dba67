//! Picture of the objects that maps are made of, and which leads to which.

use super::label::Label;
use super::picture::{Kind, Node, Picture};
use crate::replay::{HeapGraph, HeapObject};

/// At most so many fields of an object are shown.
const SHOWN: usize = 12;

impl Picture {
    /// A node for each object, and an edge for each field that leads from one to another.
    #[must_use]
    pub fn of_heap(title: &str, heap: &HeapGraph) -> Picture {
        let mut picture = Picture::new(title);
        for object in &heap.objects {
            picture.add_node(Node {
                name: format!("{} {}", object.name, object.addr),
                details: details(object),
                meaning: String::new(),
                kind: match (object.reachable, object.lost) {
                    (true, _) => Kind::Stable,
                    (false, false) => Kind::Unreachable,
                    (false, true) => Kind::Lost,
                },
                initial: false,
                count: None,
            });
        }
        for link in &heap.links {
            let label = Label {
                event: link.field.clone(),
                actions: None,
                when: None,
                count: None,
            };
            picture.add_label(link.from, link.to, label);
        }
        picture
    }
}

fn details(object: &HeapObject) -> Vec<String> {
    let mut lines: Vec<String> = object
        .values
        .iter()
        .take(SHOWN)
        .map(|(field, words)| {
            let words: Vec<String> = words.iter().map(|word| format!("{word:#x}")).collect();
            format!("{field} {}", words.join(","))
        })
        .collect();
    match object.values.len().saturating_sub(SHOWN) {
        0 => {}
        more => lines.push(format!("and {more} more")),
    }
    lines
}
