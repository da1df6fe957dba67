//! Reads a trace line by line: the header first, then operations as they are asked for.

use std::fmt;
use std::io::{self, BufRead, Read as _};

use super::header;
use super::lexer::{Bad, Words};
use super::operation::{self, is_thread};
use super::{Header, Operation};
use crate::diagnostic::{Invalid, Problem};

/// The longest line, in bytes, without its end.
const MAX_LINE_BYTES: usize = 4096;
/// So much of a line that cannot be shown whole is shown.
const SHOWN_BYTES: usize = 60;

/// Why a trace cannot be read.
#[derive(Debug)]
pub enum Error {
    /// The world failed.
    Io(io::Error),
    /// The trace is wrong.
    Invalid(Invalid),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io(error) => error.fmt(f),
            Error::Invalid(invalid) => invalid.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

/// A trace as it is read. An iterator over its operations.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    header: Header,
    /// The operation that was read last, and how often it is still to be given.
    current: Option<(Operation, u32)>,
    failed: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header, up to the first operation. `kinds` are the maps that there are.
    ///
    /// # Errors
    /// When the trace cannot be read, its header is wrong, or it has no operation.
    pub fn open(file: &str, kinds: &[&str], input: R) -> Result<Reader<R>, Error> {
        let mut lines = Lines::new(file, input);
        let mut header = Header::default();
        let mut titled = false;
        loop {
            if !lines.advance()? {
                let problem = Problem::at("", 0..0, "no operations in this trace");
                let label = "expected at least one line like `0 load 0x1000`";
                return Err(lines.invalid(problem.label(label)));
            }
            let mut words = Words::new(&lines.text);
            if let (false, Some(comment)) = (titled, Words::comment(&lines.text)) {
                titled = true;
                comment.clone_into(&mut header.title);
            }
            let Some(first) = words.next() else {
                continue;
            };
            let number = lines.number;
            if is_thread(first) {
                let current = operation::line(&header, first, &mut words, number);
                let current = Some(current.map_err(|bad| lines.wrong(bad))?);
                return Ok(Reader {
                    lines,
                    header,
                    current,
                    failed: false,
                });
            }
            header::line(&mut header, kinds, first, &mut words, number)
                .map_err(|bad| lines.wrong(bad))?;
        }
    }

    /// What stands before the first operation.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Gives up reading and keeps the header.
    #[must_use]
    pub fn into_header(self) -> Header {
        self.header
    }

    fn read(&mut self) -> Result<Option<Operation>, Error> {
        loop {
            if let Some((operation, left)) = &mut self.current {
                *left -= 1;
                return Ok(match left {
                    0 => self.current.take().map(|(operation, _)| operation),
                    _ => Some(operation.clone()),
                });
            }
            if !self.lines.advance()? {
                return Ok(None);
            }
            let mut words = Words::new(&self.lines.text);
            let Some(first) = words.next() else {
                continue;
            };
            if header::begins(first.text) {
                let message = format!("`{}` after the first operation", first.text);
                return Err(self
                    .lines
                    .wrong(first.bad(message, "expected before all operations")));
            }
            if !is_thread(first) {
                let message = format!("unknown word `{}`", first.text);
                return Err(self
                    .lines
                    .wrong(first.bad(message, "expected a thread, like `0`")));
            }
            let line = operation::line(&self.header, first, &mut words, self.lines.number);
            self.current = Some(line.map_err(|bad| self.lines.wrong(bad))?);
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Operation, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let operation = self.read();
        self.failed = operation.is_err();
        operation.transpose()
    }
}

/// Lines of text, none of them held longer than until the next.
#[derive(Debug)]
struct Lines<R> {
    file: String,
    input: R,
    bytes: Vec<u8>,
    text: String,
    /// Of the line in `text`, from 1.
    number: u32,
}

impl<R: BufRead> Lines<R> {
    fn new(file: &str, input: R) -> Lines<R> {
        Lines {
            file: file.to_owned(),
            input,
            bytes: Vec::new(),
            text: String::new(),
            number: 0,
        }
    }

    /// Goes to the next line: whether there is one.
    fn advance(&mut self) -> Result<bool, Error> {
        self.bytes.clear();
        let limit = MAX_LINE_BYTES as u64 + 3;
        self.input
            .by_ref()
            .take(limit)
            .read_until(b'\n', &mut self.bytes)?;
        if self.bytes.is_empty() {
            return Ok(false);
        }
        let Some(number) = self.number.checked_add(1) else {
            let problem = Problem::at("", 0..0, "too many lines").label("at most 2^32 - 1");
            return Err(self.invalid(problem));
        };
        self.number = number;
        let ended = self.bytes.pop_if(|byte| *byte == b'\n').is_some();
        if ended {
            self.bytes.pop_if(|byte| *byte == b'\r');
        }
        if number == 1 && self.bytes.starts_with("\u{feff}".as_bytes()) {
            self.bytes.drain(..3);
        }
        if self.bytes.len() > MAX_LINE_BYTES {
            self.show_beginning();
            let message = format!("a line of more than {MAX_LINE_BYTES} bytes");
            return Err(self.wrong(Bad::new(
                0..self.text.len(),
                message,
                "the line begins like this",
            )));
        }
        self.text.clear();
        match str::from_utf8(&self.bytes) {
            Ok(text) => self.text.push_str(text),
            Err(error) => {
                let (at, byte) = (error.valid_up_to(), self.bytes[error.valid_up_to()]);
                self.bytes.truncate(at);
                self.text.push_str(&String::from_utf8_lossy(&self.bytes));
                let message = format!("byte {byte:#04x} is not UTF-8 text");
                return Err(self.wrong(Bad::new(at..at, message, "the line reads up to here")));
            }
        }
        self.check_characters()?;
        Ok(true)
    }

    fn check_characters(&mut self) -> Result<(), Error> {
        let unprintable = |c: char| c.is_control() && c != '\t';
        if let Some((at, c)) = self.text.char_indices().find(|&(_, c)| unprintable(c)) {
            self.text.truncate(at);
            let message = format!("control character {:#04x}", u32::from(c));
            return Err(self.wrong(Bad::new(at..at, message, "the line reads up to here")));
        }
        Ok(())
    }

    fn show_beginning(&mut self) {
        self.bytes.truncate(SHOWN_BYTES);
        let text = String::from_utf8_lossy(&self.bytes);
        self.text = text.chars().filter(|c| !c.is_control()).collect();
    }

    fn wrong(&self, bad: Bad) -> Error {
        let mut problem = Problem::at(&self.text, bad.span, bad.message).label(bad.label);
        problem.line = self.number as usize;
        self.invalid(problem)
    }

    fn invalid(&self, problem: Problem) -> Error {
        Error::Invalid(Invalid::new(self.file.clone(), vec![problem]))
    }
}
