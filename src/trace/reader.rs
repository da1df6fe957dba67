//! Reads a trace line by line: the header first, then operations as they are asked for.

use std::io::BufRead;

pub(super) use super::error::Error;
use super::header;
use super::lexer::Words;
use super::lines::Lines;
use super::operation::{self, is_thread, no_thread};
use super::texts::Texts;
use super::{Header, Operation};

/// A trace as it is read. An iterator over its operations, which ends after an error.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    header: Header,
    texts: Texts,
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
        let mut reader = Reader {
            lines: Lines::new(file, input),
            header: Header::default(),
            texts: Texts::default(),
            current: None,
            failed: false,
        };
        reader.read_header(kinds)?;
        Ok(reader)
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

    /// Reads up to the first operation, which is then the current one.
    fn read_header(&mut self, kinds: &[&str]) -> Result<(), Error> {
        let (header, texts, mut titled) = (&mut self.header, &mut self.texts, false);
        while self.lines.advance()? {
            let (text, number) = (self.lines.text(), self.lines.number());
            if let (false, Some(comment)) = (titled, Words::comment(text)) {
                titled = true;
                comment.clone_into(&mut header.title);
            }
            let mut words = Words::new(text);
            let Some(first) = words.next() else {
                continue;
            };
            if is_thread(first) {
                let line = operation::line(header, texts, first, &mut words, number);
                self.current = Some(line.map_err(|bad| self.lines.wrong(bad))?);
                return Ok(());
            }
            header::line(header, kinds, texts, first, &mut words, number)
                .map_err(|bad| self.lines.wrong(bad))?;
        }
        let message = "no operations in this trace";
        let label = "expected at least one line like `0 load 0x1000`";
        Err(self.lines.wrong_as_a_whole(message, label))
    }

    /// The operation of the next line, and how often it is done; without those times that
    /// the iterator has given already.
    pub(super) fn next_line(&mut self) -> Result<Option<(Operation, u32)>, Error> {
        if self.failed {
            return Ok(None);
        }
        let line = match self.current.take() {
            Some(line) => Ok(Some(line)),
            None => self.read(),
        };
        self.failed = line.is_err();
        line
    }

    fn read(&mut self) -> Result<Option<(Operation, u32)>, Error> {
        while self.lines.advance()? {
            let mut words = Words::new(self.lines.text());
            let Some(first) = words.next() else {
                continue;
            };
            let line = if is_thread(first) {
                let number = self.lines.number();
                operation::line(&self.header, &mut self.texts, first, &mut words, number)
            } else if header::begins(first.text) {
                let message = format!("`{}` after the first operation", first.text);
                Err(first.bad(message, "expected before all operations"))
            } else {
                Err(no_thread(first, ""))
            };
            return line.map(Some).map_err(|bad| self.lines.wrong(bad));
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Operation, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let (operation, repeats) = match self.next_line() {
            Ok(line) => line?,
            Err(error) => return Some(Err(error)),
        };
        if repeats > 1 {
            self.current = Some((operation.clone(), repeats - 1));
        }
        Some(Ok(operation))
    }
}
