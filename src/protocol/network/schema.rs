//! A protocol file of controllers as it is written: which keys there are and of which type, with
//! the place of every word. What the words mean is not known here.

use std::ops::Range;

use crate::toml_file::{Problems, Section, Word};

/// What the file says, as far as it says it in the right form.
pub(super) struct Raw<'a> {
    pub(super) name: Option<Word<'a>>,
    pub(super) source: Option<Word<'a>>,
    pub(super) channels: Vec<RawChannel<'a>>,
    pub(super) messages: Vec<RawMessage<'a>>,
    pub(super) controllers: Vec<RawController<'a>>,
    /// Where a missing list would have to stand.
    pub(super) place: Range<usize>,
}

/// A `[[channel]]`.
pub(super) struct RawChannel<'a> {
    pub(super) name: Word<'a>,
    pub(super) order: Option<Word<'a>>,
    pub(super) capacity: Option<u32>,
    pub(super) until: Option<Word<'a>>,
    pub(super) wire: Option<Word<'a>>,
}

/// A `[[message]]`.
pub(super) struct RawMessage<'a> {
    pub(super) name: Word<'a>,
    pub(super) channel: Option<Word<'a>>,
    pub(super) carries: Vec<Word<'a>>,
}

/// A `[[controller]]`.
pub(super) struct RawController<'a> {
    pub(super) name: Word<'a>,
    pub(super) at: Option<Word<'a>>,
    pub(super) initial: Option<Word<'a>>,
    pub(super) meaning: Option<Word<'a>>,
    /// Names and kinds.
    pub(super) variables: Vec<(Word<'a>, Word<'a>)>,
    pub(super) events: Vec<RawEvent<'a>>,
    pub(super) states: Vec<RawState<'a>>,
    pub(super) cells: Vec<RawCell<'a>>,
}

/// A `[[controller.state]]`.
pub(super) struct RawState<'a> {
    pub(super) name: Word<'a>,
    pub(super) transient: bool,
    pub(super) meaning: &'a str,
}

/// A `[[controller.event]]`.
pub(super) struct RawEvent<'a> {
    pub(super) name: Word<'a>,
    pub(super) message: Option<Word<'a>>,
    pub(super) each: Option<Word<'a>>,
    pub(super) when: Vec<Word<'a>>,
    pub(super) meaning: Option<Word<'a>>,
}

/// A `[[controller.cell]]`.
pub(super) struct RawCell<'a> {
    pub(super) place: Range<usize>,
    pub(super) states: Vec<Word<'a>>,
    pub(super) events: Vec<Word<'a>>,
    pub(super) actions: Vec<Word<'a>>,
    pub(super) next: Option<Word<'a>>,
    pub(super) note: Option<Word<'a>>,
}

/// Reads the form of a protocol file of controllers.
pub(super) fn read<'a>(file: &Section<'a>, problems: &mut Problems<'_>) -> Raw<'a> {
    file.only(
        &[
            "name",
            "source",
            "fabric",
            "channel",
            "message",
            "controller",
        ],
        problems,
    );
    Raw {
        source: file.text("source", problems),
        name: file.title("name", problems),
        channels: each(file, "channel", problems, channel),
        messages: each(file, "message", problems, message),
        controllers: each(file, "controller", problems, controller),
        place: file.place_of("fabric"),
    }
}

fn each<'a, T>(
    section: &Section<'a>,
    key: &str,
    problems: &mut Problems<'_>,
    one: impl Fn(&Section<'a>, &mut Problems<'_>) -> Option<T>,
) -> Vec<T> {
    let sections = section.sections(key, problems);
    sections
        .iter()
        .filter_map(|section| one(section, problems))
        .collect()
}

fn optional<'a>(section: &Section<'a>, key: &str, problems: &mut Problems<'_>) -> Option<Word<'a>> {
    section
        .has(key)
        .then(|| section.text(key, problems))
        .flatten()
}

fn list<'a>(section: &Section<'a>, key: &str, problems: &mut Problems<'_>) -> Vec<Word<'a>> {
    let words = section
        .has(key)
        .then(|| section.words(key, problems))
        .flatten();
    words.unwrap_or_default()
}

/// One text or a list of them.
fn some<'a>(section: &Section<'a>, key: &str, problems: &mut Problems<'_>) -> Vec<Word<'a>> {
    if section.has_list(key) {
        section.words(key, problems).unwrap_or_default()
    } else {
        section
            .text_or(key, "a string, or a list of strings", problems)
            .into_iter()
            .collect()
    }
}

fn channel<'a>(section: &Section<'a>, problems: &mut Problems<'_>) -> Option<RawChannel<'a>> {
    section.only(
        &["name", "order", "capacity", "until", "wire", "meaning"],
        problems,
    );
    optional(section, "meaning", problems);
    let capacity = section
        .has("capacity")
        .then(|| section.number("capacity", 1..=200, problems));
    Some(RawChannel {
        order: section.text("order", problems),
        capacity: capacity.flatten(),
        until: optional(section, "until", problems),
        wire: section
            .has("wire")
            .then(|| section.name("wire", problems))
            .flatten(),
        name: section.name("name", problems)?,
    })
}

fn message<'a>(section: &Section<'a>, problems: &mut Problems<'_>) -> Option<RawMessage<'a>> {
    section.only(&["name", "channel", "carries", "meaning"], problems);
    optional(section, "meaning", problems);
    Some(RawMessage {
        channel: section.text("channel", problems),
        carries: list(section, "carries", problems),
        name: section.name("name", problems)?,
    })
}

fn controller<'a>(section: &Section<'a>, problems: &mut Problems<'_>) -> Option<RawController<'a>> {
    section.only(
        &[
            "name", "at", "initial", "meaning", "variable", "event", "state", "cell",
        ],
        problems,
    );
    let if_any = |key| section.has(key);
    Some(RawController {
        meaning: optional(section, "meaning", problems),
        at: section.text("at", problems),
        initial: section.name("initial", problems),
        variables: if if_any("variable") {
            each(section, "variable", problems, variable)
        } else {
            Vec::new()
        },
        events: if if_any("event") {
            each(section, "event", problems, event)
        } else {
            Vec::new()
        },
        states: each(section, "state", problems, state),
        cells: each(section, "cell", problems, |section, problems| {
            Some(cell(section, problems))
        }),
        name: section.name("name", problems)?,
    })
}

fn variable<'a>(
    section: &Section<'a>,
    problems: &mut Problems<'_>,
) -> Option<(Word<'a>, Word<'a>)> {
    section.only(&["name", "holds", "meaning"], problems);
    optional(section, "meaning", problems);
    let (name, holds) = (
        section.name("name", problems),
        section.text("holds", problems),
    );
    Some((name?, holds?))
}

fn event<'a>(section: &Section<'a>, problems: &mut Problems<'_>) -> Option<RawEvent<'a>> {
    section.only(&["name", "message", "each", "when", "meaning"], problems);
    Some(RawEvent {
        meaning: optional(section, "meaning", problems),
        message: optional(section, "message", problems),
        each: optional(section, "each", problems),
        when: list(section, "when", problems),
        name: section.title("name", problems)?,
    })
}

fn state<'a>(section: &Section<'a>, problems: &mut Problems<'_>) -> Option<RawState<'a>> {
    section.only(&["name", "meaning", "transient"], problems);
    let meaning = section.text("meaning", problems);
    let transient = section.has("transient") && section.flag("transient", problems)?;
    Some(RawState {
        name: section.name("name", problems)?,
        transient,
        meaning: meaning.map_or("", |word| word.text),
    })
}

fn cell<'a>(section: &Section<'a>, problems: &mut Problems<'_>) -> RawCell<'a> {
    section.only(&["state", "event", "actions", "next", "note"], problems);
    RawCell {
        note: optional(section, "note", problems),
        place: section.place(),
        states: some(section, "state", problems),
        events: some(section, "event", problems),
        actions: section.words("actions", problems).unwrap_or_default(),
        next: optional(section, "next", problems),
    }
}
