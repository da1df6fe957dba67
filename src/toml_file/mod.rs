//! The user's TOML files: every value with its place, and all problems of a file collected,
//! not only the first. What the keys mean is the business of each file's own reader.

mod problems;
mod section;

pub(crate) use problems::{Problems, listed, shown};
pub(crate) use section::{Section, Word};

use toml::de::DeTable;

use crate::diagnostic::{Invalid, Problem};

/// The largest file that is read.
const MAX_BYTES: usize = 1 << 20;
/// The longest line that is read; drawing a problem takes time for each byte of its line.
const MAX_LINE_BYTES: usize = 1 << 16;

/// Reads a whole file with `reader`, which returns nothing only after it reported a problem.
/// A file that is not TOML is not shown to it.
pub(crate) fn read<T>(
    file: &str,
    text: &str,
    reader: impl FnOnce(&Section<'_>, &mut Problems<'_>) -> Option<T>,
) -> Result<T, Invalid> {
    if let Some(problem) = too_large(text) {
        return Err(Invalid::new(file, vec![problem]));
    }
    let mut problems = Problems::new(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let (message, expected) = match error.message().split_once(", expected ") {
            Some((message, expected)) => (message, format!("expected {expected}")),
            None => (error.message(), String::new()),
        };
        let place = error.span().unwrap_or(0..0);
        problems.at(place, message).label(expected);
    }
    let value = if problems.is_empty() {
        reader(&Section::root(document.get_ref()), &mut problems)
    } else {
        None
    };
    match value {
        Some(value) if problems.is_empty() => Ok(value),
        _ => Err(problems.into_invalid(file)),
    }
}

fn too_large(text: &str) -> Option<Problem> {
    let bytes = text.len();
    if bytes > MAX_BYTES {
        let problem = Problem::at(&beginning(text), 0..0, "the file is too large");
        return Some(problem.label(format!("it has {bytes} bytes; at most 1 MiB is read")));
    }
    let (line, text) = (1..)
        .zip(text.split('\n'))
        .find(|(_, text)| text.len() > MAX_LINE_BYTES)?;
    let problem = Problem::at(&beginning(text), 0..0, "the line is too long").label(format!(
        "it has {} bytes; at most 64 KiB are read",
        text.len()
    ));
    Some(Problem { line, ..problem })
}

/// As much of a long text as is worth drawing.
fn beginning(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(80)
        .collect()
}
