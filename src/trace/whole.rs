//! A whole trace, ready to be replayed any number of times: checked once from beginning to
//! end, held in memory only while it is small.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, BufRead};
use std::sync::Arc;

use super::lexer::Words;
use super::reader::{Error, Reader};
use super::{Base, Header, Op, Operation, describe};
use crate::diagnostic::Problem;

/// A trace with more operations than this is read anew for every replay.
pub const HELD_OPERATIONS: usize = 1 << 16;

/// Opens the trace's text from its beginning.
pub type Open = dyn Fn() -> io::Result<Box<dyn BufRead>> + Send + Sync;

/// A trace that is known to be well formed.
pub struct Trace {
    file: String,
    header: Header,
    threads: Vec<Thread>,
    open: Box<Open>,
    /// All operations load or store at addresses, and no result has a name.
    plain: bool,
    /// All operations, if they are few.
    held: Option<Arc<[Operation]>>,
}

/// What is known of a thread beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// How many operations it has.
    pub operations: u64,
    /// The line of its first one; 0 if it has none.
    pub first_line: u32,
}

impl Trace {
    /// Reads a trace from beginning to end. `kinds` are the maps that it may name.
    ///
    /// # Errors
    /// When it cannot be read or is not well formed.
    pub fn read(file: &str, kinds: &[&str], open: Box<Open>) -> Result<Trace, Error> {
        let mut reader = Reader::open(file, kinds, open()?)?;
        let mut threads = Vec::new();
        let mut held = Some(Vec::new());
        let mut plain = true;
        while let Some((operation, repeats)) = reader.next_line()? {
            let index = usize::from(operation.thread);
            if threads.len() <= index {
                threads.resize(index + 1, Thread::default());
            }
            let thread = &mut threads[index];
            if thread.operations == 0 {
                thread.first_line = operation.line;
            }
            thread.operations += u64::from(repeats);
            plain &= is_plain(&operation);
            held = held.filter(|held| held.len() + repeats as usize <= HELD_OPERATIONS);
            if let Some(held) = &mut held {
                held.extend(std::iter::repeat_n(operation, repeats as usize));
            }
        }
        Ok(Trace {
            file: file.to_owned(),
            header: reader.into_header(),
            threads,
            plain,
            open,
            held: held.map(Into::into),
        })
    }

    /// The file, as the user named it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What stands before the first operation.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The threads, from 0; some may have no operations.
    #[must_use]
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// Whether all operations load or store at addresses, and no result has a name: what
    /// lies in memory then cannot be told from the run.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let Header {
            variables,
            locks,
            maps,
            init,
            ..
        } = &self.header;
        self.plain && variables.is_empty() && locks.is_empty() && maps.is_empty() && init.is_empty()
    }

    /// The lines that hold operations, if the trace is small enough to be held in memory.
    #[must_use]
    pub fn lines(&self) -> BTreeSet<u32> {
        let held = self.held.iter().flat_map(|held| held.iter());
        held.map(|operation| operation.line).collect()
    }

    /// A problem at the first word of a line, as the file has it.
    ///
    /// # Errors
    /// When the trace can no longer be opened.
    pub fn problem(&self, line: u32, message: impl Into<String>) -> Result<Problem, Error> {
        let mut text = Vec::new();
        let mut input = (self.open)()?;
        for _ in 0..line {
            text.clear();
            input.read_until(b'\n', &mut text)?;
        }
        let text = String::from_utf8_lossy(&text);
        let text = text.trim_start_matches('\u{feff}');
        let first = Words::new(text).next();
        let first = first.map_or(0..0, |word| word.start..word.start + word.text.len());
        let mut problem = Problem::at(text, first, message);
        problem.line = line as usize;
        Ok(problem)
    }

    /// A problem at the second word of the header line that is the `nth` (from 0) to begin
    /// with `keyword`.
    ///
    /// # Errors
    /// When the trace can no longer be read.
    pub fn header_problem(
        &self,
        keyword: &str,
        nth: usize,
        message: impl Into<String>,
    ) -> Result<Problem, Error> {
        let mut matching = (self.open)()?.lines().zip(1..).filter_map(|(text, line)| {
            let text = match text {
                Ok(text) => text,
                Err(error) => return Some(Err(error)),
            };
            let first = Words::new(text.trim_start_matches('\u{feff}')).next()?;
            (first.text == keyword).then_some(Ok((text, line)))
        });
        let changed = || io::Error::other("it has changed since it was checked");
        let (text, line) = matching.nth(nth).ok_or_else(changed)??;
        let text = text.trim_start_matches('\u{feff}');
        let mut words = Words::new(text);
        let word = words.next().and_then(|_| words.next());
        let word = word.map_or(0..0, |word| word.start..word.start + word.text.len());
        let mut problem = Problem::at(text, word, message);
        problem.line = line;
        Ok(problem)
    }

    /// The operations, from the first.
    ///
    /// # Errors
    /// When the trace can no longer be opened or has changed.
    pub fn operations(&self) -> Result<Operations, Error> {
        Ok(match &self.held {
            Some(held) => Operations::Held(Arc::clone(held), 0),
            None => {
                let kinds: Vec<&str> = self.header.maps.iter().map(|map| &*map.kind).collect();
                let reader = Reader::open(&self.file, &kinds, (self.open)()?)?;
                if *reader.header() != self.header {
                    return Err(io::Error::other("it has changed since it was checked").into());
                }
                Operations::Read(Box::new(reader))
            }
        })
    }

    /// The operations, to be taken by each thread for itself.
    ///
    /// # Errors
    /// When the trace can no longer be opened or has changed.
    pub fn feed(&self) -> Result<Feed, Error> {
        Ok(Feed {
            operations: self.operations()?,
            left: self
                .threads
                .iter()
                .map(|thread| thread.operations)
                .collect(),
            queues: vec![VecDeque::new(); self.threads.len()],
            error: None,
        })
    }

    /// The texts of some lines, as the trace's own words for what they do.
    ///
    /// # Errors
    /// When the trace can no longer be opened or has changed.
    pub fn texts(&self, lines: &BTreeSet<u32>) -> Result<BTreeMap<u32, String>, Error> {
        let mut texts = BTreeMap::new();
        for operation in &self.header.init {
            if lines.contains(&operation.line) {
                texts.insert(
                    operation.line,
                    format!("init {}", describe(operation, &self.header)),
                );
            }
        }
        let last = lines.last().copied().unwrap_or(0);
        for operation in self.operations()? {
            let operation = operation?;
            if operation.line > last {
                break;
            }
            if lines.contains(&operation.line) && !texts.contains_key(&operation.line) {
                texts.insert(operation.line, describe(&operation, &self.header));
            }
        }
        Ok(texts)
    }
}

fn is_plain(operation: &Operation) -> bool {
    let at_address = match &operation.op {
        Op::Load(place) | Op::Store(place, _) => place.base == Base::Absolute,
        _ => false,
    };
    at_address && operation.result.is_none()
}

/// Operations in the order of the trace.
pub enum Operations {
    /// From memory.
    Held(Arc<[Operation]>, usize),
    /// From the file.
    Read(Box<Reader<Box<dyn BufRead>>>),
}

impl Iterator for Operations {
    type Item = Result<Operation, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Operations::Held(held, at) => {
                let operation = held.get(*at)?;
                *at += 1;
                Some(Ok(operation.clone()))
            }
            Operations::Read(reader) => reader.next(),
        }
    }
}

/// Deals a trace's operations out to its threads, each in its own time. What a thread has
/// not asked for yet waits here; no more of the trace is held.
pub struct Feed {
    operations: Operations,
    /// How many operations each thread has still to take.
    left: Vec<u64>,
    queues: Vec<VecDeque<Operation>>,
    error: Option<Error>,
}

impl Feed {
    /// The next operation of a thread.
    ///
    /// # Errors
    /// When the trace can no longer be read; [`Feed::take_error`] knows why.
    pub fn next(&mut self, thread: usize) -> Result<Option<Operation>, Unreadable> {
        if self.left[thread] == 0 {
            return Ok(None);
        }
        while self.queues[thread].is_empty() {
            match self.operations.next() {
                Some(Ok(operation)) => match self.queues.get_mut(usize::from(operation.thread)) {
                    Some(queue) => queue.push_back(operation),
                    None => return Err(Unreadable), // the file has grown a thread since
                },
                Some(Err(error)) => {
                    self.error = Some(error);
                    return Err(Unreadable);
                }
                None => return Ok(None),
            }
        }
        self.left[thread] -= 1;
        Ok(self.queues[thread].pop_front())
    }

    /// Why the trace can no longer be read.
    pub fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }
}

/// The trace cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;
