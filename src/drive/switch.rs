//! The timed driver lets threads take turns on its cores. A thread leaves only between two of
//! its accesses, and once all its stores are performed: to go on elsewhere it must find them.

use super::timed::Timed;
use super::wake::Wake;
use crate::machine::{Core, Event, Fence, Observer, Program, Thread};
use crate::memory::Contents;

impl<C: Contents, P: Program<C::Piece>, O: Observer<C::Piece>> Timed<C, P, O> {
    /// Who is on the core, or was there last.
    pub(super) fn thread_on(&self, core: Core) -> Thread {
        self.threads.last_on(core)
    }

    /// The thread on the core has a turn from this time on.
    pub(super) fn begin_turn(&mut self, core: Core, time: u64) {
        let cycles = self.machine.config().threads.turn_cycles;
        // A run begins somewhere in the middle of a turn.
        let cycles = match self.now == 0 && self.threads.some_ready() {
            true => self.dice.between(1, cycles),
            false => cycles,
        };
        self.cores[core.index()].turn_ends = time + u64::from(cycles);
    }

    /// What happens on the core instead of the program's next request, if anything does:
    /// `Some(None)` if a fence is under way there, else until when, or `u64::MAX`.
    pub(super) fn switch(&mut self, core: Core) -> Option<Option<u64>> {
        if std::mem::take(&mut self.cores[core.index()].arriving) {
            return Some(Some(self.come_back(core)));
        }
        if self.threads.is_leaving(core) {
            self.threads.leave(core);
            return Some(self.next_thread(core));
        }
        if !self.threads.some_ready() || self.now < self.cores[core.index()].turn_ends {
            return None;
        }
        let answer = self.machine.answer(core);
        self.threads.preempt(core, answer);
        self.machine.begin_fence(core, Fence::Full);
        Some(None)
    }

    /// The next thread comes to a core that is free, when what the last one has stored is
    /// performed: none while that is under way, `u64::MAX` if there is no such thread.
    pub(super) fn next_thread(&mut self, core: Core) -> Option<u64> {
        if !self.threads.put_on(core) {
            return Some(u64::MAX);
        }
        self.cores[core.index()].arriving = true;
        self.machine.begin_fence(core, Fence::Full);
        None
    }

    /// A thread that was put on the core goes on: when.
    fn come_back(&mut self, core: Core) -> u64 {
        let thread = self.thread_on(core);
        self.observer.observe(&Event::Scheduled { core, thread });
        if let Some(addr) = self.threads.take_acquired(core) {
            self.observer.observe(&Event::Acquired { core, addr });
        }
        let time = self.now + u64::from(self.machine.config().threads.switch_cycles);
        self.begin_turn(core, time);
        self.cores[core.index()].resumes = true;
        time
    }

    /// Threads that are ready take cores that are free.
    pub(super) fn fill_cores(&mut self) {
        while let Some(core) = self.threads.free_core() {
            self.next_thread(core);
            let time = self.now + u64::from(self.machine.config().threads.wake_cycles);
            self.schedule(time, Wake::Issue(core));
        }
    }
}
