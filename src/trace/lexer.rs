//! The words of a line, with their places. A `#` begins a comment. In quotes it does not,
//! and blanks there do not end a word; a word that begins with `@` ends only at a blank.

use std::borrow::Cow;
use std::ops::Range;

/// So many letters of a word are quoted in a message.
const SHOWN_LETTERS: usize = 40;

/// Something in a line that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) label: String,
}

impl Bad {
    pub(super) fn new(
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Bad {
        let (message, label) = (message.into(), label.into());
        Bad {
            span,
            message,
            label,
        }
    }
}

/// A word, or a part of one, and where it begins in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl<'a> Word<'a> {
    pub(super) fn bad(&self, message: impl Into<String>, label: impl Into<String>) -> Bad {
        Bad::new(self.start..self.start + self.text.len(), message, label)
    }

    /// The word for a message: its beginning, if it is long.
    pub(super) fn shown(&self) -> Cow<'a, str> {
        match self.text.char_indices().nth(SHOWN_LETTERS) {
            None => Cow::Borrowed(self.text),
            Some((end, _)) => Cow::Owned(format!("{}…", &self.text[..end])),
        }
    }

    /// The word is none of those that may stand here.
    pub(super) fn unknown<'k>(&self, what: &str, known: impl IntoIterator<Item = &'k str>) -> Bad {
        /// So many of what is known are listed.
        const LISTED: usize = 20;
        let known: Vec<&str> = known.into_iter().collect();
        let same = |known: &&&str| known.eq_ignore_ascii_case(self.text);
        let label = match (known.len(), known.iter().find(same)) {
            (_, Some(meant)) => format!("did you mean `{meant}`?"),
            (0, _) => format!("no {what} is declared"),
            (1..=LISTED, _) => format!("known: {}", known.join(", ")),
            (count, _) => {
                let listed = known[..LISTED].join(", ");
                format!("known: {listed} and {} more", count - LISTED)
            }
        };
        self.bad(format!("unknown {what} `{}`", self.shown()), label)
    }

    /// The word without its first `bytes` bytes, which must end at a character.
    pub(super) fn skip(&self, bytes: usize) -> Word<'a> {
        Word {
            text: &self.text[bytes..],
            start: self.start + bytes,
        }
    }

    /// The word without `prefix`, if it begins with it.
    pub(super) fn strip(&self, prefix: &str) -> Option<Word<'a>> {
        let begins = self.text.starts_with(prefix);
        begins.then(|| self.skip(prefix.len()))
    }

    /// What comes before the first `mark`, and what comes after it.
    pub(super) fn split(&self, mark: char) -> (Word<'a>, Option<Word<'a>>) {
        match self.text.find(mark) {
            None => (*self, None),
            Some(at) => {
                let before = Word {
                    text: &self.text[..at],
                    start: self.start,
                };
                (before, Some(self.skip(at + mark.len_utf8())))
            }
        }
    }
}

/// The words of a line, one after another.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a str) -> Words<'a> {
        Words { line, at: 0 }
    }

    /// The text of the comment that a line consists of, if it does.
    pub(super) fn comment(line: &str) -> Option<&str> {
        let comment = line.trim().strip_prefix('#')?;
        Some(comment.trim_start_matches('#').trim())
    }

    pub(super) fn next(&mut self) -> Option<Word<'a>> {
        let bytes = self.line.as_bytes();
        let blank = |byte: u8| matches!(byte, b' ' | b'\t');
        while bytes.get(self.at).is_some_and(|&byte| blank(byte)) {
            self.at += 1;
        }
        let start = self.at;
        let label = bytes.get(start) == Some(&b'@');
        let mut quoted = false;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                _ if label && !blank(byte) => {}
                b'"' => quoted = !quoted,
                b'\\' if quoted => self.at += 1,
                b' ' | b'\t' | b'#' if !quoted => break,
                _ => {}
            }
            self.at += 1;
        }
        // A backslash may have stepped over the end, or into a letter.
        self.at = self.at.min(bytes.len());
        while !self.line.is_char_boundary(self.at) {
            self.at += 1;
        }
        let text = &self.line[start..self.at];
        (!text.is_empty()).then_some(Word { text, start })
    }

    /// The next word, which must be there.
    pub(super) fn expect(&mut self, what: &str) -> Result<Word<'a>, Bad> {
        let end = self.at;
        self.next().ok_or_else(|| {
            let label = format!("expected {what}");
            Bad::new(end..end, "the line ends too early", label)
        })
    }

    /// No further word.
    pub(super) fn finish(&mut self) -> Result<(), Bad> {
        match self.next() {
            None => Ok(()),
            Some(word) => {
                let message = format!("unexpected `{}`", word.shown());
                Err(word.bad(message, "expected the end of the line"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<(usize, &str)> {
        let mut words = Words::new(line);
        std::iter::from_fn(|| words.next())
            .map(|word| (word.start, word.text))
            .collect()
    }

    #[test]
    fn words_end_at_blanks_and_comments() {
        assert_eq!(
            words(" 0\tput m 1# x"),
            [(1, "0"), (3, "put"), (7, "m"), (9, "1")]
        );
        assert_eq!(words("# a"), []);
    }

    #[test]
    fn quotes_hold_a_word_together() {
        assert_eq!(
            words("a \"b # \\\" c\" d"),
            [(0, "a"), (2, "\"b # \\\" c\""), (13, "d")]
        );
        assert_eq!(words("\"\\é"), [(0, "\"\\é")]);
        assert_eq!(words("\"\\"), [(0, "\"\\")]);
    }

    #[test]
    fn labels_end_only_at_blanks() {
        assert_eq!(words("@a\"#b c#d"), [(0, "@a\"#b"), (6, "c")]);
    }
}
