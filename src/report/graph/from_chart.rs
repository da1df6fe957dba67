//! Picture of the states that all caches of a protocol can reach together.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::label::Label;
use super::picture::{Kind, Node, Picture};
use crate::drive::proof::{Chart, Global};

impl Picture {
    /// The picture of a chart, by the number of its states.
    #[must_use]
    pub fn of_chart(title: &str, chart: &Chart) -> Picture {
        let mut picture = Picture::new(title);
        let mut namesakes: FxHashMap<String, usize> = FxHashMap::default();
        for (number, state) in chart.states.iter().enumerate() {
            let name = match &state.caches[..] {
                [] => "✗".to_owned(),
                caches => caches.join(" "),
            };
            let nth = namesakes.entry(name.clone()).or_default();
            *nth += 1;
            // Names tell states apart, in text too.
            let name = match *nth {
                1 => name,
                nth => format!("{name} ({nth})"),
            };
            picture.add_node(Node {
                name,
                details: details(state),
                meaning: String::new(),
                kind: kind(state),
                initial: number == 0,
                count: None,
            });
        }
        let mut seen = BTreeSet::new();
        for arrow in &chart.arrows {
            let event = match &arrow.whose {
                Some(whose) => format!("{whose}: {}", arrow.what),
                None => arrow.what.clone(),
            };
            if seen.insert((arrow.from, arrow.to, event.clone())) {
                let label = Label {
                    event,
                    actions: None,
                    when: None,
                    count: None,
                };
                picture.add_label(arrow.from, arrow.to, label);
            }
        }
        picture
    }
}

fn kind(state: &Global) -> Kind {
    match (&state.wrong, state.quiet) {
        (Some(_), _) => Kind::Wrong,
        (None, true) => Kind::Stable,
        (None, false) => Kind::Transient,
    }
}

fn details(state: &Global) -> Vec<String> {
    let mut details = state.rest.clone();
    if let Some((property, how)) = &state.wrong {
        details.push((*property).to_owned());
        details.push(how.clone());
    }
    details
}
