//! The problems of one file while it is read. Drawing them is left to `diagnostic`.

use std::ops::Range;

use crate::diagnostic::{Invalid, Problem};

/// More than this many are not shown: they would hide the first ones.
const MAX_SHOWN: usize = 40;
/// More than this many are only counted.
const MAX_KEPT: usize = 1000;
/// Longer words of the user's are cut when a message repeats them.
const MAX_WORD_CHARS: usize = 40;
/// Longer lists of expected words are cut.
const MAX_LISTED: usize = 24;

/// What is wrong with a file so far.
pub(crate) struct Problems<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
    kept: Vec<Mistake>,
    count: usize,
}

/// One problem, to be completed where it is found.
#[derive(Default)]
pub(crate) struct Mistake {
    place: Range<usize>,
    message: String,
    label: String,
    help: Option<String>,
}

impl Mistake {
    /// Puts `label` under the place.
    pub(crate) fn label(&mut self, label: impl Into<String>) -> &mut Mistake {
        self.label = label.into();
        self
    }

    /// Puts a line of help below.
    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Mistake {
        self.help = Some(help.into());
        self
    }
}

impl<'a> Problems<'a> {
    /// None yet, in the file `text`.
    pub(crate) fn new(text: &'a str) -> Problems<'a> {
        let line_ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        Problems {
            text,
            line_starts: line_ends.map(|(at, _)| at + 1).collect(),
            kept: Vec::new(),
            count: 0,
        }
    }

    /// Adds a problem at the bytes `place` of the file.
    pub(crate) fn at(&mut self, place: Range<usize>, message: impl Into<String>) -> &mut Mistake {
        self.count += 1;
        self.kept.truncate(MAX_KEPT);
        self.kept.push(Mistake {
            place,
            message: message.into(),
            ..Mistake::default()
        });
        self.kept.last_mut().expect("one was just added")
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many there are so far.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The line of a place, from 1.
    pub(crate) fn line(&self, place: &Range<usize>) -> usize {
        self.line_starts.partition_point(|&at| at <= place.start) + 1
    }

    /// The first problems of the file, and how many more there are.
    ///
    /// # Panics
    /// When there is no problem.
    pub(crate) fn into_invalid(mut self, file: &str) -> Invalid {
        self.kept.sort_by_key(|mistake| mistake.place.start);
        self.kept.truncate(MAX_SHOWN);
        let hidden = self.count - self.kept.len();
        if hidden > 0
            && let Some(last) = self.kept.last_mut()
        {
            last.help = Some(format!("{hidden} more problems are not shown"));
        }
        let text = self.text;
        let problems = self.kept.into_iter().map(|mistake| Problem {
            help: mistake.help,
            ..Problem::at(text, mistake.place, mistake.message).label(mistake.label)
        });
        Invalid::new(file, problems.collect())
    }
}

/// A word of the user's, fit to stand in a message.
pub(crate) fn shown(word: &str) -> String {
    let mut shown: String = word
        .chars()
        .take(MAX_WORD_CHARS)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if word.chars().nth(MAX_WORD_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// Words that were possible, in one line.
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words = words.into_iter();
    let mut list: Vec<String> = words.by_ref().take(MAX_LISTED).map(shown).collect();
    if words.next().is_some() {
        list.push("…".to_owned());
    }
    if list.is_empty() {
        list.push("none".to_owned());
    }
    list.join(", ")
}
