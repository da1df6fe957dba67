//! A protocol file as it is written: which keys there are and of which type, with the place of
//! every word. What the words mean is not known here.

use std::ops::Range;

use crate::toml_file::{Problems, Section, Word};

/// What the file says, as far as it says it in the right form.
pub(super) struct Raw<'a> {
    /// The protocol's name.
    pub(super) name: Option<Word<'a>>,
    /// Where it is described.
    pub(super) source: Option<&'a str>,
    /// The state of a line that is not in the cache.
    pub(super) initial: Option<Word<'a>>,
    /// The names of the states; those that have one.
    pub(super) states: Vec<Word<'a>>,
    /// What they mean, in the same order.
    pub(super) meanings: Vec<&'a str>,
    /// Whether that is not all of them.
    pub(super) states_missing: bool,
    /// The cells.
    pub(super) cells: Vec<RawCell<'a>>,
}

/// A `[[cell]]`.
pub(super) struct RawCell<'a> {
    /// Where it begins.
    pub(super) place: Range<usize>,
    /// The state that it is for.
    pub(super) state: Option<Word<'a>>,
    /// The event that it is for.
    pub(super) event: Option<Word<'a>>,
    /// What is done.
    pub(super) actions: Option<Vec<Word<'a>>>,
    /// Where that stands.
    pub(super) actions_place: Range<usize>,
    /// What follows.
    pub(super) next: Option<RawNext<'a>>,
    /// What is counted: whoever the line comes from, from memory, from a cache.
    pub(super) count: [Vec<Word<'a>>; 3],
    /// What is to be said about it.
    pub(super) note: Option<&'a str>,
}

/// The next state of a cell.
pub(super) enum RawNext<'a> {
    /// One, in any case.
    Always(Word<'a>),
    /// One of two, by what the snoop found.
    BySnoop {
        /// Where the two stand.
        place: Range<usize>,
        /// If no other cache raised the shared wire.
        alone: Word<'a>,
        /// If one did.
        shared: Word<'a>,
    },
}

/// Reads the form of a protocol file.
pub(super) fn read<'a>(file: &Section<'a>, problems: &mut Problems<'_>) -> Raw<'a> {
    file.only(
        &["name", "source", "fabric", "initial", "state", "cell"],
        problems,
    );
    let source = file.text("source", problems).map(|word| word.text);
    let name = file.title("name", problems);
    let initial = file.name("initial", problems);
    let before = problems.count();
    let sections = file.sections("state", problems);
    let (states, meanings): (Vec<Word<'a>>, Vec<&'a str>) = sections
        .iter()
        .filter_map(|section| state(section, problems))
        .unzip();
    let complete = states.len() == sections.len() && !states.is_empty();
    Raw {
        name,
        source,
        initial,
        meanings,
        states_missing: !complete && problems.count() > before,
        states,
        cells: file
            .sections("cell", problems)
            .iter()
            .map(|section| cell(section, problems))
            .collect(),
    }
}

fn state<'a>(section: &Section<'a>, problems: &mut Problems<'_>) -> Option<(Word<'a>, &'a str)> {
    section.only(&["name", "meaning"], problems);
    let meaning = section.text("meaning", problems);
    let name = section.name("name", problems)?;
    Some((name, meaning.map_or("", |word| word.text)))
}

fn cell<'a>(section: &Section<'a>, problems: &mut Problems<'_>) -> RawCell<'a> {
    section.only(
        &["state", "event", "actions", "next", "count", "note"],
        problems,
    );
    let note = if section.has("note") {
        section.text("note", problems).map(|word| word.text)
    } else {
        None
    };
    RawCell {
        place: section.place(),
        state: section.text("state", problems),
        event: section.text("event", problems),
        actions: section.words("actions", problems),
        actions_place: section.place_of("actions"),
        next: next(section, problems),
        count: count(section, problems),
        note,
    }
}

/// Names to count under: one list, or one for each place that a line can come from.
fn count<'a>(cell: &Section<'a>, problems: &mut Problems<'_>) -> [Vec<Word<'a>>; 3] {
    if !cell.has("count") {
        return Default::default();
    }
    if !cell.has_table("count") {
        let expected = "a list of names, or a table of two: `{ memory = […], cache = […] }`";
        let always = cell.words_or("count", expected, problems);
        return [always.unwrap_or_default(), Vec::new(), Vec::new()];
    }
    let Some(sources) = cell.section("count", problems) else {
        return Default::default();
    };
    sources.only(&["memory", "cache"], problems);
    let mut of = |key: &str| sources.words(key, problems).unwrap_or_default();
    [Vec::new(), of("memory"), of("cache")]
}

fn next<'a>(cell: &Section<'a>, problems: &mut Problems<'_>) -> Option<RawNext<'a>> {
    if !cell.has_table("next") {
        let expected = "a state, or a table of two: `{ alone = …, shared = … }`";
        let name = cell.text_or("next", expected, problems);
        return name.map(RawNext::Always);
    }
    let next = cell.section("next", problems)?;
    next.only(&["alone", "shared"], problems);
    let alone = next.text("alone", problems);
    let shared = next.text("shared", problems);
    Some(RawNext::BySnoop {
        place: next.place(),
        alone: alone?,
        shared: shared?,
    })
}
