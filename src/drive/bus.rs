//! Whom the timed driver's bus serves and when: the request that came first, one at a time.

use super::cost::{cycles, uses_bus};
use super::ending::Ending;
use super::timed::{Clocked, Timed};
use super::wake::Wake;
use crate::machine::{Core, Cost, Event, Observer, Port, Program, Progress, Slot, Step};
use crate::memory::{Contents, Line};

/// A line that a core keeps for itself: no other core's request for it is served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    line: Line,
    /// Until when at the latest.
    until: u64,
    /// Only as long as the oldest store in the core's buffer is to this line.
    by_stores: bool,
}

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    pub(super) fn request_bus(&mut self, slot: Slot) {
        let arrival = self.now + u64::from(self.machine.config().cache.hit_cycles);
        let lot = self.dice.up_to(u32::MAX);
        self.requests.push((arrival, lot, slot));
        self.wake_bus();
    }

    /// Lets the bus look for a request as soon as one is there and it is free.
    pub(super) fn wake_bus(&mut self) {
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
        let bus = &self.machine.config().bus;
        if bus.hold_cycles == 0 && bus.store_hold_cycles == 0 {
            return 0;
        }
        let wanted = self.machine.wanted_line(slot);
        let keeps = |(core, other): (usize, &Clocked)| {
            let held = other.held.filter(|held| wanted == Some(held.line))?;
            let core = Core(core as u8);
            let keeps = core != slot.core && (!held.by_stores || self.stores_to(core, held.line));
            keeps.then_some(held.until)
        };
        let all = self.cores.iter().enumerate();
        all.filter_map(keeps).max().unwrap_or(0)
    }

    /// Whether the oldest store in the core's buffer is to this line.
    fn stores_to(&self, core: Core, line: Line) -> bool {
        let oldest = Slot {
            core,
            port: Port::Drain,
        };
        self.machine.wanted_line(oldest) == Some(line)
    }

    /// A store has left the buffer: others may have waited for that.
    pub(super) fn release(&mut self, core: Core) {
        let held = self.cores[core.index()].held;
        if let Some(held) = held.filter(|held| held.by_stores)
            && !self.stores_to(core, held.line)
        {
            self.cores[core.index()].held = None;
            self.wake_bus();
        }
    }

    /// Whether the core keeps a line for itself that the bus brings by `time`, and until when.
    fn hold(&self, line: Line, cost: Cost, slot: Slot, time: u64) -> Option<Held> {
        let Cost::Bus(service) = cost else {
            return None;
        };
        let bus = &self.machine.config().bus;
        let (cycles, by_stores) = match slot.port {
            _ if service.read_modify_write => (bus.hold_cycles, false),
            Port::Drain => (bus.store_hold_cycles, true),
            Port::Issue => return None,
        };
        (cycles > 0).then(|| Held {
            line,
            until: time + u64::from(cycles),
            by_stores,
        })
    }

    /// Serves the request that came first, of those whose line no other core keeps.
    pub(super) fn grant(&mut self) -> Result<(), Ending> {
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
            if let Some(held) = self.hold(line, cost, slot, time) {
                self.cores[core.index()].held = Some(held);
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
