//! A trace that lies in several files, one for each core: their lines taken in turn, with the
//! core before each, are the same trace in the bare form.

use std::io::{self, BufRead, Read};

use super::Header;
use super::error::Error;
use super::lexer::{Word, Words};
use super::lines::Lines;
use super::operation;
use super::texts::Texts;

/// The lines of all files as one text: the first of each core, then the second of each, and so
/// on. Lines without an operation are passed over.
pub struct PerCore<R> {
    /// Cores whose files have more lines.
    files: Vec<(usize, Lines<R>)>,
    turn: usize,
    header: Header,
    texts: Texts,
    line: Vec<u8>,
    at: usize,
}

impl<R: BufRead> PerCore<R> {
    /// The files of the cores from 0, each with the name that its problems carry.
    #[must_use]
    pub fn new(files: Vec<(String, R)>) -> PerCore<R> {
        let lines = files
            .into_iter()
            .map(|(name, file)| Lines::new(&name, file));
        PerCore {
            files: lines.enumerate().collect(),
            turn: 0,
            header: Header::default(),
            texts: Texts::default(),
            line: Vec::new(),
            at: 0,
        }
    }

    /// Reads all lines.
    ///
    /// # Errors
    /// When a file cannot be read, or a line is not `r ADDRESS` or `w ADDRESS`.
    pub fn check(mut self) -> Result<(), Error> {
        while self.advance()? {}
        Ok(())
    }

    /// Goes to the next line: whether there is one.
    fn advance(&mut self) -> Result<bool, Error> {
        self.at = 0;
        self.line.clear();
        while !self.files.is_empty() {
            self.turn %= self.files.len();
            let (core, lines) = &mut self.files[self.turn];
            if !lines.advance()? {
                self.files.remove(self.turn);
                continue;
            }
            let mut words = Words::new(lines.text());
            let Some(first) = words.next() else {
                continue;
            };
            if !["r", "R", "w", "W"].contains(&first.text) {
                let message = format!("unknown access `{}`", first.shown());
                return Err(lines.wrong(first.bad(message, "expected `r` or `w`, and an address")));
            }
            let thread = core.to_string();
            let word = Word {
                text: &thread,
                start: 0,
            };
            let mut words = Words::new(lines.text());
            let (header, number) = (&self.header, lines.number());
            operation::line(header, &mut self.texts, word, &mut words, number)
                .map_err(|bad| lines.wrong(bad))?;
            self.line = format!("{core} {}\n", lines.text()).into_bytes();
            self.turn += 1;
            return Ok(true);
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for PerCore<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for PerCore<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.line.len() {
            self.advance().map_err(|error| match error {
                Error::Io(error) => error,
                Error::Invalid(invalid) => io::Error::other(invalid),
            })?;
        }
        Ok(&self.line[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
}
