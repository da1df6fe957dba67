//! A proof's witness as a trace: what each core asks, and the schedule of the steps. It is made
//! by taking those steps on a machine, so what comes out fits.

use std::sync::Arc;

use crate::drive::proof::{Did, Moment, Witness};
use crate::drive::schedule::name;
use crate::machine::{Access, Act, Config, Core, Machine, Port, Progress, Slot, Step};
use crate::memory::{Addr, Bytes, Heap, Line, LineSize, WriteId};
use crate::protocol::Protocol;
use crate::protocol::network::CoreEvent;
use crate::trace::{Base, Header, NamedStep, Op, Operation, Place, Schedule};

/// Where the first line of the witness lies.
const FIRST_ADDR: u64 = 0x1000;

/// The witness as a trace for a machine, whose cores are as many as the proof's.
///
/// # Errors
/// When such a machine cannot take the witness's steps: why not, without a full stop.
pub fn witness_trace(
    config: Arc<Config>,
    protocol: &Protocol,
    witness: &Witness,
) -> Result<(Header, Vec<Operation>), String> {
    let header = Header {
        machine: Some(config.name.clone()),
        cores: Some(config.cores as u32),
        ..Header::default()
    };
    if !Machine::<Bytes>::can_run(config.cores, protocol) {
        return Err("the protocol has too many controllers".to_owned());
    }
    let mut retaken = Retaken {
        last: vec![None; config.cores],
        written: Vec::new(),
        machine: Machine::new(config, protocol, Heap::open()),
        operations: Vec::new(),
        steps: Vec::new(),
    };
    for (number, moment) in (1..).zip(&witness.steps) {
        let taken = retaken.moment(number, moment);
        let goes_on = taken.map_err(|why| format!("step {number}: {why}"))?;
        if !goes_on {
            break;
        }
    }
    let schedule = Schedule {
        file: None,
        steps: retaken.steps.into_iter().map(|step| (0, step)).collect(),
    };
    let header = Header {
        schedule: Some(schedule),
        ..header
    };
    Ok((header, retaken.operations))
}

/// The steps of a witness, taken again.
struct Retaken {
    machine: Machine<Bytes>,
    operations: Vec<Operation>,
    steps: Vec<NamedStep>,
    /// What each core asked last.
    last: Vec<Option<(usize, CoreEvent)>>,
    /// For each line the byte that was written last.
    written: Vec<u64>,
}

impl Retaken {
    /// Takes a step of the witness: whether others can follow.
    fn moment(&mut self, number: u64, moment: &Moment) -> Result<bool, String> {
        match moment.did {
            Did::Asked { line, node, event } => self.ask(number, line, node, event),
            Did::Received {
                line,
                kind,
                to,
                ref from,
            } => {
                let line = self.line(line);
                let controllers = self.machine.controllers().expect("there is a network");
                let found = self.machine.in_flight().iter().find(|other| {
                    let message = other.message;
                    let sender = controllers.name(usize::from(message.from));
                    other.line == line
                        && message.kind == kind
                        && to.is_none_or(|to| to == message.to)
                        && from.as_ref().is_none_or(|from| *from == sender)
                });
                let message = found.ok_or("no such message is in flight on the machine")?;
                let id = message.id;
                self.take(Step::Receive(id))
            }
            Did::Acted {
                line,
                node,
                event,
                member,
            } => {
                let line = self.line(line);
                self.take(Step::Act(Act {
                    line,
                    node,
                    event,
                    member,
                }))
            }
        }
    }

    fn ask(
        &mut self,
        number: u64,
        line: usize,
        node: usize,
        event: CoreEvent,
    ) -> Result<bool, String> {
        if node >= self.last.len() {
            return Err("a core asks what is not its first controller".to_owned());
        }
        let core = Core(node as u8);
        let port = Port::Issue;
        let slot = Slot { core, port };
        if self.machine.is_idle(core) {
            let op = self.op(number, line, event);
            self.begin(core, op);
            self.last[node] = Some((line, event));
            return self.take(Step::Issue(core));
        }
        let mut steps = Vec::new();
        self.machine.core_steps(core, &mut steps);
        if self.last[node] == Some((line, event)) && steps.contains(&Step::Deliver(slot)) {
            return self.take(Step::Deliver(slot));
        }
        Err(format!(
            "{core} asks for something while its last access is under way, and a core of the \
             machine does one thing after another"
        ))
    }

    /// Each store has a byte of its own, so that a copy which lacks one can be told.
    fn op(&mut self, number: u64, line: usize, event: CoreEvent) -> Op {
        let bytes = self.machine.config().line_size.bytes();
        if self.written.len() <= line {
            self.written.resize(line + 1, 0);
        }
        let base = address_of(self.machine.config().line_size, line);
        let place = |offset| Place {
            base: Base::Absolute,
            offset: base + offset,
            bytes: 1,
        };
        match event {
            CoreEvent::Load => Op::Load(place(self.written[line])),
            CoreEvent::Evict => Op::Evict(place(0)),
            CoreEvent::Store => {
                self.written[line] = number % bytes;
                Op::Store(place(number % bytes), u128::from(number & 0xff))
            }
        }
    }

    fn begin(&mut self, core: Core, op: Op) {
        let write = WriteId(self.operations.len() as u32 + 1);
        let access = match op {
            Op::Store(place, value) => Access::store(Addr(place.offset), 1, value, write),
            Op::Evict(place) => Access::evict(Addr(place.offset)),
            Op::Load(Place { offset, .. }) => Access::load(Addr(offset), 1),
            _ => unreachable!("cores load, store and evict"),
        };
        self.machine.begin(core, access);
        self.operations.push(Operation {
            line: 0,
            thread: core.0.into(),
            op,
            result: None,
            label: None,
        });
    }

    /// Takes a step, and on a bus the one that serves it.
    fn take(&mut self, step: Step) -> Result<bool, String> {
        self.steps.push(name(&self.machine, step));
        match self.machine.perform(step, &mut ()) {
            // The violation itself.
            Err(_) => Ok(false),
            Ok(Progress::Waits(slot)) if !self.machine.on_network() => {
                self.take(Step::Deliver(slot))
            }
            Ok(Progress::Held) => Err("the message has to wait on the machine".to_owned()),
            Ok(Progress::Unsupported(why)) => Err(why.to_owned()),
            Ok(_) => Ok(true),
        }
    }

    fn line(&self, line: usize) -> Line {
        let size = self.machine.config().line_size;
        size.line_of(Addr(address_of(size, line)))
    }
}

/// The first address of a line of the witness.
fn address_of(size: LineSize, line: usize) -> u64 {
    FIRST_ADDR + line as u64 * size.bytes()
}
