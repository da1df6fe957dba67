//! The words of a test's name after its family: the edges inside of a thread, as `po-rfi-po`.

use super::edge::{Communication, Direction, Edge};
use crate::litmus::Fence;

/// What a word of a name means: an edge, but for what its events do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// An edge that says what its events do.
    Edge(Edge),
    /// Program order or a fence.
    Order {
        fence: Option<Fence>,
        different: bool,
    },
}

/// The words that names are made of.
pub(super) const WORDS: [(&str, Word); 12] = [
    ("po", order(None, true)),
    ("pos", order(None, false)),
    ("mfence", order(Some(Fence::Full), true)),
    ("mfences", order(Some(Fence::Full), false)),
    ("lfence", order(Some(Fence::Load), true)),
    ("lfences", order(Some(Fence::Load), false)),
    ("sfence", order(Some(Fence::Store), true)),
    ("sfences", order(Some(Fence::Store), false)),
    ("rfi", internal(Communication::ReadFrom)),
    ("fri", internal(Communication::FromRead)),
    ("coi", internal(Communication::Coherence)),
    ("rmw", Word::Edge(Edge::Exchange)),
];

const fn order(fence: Option<Fence>, different: bool) -> Word {
    Word::Order { fence, different }
}

const fn internal(kind: Communication) -> Word {
    Word::Edge(Edge::Communication {
        kind,
        external: false,
    })
}

impl Word {
    /// The word of this edge, if it stays in its thread.
    fn of(edge: &Edge) -> Word {
        match *edge {
            Edge::Order {
                fence, different, ..
            } => Word::Order { fence, different },
            edge => Word::Edge(edge),
        }
    }

    /// The word that is written like this, and what its second event does, if that is written.
    pub(super) fn named(text: &str) -> Option<(Word, Option<Direction>)> {
        let letter = text.chars().next_back().and_then(Direction::of_letter);
        let bare = match letter {
            Some(_) => &text[..text.len() - 1],
            None => text,
        };
        let &(_, word) = WORDS.iter().find(|(name, _)| *name == bare)?;
        Some((word, letter))
    }

    fn text(self) -> &'static str {
        let found = WORDS.iter().find(|(_, word)| *word == self);
        found.map_or("", |(text, _)| text)
    }
}

/// What the edges inside of a thread are called. Where two follow each other of which neither
/// says what the event between them does, the first says it, as in `poR-po`.
pub(super) fn of(edges: &[Edge]) -> String {
    let words = edges.iter().enumerate().map(|(at, edge)| {
        let word = Word::of(edge).text();
        let is_order = |edge: &Edge| matches!(edge, Edge::Order { .. });
        match edges.get(at + 1) {
            Some(next) if is_order(edge) && is_order(next) => format!("{word}{}", edge.target()),
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join("-")
}
