//! Lines of text from a stream, none of them held longer than until the next, and none that
//! is too long or not plain text.

use std::io::{BufRead, Read as _};

use super::error::Error;
use super::lexer::Bad;
use crate::diagnostic::{Invalid, Problem};

/// The longest line, in bytes, without its end.
pub(super) const MAX_LINE_BYTES: usize = 4096;
/// So much of a line that is too long is shown.
const SHOWN_BYTES: usize = 60;
/// What some editors put before everything else.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The lines of a file, one at a time.
#[derive(Debug)]
pub(super) struct Lines<R> {
    file: String,
    input: R,
    /// The line, without its end.
    text: String,
    /// Its number, from 1; 0 before the first.
    number: u32,
    /// The text of line 1.
    first: String,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(file: &str, input: R) -> Lines<R> {
        Lines {
            file: file.to_owned(),
            input,
            text: String::new(),
            number: 0,
            first: String::new(),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Goes to the next line: whether there is one.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.clear();
        let mark = match self.number {
            0 => BYTE_ORDER_MARK,
            _ => "",
        };
        // Room for the longest line and its end, and not a byte more.
        let limit = mark.len() + MAX_LINE_BYTES + 2;
        let mut input = self.input.by_ref().take(limit as u64);
        input.read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let Some(number) = self.number.checked_add(1) else {
            return Err(self.wrong(Bad::new(0..0, "too many lines", "at most 4294967295")));
        };
        self.number = number;
        if bytes.pop_if(|byte| *byte == b'\n').is_some() {
            bytes.pop_if(|byte| *byte == b'\r');
        }
        if !mark.is_empty() && bytes.starts_with(mark.as_bytes()) {
            bytes.drain(..mark.len());
        }
        self.text = self.check(bytes)?;
        if number == 1 {
            self.first.clone_from(&self.text);
        }
        Ok(true)
    }

    /// The line as text, if it is text that a trace may have.
    fn check(&mut self, bytes: Vec<u8>) -> Result<String, Error> {
        if bytes.len() > MAX_LINE_BYTES {
            let shown = String::from_utf8_lossy(&bytes[..SHOWN_BYTES]);
            self.text = shown.chars().filter(|c| !c.is_control()).collect();
            let message = format!("a line of more than {MAX_LINE_BYTES} bytes");
            let label = "the line begins like this";
            return Err(self.wrong(Bad::new(0..self.text.len(), message, label)));
        }
        let plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t');
        let is_plain = bytes.iter().all(plain);
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let byte = error.as_bytes()[at];
                let before = String::from_utf8_lossy(&error.as_bytes()[..at]);
                return Err(self.unreadable(&before, format!("byte {byte:#04x} is not UTF-8 text")));
            }
        };
        let wrong = text.char_indices().find(|&(_, c)| !is_plain && control(c));
        match wrong {
            None => Ok(text),
            Some((at, c)) => {
                let message = format!("control character {:#04x}", u32::from(c));
                Err(self.unreadable(&text[..at], message))
            }
        }
    }

    /// A line of which only what stands before the mistake can be shown.
    fn unreadable(&mut self, before: &str, message: String) -> Error {
        let end = before.find(control).unwrap_or(before.len());
        before[..end].clone_into(&mut self.text);
        self.wrong(Bad::new(
            end..end,
            message,
            "the line can be read up to here",
        ))
    }

    /// Something wrong in the current line.
    pub(super) fn wrong(&self, bad: Bad) -> Error {
        self.problem(&self.text, self.number, bad)
    }

    /// Something wrong with the file as a whole, shown at its first byte.
    pub(super) fn wrong_as_a_whole(&self, message: &str, label: &str) -> Error {
        self.problem(&self.first, 1, Bad::new(0..0, message, label))
    }

    fn problem(&self, text: &str, line: u32, bad: Bad) -> Error {
        let mut problem = Problem::at(text, bad.span, bad.message).label(bad.label);
        problem.line = line as usize;
        Error::Invalid(Invalid::new(self.file.clone(), vec![problem]))
    }
}

/// Whether a character may not stand in a trace.
pub(super) fn control(c: char) -> bool {
    c.is_control() && c != '\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(input: &[u8]) -> Result<Vec<String>, String> {
        let mut lines = Lines::new("x.trace", input);
        let mut texts = Vec::new();
        while lines.advance().map_err(|error| error.to_string())? {
            texts.push(lines.text().to_owned());
        }
        Ok(texts)
    }

    #[test]
    fn lines_lose_their_ends_and_a_byte_order_mark() {
        let read = texts(b"\xef\xbb\xbfa\r\n\nb").unwrap();
        assert_eq!(read, ["a", "", "b"]);
        let later = texts(b"a\n\xef\xbb\xbfb\n").unwrap();
        assert!(later[1].starts_with(BYTE_ORDER_MARK));
    }

    #[test]
    fn the_longest_line_is_read_whole() {
        let longest = "a".repeat(MAX_LINE_BYTES);
        for (before, end) in [("", ""), ("", "\r\n"), ("\u{feff}", "\n"), ("\u{feff}", "")] {
            let read = texts(format!("{before}{longest}{end}").as_bytes()).unwrap();
            assert_eq!(read, [&*longest]);
        }
        for end in ["", "\n", "\r\n", "\r\r\n"] {
            let message = texts(format!("{longest}b{end}").as_bytes()).unwrap_err();
            assert!(message.contains("more than 4096 bytes"), "{message}");
        }
    }

    #[test]
    fn the_number_of_lines_is_limited() {
        let mut lines = Lines::new("x.trace", &b"a\nb\n"[..]);
        lines.number = u32::MAX - 1;
        assert!(lines.advance().unwrap());
        let message = lines.advance().unwrap_err().to_string();
        assert!(message.contains("too many lines"), "{message}");
    }
}
