//! Torn reads: a logical read whose bytes come from writes that never stood together.
//! Judged by who wrote which byte and in which order, never by values.

use rustc_hash::FxHashMap;

use super::running::Running;
use crate::machine::{AccessKind, Event, Note, Observer, Thread};
use crate::memory::{Addr, Piece, WriteId};

/// So many logical writes are remembered as a rule; older ones count as long past.
const REMEMBERED: usize = 1 << 20;
/// At most this many torn reads are kept in full; the others are only counted.
const KEPT: usize = 1000;

/// A run of bytes of a torn read that one write put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The first byte, counted from the value's first.
    pub offset: usize,
    /// How many bytes.
    pub bytes: usize,
    /// The write; [`WriteId::INITIAL`] for memory as it was.
    pub write: WriteId,
    /// Whose it was; none for memory as it was.
    pub thread: Option<Thread>,
    /// The line of the trace that it comes from; 0 for memory as it was.
    pub line: u32,
    /// The cycle in which these bytes were performed; none if they were still in the
    /// reader's own store buffer.
    pub cycle: Option<u64>,
}

/// A read whose bytes come from writes that never stood together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornRead {
    /// Who read.
    pub thread: Thread,
    /// The line of the trace.
    pub line: u32,
    /// The value's first byte.
    pub addr: Addr,
    /// The bytes read, the lowest address first.
    pub value: Vec<u8>,
    /// In which cycle it began.
    pub begun_cycle: u64,
    /// In which cycle it was over.
    pub cycle: u64,
    /// Who wrote what was read, the lowest address first.
    pub seen: Vec<Seen>,
}

/// Bytes of a logical write that reached a cache together.
#[derive(Clone, Copy, Debug)]
struct Performed {
    addr: Addr,
    bytes: u64,
    /// Its place among all performed writes, from 1.
    order: u64,
    cycle: u64,
}

/// A logical write.
#[derive(Clone, Debug)]
struct Write {
    thread: Thread,
    line: u32,
    addr: Addr,
    bytes: u64,
    performed: Vec<Performed>,
}

impl Write {
    fn covers(&self, addr: Addr) -> bool {
        (self.addr.0..self.addr.0 + self.bytes).contains(&addr.0)
    }

    fn performed_at(&self, addr: Addr) -> Option<&Performed> {
        let mut parts = self.performed.iter();
        parts.find(|part| (part.addr.0..part.addr.0 + part.bytes).contains(&addr.0))
    }
}

/// A logical read under way.
#[derive(Clone, Debug, Default)]
struct Read {
    addr: Addr,
    /// For each byte what was read and who wrote it, once it is known.
    bytes: Vec<Option<(u8, WriteId)>>,
    begun_cycle: u64,
}

impl Read {
    fn is_by_one_write(&self) -> bool {
        let mut writers = self.bytes.iter().map(|byte| byte.map(|(_, write)| write));
        let first = writers.next().flatten();
        first.is_some() && writers.all(|write| write == first)
    }
}

/// A thread, as far as it reads.
#[derive(Clone, Debug, Default)]
struct Reader {
    /// The line of the trace that it is at.
    line: u32,
    /// The read under way, or the last one: its room is used again.
    read: Read,
    reads: bool,
}

/// Finds torn reads.
#[derive(Clone, Debug)]
pub struct TornReads {
    /// At most this many writes are remembered.
    remembered: usize,
    now: u64,
    order: u64,
    writes: FxHashMap<WriteId, Write>,
    /// The oldest write that may still be remembered.
    oldest: u32,
    forgotten: u64,
    running: Running,
    /// By thread; setup is the first.
    readers: Vec<Reader>,
    found: Vec<TornRead>,
    count: u64,
}

impl Default for TornReads {
    fn default() -> TornReads {
        TornReads::remembering(REMEMBERED)
    }
}

impl TornReads {
    /// Finds torn reads with the memory of so many logical writes; at least one.
    #[must_use]
    pub fn remembering(writes: usize) -> TornReads {
        TornReads {
            remembered: writes.max(1),
            now: 0,
            order: 0,
            writes: FxHashMap::default(),
            oldest: 0,
            forgotten: 0,
            running: Running::default(),
            readers: Vec::new(),
            found: Vec::new(),
            count: 0,
        }
    }

    /// The first of them, in the order in which they completed.
    #[must_use]
    pub fn found(&self) -> &[TornRead] {
        &self.found
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many of the oldest writes were forgotten; what they left behind is not judged.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The line of the trace that a write comes from, if it is remembered.
    #[must_use]
    pub fn line_of(&self, write: WriteId) -> Option<u32> {
        self.writes.get(&write).map(|write| write.line)
    }

    fn reader(&mut self, thread: Thread) -> &mut Reader {
        let number = number(thread);
        if self.readers.len() <= number {
            self.readers.resize_with(number + 1, Reader::default);
        }
        &mut self.readers[number]
    }

    fn line(&self, thread: Thread) -> u32 {
        let reader = self.readers.get(number(thread));
        reader.map_or(0, |reader| reader.line)
    }

    /// What is known of a write, made if need be; none if it was forgotten. All writes that
    /// are remembered are at least as young as `oldest`.
    fn write(&mut self, id: WriteId, thread: Thread, addr: Addr, bytes: u64) -> Option<&mut Write> {
        let is_new = id.0 >= self.oldest && !self.writes.contains_key(&id);
        while is_new && self.writes.len() >= self.remembered {
            self.forgotten += u64::from(self.writes.remove(&WriteId(self.oldest)).is_some());
            self.oldest += 1;
        }
        if id.0 < self.oldest {
            return None;
        }
        let line = self.line(thread);
        let write = self.writes.entry(id).or_insert_with(|| Write {
            thread,
            line,
            addr,
            bytes,
            performed: Vec::new(),
        });
        // A write that nobody announced is as large as the parts seen of it.
        // An access past the last address is announced, and then faults.
        let end = |addr: Addr, bytes: u64| addr.0.saturating_add(bytes);
        let end = end(write.addr, write.bytes).max(end(addr, bytes));
        write.addr = write.addr.min(addr);
        write.bytes = end - write.addr.0;
        Some(write)
    }

    /// Whether byte `i`, written by `a`, and byte `j`, written by `x`, cannot have stood
    /// together: `x` also writes byte `i`, and there `a` is older.
    fn half_seen(&self, x: WriteId, j: Addr, a: WriteId, i: Addr) -> bool {
        let Some(writer_x) = self.writes.get(&x).filter(|write| write.covers(i)) else {
            return false;
        };
        let Some(writer_a) = self.writes.get(&a) else {
            return true; // memory as it was, or long past
        };
        if writer_a.covers(j) {
            return true; // each writes both bytes: the later one of them would show in both
        }
        let order = |write: &Write| write.performed_at(i).map(|part| part.order);
        match (order(writer_a), order(writer_x)) {
            (Some(a), Some(x)) => a < x,
            (Some(_), None) => true,
            (None, _) => false, // still in the reader's own buffer, so newer
        }
    }

    fn is_torn(&self, addr: Addr, writers: &[WriteId]) -> bool {
        if writers.iter().all(|&write| write == writers[0]) {
            return false;
        }
        // Bytes by the same writer behave alike only if it covers the same others, so all
        // pairs of bytes are looked at; a value is at most a few words.
        let at = |offset: usize| addr + offset as u64;
        (0..writers.len()).any(|j| {
            (0..writers.len()).any(|i| {
                writers[i] != writers[j] && self.half_seen(writers[j], at(j), writers[i], at(i))
            })
        })
    }

    fn judge(&mut self, thread: Thread, read: &Read) {
        if read.is_by_one_write() {
            return; // as nearly all are
        }
        let Some(bytes) = read.bytes.iter().copied().collect::<Option<Vec<_>>>() else {
            return; // the value was not read to its end
        };
        let writers: Vec<WriteId> = bytes.iter().map(|&(_, write)| write).collect();
        if !self.is_torn(read.addr, &writers) {
            return;
        }
        self.count += 1;
        if self.found.len() < KEPT {
            self.found.push(TornRead {
                thread,
                line: self.line(thread),
                addr: read.addr,
                value: bytes.iter().map(|&(byte, _)| byte).collect(),
                begun_cycle: read.begun_cycle,
                cycle: self.now,
                seen: self.runs(read.addr, &writers),
            });
        }
    }

    fn runs(&self, addr: Addr, writers: &[WriteId]) -> Vec<Seen> {
        let mut runs = Vec::new();
        let mut offset = 0;
        for run in writers.chunk_by(|a, b| a == b) {
            let write = self.writes.get(&run[0]);
            let performed = write.and_then(|write| write.performed_at(addr + offset as u64));
            runs.push(Seen {
                offset,
                bytes: run.len(),
                write: run[0],
                thread: write.map(|write| write.thread),
                line: write.map_or(0, |write| write.line),
                cycle: performed.map(|part| part.cycle),
            });
            offset += run.len();
        }
        runs
    }

    fn note(&mut self, thread: Thread, note: &Note) {
        match *note {
            Note::OperationBegun { line } => self.reader(thread).line = line,
            Note::WriteBegun { write, addr, bytes } => {
                self.write(write, thread, addr, bytes);
            }
            Note::ReadBegun { addr, bytes } => {
                let now = self.now;
                let reader = self.reader(thread);
                reader.reads = true;
                reader.read.addr = addr;
                reader.read.bytes.clear();
                reader.read.bytes.resize(bytes as usize, None);
                reader.read.begun_cycle = now;
            }
            Note::ReadEnded => {
                let reader = self.reader(thread);
                if std::mem::take(&mut reader.reads) {
                    let read = std::mem::take(&mut reader.read);
                    self.judge(thread, &read);
                    self.reader(thread).read = read;
                }
            }
            _ => {}
        }
    }
}

/// The place of a thread among all; setup is the first.
fn number(thread: Thread) -> usize {
    usize::from(thread.0.wrapping_add(1))
}

impl<P: Piece> Observer<P> for TornReads {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        match *event {
            Event::Note { core, note } => self.note(self.running.on(core), note),
            Event::Performed {
                core,
                write,
                addr,
                bytes,
                ..
            } => {
                self.order += 1;
                let (order, cycle, bytes) = (self.order, self.now, bytes as u64);
                let part = Performed {
                    addr,
                    bytes,
                    order,
                    cycle,
                };
                let thread = self.running.on(core);
                if let Some(write) = self.write(write, thread, addr, bytes) {
                    write.performed.push(part);
                }
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } => {
                if matches!(access.kind, AccessKind::Store { .. } | AccessKind::Evict) {
                    return;
                }
                let thread = self.running.on(core);
                let reader = self.readers.get_mut(number(thread));
                let Some(reader) = reader.filter(|reader| reader.reads) else {
                    return;
                };
                let read = &mut reader.read;
                let number = value.value(access.bytes).to_le_bytes();
                let writers = value.writers(access.bytes);
                for ((at, &writer), byte) in (0..).zip(writers).zip(number) {
                    let offset = (access.addr + at).0.wrapping_sub(read.addr.0);
                    if let Some(slot) = read.bytes.get_mut(offset as usize) {
                        *slot = Some((byte, writer));
                    }
                }
            }
            _ => {}
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
