//! What calls cost besides what caches do: time that threads wait, and memory.

use std::ops::AddAssign;

use rustc_hash::FxHashMap;

use super::running::Running;
use crate::machine::{AccessKind, Core, Event, Note, Observer, Thread};
use crate::memory::Piece;

/// Sums over all threads of a run.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    /// How long threads were away from their cores for a semaphore, in cycles.
    pub asleep_cycles: u64,
    /// How often they went to sleep for one.
    pub sleeps: u64,
    /// How long threads waited between two looks at a lock, in cycles; the accesses themselves
    /// are not in it.
    pub spun_cycles: u64,
    /// Compare-and-swaps that found something else than expected, and so wrote nothing.
    pub lost_swaps: u64,
    /// How long cores waited for their store buffers, in cycles: until the access that had to
    /// wait was complete.
    pub stalled_cycles: u64,
    /// Objects that were allocated during the run.
    pub allocations: u64,
    /// Their sizes together.
    pub allocated_bytes: u64,
    /// Bytes that went to memory past a cache that keeps the line.
    pub written_through_bytes: u64,
    running: Running,
    now: u64,
    asleep_since: FxHashMap<Thread, u64>,
    stalled_since: FxHashMap<Core, u64>,
}

impl Cost {
    fn goes_on(&mut self, core: Core) {
        if let Some(since) = self.stalled_since.remove(&core) {
            self.stalled_cycles += self.now - since;
        }
    }
}

impl AddAssign<&Cost> for Cost {
    fn add_assign(&mut self, other: &Cost) {
        self.asleep_cycles += other.asleep_cycles;
        self.sleeps += other.sleeps;
        self.spun_cycles += other.spun_cycles;
        self.lost_swaps += other.lost_swaps;
        self.stalled_cycles += other.stalled_cycles;
        self.allocations += other.allocations;
        self.allocated_bytes += other.allocated_bytes;
        self.written_through_bytes += other.written_through_bytes;
    }
}

impl<P: Piece> Observer<P> for Cost {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        match *event {
            Event::Sleeps { core, .. } => {
                self.sleeps += 1;
                self.asleep_since.insert(self.running.on(core), self.now);
            }
            Event::Acquired { core, .. } => {
                if let Some(since) = self.asleep_since.remove(&self.running.on(core)) {
                    self.asleep_cycles += self.now - since;
                }
            }
            Event::Stalled { core, .. } => {
                self.stalled_since.entry(core).or_insert(self.now);
            }
            // A fence has no end of its own: the program's next word is after it.
            Event::Note { core, note } => {
                self.goes_on(core);
                if let Note::Spins { cycles } = *note {
                    self.spun_cycles += u64::from(cycles);
                }
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } => {
                self.goes_on(core);
                if let AccessKind::Locked { update, .. } = access.kind {
                    let old = value.value(access.bytes);
                    self.lost_swaps += u64::from(update.apply(old, access.bytes).is_none());
                }
            }
            Event::Allocated { core, bytes, .. } if core != Core::SETUP => {
                self.allocations += 1;
                self.allocated_bytes += bytes;
            }
            Event::WrittenThrough { bytes, .. } => self.written_through_bytes += bytes as u64,
            _ => {}
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Stall;
    use crate::memory::{Addr, Tagged};

    #[test]
    fn sleep_and_stalls_are_measured() {
        let mut cost = Cost::default();
        let mut tell = |cycle, event: Event<'_, Tagged>| {
            Observer::<Tagged>::clock(&mut cost, cycle);
            cost.observe(&event);
        };
        let (addr, note) = (Addr(64), Note::ReadEnded);
        let core = Core(0);
        tell(10, Event::Sleeps { core, addr });
        let thread = Thread(1);
        tell(20, Event::Scheduled { core, thread });
        let stall = Stall::Draining;
        tell(30, Event::Stalled { core, stall });
        tell(33, Event::Stalled { core, stall });
        tell(40, Event::Note { core, note: &note });
        let (core, thread) = (Core(1), Thread(0));
        tell(100, Event::Scheduled { core, thread });
        tell(100, Event::Acquired { core, addr });
        tell(120, Event::Acquired { core, addr });
        assert_eq!((cost.sleeps, cost.asleep_cycles), (1, 90));
        assert_eq!(cost.stalled_cycles, 10);
    }
}
