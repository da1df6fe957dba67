//! What orders threads: atomics and semaphores. Everything else (the time of the run, the
//! order in which caches serve) may come another way next time.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::clock::{Clock, Epoch};
use crate::memory::{Addr, WriteId};

/// A thread's place in the order.
#[derive(Clone, Debug)]
pub(super) struct Place {
    index: usize,
    pub(super) clock: Clock,
    /// The clock's own epoch, kept at hand.
    pub(super) epoch: Epoch,
    /// Atomic stores in its store buffer, the oldest first, and what they release.
    buffered: VecDeque<(WriteId, Addr, Clock)>,
}

/// What has been released.
#[derive(Clone, Debug, Default)]
pub(super) struct Released {
    /// By atomic writes, for each address: the last one and its clock.
    atomics: FxHashMap<Addr, (WriteId, Clock)>,
    semaphores: FxHashMap<Addr, Clock>,
}

impl Place {
    pub(super) fn new(index: usize) -> Place {
        let clock = Clock::new(index);
        Place {
            index,
            epoch: clock.epoch(index),
            clock,
            buffered: VecDeque::new(),
        }
    }

    /// What comes from now on is not released yet.
    fn tick(&mut self) {
        self.clock.tick(self.index);
        self.epoch = self.clock.epoch(self.index);
    }
}

impl Released {
    /// The thread reads atomically what these writes wrote; who they were is not told where no
    /// data is carried. It acquires what the last atomic write to the address released if it
    /// reads that one. (Atomics of different sizes at one address are not put together.)
    pub(super) fn read(&self, place: &mut Place, addr: Addr, writers: &[WriteId]) {
        if let Some((write, clock)) = self.atomics.get(&addr)
            && (writers.is_empty() || writers.contains(write))
        {
            place.clock.join(clock);
        }
    }

    /// An atomic write is in its cache, where others can read it.
    pub(super) fn write(&mut self, place: &mut Place, addr: Addr, write: WriteId) {
        self.atomics.insert(addr, (write, place.clock.clone()));
        place.tick();
    }

    /// An atomic write has entered the store buffer: it releases what is before it now, but
    /// nobody can read it yet.
    pub(super) fn buffer(place: &mut Place, addr: Addr, write: WriteId) {
        let clock = place.clock.clone();
        place.buffered.push_back((write, addr, clock));
        place.tick();
    }

    /// A write that was buffered is in its cache.
    pub(super) fn drain(&mut self, place: &mut Place, write: WriteId) {
        let is_it = |front: &mut (WriteId, Addr, Clock)| front.0 == write;
        if let Some((write, addr, clock)) = place.buffered.pop_front_if(is_it) {
            self.atomics.insert(addr, (write, clock));
        }
    }

    /// The thread releases a semaphore.
    pub(super) fn release(&mut self, place: &mut Place, addr: Addr) {
        let semaphore = self.semaphores.entry(addr).or_default();
        semaphore.join(&place.clock);
        place.tick();
    }

    /// The thread has a semaphore: it comes after all who have released it, for which of their
    /// releases it took is not told.
    pub(super) fn acquire(&self, place: &mut Place, addr: Addr) {
        if let Some(clock) = self.semaphores.get(&addr) {
            place.clock.join(clock);
        }
    }
}
