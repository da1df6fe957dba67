//! The programs of a stepwise run: each goes on until it makes an access, sleeps or ends.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::{Chooser, Stepped};
use crate::drive::at_once::thread;
use crate::drive::ending::Ending;
use crate::machine::{Core, Event, Exit, Note, Observer, Program, Request, Response, Thread};
use crate::memory::{Addr, Arena, Contents, HeapFull, Piece};

/// A program, and what is between it and its next access.
struct Running<P, T> {
    program: P,
    asleep: bool,
    /// What it has said since its last step and nobody was told.
    unsaid: Vec<Note>,
    /// What it is told when it goes on, if not what its last access gave.
    answer: Option<Response<T>>,
    /// Accesses since its current operation began.
    accesses: u64,
}

/// All programs, one on each core.
pub(super) struct Programs<P, T> {
    running: Vec<Running<P, T>>,
    /// How often each was released without anyone waiting, and who waits.
    semaphores: FxHashMap<Addr, (u32, VecDeque<Core>)>,
}

impl<P, T: Piece> Programs<P, T> {
    pub(super) fn new(programs: Vec<P>) -> Programs<P, T> {
        let running = |program| Running {
            program,
            asleep: false,
            unsaid: Vec::new(),
            answer: None,
            accesses: 0,
        };
        Programs {
            running: programs.into_iter().map(running).collect(),
            semaphores: FxHashMap::default(),
        }
    }

    /// The cores that have programs.
    pub(super) fn cores(&self) -> impl Iterator<Item = Core> + use<P, T> {
        (0..self.running.len()).map(|core| Core(core as u8))
    }

    /// The first thread that sleeps.
    pub(super) fn first_asleep(&self) -> Option<Thread> {
        let at = self.running.iter().position(|running| running.asleep);
        at.map(|at| thread(Core(at as u8)))
    }

    /// Tells the observer what the core's program has said.
    pub(super) fn say<O: Observer<T>>(&mut self, core: Core, observer: &mut O) {
        for note in self.running[core.index()].unsaid.drain(..) {
            observer.observe(&Event::Note { core, note: &note });
        }
    }

    /// Who goes on when the semaphore is released.
    fn release(&mut self, addr: Addr) -> Option<Core> {
        let (released, waiting) = self.semaphores.entry(addr).or_default();
        let first = waiting.pop_front();
        *released += u32::from(first.is_none());
        let running = &mut self.running[first?.index()];
        running.asleep = false;
        running.answer = Some(Response::Done);
        first
    }

    /// Whether the program on the core takes a release of the semaphore; else it sleeps.
    fn acquire(&mut self, core: Core, addr: Addr) -> bool {
        let (released, waiting) = self.semaphores.entry(addr).or_default();
        if *released > 0 {
            *released -= 1;
            return true;
        }
        waiting.push_back(core);
        self.running[core.index()].asleep = true;
        false
    }
}

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>, H: Chooser> Stepped<C, P, O, H> {
    /// Programs go on: the core's, and those that it wakes.
    pub(super) fn go_on(&mut self, core: Core) -> Result<(), Ending> {
        let mut ready = vec![core];
        while let Some(core) = ready.pop() {
            self.resume(core, &mut ready)?;
        }
        Ok(())
    }

    fn resume(&mut self, core: Core, ready: &mut Vec<Core>) -> Result<(), Ending> {
        let fresh = self.machine.machine.answer(core);
        let waiting = self.programs.running[core.index()].answer.take();
        let mut answer = waiting.unwrap_or(fresh);
        let full = |full: HeapFull| Ending::Unsupported(thread(core), full.to_string());
        loop {
            let running = &mut self.programs.running[core.index()];
            let request = running.program.resume(&answer);
            answer = Response::Done;
            if matches!(request, Request::Access(_) | Request::Release(_)) {
                running.accesses += 1;
                if running.accesses > self.limits.accesses_per_operation {
                    return Err(Ending::Stuck(thread(core)));
                }
            }
            match request {
                Request::Access(access) => {
                    self.machine.machine.begin(core, access);
                    return Ok(());
                }
                Request::Fence(fence) => {
                    self.machine.machine.begin_fence(core, fence);
                    return Ok(());
                }
                Request::Compute(_) => {}
                Request::Note(note) => self.note(core, note),
                Request::Place { bytes, contents } => {
                    let placed = self.machine.machine.place(bytes, &contents);
                    answer = Response::Placed(placed.map_err(full)?);
                }
                Request::Allocate {
                    bytes,
                    allocator,
                    name,
                } => {
                    let arena = Arena(core.0.into());
                    let placed = self.machine.machine.allocate(core, arena, allocator, bytes);
                    let addr = placed.map_err(full)?;
                    answer = Response::Placed(addr);
                    self.tell(&Event::Allocated {
                        core,
                        addr,
                        bytes,
                        name,
                    });
                }
                Request::Acquire(addr) => {
                    if !self.programs.acquire(core, addr) {
                        self.tell(&Event::Sleeps { core, addr });
                        return Ok(());
                    }
                    self.tell(&Event::Acquired { core, addr });
                }
                Request::Release(addr) => {
                    self.tell(&Event::Released { core, addr });
                    if let Some(core) = self.programs.release(addr) {
                        self.tell(&Event::Acquired { core, addr });
                        ready.push(core);
                    }
                }
                Request::Exit(exit) => return self.exit(core, exit),
            }
        }
    }

    fn tell(&mut self, event: &Event<'_, C::Piece>) {
        self.machine.observer.observe(event);
    }

    /// The end of a call belongs to the step that is over, its beginning to the next one.
    fn note(&mut self, core: Core, note: Note) {
        let running = &mut self.programs.running[core.index()];
        let begins = matches!(note, Note::OperationBegun { .. } | Note::CallBegun(_));
        if matches!(note, Note::OperationBegun { .. }) {
            running.accesses = 0;
        }
        if begins || !running.unsaid.is_empty() {
            running.unsaid.push(note);
        } else {
            self.tell(&Event::Note { core, note: &note });
        }
    }

    fn exit(&mut self, core: Core, exit: Exit) -> Result<(), Ending> {
        self.programs.say(core, &mut self.machine.observer);
        self.tell(&Event::Ended { core, exit: &exit });
        match exit {
            Exit::Finished | Exit::Thrown(_) => Ok(()),
            Exit::Fatal(text) => Err(Ending::Fatal(thread(core), text)),
            Exit::Unsupported(what) => Err(Ending::Unsupported(thread(core), what)),
            Exit::BadInput => Err(Ending::BadInput),
        }
    }
}
