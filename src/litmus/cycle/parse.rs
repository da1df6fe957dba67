//! Reads cycles as diy writes them, `PodWR Fre PodWR Fre`, and writes them.

use std::fmt;
use std::ops::Range;

use super::edge::Edge;
use super::{Cycle, Wrong};
use crate::diagnostic::{Invalid, Problem};

/// What edges there are, for who wrote one that is none.
const KNOWN: &str = "known: Rfe, Rfi, Fre, Fri, Coe, Coi, Exch, and Po, MFence, LFence or SFence, \
                     each with d or s, then R or W twice, such as PodWR";

impl Cycle {
    /// Reads a cycle; `called` is what errors call the text.
    ///
    /// # Errors
    /// When the text is no cycle that a test can be made of: which edge is wrong and why.
    pub fn parse(called: &str, text: &str) -> Result<Cycle, Invalid> {
        let words = words(text);
        let invalid = |problems| Invalid::new(called, problems);
        let mut problems = Vec::new();
        let mut edges = Vec::new();
        for span in &words {
            let word = &text[span.clone()];
            match Edge::named(word) {
                Some(edge) => edges.push(edge),
                None => problems.push(unknown(text, span)),
            }
        }
        if !problems.is_empty() {
            problems.truncate(20);
            return Err(invalid(problems));
        }
        Cycle::new(&edges).map_err(|wrong: Wrong| {
            let end = text.len()..text.len();
            let span = words.get(wrong.edge).cloned().unwrap_or(end);
            invalid(vec![
                Problem::at(text, span, wrong.message).label(wrong.expected),
            ])
        })
    }
}

/// Where the words of a text are.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut next = 0;
    let parts = text.split_inclusive(char::is_whitespace).map(|part| {
        let start = next;
        next += part.len();
        start..start + part.trim_end().len()
    });
    parts.filter(|word| !word.is_empty()).collect()
}

fn unknown(text: &str, span: &Range<usize>) -> Problem {
    let word = &text[span.clone()];
    let shown: String = word.chars().take(20).collect();
    let label = match meant(word) {
        Some(edge) => format!("did you mean `{edge}`?"),
        None => KNOWN.to_owned(),
    };
    Problem::at(text, span.clone(), format!("unknown edge `{shown}`")).label(label)
}

/// The edge that is the same but for capitals, or that diy's other names of fences mean.
fn meant(word: &str) -> Option<Edge> {
    let lower = word.to_ascii_lowercase();
    let (start, end) = lower.split_at_checked(lower.len().checked_sub(3)?)?;
    let order = match start {
        "po" => "Po",
        "mfence" => "MFence",
        "lfence" => "LFence",
        "sfence" => "SFence",
        _ => {
            let mut letters = word.chars();
            let first = letters.next()?.to_ascii_uppercase();
            return Edge::named(&format!("{first}{}", letters.as_str().to_ascii_lowercase()));
        }
    };
    let (location, directions) = end.split_at_checked(1)?;
    Edge::named(&format!(
        "{order}{location}{}",
        directions.to_ascii_uppercase()
    ))
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(self.edges()))
    }
}

/// Edges as they are written.
pub(super) fn written(edges: &[Edge]) -> String {
    let edges: Vec<String> = edges.iter().map(ToString::to_string).collect();
    edges.join(" ")
}
