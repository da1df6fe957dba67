//! Map calls that returned what no order of the calls explains: a value put under another
//! key or never put at all, an entry that was there and is not found, a value that was
//! already replaced. Judged by who wrote what was read and by when calls were visible.
//! Reads that are torn are left to the other detector.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::running::Running;
use crate::machine::{AccessKind, Answer, Call, CallKind, Event, Note, Observer, Thread};
use crate::memory::{Piece, WriteId};

/// At most this many wrong values are kept; the others are only counted.
const KEPT: usize = 1000;
/// At most this many puts are remembered; older ones are not judged.
const REMEMBERED: usize = 1 << 20;

/// A call that gave a wrong answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongValue {
    /// Who called.
    pub thread: Thread,
    /// The line of the trace.
    pub line: u32,
    /// What was called.
    pub call: Call,
    /// In which cycle it ended.
    pub cycle: u64,
    /// What is wrong.
    pub why: WrongWhy,
}

/// Why an answer is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongWhy {
    /// The key's value was put under another key.
    OtherKey {
        /// That key.
        key: u64,
        /// The line of that put.
        line: u32,
    },
    /// The key was there, but its value is not one that was put.
    NeverPut,
    /// The value was replaced before the read began.
    Replaced {
        /// The line of the put that was read.
        old: u32,
        /// The line of the put that replaced it.
        new: u32,
    },
    /// The key was put, visibly, before the read began, and nothing deleted it.
    Lost {
        /// The line of the put.
        put: u32,
    },
}

impl WrongWhy {
    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WrongWhy::OtherKey { .. } => "other key",
            WrongWhy::NeverPut => "never put",
            WrongWhy::Replaced { .. } => "replaced",
            WrongWhy::Lost { .. } => "lost",
        }
    }
}

/// A put whose value a get may return.
#[derive(Clone, Copy, Debug)]
struct Put {
    map: u16,
    key: u64,
    line: u32,
    begun: u64,
    /// When all of its stores were performed.
    visible: Option<u64>,
}

/// What is known of a key.
#[derive(Clone, Copy, Debug, Default)]
struct Key {
    /// Of the puts that are visible the one that began last: when, and its line.
    latest: Option<(u64, u32)>,
    deletes_open: u32,
    last_delete: u64,
}

/// A call of a thread, under way.
#[derive(Clone, Debug)]
struct Open {
    call: Call,
    begun: u64,
    /// The key's latest visible put when the call began.
    latest: Option<(u64, u32)>,
    write: Option<WriteId>,
    reads: Vec<WriteId>,
}

#[derive(Clone, Debug, Default)]
struct Caller {
    line: u32,
    open: Option<Open>,
    reading: bool,
    buffered: u64,
    performed: u64,
    /// Calls that are over but whose stores are still buffered, and up to which store.
    leaving: VecDeque<(u64, Open)>,
}

/// Finds wrong answers.
#[derive(Clone, Debug, Default)]
pub struct History {
    now: u64,
    /// Counts what matters here; orders calls within one cycle.
    tick: u64,
    running: Running,
    callers: FxHashMap<Thread, Caller>,
    puts: FxHashMap<WriteId, Put>,
    oldest: u32,
    keys: FxHashMap<(u16, u64), Key>,
    found: Vec<WrongValue>,
    count: u64,
}

impl History {
    /// The first wrong answers, in the order of the calls' ends.
    #[must_use]
    pub fn found(&self) -> &[WrongValue] {
        &self.found
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The line of the trace that a thread is at; 0 if it has not begun.
    #[must_use]
    pub fn line_of(&self, thread: Thread) -> u32 {
        self.callers.get(&thread).map_or(0, |caller| caller.line)
    }

    /// The lines that all threads are at.
    pub fn lines(&self) -> impl Iterator<Item = u32> {
        self.callers.values().map(|caller| caller.line)
    }

    fn begin(&mut self, thread: Thread, call: Call) {
        let key = self.keys.entry((call.map, call.key)).or_default();
        key.deletes_open += u32::from(call.kind == CallKind::Delete);
        let open = Open {
            call,
            begun: self.tick,
            latest: key.latest,
            write: None,
            reads: Vec::new(),
        };
        self.callers.entry(thread).or_default().open = Some(open);
    }

    fn wrote(&mut self, thread: Thread, write: WriteId) {
        let Some(caller) = self.callers.get_mut(&thread) else {
            return;
        };
        let line = caller.line;
        if let Some(open) = caller
            .open
            .as_mut()
            .filter(|open| open.call.kind == CallKind::Put)
        {
            while self.puts.len() >= REMEMBERED {
                self.puts.remove(&WriteId(self.oldest));
                self.oldest += 1;
            }
            if write.0 < self.oldest {
                return; // forgotten already
            }
            open.write = Some(write);
            let Call { map, key, .. } = open.call;
            let (begun, visible) = (open.begun, None);
            self.puts.insert(
                write,
                Put {
                    map,
                    key,
                    line,
                    begun,
                    visible,
                },
            );
        }
    }

    fn end(&mut self, thread: Thread, answer: Answer) {
        let Some(caller) = self.callers.get_mut(&thread) else {
            return;
        };
        let Some(open) = caller.open.take() else {
            return;
        };
        let line = caller.line;
        match open.call.kind {
            CallKind::Put | CallKind::Delete => {
                let last = caller.buffered;
                caller.leaving.push_back((last, open));
                self.settle(thread);
            }
            CallKind::Get => {
                if let Some(why) = self.judge(&open, answer) {
                    self.count += 1;
                    if self.found.len() < KEPT {
                        let (call, cycle) = (open.call, self.now);
                        self.found.push(WrongValue {
                            thread,
                            line,
                            call,
                            cycle,
                            why,
                        });
                    }
                }
            }
            CallKind::Increment | CallKind::Len | CallKind::Range | CallKind::Clear => {}
        }
    }

    /// Calls whose last store is performed are visible now.
    fn settle(&mut self, thread: Thread) {
        let caller = self.callers.entry(thread).or_default();
        while let Some((_, open)) = caller
            .leaving
            .pop_front_if(|(last, _)| *last <= caller.performed)
        {
            self.tick += 1;
            let key = self.keys.entry((open.call.map, open.call.key)).or_default();
            if open.call.kind == CallKind::Delete {
                key.deletes_open -= 1;
                key.last_delete = self.tick;
                continue;
            }
            let Some(put) = open.write.and_then(|write| self.puts.get_mut(&write)) else {
                continue;
            };
            put.visible = Some(self.tick);
            if key.latest.is_none_or(|(begun, _)| begun < put.begun) {
                key.latest = Some((put.begun, put.line));
            }
        }
    }

    fn judge(&self, open: &Open, answer: Answer) -> Option<WrongWhy> {
        let Call { map, key, .. } = open.call;
        if answer == Answer::Absent {
            let (begun, put) = open.latest?;
            let state = self.keys.get(&(map, key))?;
            let deleted = state.deletes_open > 0 || state.last_delete > begun;
            return (!deleted).then_some(WrongWhy::Lost { put });
        }
        let &write = open.reads.first()?;
        if open.reads.iter().any(|&other| other != write) {
            return None; // torn, or composed: not a matter of calls
        }
        let Some(put) = self.puts.get(&write) else {
            return (self.oldest <= write.0).then_some(WrongWhy::NeverPut);
        };
        if (put.map, put.key) != (map, key) {
            let (key, line) = (put.key, put.line);
            return Some(WrongWhy::OtherKey { key, line });
        }
        let (begun, new) = open.latest?;
        let replaced = put.visible.is_some_and(|visible| visible < begun);
        let old = put.line;
        replaced.then_some(WrongWhy::Replaced { old, new })
    }

    fn note(&mut self, thread: Thread, note: &Note) {
        self.tick += 1;
        match *note {
            Note::OperationBegun { line } => self.callers.entry(thread).or_default().line = line,
            Note::CallBegun(call) => self.begin(thread, call),
            Note::CallEnded(answer) => self.end(thread, answer),
            Note::WriteBegun { write, .. } => self.wrote(thread, write),
            Note::ReadBegun { .. } => self.callers.entry(thread).or_default().reading = true,
            Note::ReadEnded => self.callers.entry(thread).or_default().reading = false,
            Note::Copied { .. } | Note::Visited { .. } | Note::Named { .. } => {}
        }
    }
}

impl<P: Piece> Observer<P> for History {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        match *event {
            Event::Note { core, note } => self.note(self.running.on(core), note),
            Event::Buffered { core, .. } => {
                let thread = self.running.on(core);
                self.callers.entry(thread).or_default().buffered += 1;
            }
            Event::Performed {
                core,
                from_buffer: true,
                ..
            } => {
                let thread = self.running.on(core);
                self.callers.entry(thread).or_default().performed += 1;
                self.settle(thread);
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } => {
                let thread = self.running.on(core);
                let Some(caller) = self
                    .callers
                    .get_mut(&thread)
                    .filter(|caller| caller.reading)
                else {
                    return;
                };
                if let (AccessKind::Load, Some(open)) = (access.kind, &mut caller.open) {
                    open.reads.extend_from_slice(value.writers(access.bytes));
                }
            }
            _ => {}
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
