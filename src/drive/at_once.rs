//! A machine on which whatever a step waits for happens at once. What the ordered driver and the
//! stepwise one have in common: neither has a clock.

use super::ending::Ending;
use super::schedule;
use crate::machine::{
    Checker, Core, Machine, Observer, Port, Progress, Slot, Step, Thread, Violation,
};
use crate::memory::Contents;
use crate::trace::NamedStep;

/// More messages than this are not delivered for one access: it will never be served.
const MOST_DELIVERIES: u32 = 1_000_000;

/// A machine, its observer, and what checks it.
pub(super) struct AtOnce<C: Contents, O> {
    pub(super) machine: Machine<C>,
    pub(super) observer: O,
    pub(super) checker: Option<Checker<C>>,
    /// The steps that were taken, where they are recorded.
    pub(super) recorded: Option<Vec<NamedStep>>,
}

impl<C: Contents, O: Observer<C::Piece>> AtOnce<C, O> {
    pub(super) fn new(machine: Machine<C>, observer: O) -> AtOnce<C, O> {
        AtOnce {
            machine,
            observer,
            checker: None,
            recorded: None,
        }
    }

    /// The core performs the next part of its access, and the fabric serves it: whether that
    /// could be done, or else the core must wait for its store buffer.
    pub(super) fn issue(&mut self, core: Core) -> Result<bool, Ending> {
        match self.perform(Step::Issue(core))? {
            Progress::Done(_) | Progress::Part(_) => {}
            Progress::Waits(slot) => self.serve(slot)?,
            Progress::Blocked(_) => return Ok(false),
            Progress::Faulted(addr, bytes) => return Err(Ending::Fault(thread(core), addr, bytes)),
            Progress::Unsupported(what) => {
                return Err(Ending::Unsupported(thread(core), what.to_owned()));
            }
            progress => unreachable!("an access led to {progress:?}"),
        }
        self.settle(core)?;
        Ok(true)
    }

    /// The core's oldest buffered store reaches its cache.
    pub(super) fn drain(&mut self, core: Core) -> Result<(), Ending> {
        match self.perform(Step::Drain(core))? {
            Progress::Waits(slot) => self.serve(slot)?,
            Progress::Unsupported(what) => {
                return Err(Ending::Unsupported(thread(core), what.to_owned()));
            }
            _ => {}
        }
        self.settle(core)
    }

    /// A line may have left, or a hit have told others: that comes to its end.
    fn settle(&mut self, core: Core) -> Result<(), Ending> {
        if self.machine.in_flight().is_empty() {
            return Ok(());
        }
        let port = Port::Issue;
        self.serve(Slot { core, port })
    }

    /// What a port waits for happens, with all that follows from it.
    fn serve(&mut self, slot: Slot) -> Result<(), Ending> {
        if !self.machine.on_network() {
            self.perform(Step::Deliver(slot))?;
            return Ok(());
        }
        let mut steps = Vec::new();
        for _ in 0..MOST_DELIVERIES {
            self.machine.steps(&mut steps);
            let waits = self.machine.is_waiting(slot);
            let serves = |step: &&Step| match step {
                Step::Receive(_) | Step::Act(_) => true,
                Step::Deliver(other) => waits && *other == slot,
                Step::Issue(_) | Step::Drain(_) | Step::Overtake(..) | Step::Invalidate(_) => false,
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

    /// Performs a step; invalidations are applied at once, too.
    fn perform(&mut self, step: Step) -> Result<Progress, Box<Violation>> {
        let progress = self.perform_one(step)?;
        if !self.machine.queues_invalidations() {
            return Ok(progress);
        }
        for core in self.machine.cores() {
            while self.machine.has_invalidations(core) {
                self.perform_one(Step::Invalidate(core))?;
            }
        }
        Ok(progress)
    }

    fn perform_one(&mut self, step: Step) -> Result<Progress, Box<Violation>> {
        if let Some(recorded) = &mut self.recorded {
            recorded.push(schedule::name(&self.machine, step));
        }
        let Some(checker) = &mut self.checker else {
            return self.machine.perform(step, &mut self.observer);
        };
        let observers = &mut (&mut self.observer, &mut *checker);
        let progress = self.machine.perform(step, observers)?;
        checker.after_step(&self.machine)?;
        Ok(progress)
    }
}

/// Each thread has a core of its own.
pub(super) fn thread(core: Core) -> Thread {
    Thread(core.0.into())
}
