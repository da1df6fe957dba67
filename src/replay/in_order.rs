//! A replay in the order of the trace: each of its operations is complete before the next one
//! begins, whichever thread it is of. Nothing is left open, so there is no seed.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use super::{Ran, Replay};
use crate::drive::{Ended, Ending, Ordered};
use crate::machine::{Access, Core, Machine, Note, Observer};
use crate::maps::{AsyncProgram, Mem, Peek, Walk, WriteIds, run_thread};
use crate::memory::{Addr, Contents, Heap, NoBytes, Tagged, WriteId};
use crate::trace::{Error, Op, Operation};

impl Replay {
    /// Replays in the order of the trace: how it ended, after how many operations, and the
    /// observer, which has also been told of what the trace's `init` lines did before.
    ///
    /// # Errors
    /// When what the trace declares finds no room, or the trace can no longer be read.
    pub fn run_in_order<O: Observer<Tagged> + Observer<()>>(
        &self,
        mut observer: O,
    ) -> Result<Ran<O>, Error> {
        let mut maps = Vec::new();
        let (ended, observer) = if self.trace.is_plain() && !self.checked {
            self.run_plain(observer)?
        } else {
            let last = self.trace.threads().iter().map(|thread| thread.operations);
            let mut left: u64 = last.sum();
            let ended = self.run_walking(&mut observer, |_, walk| {
                left -= 1;
                if left == 0 {
                    maps = walk();
                }
            })?;
            (ended, observer)
        };
        Ok(Ran {
            ended,
            observer,
            maps,
            steps: Vec::new(),
            machine: None,
        })
    }

    /// The same, and after each operation `walked` is told what all maps hold.
    ///
    /// # Errors
    /// When what the trace declares finds no room, or the trace can no longer be read.
    pub fn run_walking<O: Observer<Tagged>>(
        &self,
        observer: &mut O,
        mut walked: impl FnMut(&Operation, &dyn Fn() -> Vec<Walk>),
    ) -> Result<Ended, Error> {
        let writes = WriteIds::default();
        let (machine, world) = self.set_up(&writes, observer)?;
        let world = Rc::new(world);
        let mem = Mem::new(writes);
        let ended = self.each(machine, observer, |run, core, operation| {
            let mut one = Some(operation.clone());
            let next = move || Ok::<_, Infallible>(one.take());
            let code = run_thread(mem.clone(), Rc::clone(&world), next);
            run.run(core, &mut AsyncProgram::new(&mem, code))?;
            walked(&operation, &|| world.walk(&Peek::new(run.machine())));
            Ok(())
        })?;
        Ok(ended.0)
    }

    /// A trace of addresses alone, unchecked: nobody asks for the bytes, so there are none.
    fn run_plain<O: Observer<()>>(&self, observer: O) -> Result<(Ended, O), Error> {
        let (config, protocol) = (Arc::clone(&self.config), self.protocol.clone());
        let machine: Machine<NoBytes> = Machine::new(config, protocol, Heap::open());
        let mut writes = 0_u32;
        self.each(machine, observer, |run, core, operation| {
            let begun = Note::OperationBegun {
                line: operation.line,
            };
            match operation.op {
                Op::Load(place) => {
                    let access = Access::load(Addr(place.offset), place.bytes.into());
                    run.access(core, access, &[begun])
                }
                Op::Store(place, value) => {
                    writes = writes.wrapping_add(1).max(1);
                    let (write, addr, bytes) = (WriteId(writes), Addr(place.offset), place.bytes);
                    let note = Note::WriteBegun {
                        write,
                        addr,
                        bytes: bytes.into(),
                    };
                    let access = Access::store(addr, bytes.into(), value, write);
                    run.access(core, access, &[begun, note])
                }
                _ => unreachable!("a plain trace has loads and stores"),
            }
        })
    }

    /// Lets `perform` do every operation of the trace.
    fn each<C: Contents, O: Observer<C::Piece>>(
        &self,
        machine: Machine<C>,
        observer: O,
        mut perform: impl FnMut(&mut Ordered<C, O>, Core, Operation) -> Result<(), Ending>,
    ) -> Result<(Ended, O), Error> {
        let run = Ordered::new(machine, observer).limited(self.limits);
        let mut run = if self.checked { run.checked() } else { run };
        let mut ending = Ending::Finished;
        for operation in self.trace.operations()? {
            let operation = operation?;
            // Threads without a core of their own share one.
            let core = Core((usize::from(operation.thread) % self.config.cores) as u8);
            if let Err(early) = perform(&mut run, core, operation) {
                ending = early;
                break;
            }
        }
        let (ended, _, observer) = run.end(ending);
        Ok((ended, observer))
    }
}
