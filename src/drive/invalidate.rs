//! When the timed driver applies queued invalidations: each stays as long as the seed says, unless
//! its core waits for the queue to be empty.

use super::ending::Ending;
use super::timed::Timed;
use super::wake::Wake;
use crate::machine::{Core, Observer, Program, Stall, Step};
use crate::memory::Contents;

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    /// Any step can queue an invalidation at any core.
    #[cold]
    pub(super) fn plan_invalidations(&mut self) {
        for core in (0..self.cores.len()).map(|core| Core(core as u8)) {
            let planned = self.cores[core.index()].invalidate_at.is_some();
            if !planned && self.machine.has_invalidations(core) {
                let time = self.now + u64::from(self.invalidation_delay(core));
                self.schedule_invalidation(core, time);
            }
        }
    }

    fn invalidation_delay(&mut self, core: Core) -> u32 {
        if self.cores[core.index()].stall == Some(Stall::Invalidating) {
            return 0;
        }
        let queue = self.machine.config().invalidation_queue;
        let queue = queue.expect("the machine has queues");
        self.dice
            .between(queue.min_apply_cycles, queue.max_apply_cycles)
    }

    pub(super) fn schedule_invalidation(&mut self, core: Core, time: u64) {
        self.cores[core.index()].invalidate_at = Some(time);
        self.schedule(time, Wake::Invalidate(core));
    }

    /// The core's oldest invalidation is applied, unless its line has come back in the meantime.
    pub(super) fn invalidate(&mut self, core: Core) -> Result<(), Ending> {
        self.cores[core.index()].invalidate_at = None;
        if self.machine.has_invalidations(core) {
            self.perform(Step::Invalidate(core))?;
        }
        let clocked = &mut self.cores[core.index()];
        if clocked.stall == Some(Stall::Invalidating) && !self.machine.has_invalidations(core) {
            clocked.stall = None;
            self.schedule(self.now, Wake::Issue(core));
        }
        Ok(())
    }
}
