//! What each operation does to memory: its accesses in order, as a listing. Written while the
//! machine runs, each operation when it is over.

use std::collections::BTreeMap;
use std::io;

use crate::machine::{
    Access, AccessKind, Answer, Core, Event, Exit, Note, Observer, Thread, Update,
};
use crate::memory::{Piece, WriteId};
use crate::observe::{Objects, Running, Served, Serving};

/// So many accesses of one operation are listed.
const MOST_LISTED: usize = 1000;

/// One line of a listing.
#[derive(Clone, Debug)]
enum Entry {
    /// Mark, place, value and remark.
    Access([String; 4]),
    /// What the program says, or asks for.
    Word(String),
}

/// An operation under way.
#[derive(Clone, Debug, Default)]
struct Open {
    line: u32,
    begun: u64,
    entries: Vec<Entry>,
    /// How many accesses it made, and how many of them are not listed.
    accesses: u64,
    left_out: u64,
    /// A logical value is read, or was begun to be written.
    reading: bool,
    writing: Option<WriteId>,
    /// A part of its current store went to the store buffer.
    buffered: bool,
}

/// Writes listings.
pub struct Explain<W> {
    output: W,
    /// Why writing failed; nothing more is written then.
    error: Option<io::Error>,
    objects: Objects,
    running: Running,
    serving: Serving,
    /// The words of the trace's lines.
    texts: BTreeMap<u32, String>,
    open: BTreeMap<Thread, Open>,
    now: u64,
}

impl<W: io::Write> Explain<W> {
    /// Listings for a run that begins with these objects.
    pub fn new(output: W, objects: Objects, texts: BTreeMap<u32, String>) -> Explain<W> {
        Explain {
            output,
            error: None,
            objects,
            running: Running::default(),
            serving: Serving::default(),
            texts,
            open: BTreeMap::new(),
            now: 0,
        }
    }

    /// Writes the operations that are not over.
    ///
    /// # Errors
    /// The first failure to write.
    pub fn finish(mut self) -> io::Result<()> {
        while let Some((thread, open)) = self.open.pop_first() {
            self.close(thread, open, "cut short by the end of the run");
        }
        self.error.map_or_else(|| self.output.flush(), Err)
    }

    /// The operation that is under way on a core; none before the first.
    fn open(&mut self, core: Core) -> Option<&mut Open> {
        self.open.get_mut(&self.running.on(core))
    }

    fn word(&mut self, core: Core, word: String) {
        if let Some(open) = self.open(core)
            && open.entries.len() < 2 * MOST_LISTED
        {
            open.entries.push(Entry::Word(word));
        }
    }

    fn note(&mut self, core: Core, note: &Note) {
        let thread = self.running.on(core);
        let name = |addr| self.objects.name(addr);
        let word = match note {
            Note::OperationBegun { line } => {
                let open = Open {
                    line: *line,
                    begun: self.now,
                    ..Open::default()
                };
                if let Some(over) = self.open.insert(thread, open) {
                    self.close(thread, over, "");
                }
                return;
            }
            Note::ReadBegun { .. } | Note::ReadEnded => {
                if let Some(open) = self.open(core) {
                    open.reading = matches!(note, Note::ReadBegun { .. });
                }
                return;
            }
            Note::WriteBegun { write, .. } => {
                if let Some(open) = self.open(core) {
                    open.writing = Some(*write);
                }
                return;
            }
            Note::CallEnded(Answer::Present) => "found".to_owned(),
            Note::CallEnded(Answer::Absent) => "not found".to_owned(),
            Note::CallEnded(Answer::Count(count)) => format!("counted {count}"),
            Note::Locked { addr, shared: true } => format!("shares {}", name(*addr)),
            Note::Locked { addr, .. } => format!("has {}", name(*addr)),
            Note::Unlocking { addr, .. } => format!("gives {} up", name(*addr)),
            Note::Took { version } => format!("works on {}", name(*version)),
            Note::Published { version } => format!("publishes {}", name(*version)),
            Note::Retired { addr, .. } => format!("retires {}", name(*addr)),
            Note::Reclaimed { addr, .. } => format!("can use {} again", name(*addr)),
            Note::Retried => "begins again".to_owned(),
            Note::Visited { key } => format!("comes to key {key}"),
            _ => return,
        };
        self.word(core, word);
    }

    fn completed<P: Piece>(&mut self, core: Core, access: &Access, read: &P) {
        let mut served = Vec::new();
        self.serving.take(core, access.kind, &mut served);
        let words = |at| self.objects.words(at);
        let place = words(access.addr);
        let value = match access.kind {
            AccessKind::Store { value, .. } => value,
            AccessKind::Evict => return,
            _ => read.value(access.bytes),
        };
        let Some(open) = self.open(core) else {
            return;
        };
        open.accesses += 1;
        let buffered = std::mem::take(&mut open.buffered);
        if open.entries.len() >= MOST_LISTED {
            open.left_out += 1;
            return;
        }
        let is_value = match access.kind {
            AccessKind::Store { write, .. } | AccessKind::Locked { write, .. } => {
                open.writing == Some(write)
            }
            AccessKind::Load | AccessKind::Evict => open.reading,
        };
        let of_value = if is_value { "value" } else { "" };
        let where_to = match access.kind {
            AccessKind::Store { .. } if buffered => "to its store buffer".to_owned(),
            _ => from(&served),
        };
        let remark = match (of_value, &*where_to) {
            ("", remark) | (remark, "") => remark.to_owned(),
            (one, two) => format!("{one}, {two}"),
        };
        let value = format!("{value:#x}");
        let entry = Entry::Access([mark(access), place, value, remark]);
        open.entries.push(entry);
    }

    fn close(&mut self, thread: Thread, open: Open, how: &str) {
        if self.error.is_some() || thread == Thread::SETUP {
            return;
        }
        self.error = self.write(thread, &open, how).err();
    }

    fn write(&mut self, thread: Thread, open: &Open, how: &str) -> io::Result<()> {
        let text = self.texts.get(&open.line).map_or("", String::as_str);
        let (line, begun, now) = (open.line, open.begun, self.now);
        writeln!(
            self.output,
            "{thread}, line {line} `{text}`, cycles {begun} to {now}"
        )?;
        let widths: [usize; 3] = std::array::from_fn(|column| {
            let accesses = open.entries.iter().filter_map(|entry| match entry {
                Entry::Access(columns) => Some(columns[column].len()),
                Entry::Word(_) => None,
            });
            accesses.max().unwrap_or(0)
        });
        let [marks, places, values] = widths;
        let mut number = 0;
        for entry in &open.entries {
            let line = match entry {
                Entry::Access([mark, place, value, remark]) => {
                    number += 1;
                    format!(
                        "{number:>6}  {mark:marks$}  {place:places$}  {value:>values$}  {remark}"
                    )
                }
                Entry::Word(word) => format!("{:>6}  {word}", ""),
            };
            writeln!(self.output, "{}", line.trim_end())?;
        }
        if open.left_out > 0 {
            let (left_out, all) = (open.left_out, open.accesses);
            writeln!(self.output, "{:>6}  … and {left_out} more of {all}", "")?;
        }
        match how {
            "" => Ok(()),
            how => writeln!(self.output, "{:>6}  {how}", ""),
        }
    }
}

/// What is done, and with how many bytes: `L8`, `S1`, and `LA`, `SR` and `A` where it is atomic.
fn mark(access: &Access) -> String {
    let bytes = access.bytes;
    match (access.kind, access.atomic) {
        (AccessKind::Load | AccessKind::Evict, false) => format!("L{bytes}"),
        (AccessKind::Load | AccessKind::Evict, true) => format!("LA{bytes}"),
        (AccessKind::Store { .. }, false) => format!("S{bytes}"),
        (AccessKind::Store { .. }, true) => format!("SR{bytes}"),
        (AccessKind::Locked { update, .. }, _) => {
            let what = match update {
                Update::Exchange(new) => format!("xchg {new:#x}"),
                Update::Add(addend) => format!("add {addend:#x}"),
                Update::Or(bits) => format!("or {bits:#x}"),
                Update::And(bits) => format!("and {bits:#x}"),
                Update::Xor(bits) => format!("xor {bits:#x}"),
                Update::CompareExchange { expected, new } => format!("cas {expected:#x} {new:#x}"),
            };
            format!("A{bytes} {what}")
        }
    }
}

fn from(served: &[Served]) -> String {
    if served.is_empty() {
        return String::new();
    }
    let served: Vec<String> = served.iter().map(ToString::to_string).collect();
    format!("from {}", served.join(" and "))
}

impl<P: Piece, W: io::Write> Observer<P> for Explain<W> {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        self.serving.observe(event);
        self.objects.observe(event);
        match *event {
            Event::Note { core, note } => self.note(core, note),
            Event::Buffered { core, .. } => {
                if let Some(open) = self.open(core) {
                    open.buffered = true;
                }
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } => self.completed(core, access, value),
            Event::Allocated {
                core, addr, bytes, ..
            } => {
                let name = self.objects.name(addr);
                self.word(core, format!("allocates {bytes} bytes: {name}, at {addr}"));
            }
            Event::Acquired { core, addr } => {
                let at = self.objects.words(addr);
                self.word(core, format!("has the semaphore at {at}"));
            }
            Event::Released { core, addr } => {
                let at = self.objects.words(addr);
                self.word(core, format!("releases the semaphore at {at}"));
            }
            Event::Ended { core, exit } => {
                let thread = self.running.on(core);
                if let Some(open) = self.open.remove(&thread) {
                    let how = match exit {
                        Exit::Finished => String::new(),
                        exit => exit.to_string(),
                    };
                    self.close(thread, open, &how);
                }
            }
            _ => {}
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
