//! The timed driver: a discrete-event simulation in integer cycles. It knows how long things
//! take and what the seed leaves open; what they do is the machine's business.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use super::bus::Held;
use super::ending::{Ended, Ending, Limits};
use super::network::Network;
use super::threads::Threads;
use super::wake::{Scheduled, Wake};
use crate::dice::Dice;
use crate::machine::config::Topology;
use crate::machine::{
    Checker, Core, Machine, Observer, Port, Program, Progress, Slot, Stall, Step, Thread, Violation,
};
use crate::memory::{Contents, Line};
use crate::trace::Schedule;

/// A core as the driver sees it.
#[derive(Clone, Debug)]
pub(super) struct Clocked {
    /// The program goes on next; else an access of it is under way.
    pub(super) resumes: bool,
    /// It waits for its store buffer.
    pub(super) stall: Option<Stall>,
    /// When each buffered store may leave, the oldest first.
    pub(super) ready: VecDeque<u64>,
    /// When the oldest leaves, if that is settled.
    pub(super) drain_at: Option<u64>,
    /// When its oldest queued invalidation is applied, if it has one.
    pub(super) invalidate_at: Option<u64>,
    /// The line that the bus brought last, and when its last byte comes.
    pub(super) fill: (Line, u64),
    /// The line that it keeps for itself, if it keeps one.
    pub(super) held: Option<Held>,
    /// A thread was put on it and has not gone on yet.
    pub(super) arriving: bool,
    /// When another thread that waits may take its place.
    pub(super) turn_ends: u64,
    /// When something else takes the core away for a while.
    pub(super) pause_at: u64,
}

/// A machine, the programs on its cores, and a clock.
pub struct Timed<C: Contents, P: Program<C::Piece>, O> {
    pub(super) machine: Machine<C>,
    pub(super) threads: Threads<P, C::Piece>,
    pub(super) observer: O,
    pub(super) checker: Option<Checker<C>>,
    schedule: Option<Arc<Schedule>>,
    pub(super) limits: Limits,
    pub(super) dice: Dice,
    pub(super) now: u64,
    pub(super) queue: BinaryHeap<Reverse<Scheduled>>,
    pub(super) cores: Vec<Clocked>,
    /// When each request for the bus came, and its lot among equals.
    pub(super) requests: Vec<(u64, u32, Slot)>,
    pub(super) bus_free: u64,
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
            held: None,
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
}
