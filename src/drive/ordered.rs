//! The ordered driver: takes what it is given, one program or access after another, and
//! completes each at once, its stores included. It has no clock and leaves nothing open; its
//! time is the number of what it has completed. What accesses do is the machine's business.

use std::cell::Cell;

use rustc_hash::FxHashMap;

use super::at_once::{AtOnce, thread};
use super::ending::{Ended, Ending, Limits};
use crate::machine::{
    Access, Checker, Core, Event, Exit, Machine, Note, Observer, Program, Request, Response,
};
use crate::memory::{Addr, Arena, Contents};

/// A machine on which one thing happens at a time.
pub struct Ordered<C: Contents, O> {
    machine: AtOnce<C, O>,
    limits: Limits,
    /// How often each semaphore was released and not taken.
    released: FxHashMap<Addr, u32>,
    completed: u64,
}

impl<C: Contents, O: Observer<C::Piece>> Ordered<C, O> {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(machine: Machine<C>, observer: O) -> Ordered<C, O> {
        Ordered {
            machine: AtOnce::new(machine, observer),
            limits: Limits::default(),
            released: FxHashMap::default(),
            completed: 0,
        }
    }

    /// Checks the machine's properties after every step.
    #[must_use]
    pub fn checked(mut self) -> Ordered<C, O> {
        self.machine.checker = Some(Checker::new(&self.machine.machine));
        self
    }

    /// The machine as it stands.
    #[must_use]
    pub fn machine(&self) -> &Machine<C> {
        &self.machine.machine
    }

    /// Gives up later or earlier than usual.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Ordered<C, O> {
        self.limits = limits;
        self
    }

    /// Performs an access with the notes that a program would make around it.
    ///
    /// # Errors
    /// What ends the run.
    pub fn access(&mut self, core: Core, access: Access, notes: &[Note]) -> Result<(), Ending> {
        self.tick()?;
        for note in notes {
            self.machine.observer.observe(&Event::Note { core, note });
        }
        self.complete(core, access)?;
        self.machine.machine.answer(core);
        Ok(())
    }

    /// Runs a program to its end.
    ///
    /// # Errors
    /// What ends the run: anything but the end of the program.
    pub fn run(&mut self, core: Core, program: &mut impl Program<C::Piece>) -> Result<(), Ending> {
        self.tick()?;
        let mut answer = Response::Done;
        let (accesses, most) = (Cell::new(0), self.limits.accesses_per_operation);
        let count = || {
            accesses.set(accesses.get() + 1);
            match accesses.get() > most {
                true => Err(Ending::Stuck(thread(core))),
                false => Ok(()),
            }
        };
        loop {
            answer = match program.resume(&answer) {
                Request::Access(access) => {
                    count()?;
                    self.complete(core, access)?;
                    self.machine.machine.answer(core)
                }
                // All earlier stores are performed, and there is no time to pass.
                Request::Fence(_) | Request::Compute(_) => Response::Done,
                Request::Note(note) => {
                    if let Note::OperationBegun { .. } = note {
                        accesses.set(0);
                    }
                    self.machine
                        .observer
                        .observe(&Event::Note { core, note: &note });
                    Response::Done
                }
                Request::Place { bytes, contents } => {
                    match self.machine.machine.place(bytes, &contents) {
                        Ok(addr) => Response::Placed(addr),
                        Err(full) => {
                            return Err(Ending::Unsupported(thread(core), full.to_string()));
                        }
                    }
                }
                Request::Allocate {
                    bytes,
                    allocator,
                    name,
                } => {
                    let arena = Arena(core.0.into());
                    match self.machine.machine.allocate(core, arena, allocator, bytes) {
                        Ok(addr) => {
                            self.machine.observer.observe(&Event::Allocated {
                                core,
                                addr,
                                bytes,
                                name,
                            });
                            Response::Placed(addr)
                        }
                        Err(full) => {
                            let thread = thread(core);
                            return Err(Ending::Unsupported(thread, full.to_string()));
                        }
                    }
                }
                Request::Acquire(addr) => {
                    let released = self.released.entry(addr).or_default();
                    if *released == 0 {
                        return Err(Ending::Asleep(thread(core)));
                    }
                    *released -= 1;
                    self.machine
                        .observer
                        .observe(&Event::Acquired { core, addr });
                    Response::Done
                }
                Request::Release(addr) => {
                    count()?;
                    *self.released.entry(addr).or_default() += 1;
                    self.machine
                        .observer
                        .observe(&Event::Released { core, addr });
                    Response::Done
                }
                Request::Exit(Exit::Finished | Exit::Thrown(_)) => return Ok(()),
                Request::Exit(exit) => {
                    self.machine
                        .observer
                        .observe(&Event::Ended { core, exit: &exit });
                    return Err(match exit {
                        Exit::Fatal(text) => Ending::Fatal(thread(core), text),
                        Exit::Unsupported(what) => Ending::Unsupported(thread(core), what),
                        Exit::Finished | Exit::Thrown(_) | Exit::BadInput => Ending::BadInput,
                    });
                }
            };
        }
    }

    /// The end: how it came, the machine as it then stands, and the observer.
    pub fn end(self, ending: Ending) -> (Ended, Machine<C>, O) {
        let cycle = self.completed;
        let AtOnce {
            machine, observer, ..
        } = self.machine;
        (Ended { ending, cycle }, machine, observer)
    }

    fn tick(&mut self) -> Result<(), Ending> {
        if self.limits.is_stopped() {
            return Err(Ending::Stopped);
        }
        self.completed += 1;
        self.machine.observer.clock(self.completed);
        Ok(())
    }

    /// Performs an access, and whatever of it went to the store buffer.
    fn complete(&mut self, core: Core, access: Access) -> Result<(), Ending> {
        self.machine.machine.begin(core, access);
        while !self.machine.machine.is_idle(core) {
            // An access of many parts can fill the store buffer by itself.
            if !self.machine.issue(core)? {
                self.drain(core)?;
            }
        }
        self.drain(core)
    }

    fn drain(&mut self, core: Core) -> Result<(), Ending> {
        while !self.machine.machine.store_buffer(core).is_empty() {
            self.machine.drain(core)?;
        }
        Ok(())
    }
}
