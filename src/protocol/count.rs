//! Under which names a file's cells count. Reports show these tallies beside the counters
//! that every protocol has, so that a file can follow the conventions of the literature or of
//! another simulator.

use super::schema::RawCell;
use super::table::Counts;
use crate::toml_file::{Problems, Word, shown};

/// The most tallies of one protocol.
const MAX_TALLIES: usize = 32;
/// The longest name.
const MAX_NAME_BYTES: usize = 32;

/// Reads what a cell counts; `tallies` are the names so far.
pub(super) fn read(
    cell: &RawCell<'_>,
    transaction: bool,
    tallies: &mut Vec<String>,
    problems: &mut Problems<'_>,
) -> Counts {
    let [always, memory, cache] = &cell.count;
    if let Some(word) = memory.iter().chain(cache).next()
        && !transaction
    {
        problems
            .at(
                word.place.clone(),
                "the count depends on where the line comes from, but none is asked for",
            )
            .label("the cell makes no transaction: expected one list");
    }
    Counts {
        always: bits(always, tallies, problems),
        memory: bits(memory, tallies, problems),
        cache: bits(cache, tallies, problems),
    }
}

fn bits(words: &[Word<'_>], tallies: &mut Vec<String>, problems: &mut Problems<'_>) -> u32 {
    words.iter().fold(0, |bits, word| {
        bits | number(word, tallies, problems).map_or(0, |number| 1 << number)
    })
}

fn number(
    word: &Word<'_>,
    tallies: &mut Vec<String>,
    problems: &mut Problems<'_>,
) -> Option<usize> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if word.text.is_empty() || word.text.len() > MAX_NAME_BYTES || !word.text.bytes().all(fits) {
        let message = format!("`{}` cannot name a count", shown(word.text));
        problems.at(word.place.clone(), message).label(format!(
            "expected 1 to {MAX_NAME_BYTES} lower-case letters, digits and `_`"
        ));
        return None;
    }
    if let Some(known) = tallies.iter().position(|tally| tally == word.text) {
        return Some(known);
    }
    if tallies.len() == MAX_TALLIES {
        problems
            .at(word.place.clone(), "too many names to count under")
            .label(format!("a protocol has at most {MAX_TALLIES}"));
        return None;
    }
    tallies.push(word.text.to_owned());
    Some(tallies.len() - 1)
}
