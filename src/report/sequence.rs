//! A run as a Mermaid sequence diagram: what each thread does and in which cycle, and which of
//! them reads what another one wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use super::proof::plain;
use crate::machine::{Access, AccessKind, Answer, Core, Event, Exit, Note, Observer, Thread};
use crate::memory::{Piece, WriteId};
use crate::observe::{Objects, Running};

/// At most so many lines are drawn; nobody looks at more.
const MOST: usize = 300;

/// Follows a run and draws it.
pub struct Sequence {
    objects: Objects,
    running: Running,
    /// The words of the trace's lines.
    texts: BTreeMap<u32, String>,
    now: u64,
    /// Whose each write is, from when others can see it.
    writers: FxHashMap<WriteId, Thread>,
    /// What each thread has read of others' writes.
    known: BTreeSet<(Thread, WriteId)>,
    /// Cores whose load is answered by their own store buffer, in whole or in part.
    forwarded: BTreeSet<Core>,
    doing: BTreeMap<Thread, Doing>,
    lines: Vec<String>,
    left_out: usize,
}

/// An operation under way.
#[derive(Clone, Debug, Default)]
struct Doing {
    text: String,
    answer: &'static str,
    /// How many lines there were after its own.
    lines: usize,
}

impl Sequence {
    /// A diagram for a run that begins with these objects.
    #[must_use]
    pub fn new(objects: Objects, texts: BTreeMap<u32, String>) -> Sequence {
        Sequence {
            objects,
            running: Running::default(),
            texts,
            now: 0,
            writers: FxHashMap::default(),
            known: BTreeSet::new(),
            forwarded: BTreeSet::new(),
            doing: BTreeMap::new(),
            lines: Vec::new(),
            left_out: 0,
        }
    }

    /// The diagram; `outcome` is what the run showed.
    #[must_use]
    pub fn finish(mut self, outcome: &[&str]) -> String {
        let threads: Vec<Thread> = self.doing.keys().copied().collect();
        for &thread in &threads {
            self.end(thread, "cut off");
        }
        let mut text = "sequenceDiagram\n".to_owned();
        for thread in &threads {
            let _ = writeln!(text, "    participant t{} as {thread}", thread.0);
        }
        for line in &self.lines {
            let _ = writeln!(text, "    {line}");
        }
        let over = match &threads[..] {
            [] => None,
            [only] => Some(format!("t{}", only.0)),
            [first, .., last] => Some(format!("t{},t{}", first.0, last.0)),
        };
        if let Some(over) = over {
            if self.left_out > 0 {
                let _ = writeln!(text, "    Note over {over}: … and {} more", self.left_out);
            }
            let _ = writeln!(text, "    Note over {over}: {}", outcome.join(", "));
        }
        text
    }

    fn draw(&mut self, line: String) {
        match self.lines.len() < MOST {
            true => self.lines.push(line),
            false => self.left_out += 1,
        }
    }

    fn remark(&mut self, thread: Thread, what: &str) {
        let line = format!("Note over t{}: {}, {}", thread.0, self.now, plain(what));
        self.draw(line);
    }

    fn begin(&mut self, thread: Thread, line: u32) {
        self.end(thread, "done");
        let text = self.texts.get(&line).cloned().unwrap_or_default();
        self.remark(thread, &text);
        let doing = Doing {
            text,
            answer: "",
            lines: self.lines.len(),
        };
        self.doing.insert(thread, doing);
    }

    /// The thread's operation is over: worth a line if something came between, or if it answered.
    fn end(&mut self, thread: Thread, how: &str) {
        let Some(doing) = self.doing.get_mut(&thread) else {
            return;
        };
        let Doing {
            text,
            answer,
            lines,
        } = std::mem::take(doing);
        if text.is_empty() || (answer.is_empty() && lines == self.lines.len()) {
            return;
        }
        let what = match answer {
            "" => format!("{how}, {text}"),
            answer => format!("{answer}, {text}"),
        };
        self.remark(thread, &what);
    }

    fn note(&mut self, core: Core, note: &Note) {
        let thread = self.running.on(core);
        match *note {
            Note::OperationBegun { line } => self.begin(thread, line),
            Note::CallEnded(answer) => {
                let answer = match answer {
                    Answer::Present => "found",
                    Answer::Absent => "not found",
                    _ => return,
                };
                if let Some(doing) = self.doing.get_mut(&thread) {
                    doing.answer = answer;
                }
            }
            Note::Locked { addr, shared } => {
                let what = if shared { "shares" } else { "has" };
                let lock = self.objects.name(addr);
                self.remark(thread, &format!("{what} {lock}"));
            }
            _ => {}
        }
    }

    /// A thread has read something: an arrow from each thread that wrote it, once for each write.
    fn read<P: Piece>(&mut self, core: Core, access: &Access, read: &P) {
        let reader = self.running.on(core);
        let writers = read.writers(access.bytes);
        let writes: BTreeSet<WriteId> = writers.iter().copied().collect();
        for write in writes {
            let Some(&writer) = self.writers.get(&write) else {
                continue;
            };
            if writer == reader || !self.known.insert((reader, write)) {
                continue;
            }
            let place = plain(&self.objects.words(access.addr));
            let value = read.value(access.bytes);
            self.draw(format!(
                "t{}->>t{}: {place} = {value:#x}",
                writer.0, reader.0
            ));
        }
    }
}

impl<P: Piece> Observer<P> for Sequence {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        self.objects.observe(event);
        match *event {
            Event::Note { core, note } if core != Core::SETUP => self.note(core, note),
            Event::Performed { core, write, .. } if core != Core::SETUP => {
                self.writers.insert(write, self.running.on(core));
            }
            Event::Forwarded { core, .. } => {
                self.forwarded.insert(core);
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } => {
                let forwarded = self.forwarded.remove(&core);
                let reads = matches!(access.kind, AccessKind::Load | AccessKind::Locked { .. });
                if reads && !forwarded {
                    self.read(core, access, value);
                }
            }
            Event::Ended {
                core,
                exit: Exit::Finished,
            } => self.end(self.running.on(core), "done"),
            Event::Ended {
                core,
                exit: Exit::Fatal(text) | Exit::Thrown(text),
            } => {
                let thread = self.running.on(core);
                self.remark(thread, text);
                self.doing.insert(thread, Doing::default());
            }
            _ => {}
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
