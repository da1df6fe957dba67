//! A schedule of a litmus test, step by step, with what each step changed.

use serde::{Serialize, Serializer};

use super::standing::Standing;
use crate::coherence::network::Controllers;
use crate::drive::Ending;
use crate::drive::interleave::State;
use crate::drive::schedule::name;
use crate::litmus::{Setup, Thread};
use crate::machine::{AccessKind, Core, Event, Observer, Port, Slot, Step, Supplier};
use crate::memory::{Addr, Line, Piece, low_bytes};
use crate::protocol::{Protocol, State as LineState};
use crate::trace::{self, NamedStep};

/// Steps of a machine, one after another.
#[derive(Clone, Debug, Serialize)]
pub struct Schedule {
    /// Each with what it changed.
    pub steps: Vec<Taken>,
    /// What the parts of the machine are called that hold something.
    #[serde(skip)]
    pub titles: Vec<String>,
    /// What they hold before the first step.
    #[serde(skip)]
    pub first: Standing,
}

/// A step that was taken.
#[derive(Clone, Debug, Serialize)]
pub struct Taken {
    /// The step in the words of schedules.
    #[serde(serialize_with = "as_text")]
    pub step: NamedStep,
    /// Whose step: `P0`, or the name of a controller.
    pub who: String,
    /// What was done: an instruction, or `drain`.
    pub what: String,
    /// What changed by it, in the order in which it happened.
    pub changed: Vec<String>,
    /// What the parts of the machine hold after it.
    #[serde(skip)]
    pub after: Standing,
}

impl Schedule {
    /// The steps alone, as they stand in a file.
    #[must_use]
    pub fn named(&self) -> trace::Schedule {
        let steps = self.steps.iter().map(|taken| (0, taken.step.clone()));
        trace::Schedule {
            file: None,
            steps: steps.collect(),
        }
    }
}

fn as_text<S: Serializer>(step: &NamedStep, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(step)
}

/// The schedule in words.
///
/// # Errors
/// What ended the run before its end.
pub fn schedule(setup: &Setup<'_>, steps: &[Step]) -> Result<Schedule, Ending> {
    let mut seen = Seen::new(setup);
    let mut taken = Vec::new();
    setup.walk(steps, &mut seen, |step, before, after, seen| {
        let changed = std::mem::take(&mut seen.changed);
        let (who, what) = describe(setup, before, step);
        taken.push(Taken {
            step: name(&before.machine, step),
            who,
            what,
            changed,
            after: Standing::of(setup, after),
        });
    })?;
    Ok(Schedule {
        steps: taken,
        titles: Standing::titles(setup),
        first: Standing::of(setup, &setup.first()?),
    })
}

fn describe(setup: &Setup<'_>, before: &State<Thread>, step: Step) -> (String, String) {
    let (core, port) = match step {
        Step::Issue(core) => (core, Port::Issue),
        Step::Drain(core) => (core, Port::Drain),
        Step::Deliver(Slot { core, port }) => (core, port),
        Step::Overtake(core, place) => {
            let store = before.machine.store_buffer(core).iter().nth(place);
            let name = store.map(|store| setup.name_of(store.addr, store.bytes));
            let what = format!("{} goes first", name.unwrap_or_default());
            return (format!("P{}", core.0), what);
        }
        Step::Invalidate(core) => {
            let queue = before.machine.invalidation_queue(core);
            let oldest = queue.and_then(|queue| queue.lines().next());
            let line = oldest.map(|line| name_of_line(setup, line));
            let what = format!("invalidate {}", line.unwrap_or_default());
            return (format!("P{}", core.0), what);
        }
        Step::Receive(_) => return (String::new(), "message".to_owned()),
        Step::Act(_) => return (String::new(), "controller".to_owned()),
    };
    let what = match port {
        Port::Issue => setup.instruction(core, before.programs[core.index()].at()),
        Port::Drain => {
            let oldest = before.machine.store_buffer(core).oldest();
            oldest.map_or_else(String::new, |store| {
                let place = setup.name_of(store.addr, store.bytes);
                format!("drain {place}={}", store.value)
            })
        }
    };
    (format!("P{}", core.0), what)
}

fn name_of_line(setup: &Setup<'_>, line: Line) -> String {
    let size = setup.line_size();
    setup.name_of(size.base_of(line), size.bytes() as usize)
}

/// Gathers what a step changes.
struct Seen<'a> {
    setup: &'a Setup<'a>,
    protocol: Option<Protocol>,
    controllers: Option<Controllers>,
    changed: Vec<String>,
}

impl<'a> Seen<'a> {
    fn new(setup: &'a Setup<'a>) -> Seen<'a> {
        let protocol = setup.protocol().cloned();
        Seen {
            controllers: match &protocol {
                Some(Protocol::Network(network)) => {
                    Controllers::new(network.clone(), setup.cores())
                }
                _ => None,
            },
            protocol,
            setup,
            changed: Vec::new(),
        }
    }

    fn line(&self, line: Line) -> String {
        name_of_line(self.setup, line)
    }

    fn place(&self, addr: Addr, bytes: usize) -> String {
        self.setup.name_of(addr, bytes)
    }

    fn state(&self, state: LineState) -> &str {
        match &self.protocol {
            Some(Protocol::Bus(table)) => table.state_name(state),
            Some(Protocol::Network(network)) => &network.front().states[usize::from(state.0)],
            None => "",
        }
    }

    fn controller(&self, node: u8) -> String {
        let Some(controllers) = &self.controllers else {
            return String::new();
        };
        match controllers.core(usize::from(node)) {
            Some(core) => format!("P{core}"),
            None => controllers.name(usize::from(node)).to_string(),
        }
    }
}

impl<P: Piece> Observer<P> for Seen<'_> {
    fn observe(&mut self, event: &Event<'_, P>) {
        let changed = match *event {
            Event::Buffered { occupancy, .. } => match occupancy {
                1 => "into the store buffer".to_owned(),
                n => format!("into the store buffer, behind {}", n - 1),
            },
            Event::Forwarded { .. } => "from its own store buffer".to_owned(),
            Event::InvalidationQueued { core, line } => {
                format!("P{} still reads the old {}", core.0, self.line(line))
            }
            Event::InvalidationApplied { core, line } => {
                format!("P{} reads the old {} no more", core.0, self.line(line))
            }
            Event::ReadInvalidated { .. } => "from before the invalidation".to_owned(),
            Event::Transition {
                core,
                line,
                from,
                to,
                ..
            } => {
                let (from, to) = (self.state(from), self.state(to));
                format!("{} at P{}: {from} → {to}", self.line(line), core.0)
            }
            Event::Changed {
                node,
                line,
                from,
                to,
                ..
            } => {
                let Some(controllers) = &self.controllers else {
                    return;
                };
                let of = &controllers.network().controllers[controllers.controller(node.into())];
                let (from, to) = (&of.states[usize::from(from)], &of.states[usize::from(to)]);
                let (line, at) = (self.line(line), self.controller(node));
                format!("{line} at {at}: {from} → {to}")
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
                    Supplier::Cache(Core(from)) => format!(", the line from P{from}"),
                    Supplier::LastLevel | Supplier::Memory => ", the line from memory".to_owned(),
                };
                let kind = kind.name();
                format!("{kind} {} by P{}{from}", self.line(line), core.0)
            }
            Event::Sent { line, message, .. } => {
                let Some(controllers) = &self.controllers else {
                    return;
                };
                let kind = &controllers.network().kinds[usize::from(message.kind)].name;
                let (from, to) = (self.controller(message.from), self.controller(message.to));
                format!("{from} sends {kind} {} to {to}", self.line(line))
            }
            Event::Delivered { line, message, .. } => {
                let Some(controllers) = &self.controllers else {
                    return;
                };
                let kind = &controllers.network().kinds[usize::from(message.kind)].name;
                let (from, to) = (self.controller(message.from), self.controller(message.to));
                format!("{kind} {} from {from} reaches {to}", self.line(line))
            }
            Event::Performed {
                addr, bytes, value, ..
            } => {
                let value = low_bytes(value, bytes);
                let place = self.place(addr, bytes);
                match self.setup.queues_invalidations() {
                    // Another core may still read what it was.
                    true => format!("{place}={value} is written"),
                    false => format!("all cores see {place}={value}"),
                }
            }
            Event::Completed { access, value, .. } => match access.kind {
                AccessKind::Load | AccessKind::Locked { .. } => {
                    let place = self.place(access.addr, access.bytes);
                    format!("reads {place}={}", value.value(access.bytes))
                }
                _ => return,
            },
            Event::BusLocked { .. } => "the bus is locked".to_owned(),
            _ => return,
        };
        self.changed.push(changed);
    }
}
