//! The timeline: every step that changed something, a line each, as it happens.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::machine::{AccessKind, Answer, CallKind, Core, Event, Note, Observer, Supplier};
use crate::memory::{Addr, LineSize, Piece};
use crate::protocol::Table;
use crate::replay::Place;

/// Writes a timeline while the machine runs.
pub struct Timeline<W> {
    output: W,
    /// Why writing failed; nothing more is written then.
    error: Option<io::Error>,
    table: Arc<Table>,
    line_size: LineSize,
    places: Vec<Place>,
    /// The words of the trace's lines.
    texts: BTreeMap<u32, String>,
    now: u64,
}

impl<W: io::Write> Timeline<W> {
    /// A timeline for a machine with this protocol and line size.
    pub fn new(
        output: W,
        table: Arc<Table>,
        line_size: LineSize,
        places: Vec<Place>,
        texts: BTreeMap<u32, String>,
    ) -> Timeline<W> {
        Timeline {
            output,
            error: None,
            table,
            line_size,
            places,
            texts,
            now: 0,
        }
    }

    /// Whether everything was written.
    ///
    /// # Errors
    /// The first failure to write.
    pub fn finish(self) -> io::Result<()> {
        self.error.map_or(Ok(()), Err)
    }

    fn line(&mut self, core: Core, what: &str) {
        if self.error.is_none() && core != Core::SETUP {
            let line = writeln!(self.output, "{:>8}  {core}  {what}", self.now);
            self.error = line.err();
        }
    }

    /// An address with the name of what lies there.
    fn at(&self, addr: Addr) -> String {
        let holds = |place: &&Place| (place.addr.0..place.addr.0 + place.bytes).contains(&addr.0);
        match self.places.iter().find(holds) {
            None => addr.to_string(),
            Some(place) if place.addr == addr => format!("{addr} ({})", place.name),
            Some(place) => format!("{addr} ({}+{})", place.name, addr.0 - place.addr.0),
        }
    }

    fn note(&mut self, core: Core, note: &Note) {
        let what = match note {
            Note::OperationBegun { line } => {
                let text = self.texts.get(line).map_or("", String::as_str);
                format!("line {line}: {text}")
            }
            Note::CallEnded(answer) => match answer {
                Answer::Nothing => return,
                Answer::Present => "  found".to_owned(),
                Answer::Absent => "  not found".to_owned(),
                Answer::Count(count) => format!("  counted {count}"),
            },
            Note::CallBegun(call) if call.kind == CallKind::Len => return,
            Note::Named { name, value } => match value {
                Some(value) => format!("  {name} = {value:#x}"),
                None => format!("  {name} = absent"),
            },
            _ => return,
        };
        self.line(core, &what);
    }
}

impl<P: Piece, W: io::Write> Observer<P> for Timeline<W> {
    fn observe(&mut self, event: &Event<'_, P>) {
        let base = |line| self.line_size.base_of(line);
        let (core, what) = match *event {
            Event::Note { core, note } => return self.note(core, note),
            Event::Buffered {
                core,
                addr,
                bytes,
                occupancy,
                ..
            } => {
                let at = self.at(addr);
                (
                    core,
                    format!("  buffers {bytes} bytes at {at}; {occupancy} in the buffer"),
                )
            }
            Event::Forwarded { core, addr, bytes } => (
                core,
                format!(
                    "  forwards {bytes} bytes at {} from its buffer",
                    self.at(addr)
                ),
            ),
            Event::Performed {
                core,
                addr,
                bytes,
                value,
                from_buffer,
                ..
            } => {
                let verb = if from_buffer { "drains" } else { "writes" };
                let at = self.at(addr);
                (
                    core,
                    format!("  {verb} {value:#x} to {bytes} bytes at {at}"),
                )
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } => match access.kind {
                AccessKind::Store { .. } => return,
                _ => {
                    let (bytes, at) = (access.bytes, self.at(access.addr));
                    (
                        core,
                        format!(
                            "  loads {:#x} from {bytes} bytes at {at}",
                            value.value(bytes)
                        ),
                    )
                }
            },
            Event::Transition {
                core,
                line,
                from,
                to,
                event,
                ..
            } => {
                let (from, to) = (self.table.state_name(from), self.table.state_name(to));
                (
                    core,
                    format!(
                        "    line {}: {from} -> {to} on {}",
                        base(line),
                        event.name()
                    ),
                )
            }
            Event::Transaction {
                core,
                line,
                kind,
                supplier,
                ..
            } => {
                let from = match supplier {
                    Supplier::Nobody => String::new(),
                    Supplier::Cache(other) => format!(", supplied by {other}"),
                    Supplier::LastLevel => ", from the last level".to_owned(),
                    Supplier::Memory => ", from memory".to_owned(),
                };
                (
                    core,
                    format!("    bus: {} for line {}{from}", kind.name(), base(line)),
                )
            }
            Event::Flushed {
                core,
                line,
                to_memory,
                ..
            } => {
                let to = if to_memory { "memory" } else { "the requester" };
                (core, format!("    line {} flushed to {to}", base(line)))
            }
            Event::BusLocked { core } => (core, "    bus locked".to_owned()),
            Event::Stalled { core, stall } => (core, format!("  waits: {}", stall.reason())),
            Event::Faulted { core, addr, bytes } => (
                core,
                format!("  segmentation fault: {bytes} bytes at {addr}"),
            ),
            Event::Ended { core, exit } => (core, format!("ends: {exit}")),
            Event::Refused { core, line, kind } => {
                let at = base(line);
                (
                    core,
                    format!("    bus: {} for line {at} refused", kind.name()),
                )
            }
            Event::WrittenThrough { core, line, bytes } => {
                let at = base(line);
                (
                    core,
                    format!("    {bytes} bytes of line {at} written to memory"),
                )
            }
            Event::Hit { .. } | Event::Snooped { .. } | Event::BusBusy { .. } => return,
        };
        self.line(core, &what);
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
