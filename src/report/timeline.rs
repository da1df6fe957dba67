//! The timeline: every step that changed something, a line each, as it happens.

use std::collections::BTreeMap;
use std::io;

use super::counted;
use crate::coherence::network::{Controllers, Message};
use crate::machine::{AccessKind, Answer, CallKind, Config, Core, Event, Note, Observer, Supplier};
use crate::memory::{Addr, Line, LineSize, Piece};
use crate::observe::Objects;
use crate::protocol::network::Order;
use crate::protocol::{Protocol, State};

/// Writes a timeline while the machine runs.
pub struct Timeline<W> {
    output: W,
    /// Why writing failed; nothing more is written then.
    error: Option<io::Error>,
    protocol: Protocol,
    controllers: Option<Controllers>,
    line_size: LineSize,
    objects: Objects,
    /// What a bus carried last, and when: it reaches each controller for itself.
    carried: Option<(u64, Line, Message)>,
    /// The words of the trace's lines.
    texts: BTreeMap<u32, String>,
    now: u64,
}

impl<W: io::Write> Timeline<W> {
    /// A timeline for a machine with this protocol.
    pub fn new(
        output: W,
        protocol: &Protocol,
        config: &Config,
        objects: Objects,
        texts: BTreeMap<u32, String>,
    ) -> Timeline<W> {
        Timeline {
            output,
            error: None,
            protocol: protocol.clone(),
            controllers: match protocol {
                Protocol::Bus(_) => None,
                Protocol::Network(network) => Controllers::new(network.clone(), config.cores),
            },
            line_size: config.line_size,
            objects,
            carried: None,
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

    /// The same for a controller, by its node.
    fn line_of(&mut self, node: u8, what: &str) {
        let Some(controllers) = &self.controllers else {
            return;
        };
        match controllers.core(usize::from(node)) {
            Some(core) => self.line(Core(core as u8), what),
            None if self.error.is_none() => {
                let name = controllers.name(usize::from(node));
                let line = writeln!(self.output, "{:>8}  {name}  {what}", self.now);
                self.error = line.err();
            }
            None => {}
        }
    }

    fn state(&self, state: State) -> &str {
        match &self.protocol {
            Protocol::Bus(table) => table.state_name(state),
            Protocol::Network(network) => &network.front().states[usize::from(state.0)],
        }
    }

    fn sent(&mut self, line: Line, message: Message, broadcast: bool) {
        let Some(controllers) = &self.controllers else {
            return;
        };
        let kind = &controllers.network().kinds[usize::from(message.kind)];
        let to = match broadcast {
            true => "all".to_owned(),
            false => controllers.name(usize::from(message.to)),
        };
        let mut what = format!("    sends {} to {to}", kind.name);
        if ![message.from, message.to].contains(&message.requester) {
            let requester = controllers.name(usize::from(message.requester));
            what += &format!(" for {requester}");
        }
        if kind.acks {
            what += &format!(", count {}", message.acks);
        }
        what += &format!(": line {}", self.line_size.base_of(line));
        self.line_of(message.from, &what);
    }

    /// A bus carries a message to all controllers at once.
    fn carried(&mut self, line: Line, message: Message) {
        let Some(controllers) = &self.controllers else {
            return;
        };
        let network = controllers.network();
        let kind = &network.kinds[usize::from(message.kind)];
        let broadcast = network.channel_of(message.kind).order == Order::Broadcast;
        let carried = Some((self.now, line, message));
        if !broadcast || self.carried == carried || self.error.is_some() {
            return;
        }
        self.carried = carried;
        let name = |node: u8| controllers.name(usize::from(node));
        let (from, at) = (name(message.from), self.line_size.base_of(line));
        let to = match kind.line || message.requester != message.from {
            true => format!(" for {}", name(message.requester)),
            false => String::new(),
        };
        let what = format!("{} from {from}{to}: line {at}", kind.name);
        let what = format!("{:>8}  bus     {what}", self.now);
        self.error = writeln!(self.output, "{what}").err();
    }

    fn changed(&mut self, node: u8, line: Line, event: u16, states: [u8; 2]) {
        let Some(controllers) = &self.controllers else {
            return;
        };
        let index = controllers.controller(usize::from(node));
        let controller = &controllers.network().controllers[index];
        let [from, to] = states.map(|state| &controller.states[usize::from(state)]);
        let event = &controller.events[usize::from(event)].name;
        let at = self.line_size.base_of(line);
        let what = format!("    line {at}: {from} -> {to} on {event}");
        self.line_of(node, &what);
    }

    /// An address with the name of what lies there.
    fn at(&self, addr: Addr) -> String {
        match self.objects.site(addr) {
            None => addr.to_string(),
            Some(_) => format!("{addr} ({})", self.objects.name(addr)),
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
        self.objects.observe(event);
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
                let (bytes, at) = (counted(bytes, "byte"), self.at(addr));
                (
                    core,
                    format!("  buffers {bytes} at {at}; {occupancy} in the buffer"),
                )
            }
            Event::Forwarded { core, addr, bytes } => (
                core,
                format!(
                    "  forwards {} at {} from its buffer",
                    counted(bytes, "byte"),
                    self.at(addr)
                ),
            ),
            Event::InvalidationQueued { core, line } => (
                core,
                format!("    line {}: its invalidation is queued", base(line)),
            ),
            Event::InvalidationApplied { core, line } => (
                core,
                format!("    line {}: its invalidation is applied", base(line)),
            ),
            Event::ReadInvalidated { core, addr, bytes } => {
                let (bytes, at) = (counted(bytes, "byte"), self.at(addr));
                (
                    core,
                    format!("  reads {bytes} at {at} from before the invalidation"),
                )
            }
            Event::Performed {
                core,
                addr,
                bytes,
                value,
                from_buffer,
                ..
            } => {
                let verb = if from_buffer { "drains" } else { "writes" };
                let (bytes, at) = (counted(bytes, "byte"), self.at(addr));
                (core, format!("  {verb} {value:#x} to {bytes} at {at}"))
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } => match access.kind {
                AccessKind::Store { .. } | AccessKind::Evict => return,
                _ => {
                    let (value, at) = (value.value(access.bytes), self.at(access.addr));
                    let bytes = counted(access.bytes, "byte");
                    (core, format!("  loads {value:#x} from {bytes} at {at}"))
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
                let (from, to) = (self.state(from), self.state(to));
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
                format!("  segmentation fault: {} at {addr}", counted(bytes, "byte")),
            ),
            Event::Scheduled { core, thread } => (core, format!("runs {thread} now")),
            Event::Allocated {
                core, addr, bytes, ..
            } => {
                let name = self.objects.name(addr);
                let bytes = counted(bytes as usize, "byte");
                let what = format!("  allocates {bytes} for {name} at {addr}");
                (core, what)
            }
            Event::Sleeps { core, addr } => {
                let at = self.at(addr);
                (core, format!("  sleeps for the semaphore at {at}"))
            }
            Event::Acquired { core, addr } => {
                let at = self.at(addr);
                (core, format!("  has the semaphore at {at}"))
            }
            Event::Released { core, addr } => {
                let at = self.at(addr);
                (core, format!("  releases the semaphore at {at}"))
            }
            Event::Ended { core, exit } => (core, format!("ends: {exit}")),
            Event::Refused { core, line, kind } => {
                let at = base(line);
                (
                    core,
                    format!("    bus: {} for line {at} refused", kind.name()),
                )
            }
            Event::WrittenThrough { core, line, bytes } => {
                let (bytes, at) = (counted(bytes, "byte"), base(line));
                (core, format!("    {bytes} of line {at} written to memory"))
            }
            Event::Sent {
                line,
                message,
                broadcast,
                ..
            } => return self.sent(line, message, broadcast),
            Event::Delivered { line, message, .. } => return self.carried(line, message),
            Event::Changed {
                node,
                line,
                event,
                from,
                to,
                ..
            } => return self.changed(node, line, event, [from, to]),
            Event::Hit { .. }
            | Event::Snooped { .. }
            | Event::Missed { .. }
            | Event::Supplied { .. }
            | Event::Met { .. }
            | Event::BusBusy { .. } => return,
        };
        self.line(core, &what);
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
