//! Threads and the cores that they run on: who runs where, who is ready, who sleeps for what.
//! Like a runtime's scheduler, but without time: a driver says when a thread leaves its core.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::machine::{Core, Program, Request, Response, Thread};
use crate::memory::{Addr, Piece};

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// On a core, or about to be put on one.
    Running,
    /// It leaves its core once its stores are performed; then it is ready, or sleeps.
    Leaving { ready: bool },
    /// It waits for a core.
    Ready,
    /// It waits for a semaphore.
    Asleep,
    /// Its program is over.
    Ended,
}

/// A thread's program, and what it has not been told yet.
struct Slept<P, T> {
    program: P,
    state: State,
    answer: Option<Response<T>>,
    /// The semaphore that it slept for last, until it goes on.
    acquired: Option<Addr>,
    /// Accesses since its current operation began.
    accesses: u64,
    /// It has a part of the heap.
    allocates: bool,
}

/// All threads of a run.
pub(super) struct Threads<P, T> {
    threads: Vec<Slept<P, T>>,
    /// Who is on each core.
    running: Vec<Option<Thread>>,
    /// And who was there last.
    last: Vec<Thread>,
    ready: VecDeque<Thread>,
    semaphores: FxHashMap<Addr, Semaphore>,
}

/// How often it was released without anyone waiting, and who waits, the first in front.
#[derive(Default)]
struct Semaphore {
    released: u32,
    waiting: VecDeque<Thread>,
}

impl<P: Program<T>, T: Piece> Threads<P, T> {
    /// Thread 0 on core 0 and so on; those for whom there is no core are ready.
    pub(super) fn new(programs: Vec<P>, cores: usize) -> Threads<P, T> {
        let number = |thread: usize| Thread(thread as u16);
        let slept = |(at, program)| Slept {
            program,
            state: match at < cores {
                true => State::Running,
                false => State::Ready,
            },
            answer: None,
            acquired: None,
            accesses: 0,
            allocates: false,
        };
        let threads: Vec<_> = programs.into_iter().enumerate().map(slept).collect();
        Threads {
            running: (0..cores)
                .map(|core| (core < threads.len()).then(|| number(core)))
                .collect(),
            last: (0..cores).map(number).collect(),
            ready: (cores..threads.len()).map(number).collect(),
            threads,
            semaphores: FxHashMap::default(),
        }
    }

    /// Who is on the core.
    pub(super) fn on(&self, core: Core) -> Option<Thread> {
        self.running[core.index()]
    }

    /// Who is on the core, or was there last.
    pub(super) fn last_on(&self, core: Core) -> Thread {
        self.last[core.index()]
    }

    /// Whether nobody is on any core.
    pub(super) fn all_off(&self) -> bool {
        self.running.iter().all(Option::is_none)
    }

    /// Whether anyone waits for a core.
    pub(super) fn some_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether the thread on the core is about to leave it.
    pub(super) fn is_leaving(&self, core: Core) -> bool {
        let running = self.on(core).map(|thread| self.thread(thread).state);
        matches!(running, Some(State::Leaving { .. }))
    }

    /// The first thread that has not ended.
    pub(super) fn first_left(&self) -> Option<Thread> {
        let left = |slept: &Slept<P, T>| slept.state != State::Ended;
        self.threads
            .iter()
            .position(left)
            .map(|at| Thread(at as u16))
    }

    /// Whether the thread on the core, which allocates, does so for the first time.
    pub(super) fn begins_to_allocate(&mut self, core: Core) -> bool {
        !std::mem::replace(&mut self.running_mut(core).allocates, true)
    }

    /// The next request of the thread on the core, which is told `answer` unless something
    /// else waits for it.
    pub(super) fn resume(&mut self, core: Core, answer: &Response<T>) -> Request {
        let thread = self.running_mut(core);
        match thread.answer.take() {
            Some(answer) => thread.program.resume(&answer),
            None => thread.program.resume(answer),
        }
    }

    /// An operation of the thread on the core begins.
    pub(super) fn begin_operation(&mut self, core: Core) {
        self.running_mut(core).accesses = 0;
    }

    /// The thread on the core makes an access or a release: its number in the operation, from 1.
    pub(super) fn count_access(&mut self, core: Core) -> u64 {
        let thread = self.running_mut(core);
        thread.accesses += 1;
        thread.accesses
    }

    /// The thread on the core is to make room for another; it will be told `answer` then.
    pub(super) fn preempt(&mut self, core: Core, answer: Response<T>) {
        let thread = self.running_mut(core);
        thread.answer.get_or_insert(answer);
        thread.state = State::Leaving { ready: true };
    }

    /// The thread on the core will be told `answer` when it goes on.
    pub(super) fn tell(&mut self, core: Core, answer: Response<T>) {
        self.running_mut(core).answer = Some(answer);
    }

    /// The thread on the core takes a release of the semaphore, or else is to sleep: whether
    /// it has one.
    pub(super) fn acquire(&mut self, core: Core, addr: Addr) -> bool {
        let thread = self.on(core).expect("a thread asks");
        let semaphore = self.semaphores.entry(addr).or_default();
        if semaphore.released > 0 {
            semaphore.released -= 1;
            return true;
        }
        semaphore.waiting.push_back(thread);
        let thread = self.running_mut(core);
        thread.answer = Some(Response::Done);
        thread.acquired = Some(addr);
        thread.state = State::Leaving { ready: false };
        false
    }

    /// The semaphore that the thread on the core has slept for, told once.
    pub(super) fn take_acquired(&mut self, core: Core) -> Option<Addr> {
        self.running_mut(core).acquired.take()
    }

    /// Releases the semaphore.
    pub(super) fn release(&mut self, addr: Addr) {
        let semaphore = self.semaphores.entry(addr).or_default();
        let Some(first) = semaphore.waiting.pop_front() else {
            semaphore.released += 1;
            return;
        };
        let thread = &mut self.threads[usize::from(first.0)];
        match &mut thread.state {
            State::Leaving { ready } => *ready = true,
            state => {
                *state = State::Ready;
                self.ready.push_back(first);
            }
        }
    }

    /// The thread on the core is over.
    pub(super) fn end(&mut self, core: Core) {
        self.running_mut(core).state = State::Ended;
        self.running[core.index()] = None;
    }

    /// The thread on the core has left it.
    pub(super) fn leave(&mut self, core: Core) {
        let thread = self.running[core.index()].take().expect("a thread leaves");
        let slept = &mut self.threads[usize::from(thread.0)];
        let State::Leaving { ready } = slept.state else {
            unreachable!("it was asked to leave");
        };
        if ready {
            slept.state = State::Ready;
            self.ready.push_back(thread);
        } else {
            slept.state = State::Asleep;
        }
    }

    /// Puts the thread that has waited longest on a core that is free: whether there is one.
    pub(super) fn put_on(&mut self, core: Core) -> bool {
        let Some(thread) = self.ready.pop_front() else {
            return false;
        };
        self.threads[usize::from(thread.0)].state = State::Running;
        self.running[core.index()] = Some(thread);
        self.last[core.index()] = thread;
        true
    }

    /// The first core that nobody is on, if anyone waits for one.
    pub(super) fn free_core(&self) -> Option<Core> {
        let free = || self.running.iter().position(Option::is_none);
        let at = self.some_ready().then(free)?;
        at.map(|at| Core(at as u8))
    }

    fn thread(&self, thread: Thread) -> &Slept<P, T> {
        &self.threads[usize::from(thread.0)]
    }

    fn running_mut(&mut self, core: Core) -> &mut Slept<P, T> {
        let thread = self.running[core.index()].expect("a thread is on the core");
        &mut self.threads[usize::from(thread.0)]
    }
}
