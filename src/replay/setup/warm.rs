//! Before a warm run core 0 does what the trace's `init` lines say, as the goroutine does that
//! makes a map and then starts others: what it wrote is in its cache when they begin.

use super::Place;
use crate::drive::{Ending, Ordered};
use crate::machine::{Access, Core, Event, Machine, Note, Observer};
use crate::maps::AsyncProgram;
use crate::memory::{Bytes, Tagged};

/// Tells of what happened before the run: not what caches did, only what was written.
struct Before<'a, O> {
    observer: &'a mut O,
    line: u32,
}

impl<O: Observer<Tagged>> Observer<Tagged> for Before<'_, O> {
    fn observe(&mut self, event: &Event<'_, Tagged>) {
        let core = Core::SETUP;
        match *event {
            Event::Note { note, .. } => {
                if let Note::OperationBegun { line } = *note {
                    self.line = line;
                }
                self.observer.observe(&Event::Note { core, note });
            }
            Event::Performed {
                write,
                addr,
                bytes,
                value,
                ..
            } => self.observer.observe(&Event::Performed {
                core,
                write,
                addr,
                bytes,
                value,
                from_buffer: false,
            }),
            Event::Allocated {
                addr, bytes, name, ..
            } => self.observer.observe(&Event::Allocated {
                core,
                addr,
                bytes,
                name,
            }),
            _ => {}
        }
    }
}

/// Runs a program on core 0 of a machine on which nothing else happens, after the core has
/// looked at all that was laid out. If it fails: at which line of the trace, and why.
pub(super) fn run<O: Observer<Tagged>>(
    mut program: AsyncProgram,
    places: Vec<Place>,
    machine: Machine<Bytes>,
    observer: &mut O,
) -> Result<Machine<Bytes>, (u32, String)> {
    let line_bytes = machine.config().line_size.bytes();
    let mut run = Ordered::new(machine, Before { observer, line: 0 });
    let core = Core(0);
    let done = places
        .iter()
        .flat_map(|place| {
            let lines = 0..place.bytes.div_ceil(line_bytes);
            lines.map(move |line| place.addr + line * line_bytes)
        })
        .try_for_each(|addr| run.access(core, Access::load(addr, 1), &[]));
    let done = done.and_then(|()| run.run(core, &mut program));
    let (_, machine, before) = run.end(Ending::Finished);
    let line = before.line;
    match done {
        Ok(()) | Err(Ending::BadInput) => Ok(machine),
        Err(Ending::Fatal(_, text)) => Err((line, text.to_owned())),
        Err(Ending::Unsupported(_, what)) => Err((line, what)),
        Err(Ending::Fault(_, addr, _)) => {
            Err((line, format!("{addr} is outside of what is declared")))
        }
        Err(_) => Err((line, "it does not come to its end".to_owned())),
    }
}
