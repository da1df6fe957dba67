//! What the program on a core asks for next, and what the timed driver answers without the machine.

use super::ending::Ending;
use super::timed::Timed;
use crate::machine::{Core, Event, Exit, Fence, Note, Observer, Program, Request, Response};
use crate::memory::{Arena, Contents};

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    /// Asks the program until it makes an access: none then, else when it goes on
    /// (`u64::MAX`: never).
    pub(super) fn next_request(&mut self, core: Core) -> Result<Option<u64>, Ending> {
        if let Some(switched) = self.switch(core) {
            return Ok(switched);
        }
        let mut answer = self.machine.answer(core);
        loop {
            match self.threads.resume(core, &answer) {
                Request::Access(access) => {
                    self.machine.begin(core, access);
                    self.count_access(core)?;
                    return Ok(None);
                }
                Request::Fence(fence) => {
                    self.machine.begin_fence(core, fence);
                    return Ok(None);
                }
                Request::Note(note) => {
                    if matches!(note, Note::OperationBegun { .. }) {
                        // An operation is over soon, and every wake would be too often.
                        if self.limits.is_stopped() {
                            return Err(Ending::Stopped);
                        }
                        self.threads.begin_operation(core);
                    }
                    self.observer.observe(&Event::Note { core, note: &note });
                    answer = Response::Done;
                }
                Request::Place { bytes, contents } => match self.machine.place(bytes, &contents) {
                    Ok(addr) => answer = Response::Placed(addr),
                    Err(full) => {
                        let thread = self.thread_on(core);
                        return Err(Ending::Unsupported(thread, full.to_string()));
                    }
                },
                Request::Allocate {
                    bytes,
                    allocator,
                    name,
                } => {
                    let thread = self.thread_on(core);
                    let arena = Arena(thread.0);
                    let placed = self.machine.allocate(core, arena, allocator, bytes);
                    let addr = match placed {
                        Ok(addr) => addr,
                        Err(full) => return Err(Ending::Unsupported(thread, full.to_string())),
                    };
                    let event = Event::Allocated {
                        core,
                        addr,
                        bytes,
                        name,
                    };
                    self.observer.observe(&event);
                    self.threads.tell(core, Response::Placed(addr));
                    self.cores[core.index()].resumes = true;
                    let cycles = self.allocation_cycles(core, bytes);
                    return Ok(Some(self.now + u64::from(cycles)));
                }
                Request::Acquire(addr) => {
                    if !self.threads.acquire(core, addr) {
                        self.observer.observe(&Event::Sleeps { core, addr });
                        self.machine.begin_fence(core, Fence::Full);
                        return Ok(None);
                    }
                    self.observer.observe(&Event::Acquired { core, addr });
                    answer = Response::Done;
                }
                Request::Release(addr) => {
                    self.count_access(core)?;
                    self.observer.observe(&Event::Released { core, addr });
                    self.threads.release(addr);
                    self.fill_cores();
                    answer = Response::Done;
                }
                Request::Compute(cycles) => {
                    self.cores[core.index()].resumes = true;
                    return Ok(Some(self.now + u64::from(cycles)));
                }
                Request::Exit(exit) => {
                    self.observer.observe(&Event::Ended { core, exit: &exit });
                    let thread = self.thread_on(core);
                    self.threads.end(core);
                    return match exit {
                        Exit::Finished | Exit::Thrown(_) => Ok(self.next_thread(core)),
                        Exit::Fatal(text) => Err(Ending::Fatal(thread, text)),
                        Exit::Unsupported(what) => Err(Ending::Unsupported(thread, what)),
                        Exit::BadInput => Err(Ending::BadInput),
                    };
                }
            }
        }
    }

    /// What an allocation by the thread on the core takes.
    fn allocation_cycles(&mut self, core: Core, bytes: u64) -> u32 {
        let config = self.machine.config();
        let (min, max) = config.allocator.first_cycles;
        let usual = config.core.allocation_cycles(bytes);
        match max > 0 && self.threads.begins_to_allocate(core) {
            true => usual + self.dice.between(min, max),
            false => usual,
        }
    }

    /// Counts what could go on for ever.
    fn count_access(&mut self, core: Core) -> Result<(), Ending> {
        match self.threads.count_access(core) > self.limits.accesses_per_operation {
            true => Err(Ending::Stuck(self.thread_on(core))),
            false => Ok(()),
        }
    }
}
