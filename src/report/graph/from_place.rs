//! Picture of what stood in one place of memory in the course of a run.

use super::label::Label;
use super::picture::{Kind, Node, Picture};
use crate::observe::PlaceValues;

impl Picture {
    /// A node for each value, counted by the loads that found it, and an edge for each store
    /// that made one value of another.
    #[must_use]
    pub fn of_place(title: &str, place: &PlaceValues) -> Picture {
        let mut picture = Picture::new(title);
        let mut values = place.first().clone();
        values.extend(place.loads().keys());
        values.extend(place.ways().keys().flat_map(|way| [way.from, way.to]));
        for value in &values {
            let loads = place.loads().get(value).copied().unwrap_or(0);
            picture.add_node(Node {
                name: format!("{value:#x}"),
                details: vec![format!("loaded ×{loads}")],
                meaning: String::new(),
                kind: Kind::Stable,
                initial: place.first().contains(value),
                count: None,
            });
        }
        let number = |value: u128| values.iter().take_while(|other| **other < value).count();
        for (way, count) in place.ways() {
            let label = Label {
                event: format!("thread {}", way.thread.0),
                actions: None,
                when: None,
                count: Some(*count),
            };
            picture.add_label(number(way.from), number(way.to), label);
        }
        if place.is_bounded() {
            picture.add_about("There were more values: they are left out.");
        }
        picture
    }
}
