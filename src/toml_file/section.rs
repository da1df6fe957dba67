//! One table of a TOML file, read key by key; what does not fit is reported and read as none.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problems::{Problems, listed, shown};

/// Longer names would break tables and drawings.
const MAX_NAME_CHARS: usize = 64;

/// A text of the file and its place.
#[derive(Clone, Debug)]
pub(crate) struct Word<'a> {
    /// The text.
    pub(crate) text: &'a str,
    /// Its bytes in the file.
    pub(crate) place: Range<usize>,
}

/// A table of the file.
pub(crate) struct Section<'a> {
    table: &'a DeTable<'a>,
    place: Range<usize>,
    title: String,
}

impl<'a> Section<'a> {
    /// The file's outermost table.
    pub(super) fn root(table: &'a DeTable<'a>) -> Section<'a> {
        Section {
            table,
            place: 0..0,
            title: "the file".to_owned(),
        }
    }

    /// Where the table stands.
    pub(crate) fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    /// Where the value of `key` stands, or else the table.
    pub(crate) fn place_of(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or(self.place(), Spanned::span)
    }

    /// Whether there is such a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether a table stands at `key`.
    pub(crate) fn has_table(&self, key: &str) -> bool {
        let value = self.table.get(key);
        value.is_some_and(|value| value.get_ref().is_table())
    }

    /// Whether a list stands at `key`.
    pub(crate) fn has_list(&self, key: &str) -> bool {
        let value = self.table.get(key);
        value.is_some_and(|value| value.get_ref().is_array())
    }

    /// Reports all other keys.
    pub(crate) fn only(&self, known: &[&str], problems: &mut Problems<'_>) {
        for key in self.table.keys() {
            if !known.contains(&&**key.get_ref()) {
                let name = shown(key.get_ref());
                problems
                    .at(
                        key.span(),
                        format!("unknown key `{name}` in {}", self.title),
                    )
                    .label(format!("known keys: {}", listed(known.iter().copied())));
            }
        }
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, key: &str, problems: &mut Problems<'_>) -> Option<Word<'a>> {
        self.text_or(key, "a string in quotes", problems)
    }

    /// The same where something else could stand too: `expected` lists all.
    pub(crate) fn text_or(
        &self,
        key: &str,
        expected: &str,
        problems: &mut Problems<'_>,
    ) -> Option<Word<'a>> {
        let word = word(self.value(key, problems)?, key, expected, problems)?;
        if word.text.trim().is_empty() {
            problems.at(word.place.clone(), format!("`{key}` is empty"));
        }
        Some(word)
    }

    /// A short text that can stand in a line of a report.
    pub(crate) fn title(&self, key: &str, problems: &mut Problems<'_>) -> Option<Word<'a>> {
        let word = self.text(key, problems)?;
        let place = word.place.clone();
        if word.text.chars().nth(MAX_NAME_CHARS).is_some() {
            problems
                .at(
                    place,
                    format!("the name `{}` is too long", shown(word.text)),
                )
                .label(format!("a name has at most {MAX_NAME_CHARS} characters"));
        } else if word.text.contains(char::is_control) {
            problems
                .at(place, format!("`{}` is not a name", shown(word.text)))
                .label("a name has no control characters");
        }
        Some(word)
    }

    /// A short text without spaces.
    pub(crate) fn name(&self, key: &str, problems: &mut Problems<'_>) -> Option<Word<'a>> {
        let before = problems.count();
        let word = self.title(key, problems)?;
        if problems.count() == before && word.text.contains(char::is_whitespace) {
            problems
                .at(
                    word.place.clone(),
                    format!("`{}` is not a name", shown(word.text)),
                )
                .label("a name has no spaces");
        }
        Some(word)
    }

    /// A list of texts.
    pub(crate) fn words(&self, key: &str, problems: &mut Problems<'_>) -> Option<Vec<Word<'a>>> {
        self.words_or(key, "a list of strings", problems)
    }

    /// The same where something else could stand too: `expected` lists all.
    pub(crate) fn words_or(
        &self,
        key: &str,
        expected: &str,
        problems: &mut Problems<'_>,
    ) -> Option<Vec<Word<'a>>> {
        let value = self.value(key, problems)?;
        let Some(list) = value.get_ref().as_array() else {
            wrong_type(value, key, expected, problems);
            return None;
        };
        let words: Vec<Option<Word<'a>>> = list
            .iter()
            .map(|value| word(value, key, expected, problems))
            .collect();
        words.into_iter().collect()
    }

    /// Yes or no.
    pub(crate) fn flag(&self, key: &str, problems: &mut Problems<'_>) -> Option<bool> {
        let value = self.value(key, problems)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            wrong_type(value, key, "`true` or `false`", problems);
        }
        flag
    }

    /// A whole number.
    pub(crate) fn number(
        &self,
        key: &str,
        range: RangeInclusive<u32>,
        problems: &mut Problems<'_>,
    ) -> Option<u32> {
        let (least, most) = (*range.start(), *range.end());
        let expected = format!("a whole number from {least} to {most}");
        self.integer(key, &expected, |number| range.contains(&number), problems)
    }

    /// A power of two.
    pub(crate) fn power_of_two(
        &self,
        key: &str,
        range: RangeInclusive<u32>,
        problems: &mut Problems<'_>,
    ) -> Option<u32> {
        let (least, most) = (*range.start(), *range.end());
        let expected = format!("a power of two from {least} to {most}");
        let fits = |number: u32| range.contains(&number) && number.is_power_of_two();
        self.integer(key, &expected, fits, problems)
    }

    /// A table inside this one.
    pub(crate) fn section(&self, key: &str, problems: &mut Problems<'_>) -> Option<Section<'a>> {
        let value = self.value(key, problems)?;
        let Some(table) = value.get_ref().as_table() else {
            wrong_type(value, key, &format!("a table, as in `[{key}]`"), problems);
            return None;
        };
        Some(Section {
            table,
            place: value.span(),
            title: format!("`{key}`"),
        })
    }

    /// A list of tables; empty if something else stands there.
    pub(crate) fn sections(&self, key: &str, problems: &mut Problems<'_>) -> Vec<Section<'a>> {
        let expected = format!("a list of tables, as in `[[{key}]]`");
        let Some(value) = self.value(key, problems) else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            wrong_type(value, key, &expected, problems);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for value in list {
            match value.get_ref().as_table() {
                Some(table) => sections.push(Section {
                    table,
                    place: value.span(),
                    title: format!("`[[{key}]]`"),
                }),
                None => wrong_type(value, key, &expected, problems),
            }
        }
        sections
    }

    fn value(&self, key: &str, problems: &mut Problems<'_>) -> Option<&'a Spanned<DeValue<'a>>> {
        let value = self.table.get(key);
        if value.is_none() {
            let message = format!("`{key}` is missing in {}", self.title);
            problems.at(self.place(), message);
        }
        value
    }

    fn integer(
        &self,
        key: &str,
        expected: &str,
        fits: impl Fn(u32) -> bool,
        problems: &mut Problems<'_>,
    ) -> Option<u32> {
        let value = self.value(key, problems)?;
        let Some(integer) = value.get_ref().as_integer() else {
            wrong_type(value, key, expected, problems);
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix());
        let number = number.ok().filter(|&number| fits(number));
        if number.is_none() {
            problems
                .at(
                    value.span(),
                    format!("`{key}` cannot be {}", shown(&integer.to_string())),
                )
                .label(format!("expected {expected}"));
        }
        number
    }
}

fn word<'a>(
    value: &'a Spanned<DeValue<'a>>,
    key: &str,
    expected: &str,
    problems: &mut Problems<'_>,
) -> Option<Word<'a>> {
    let text = value.get_ref().as_str();
    if text.is_none() {
        wrong_type(value, key, expected, problems);
    }
    text.map(|text| Word {
        text,
        place: value.span(),
    })
}

fn wrong_type(
    value: &Spanned<DeValue<'_>>,
    key: &str,
    expected: &str,
    problems: &mut Problems<'_>,
) {
    let article = match value.get_ref() {
        DeValue::Integer(_) | DeValue::Array(_) => "an",
        _ => "a",
    };
    let found = value.get_ref().type_str();
    problems
        .at(value.span(), format!("`{key}` is {article} {found}"))
        .label(format!("expected {expected}"));
}
