//! When the timed driver lets stores leave the store buffer, and cores that wait for that.

use super::cost::{cycles, drain_cycles};
use super::ending::Ending;
use super::timed::Timed;
use super::wake::Wake;
use crate::machine::config::StoreOrder;
use crate::machine::{Core, Cost, Event, Observer, Port, Program, Progress, Slot, Stall, Step};
use crate::memory::Contents;

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    /// What a step of the core takes; a store that entered the buffer is noted.
    pub(super) fn buffered_or(&mut self, core: Core, cost: Cost) -> u64 {
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
    pub(super) fn stall(&mut self, core: Core, stall: Stall) {
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
                let time = self.now + drain_cycles(self.machine.config(), cost);
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
        self.release(core);
    }
}
