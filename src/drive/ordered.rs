//! The ordered driver: takes what it is given, one program or access after another, and
//! completes each at once, its stores included. It has no clock and leaves nothing open; its
//! time is the number of what it has completed. What accesses do is the machine's business.

use super::ending::{Ended, Ending, Limits};
use crate::machine::{
    Access, Checker, Core, Event, Exit, Machine, Note, Observer, Port, Program, Progress, Request,
    Response, Slot, Step, Thread, Violation,
};
use crate::memory::{Addr, Arena, Contents};
use rustc_hash::FxHashMap;

/// More messages than this are not delivered for one access: it will never be served.
const MOST_DELIVERIES: u32 = 1_000_000;

/// A machine on which one thing happens at a time.
pub struct Ordered<C: Contents, O> {
    machine: Machine<C>,
    observer: O,
    checker: Option<Checker<C>>,
    limits: Limits,
    /// How often each semaphore was released and not taken.
    released: FxHashMap<Addr, u32>,
    completed: u64,
}

/// Each thread has a core of its own.
fn thread(core: Core) -> Thread {
    Thread(core.0.into())
}

impl<C: Contents, O: Observer<C::Piece>> Ordered<C, O> {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(machine: Machine<C>, observer: O) -> Ordered<C, O> {
        Ordered {
            machine,
            observer,
            checker: None,
            limits: Limits::default(),
            released: FxHashMap::default(),
            completed: 0,
        }
    }

    /// Checks the machine's properties after every step.
    #[must_use]
    pub fn checked(mut self) -> Ordered<C, O> {
        self.checker = Some(Checker::new(&self.machine));
        self
    }

    /// The machine as it stands.
    #[must_use]
    pub fn machine(&self) -> &Machine<C> {
        &self.machine
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
        self.tick();
        for note in notes {
            self.observer.observe(&Event::Note { core, note });
        }
        self.complete(core, access)?;
        self.machine.answer(core);
        Ok(())
    }

    /// Runs a program to its end.
    ///
    /// # Errors
    /// What ends the run: anything but the end of the program.
    pub fn run(&mut self, core: Core, program: &mut impl Program<C::Piece>) -> Result<(), Ending> {
        self.tick();
        let mut answer = Response::Done;
        let mut accesses = 0;
        loop {
            answer = match program.resume(answer) {
                Request::Access(access) => {
                    accesses += 1;
                    if accesses > self.limits.accesses_per_operation {
                        return Err(Ending::Stuck(thread(core)));
                    }
                    self.complete(core, access)?;
                    self.machine.answer(core)
                }
                // All earlier stores are performed, and there is no time to pass.
                Request::Fence | Request::Compute(_) => Response::Done,
                Request::Note(note) => {
                    self.observer.observe(&Event::Note { core, note: &note });
                    Response::Done
                }
                Request::Place { bytes, contents } => match self.machine.place(bytes, &contents) {
                    Ok(addr) => Response::Placed(addr),
                    Err(full) => return Err(Ending::Unsupported(thread(core), full.to_string())),
                },
                Request::Allocate {
                    bytes,
                    allocator,
                    name,
                } => {
                    let arena = Arena(core.0.into());
                    match self.machine.allocate(arena, allocator, bytes) {
                        Ok(addr) => {
                            self.observer.observe(&Event::Allocated {
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
                    self.observer.observe(&Event::Acquired { core, addr });
                    Response::Done
                }
                Request::Release(addr) => {
                    *self.released.entry(addr).or_default() += 1;
                    self.observer.observe(&Event::Released { core, addr });
                    Response::Done
                }
                Request::Exit(Exit::Finished | Exit::Thrown(_)) => return Ok(()),
                Request::Exit(exit) => {
                    self.observer.observe(&Event::Ended { core, exit: &exit });
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
        (Ended { ending, cycle }, self.machine, self.observer)
    }

    fn tick(&mut self) {
        self.completed += 1;
        self.observer.clock(self.completed);
    }

    /// Performs an access, and whatever of it went to the store buffer.
    fn complete(&mut self, core: Core, access: Access) -> Result<(), Ending> {
        self.machine.begin(core, access);
        while !self.machine.is_idle(core) {
            match self.perform(Step::Issue(core))? {
                Progress::Done(_) | Progress::Part(_) => {}
                Progress::Waits(slot) => self.serve(slot)?,
                // An access of many parts can fill the store buffer by itself.
                Progress::Blocked(_) => self.drain(core)?,
                Progress::Faulted(addr, bytes) => {
                    return Err(Ending::Fault(thread(core), addr, bytes));
                }
                Progress::Unsupported(what) => {
                    return Err(Ending::Unsupported(thread(core), what.to_owned()));
                }
                progress => unreachable!("an access led to {progress:?}"),
            }
        }
        self.drain(core)?;
        if self.machine.in_flight().is_empty() {
            return Ok(());
        }
        // A line leaves, or a hit has told others.
        let port = Port::Issue;
        self.serve(Slot { core, port })
    }

    fn drain(&mut self, core: Core) -> Result<(), Ending> {
        while !self.machine.store_buffer(core).is_empty() {
            match self.perform(Step::Drain(core))? {
                Progress::Waits(slot) => self.serve(slot)?,
                Progress::Unsupported(what) => {
                    return Err(Ending::Unsupported(thread(core), what.to_owned()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What a port waits for happens, with all that follows from it.
    fn serve(&mut self, slot: Slot) -> Result<(), Ending> {
        if !self.machine.on_network() {
            return self.perform(Step::Deliver(slot)).map(drop);
        }
        let mut steps = Vec::new();
        for _ in 0..MOST_DELIVERIES {
            self.machine.steps(&mut steps);
            let waits = self.machine.is_waiting(slot);
            let serves = |step: &&Step| match step {
                Step::Receive(_) | Step::Act(_) => true,
                Step::Deliver(other) => waits && *other == slot,
                Step::Issue(_) | Step::Drain(_) => false,
            };
            match steps.iter().find(serves) {
                Some(&step) => {
                    if let Progress::Unsupported(what) = self.perform(step)? {
                        return Err(Ending::Unsupported(thread(slot.core), what.to_owned()));
                    }
                }
                None if waits => {
                    let what = format!("{}'s access waits for ever", slot.core);
                    return Err(Ending::Violation(Violation::Deadlock { what }));
                }
                None => return Ok(()),
            }
        }
        Err(Ending::Stuck(thread(slot.core)))
    }

    fn perform(&mut self, step: Step) -> Result<Progress, Ending> {
        let violated = |violation: Box<Violation>| Ending::Violation(*violation);
        let Some(checker) = &mut self.checker else {
            let progress = self.machine.perform(step, &mut self.observer);
            return progress.map_err(violated);
        };
        let observers = &mut (&mut self.observer, &mut *checker);
        let progress = self.machine.perform(step, observers).map_err(violated)?;
        checker
            .after_step(&self.machine)
            .map_err(Ending::Violation)?;
        Ok(progress)
    }
}
