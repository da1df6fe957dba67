//! The timed driver: a discrete-event simulation in integer cycles. It knows how long things
//! take and what the seed leaves open; what they do is the machine's business.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use super::cost::{cycles, uses_bus};
use super::ending::{Ended, Ending, Limits};
use super::network::Network;
use super::threads::Threads;
use crate::dice::Dice;
use crate::machine::config::{StoreOrder, Topology};
use crate::machine::{
    Checker, Core, Cost, Event, Exit, Fence, Machine, Note, Observer, Port, Program, Progress,
    Request, Response, Slot, Stall, Step, Thread, Violation,
};
use crate::memory::{Arena, Contents, Line};
use crate::trace::Schedule;

/// What happens at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wake {
    /// The core goes on with its program.
    Issue(Core),
    /// The core's oldest buffered store leaves.
    Drain(Core),
    /// The core's oldest queued invalidation is applied.
    Invalidate(Core),
    /// The bus looks for the next request.
    Bus,
    /// Something is due on the network.
    Network,
}

impl Wake {
    /// Its place in a cycle of a machine that one clock moves: cores ask before messages come.
    fn rank(self) -> u32 {
        match self {
            Wake::Drain(core) | Wake::Invalidate(core) => 2 * u32::from(core.0),
            Wake::Issue(core) => 2 * u32::from(core.0) + 1,
            Wake::Bus | Wake::Network => u32::MAX,
        }
    }
}

/// A wake with its time and its lot: of those in one cycle the lowest lot comes first, for
/// hardware gives no order either, unless one clock moves all its parts.
type Scheduled = (u64, u32, Wake);

/// A core as the driver sees it.
#[derive(Clone, Debug)]
pub(super) struct Clocked {
    /// The program goes on next; else an access of it is under way.
    pub(super) resumes: bool,
    /// It waits for its store buffer.
    pub(super) stall: Option<Stall>,
    /// When each buffered store may leave, the oldest first.
    ready: VecDeque<u64>,
    /// When the oldest leaves, if that is settled.
    pub(super) drain_at: Option<u64>,
    /// When its oldest queued invalidation is applied, if it has one.
    pub(super) invalidate_at: Option<u64>,
    /// The line that the bus brought last, and when its last byte comes.
    fill: (Line, u64),
    /// The line that it keeps for itself since a locked operation brought it, and until when.
    held: (Line, u64),
    /// A thread was put on it and has not gone on yet.
    pub(super) arriving: bool,
    /// When another thread that waits may take its place.
    pub(super) turn_ends: u64,
    /// When something else takes the core away for a while.
    pause_at: u64,
}

/// A machine, the programs on its cores, and a clock.
pub struct Timed<C: Contents, P: Program<C::Piece>, O> {
    pub(super) machine: Machine<C>,
    pub(super) threads: Threads<P, C::Piece>,
    pub(super) observer: O,
    pub(super) checker: Option<Checker<C>>,
    schedule: Option<Arc<Schedule>>,
    limits: Limits,
    pub(super) dice: Dice,
    pub(super) now: u64,
    pub(super) queue: BinaryHeap<Reverse<Scheduled>>,
    pub(super) cores: Vec<Clocked>,
    /// When each request for the bus came, and its lot among equals.
    requests: Vec<(u64, u32, Slot)>,
    bus_free: u64,
    pub(super) bus_wake: Option<u64>,
    pub(super) network: Option<Box<Network>>,
    /// One clock moves all parts of the machine: ranks stand in for lots.
    pub(super) clocked: bool,
}

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    /// A run of `programs`, the first on core 0 and so on; if there are more than cores, they
    /// take turns. `seed` decides what hardware leaves open.
    #[must_use]
    pub fn new(machine: Machine<C>, programs: Vec<P>, seed: u64, observer: O) -> Timed<C, P, O> {
        let cores = programs.len().min(machine.config().cores);
        let core = Clocked {
            resumes: true,
            stall: None,
            ready: VecDeque::new(),
            drain_at: None,
            invalidate_at: None,
            fill: (Line(0), 0),
            held: (Line(0), 0),
            arriving: false,
            turn_ends: 0,
            pause_at: u64::MAX,
        };
        let topology = machine.config().network.topology;
        let mut run = Timed {
            clocked: machine.controllers().is_some() && topology == Topology::Bus,
            cores: vec![core; cores],
            network: machine
                .controllers()
                .map(|controllers| Box::new(Network::new(controllers))),
            machine,
            threads: Threads::new(programs, cores),
            observer,
            checker: None,
            schedule: None,
            limits: Limits::default(),
            dice: Dice::new(seed),
            now: 0,
            queue: BinaryHeap::new(),
            requests: Vec::new(),
            bus_free: 0,
            bus_wake: None,
        };
        for core in 0..cores {
            run.begin_turn(Core(core as u8), 0);
            run.plan_pause(Core(core as u8));
            let config = run.machine.config();
            let (start, most) = (config.core.start_cycles, config.vary.start_skew_cycles);
            let time = u64::from(start) + u64::from(run.dice.up_to(most));
            run.schedule(time, Wake::Issue(Core(core as u8)));
        }
        run
    }

    /// Checks the machine's properties after every step.
    #[must_use]
    pub fn checked(mut self) -> Timed<C, P, O> {
        self.checker = Some(Checker::new(&self.machine));
        self
    }

    /// Begins with the steps of a schedule.
    #[must_use]
    pub fn following(mut self, schedule: Arc<Schedule>) -> Timed<C, P, O> {
        self.schedule = Some(schedule);
        self
    }

    /// Gives up later or earlier than usual.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Timed<C, P, O> {
        self.limits = limits;
        self
    }

    /// Runs to the end: how it ended, the machine as it then stands, and the observer.
    pub fn run(mut self) -> (Ended, Machine<C>, O) {
        let ending = match self.turn() {
            Err(ending) => ending,
            Ok(never) => match never {},
        };
        let cycle = self.now;
        (Ended { ending, cycle }, self.machine, self.observer)
    }

    /// Takes wake after wake; an ending is what stops it.
    fn turn(&mut self) -> Result<std::convert::Infallible, Ending> {
        if let Some(schedule) = self.schedule.take() {
            self.follow(&schedule)?;
        }
        let mut next = self.queue.pop();
        while let Some(Reverse((time, _, wake))) = next {
            self.advance(time)?;
            let again = match wake {
                Wake::Issue(core) => self.issue(core)?.map(|time| (time, wake)),
                Wake::Drain(core) if self.cores[core.index()].drain_at == Some(time) => {
                    self.drain(core)?;
                    None
                }
                Wake::Invalidate(core) if self.cores[core.index()].invalidate_at == Some(time) => {
                    self.invalidate(core)?;
                    None
                }
                Wake::Bus if self.bus_wake == Some(time) => {
                    self.grant()?;
                    None
                }
                Wake::Network if self.network.as_ref().is_some_and(|n| n.wake == Some(time)) => {
                    self.turn_network()?;
                    None
                }
                Wake::Drain(_) | Wake::Invalidate(_) | Wake::Bus | Wake::Network => None, // rescheduled since
            };
            next = match again {
                Some((time, wake)) => Some(self.exchange(time, wake)),
                None => self.queue.pop(),
            };
        }
        match self.threads.first_left() {
            None => Err(self.all_ended()),
            Some(thread) => Err(self.nothing_left(thread)),
        }
    }

    /// Schedules a wake and takes the next one, which is often the same.
    fn exchange(&mut self, time: u64, wake: Wake) -> Reverse<Scheduled> {
        let scheduled = Reverse((time, self.lot(wake.rank()), wake));
        match self.queue.peek_mut() {
            Some(mut first) if *first > scheduled => std::mem::replace(&mut *first, scheduled),
            _ => scheduled,
        }
    }

    pub(super) fn advance(&mut self, time: u64) -> Result<(), Ending> {
        if time > self.limits.cycles {
            return Err(Ending::Stuck(
                self.threads.first_left().unwrap_or(Thread(0)),
            ));
        }
        self.now = time;
        self.observer.clock(time);
        Ok(())
    }

    pub(super) fn schedule(&mut self, time: u64, wake: Wake) {
        let lot = self.lot(wake.rank());
        self.queue.push(Reverse((time, lot, wake)));
    }

    /// What decides among equals.
    pub(super) fn lot(&mut self, rank: u32) -> u32 {
        match self.clocked {
            true => rank,
            false => self.dice.up_to(u32::MAX),
        }
    }

    pub(super) fn perform(&mut self, step: Step) -> Result<Progress, Box<Violation>> {
        let progress = match &mut self.checker {
            None => self.machine.perform(step, &mut self.observer)?,
            Some(checker) => {
                let observers = &mut (&mut self.observer, &mut *checker);
                let progress = self.machine.perform(step, observers)?;
                checker.after_step(&self.machine)?;
                progress
            }
        };
        if self.machine.queues_invalidations() {
            self.plan_invalidations();
        }
        Ok(progress)
    }

    /// The core goes on with its program: when it does so again, if that is known.
    pub(super) fn issue(&mut self, core: Core) -> Result<Option<u64>, Ending> {
        if self.cores[core.index()].resumes {
            if let Some(time) = self.pause(core) {
                return Ok(Some(time));
            }
            self.cores[core.index()].resumes = false;
            if let Some(time) = self.next_request(core)? {
                return Ok((time != u64::MAX).then_some(time));
            }
        }
        let slot = Slot {
            core,
            port: Port::Issue,
        };
        if let Some(time) = self.waits_for_fill(slot) {
            return Ok(Some(time));
        }
        let progress = match self.network {
            None => self.perform(Step::Issue(core))?,
            Some(_) => self.step_on_network(Step::Issue(core), slot)?,
        };
        Ok(match progress {
            Progress::Blocked(stall) => {
                self.stall(core, stall);
                None
            }
            Progress::Waits(slot) => {
                if self.network.is_none() {
                    self.request_bus(slot);
                }
                None
            }
            Progress::Part(cost) => Some(self.now + self.buffered_or(core, cost)),
            Progress::Done(cost) => {
                self.cores[core.index()].resumes = true;
                Some(self.now + self.buffered_or(core, cost))
            }
            Progress::Faulted(addr, bytes) => {
                return Err(Ending::Fault(self.thread_on(core), addr, bytes));
            }
            Progress::Unsupported(what) => {
                return Err(Ending::Unsupported(self.thread_on(core), what.to_owned()));
            }
            progress => unreachable!("an access led to {progress:?}"),
        })
    }

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

    /// Something else has the core for a while, as in all machines that are not idle: until
    /// when, if that begins now.
    fn pause(&mut self, core: Core) -> Option<u64> {
        if self.now < self.cores[core.index()].pause_at {
            return None;
        }
        self.plan_pause(core);
        let most = self.machine.config().vary.pause_cycles;
        Some(self.now + u64::from(self.dice.between(1, most)))
    }

    fn plan_pause(&mut self, core: Core) {
        let every = self.machine.config().vary.pause_every_cycles;
        if every > 0 {
            let until = self.dice.between(1, every.saturating_mul(2));
            self.cores[core.index()].pause_at = self.now + u64::from(until);
        }
    }

    /// Whether the line that this port wants is still on its way to the cache, and until when.
    pub(super) fn waits_for_fill(&self, slot: Slot) -> Option<u64> {
        let (line, until) = self.cores[slot.core.index()].fill;
        let waits = self.now < until && self.machine.wanted_line(slot) == Some(line);
        waits.then_some(until)
    }

    /// What a step of the core takes; a store that entered the buffer is noted.
    fn buffered_or(&mut self, core: Core, cost: Cost) -> u64 {
        if cost == Cost::Buffered {
            let config = self.machine.config().store_buffer;
            let delay = self
                .dice
                .between(config.min_drain_cycles, config.max_drain_cycles);
            let ready = self.now + u64::from(delay);
            let clocked = &mut self.cores[core.index()];
            clocked.ready.push_back(ready);
            if clocked.ready.len() == 1 {
                self.schedule_drain(core, ready);
            }
        }
        cycles(self.machine.config(), cost)
    }

    fn schedule_drain(&mut self, core: Core, time: u64) {
        self.cores[core.index()].drain_at = Some(time);
        self.schedule(time, Wake::Drain(core));
    }

    /// A core that waits for its store buffer lets the stores go as fast as they can.
    fn stall(&mut self, core: Core, stall: Stall) {
        self.observer.observe(&Event::Stalled { core, stall });
        let now = self.now;
        let clocked = &mut self.cores[core.index()];
        clocked.stall = Some(stall);
        if clocked.drain_at.is_some_and(|time| time > now) {
            self.schedule_drain(core, now);
        }
        if stall == Stall::Invalidating {
            self.schedule_invalidation(core, now);
        }
    }

    pub(super) fn drain(&mut self, core: Core) -> Result<(), Ending> {
        self.cores[core.index()].drain_at = None;
        let slot = Slot {
            core,
            port: Port::Drain,
        };
        if let Some(time) = self.waits_for_fill(slot) {
            self.schedule_drain(core, time);
            return Ok(());
        }
        if self.machine.config().store_buffer.order != StoreOrder::Program {
            self.reorder(core)?;
        }
        let progress = match self.network {
            None => self.perform(Step::Drain(core))?,
            Some(_) => self.step_on_network(Step::Drain(core), slot)?,
        };
        match progress {
            Progress::Waits(slot) if self.network.is_none() => self.request_bus(slot),
            Progress::Waits(_) => {}
            Progress::Drained(cost) => {
                let time = self.now + cycles(self.machine.config(), cost);
                self.drained(core, time);
            }
            Progress::Unsupported(what) => {
                return Err(Ending::Unsupported(self.thread_on(core), what.to_owned()));
            }
            progress => unreachable!("a drain led to {progress:?}"),
        }
        Ok(())
    }

    /// Any of the stores that may leave next does, by lot.
    fn reorder(&mut self, core: Core) -> Result<(), Ending> {
        let overtakers: Vec<usize> = self.machine.store_buffer(core).overtakers().collect();
        let chosen = self.dice.up_to(overtakers.len() as u32) as usize;
        if let Some(&place) = overtakers.get(chosen) {
            self.perform(Step::Overtake(core, place))?;
        }
        Ok(())
    }

    /// A store has left the buffer, as of `time`.
    pub(super) fn drained(&mut self, core: Core, time: u64) {
        let clocked = &mut self.cores[core.index()];
        clocked.ready.pop_front();
        let stall = clocked.stall;
        let next = clocked.ready.front().copied();
        // A core waiting for one place is helped already; the others wait for more.
        let hurry = matches!(stall, Some(Stall::Draining | Stall::PartlyBuffered));
        if let Some(ready) = next {
            let time = if hurry { time } else { time.max(ready) };
            self.schedule_drain(core, time);
        }
        if self.cores[core.index()].stall.take().is_some() {
            self.schedule(time, Wake::Issue(core));
        }
    }

    fn request_bus(&mut self, slot: Slot) {
        let arrival = self.now + u64::from(self.machine.config().cache.hit_cycles);
        let lot = self.dice.up_to(u32::MAX);
        self.requests.push((arrival, lot, slot));
        self.wake_bus();
    }

    /// Lets the bus look for a request as soon as one is there and it is free.
    fn wake_bus(&mut self) {
        let ready = |&(arrival, _, slot): &(u64, u32, Slot)| self.held_until(slot).max(arrival);
        let Some(ready) = self.requests.iter().map(ready).min() else {
            return;
        };
        let time = ready.max(self.bus_free);
        if self.bus_wake.is_none_or(|wake| time < wake) {
            self.bus_wake = Some(time);
            self.schedule(time, Wake::Bus);
        }
    }

    /// Until when another core keeps the line that this request wants.
    fn held_until(&self, slot: Slot) -> u64 {
        if self.machine.config().bus.hold_cycles == 0 {
            return 0;
        }
        let wanted = self.machine.wanted_line(slot);
        let others = self.cores.iter().enumerate();
        let held = others
            .filter(|&(core, other)| core != slot.core.index() && wanted == Some(other.held.0));
        held.map(|(_, other)| other.held.1).max().unwrap_or(0)
    }

    /// Serves the request that came first, of those whose line no other core keeps.
    fn grant(&mut self) -> Result<(), Ending> {
        self.bus_wake = None;
        let free = |&at: &usize| self.held_until(self.requests[at].2) <= self.now;
        let free = (0..self.requests.len()).filter(free);
        match free.min_by_key(|&at| self.requests[at]) {
            Some(first) => self.serve(first),
            None => {
                self.wake_bus();
                Ok(())
            }
        }
    }

    /// A schedule lets the bus serve this request, as soon as it can.
    pub(super) fn grant_to(&mut self, slot: Slot) -> Result<(), Ending> {
        let at = self.requests.iter().position(|request| request.2 == slot);
        let at = at.expect("the request waits for the bus");
        self.bus_wake = None;
        self.advance(self.requests[at].0.max(self.bus_free).max(self.now))?;
        self.serve(at)
    }

    fn serve(&mut self, at: usize) -> Result<(), Ending> {
        let (_, _, slot) = self.requests.swap_remove(at);
        let line = self.machine.wanted_line(slot);
        let progress = self.perform(Step::Deliver(slot))?;
        let cost = match &progress {
            Progress::Part(cost) | Progress::Done(cost) | Progress::Drained(cost) => *cost,
            progress => unreachable!("the bus led to {progress:?}"),
        };
        let mut taken = cycles(self.machine.config(), cost);
        if uses_bus(cost) {
            taken += u64::from(
                self.dice
                    .up_to(self.machine.config().vary.latency_jitter_cycles),
            );
            self.bus_free = self.now + taken;
            self.observer.observe(&Event::BusBusy { cycles: taken });
        }
        let (core, time) = (slot.core, self.now + taken);
        if let Some(line) = line {
            self.cores[core.index()].fill = (line, time);
            let hold = u64::from(self.machine.config().bus.hold_cycles);
            if hold > 0 && matches!(cost, Cost::Bus(service) if service.read_modify_write) {
                self.cores[core.index()].held = (line, time + hold);
            }
        }
        match progress {
            Progress::Drained(_) => self.drained(core, time),
            Progress::Done(_) => {
                self.cores[core.index()].resumes = true;
                self.schedule(time, Wake::Issue(core));
            }
            _ => self.schedule(time, Wake::Issue(core)),
        }
        self.wake_bus();
        Ok(())
    }
}
