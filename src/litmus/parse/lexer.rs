//! The words of a litmus test, with their places. Not its header, whose lines are free text.

use std::borrow::Cow;
use std::ops::Range;

/// So many letters of a word are quoted in a message.
const SHOWN_LETTERS: usize = 40;

/// All signs; one that begins another stands after it.
const SIGNS: [&str; 24] = [
    "/\\", "\\/", "=>", "<>", "!=", "==", "=", "~", "(", ")", "[", "]", "{", "}", ";", ",", "|",
    ":", "+", "-", "*", "$", "%", "&",
];

/// Something that is wrong in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    /// What stands under the place.
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

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number(u64),
    Sign(&'static str),
    End,
}

/// A word and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl<'a> Token<'a> {
    pub(super) fn span(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    pub(super) fn bad(&self, message: impl Into<String>, label: impl Into<String>) -> Bad {
        Bad::new(self.span(), message, label)
    }

    /// The word is not what may stand here.
    pub(super) fn unexpected(&self, expected: &str) -> Bad {
        let message = match self.kind {
            Kind::End => "the file ends too early".to_owned(),
            _ => format!("unexpected `{}`", self.shown()),
        };
        self.bad(message, format!("expected {expected}"))
    }

    /// The word for a message: its beginning, if it is long.
    pub(super) fn shown(&self) -> Cow<'a, str> {
        shown(self.text)
    }

    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self.kind, Kind::Sign(own) if own == sign)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Name && self.text == word
    }
}

/// A text for a message: its beginning, if it is long.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN_LETTERS) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

/// The text with blanks for comments, `(* … *)`, so that all else keeps its place.
pub(super) fn without_comments(text: &str) -> Result<String, Bad> {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(begin) = text[at..].find("(*").map(|found| at + found) {
        kept.push_str(&text[at..begin]);
        let Some(length) = text[begin + 2..].find("*)") else {
            let message = "a comment without an end";
            return Err(Bad::new(begin..begin + 2, message, "expected `*)` later"));
        };
        at = begin + 2 + length + 2;
        let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
        kept.extend(text[begin..at].bytes().map(blank));
    }
    kept.push_str(&text[at..]);
    Ok(kept)
}

/// All words of the text from `at` on; the last is the end.
pub(super) fn tokens(text: &str, mut at: usize) -> Result<Vec<Token<'_>>, Bad> {
    let mut tokens = Vec::new();
    while let Some(first) = text[at..].chars().next() {
        if first.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let token = token(text, at, first)?;
        at += token.text.len();
        tokens.push(token);
    }
    tokens.push(Token {
        kind: Kind::End,
        text: "",
        start: text.trim_end().len(),
    });
    Ok(tokens)
}

/// The word at a place that holds no blank.
fn token(text: &str, start: usize, first: char) -> Result<Token<'_>, Bad> {
    let rest = &text[start..];
    let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '\'');
    let end = rest.find(|c| !in_name(c)).unwrap_or(rest.len());
    let word = |kind, length| Token {
        kind,
        text: &rest[..length],
        start,
    };
    if first.is_ascii_digit() {
        return Ok(word(Kind::Number(number(&word(Kind::End, end))?), end));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        return Ok(word(Kind::Name, end));
    }
    match SIGNS.iter().find(|&&sign| rest.starts_with(sign)) {
        Some(sign) => Ok(word(Kind::Sign(sign), sign.len())),
        None => {
            let shown = first.escape_debug();
            let message = format!("unexpected `{shown}`");
            let label = "expected a name, a number or one of the signs of the format";
            Err(word(Kind::End, first.len_utf8()).bad(message, label))
        }
    }
}

fn number(word: &Token<'_>) -> Result<u64, Bad> {
    let hexadecimal = word
        .text
        .strip_prefix("0x")
        .or(word.text.strip_prefix("0X"));
    let (digits, radix) = hexadecimal.map_or((word.text, 10), |digits| (digits, 16));
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        let message = format!("`{}` is not a number", word.shown());
        let label =
            "expected decimal digits, or `0x` and hexadecimal ones; a name begins with a letter";
        return Err(word.bad(message, label));
    }
    u64::from_str_radix(digits, radix).map_err(|_| {
        let message = format!("the number {} is too large", word.shown());
        word.bad(message, "expected one of at most 64 bits")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(usize, &str)> {
        let tokens = tokens(text, 0).expect("these are words");
        tokens.iter().map(|word| (word.start, word.text)).collect()
    }

    #[test]
    fn words_need_no_blanks() {
        assert_eq!(
            words("0:rax=0x1F/\\~x"),
            [
                (0, "0"),
                (1, ":"),
                (2, "rax"),
                (5, "="),
                (6, "0x1F"),
                (10, "/\\"),
                (12, "~"),
                (13, "x"),
                (14, "")
            ]
        );
    }

    #[test]
    fn comments_leave_places() {
        let text = "a (* é\n *) b";
        let kept = without_comments(text).expect("the comment ends");
        assert_eq!(kept.len(), text.len());
        assert_eq!(kept.find('b'), text.find('b'));
        assert_eq!(kept.find('\n'), text.find('\n'));
        assert!(without_comments("a (* b").is_err());
    }

    #[test]
    fn numbers_have_64_bits() {
        assert!(tokens("18446744073709551615", 0).is_ok());
        for bad in ["18446744073709551616", "0x", "0x1g", "1a", "é"] {
            assert!(tokens(bad, 0).is_err(), "{bad}");
        }
    }
}
