//! The cycle that a name means.

use std::ops::Range;

use super::check::Ends;
use super::edge::{Direction, Edge};
use super::family::{FAMILIES, Shape};
use super::label::{WORDS, Word};
use super::{Cycle, Wrong, limits, name};
use crate::diagnostic::{Invalid, Problem};

impl Cycle {
    /// The cycle whose test has this name; `called` is what errors call the text.
    ///
    /// # Errors
    /// When no cycle has it: which part of the name is wrong, and what was expected.
    pub fn named(called: &str, text: &str) -> Result<Cycle, Invalid> {
        let found = read(text);
        found.map_err(|problem| Invalid::new(called, vec![problem]))
    }
}

fn read(text: &str) -> Result<Cycle, Problem> {
    let words = words(text, 0..text.len(), '+');
    let (shape, base) = base(text, &words)?;
    let words = &words[base..];
    let external = external(text, &shape)?;
    let labels = shape.threads.iter().filter(|ends| ends.are_two()).count();
    let mut labels = labels_of(text, words, labels)?.into_iter();
    let usual = name::usual(labels.len());
    let (mut edges, mut places) = (Vec::new(), Vec::new());
    for (&ends, external) in shape.threads.iter().zip(external) {
        if ends.are_two() {
            let (inner, place) = match labels.next().flatten() {
                Some(span) => (inner(text, &span, ends)?, span),
                None => (inner(usual, &(0..usual.len()), ends)?, 0..text.len()),
            };
            places.resize(edges.len() + inner.len(), place);
            edges.extend(inner);
        }
        edges.push(external);
        places.push(0..text.len());
    }
    Cycle::new(&edges).map_err(|wrong: Wrong| {
        let place = places.get(wrong.edge).cloned().unwrap_or(0..text.len());
        Problem::at(text, place, wrong.message).label(wrong.expected)
    })
}

/// Where the words between these signs are.
fn words(text: &str, span: Range<usize>, sign: char) -> Vec<Range<usize>> {
    let mut start = span.start;
    let words = text[span].split(sign).map(|word| {
        let place = start..start + word.len();
        start = place.end + sign.len_utf8();
        place
    });
    words.collect()
}

/// The longest beginning of a name that is a family, and of how many words it is.
fn base(text: &str, words: &[Range<usize>]) -> Result<(Shape, usize), Problem> {
    let most = words.len().min(limits::THREADS);
    let found = (1..=most).rev().find_map(|count| {
        let shape = Shape::named(&text[..words[count - 1].end])?;
        Some((shape, count))
    });
    found.ok_or_else(|| {
        let first = words[0].clone();
        let shown: String = text[first.clone()].chars().take(20).collect();
        let is_meant =
            |family: &&super::Family| family.name.eq_ignore_ascii_case(&text[first.clone()]);
        let label = match FAMILIES.iter().find(is_meant) {
            Some(family) => format!("did you mean `{}`?", family.name),
            None => {
                let known: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
                format!("known: {}; or threads, such as WW+RR+WR", known.join(", "))
            }
        };
        Problem::at(text, first, format!("unknown family `{shown}`")).label(label)
    })
}

/// The edges from thread to thread.
fn external(text: &str, shape: &Shape) -> Result<Vec<Edge>, Problem> {
    let edges: Option<Vec<Edge>> = shape.external().into_iter().collect();
    edges.ok_or_else(|| {
        let message = "a thread that ends with a read is followed by one that begins with a read";
        Problem::at(text, 0..text.len(), message).label("expected a write on one of the two sides")
    })
}

/// Where the words for each thread are: one for each, one in the plural for all, or none, which
/// is what is usual.
fn labels_of(
    text: &str,
    words: &[Range<usize>],
    labels: usize,
) -> Result<Vec<Option<Range<usize>>>, Problem> {
    match words {
        [] => Ok(vec![None; labels]),
        _ if words.len() == labels => Ok(words.iter().cloned().map(Some).collect()),
        [one] if labels > 1 && text[one.clone()].ends_with('s') => {
            Ok(vec![Some(one.start..one.end - 1); labels])
        }
        [first, ..] => {
            let span = first.start..words[words.len() - 1].end;
            let message = "not a word for each thread that has an order";
            let expected = match labels {
                0 => "expected none: each thread has one event".to_owned(),
                1 => "expected one word".to_owned(),
                _ => format!("expected {labels} words, or one in the plural, such as `mfences`"),
            };
            Err(Problem::at(text, span, message).label(expected))
        }
    }
}

/// The edges inside of a thread.
fn inner(text: &str, span: &Range<usize>, ends: Ends) -> Result<Vec<Edge>, Problem> {
    let words = words(text, span.clone(), '-');
    let read = |span: &Range<usize>| {
        let word = &text[span.clone()];
        Word::named(word).ok_or_else(|| {
            let shown: String = word.chars().take(20).collect();
            let known: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
            Problem::at(text, span.clone(), format!("unknown word `{shown}`"))
                .label(format!("known: {}", known.join(", ")))
        })
    };
    let parts: Result<Vec<(Word, Option<Direction>)>, Problem> = words.iter().map(read).collect();
    let parts = parts?;
    let mut from = ends.first();
    let mut edges = Vec::new();
    for (at, &(word, written)) in parts.iter().enumerate() {
        let edge = match word {
            Word::Edge(edge) => edge,
            Word::Order { fence, different } => {
                let to = match (written, parts.get(at + 1)) {
                    (Some(written), _) => written,
                    (None, None) => ends.last(),
                    (None, Some((Word::Edge(next), _))) => next.source(),
                    (None, Some((Word::Order { .. }, _))) => {
                        let word = &text[words[at].clone()];
                        let message = format!("`{word}` does not say what the event after it does");
                        let expected =
                            format!("expected `{word}R` for a read or `{word}W` for a write");
                        return Err(Problem::at(text, words[at].clone(), message).label(expected));
                    }
                };
                Edge::Order {
                    fence,
                    different,
                    from,
                    to,
                }
            }
        };
        let wrong = |found: Direction, wanted: Direction, what: &str| {
            let message = format!("`{}` {what} {}", &text[words[at].clone()], found.words());
            Problem::at(text, words[at].clone(), message)
                .label(format!("expected {} here", wanted.words()))
        };
        if edge.source() != from {
            return Err(wrong(edge.source(), from, "begins with"));
        }
        from = edge.target();
        if written.is_some_and(|written| written != from)
            || (at + 1 == parts.len() && from != ends.last())
        {
            let wanted = written
                .filter(|&written| written != from)
                .unwrap_or(ends.last());
            return Err(wrong(from, wanted, "ends with"));
        }
        edges.push(edge);
    }
    Ok(edges)
}
