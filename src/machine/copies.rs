//! One line in the machine's caches and memory, as coherence sees it.

use std::cell::Cell;

use super::access::Core;
use super::cache::{Cache, Way};
use super::event::{Event, Observer, Supplier};
use super::invalidation_queue::InvalidationQueue;
use super::memory::Memory;
use super::step::Service;
use crate::coherence::{self, Happened, Place};
use crate::memory::{Contents, Line};
use crate::protocol::{State, Table};

/// All copies of a line while one core's access to it is served.
pub(super) struct Copies<'a, C, O> {
    pub(super) caches: &'a mut [Cache<C>],
    pub(super) invalidations: &'a mut [InvalidationQueue<C>],
    pub(super) memory: &'a mut Memory<C>,
    pub(super) observer: &'a mut O,
    /// What the bus did is added here.
    pub(super) service: &'a mut Service,
    pub(super) line: Line,
    pub(super) table: &'a Table,
    /// The core whose access it is.
    pub(super) core: Core,
    /// Where its cache has the line, or room for it.
    pub(super) way: Way,
    /// Where another cache has it: the one that was looked at last.
    pub(super) found: Cell<Option<(usize, Way)>>,
}

impl<C: Contents, O> Copies<'_, C, O> {
    /// Where a cache has the line.
    fn way(&self, cache: usize) -> Way {
        if cache == self.core.index() {
            return self.way;
        }
        match self.found.get() {
            Some((found, way)) if found == cache => way,
            _ => {
                let way = self.caches[cache].find(self.line);
                way.expect("the line is in a cache that gives it away")
            }
        }
    }
}

impl<C: Contents, O: Observer<C::Piece>> Copies<'_, C, O> {
    /// Before the line gets another state: a core whose cache gives it up to another reads it for
    /// a while, and one that has it again does not read what it was.
    #[cold]
    fn queue_invalidation(&mut self, cache: usize, way: Way, state: State) {
        let queue = &mut self.invalidations[cache];
        let (line, own) = (self.line, cache == self.core.index());
        let held = &self.caches[cache];
        if own && self.table.may_load(state) {
            queue.apply_through(line);
        } else if !own && self.table.may_load(held.state_at(way)) && !self.table.may_load(state) {
            queue.push(line, held.contents(way));
            let core = Core(cache as u8);
            let queued = Event::InvalidationQueued { core, line };
            self.observer.observe(&queued);
        }
    }
}

impl<C: Contents, O: Observer<C::Piece>> coherence::Copies for Copies<'_, C, O> {
    fn caches(&self) -> usize {
        self.caches.len()
    }

    #[inline]
    fn state(&self, cache: usize) -> State {
        if cache == self.core.index() {
            return self.caches[cache].state_at(self.way);
        }
        let held = &self.caches[cache];
        let found = held.find(self.line).map(|way| (cache, way));
        self.found.set(found);
        found.map_or(self.table.initial(), |(_, way)| held.state_at(way))
    }

    #[inline]
    fn set_state(&mut self, cache: usize, state: State) {
        let way = self.way(cache);
        if !self.invalidations.is_empty() {
            self.queue_invalidation(cache, way, state);
        }
        if cache == self.core.index() {
            self.caches[cache].place(way, self.line, state);
        } else {
            self.caches[cache].set_state(way, state);
        }
    }

    fn copy_line(&mut self, from: Place, to: Place) {
        match (from, to) {
            (Place::Cache(from), Place::Cache(to)) => {
                let (from_way, to_way) = (self.way(from), self.way(to));
                let [from, to] = self
                    .caches
                    .get_disjoint_mut([from, to])
                    .expect("a line moves to another cache");
                let (source, source_index) = from.contents(from_way);
                let (target, index) = to.contents_mut(to_way);
                target.copy_line(index, source, source_index);
            }
            (Place::Cache(from), Place::Memory) => {
                let way = self.way(from);
                let (source, source_index) = self.caches[from].contents(way);
                let (target, index) = self.memory.line(self.line);
                target.copy_line(index, source, source_index);
                self.memory.touch(self.line);
            }
            (Place::Memory, Place::Cache(to)) => {
                let way = self.way(to);
                let (target, index) = self.caches[to].contents_mut(way);
                let (source, source_index) = self.memory.line(self.line);
                target.copy_line(index, source, source_index);
            }
            (Place::Memory, Place::Memory) => {}
        }
    }

    #[inline]
    fn observe(&mut self, happened: &Happened) {
        let (core, line) = (self.core, self.line);
        let event = match *happened {
            Happened::Hit { event, from, to } => Event::Hit {
                core,
                line,
                event,
                from,
                silently_changed: to != from,
            },
            Happened::Snooped { cache, event, from } => Event::Snooped {
                core: Core(cache as u8),
                line,
                event,
                from,
                cause: core,
            },
            Happened::Refused { kind } => Event::Refused { core, line, kind },
            Happened::Flushed { cache, to_memory } => Event::Flushed {
                core: Core(cache as u8),
                line,
                to_memory,
                cause: core,
            },
            Happened::Changed {
                cache,
                event,
                from,
                to,
            } => Event::Transition {
                core: Core(cache as u8),
                line,
                event,
                from,
                to,
                cause: core,
            },
            Happened::Served {
                event,
                from,
                kind,
                held,
                supplier,
            } => {
                let supplier = match supplier {
                    None => Supplier::Nobody,
                    Some(Place::Cache(cache)) => Supplier::Cache(Core(cache as u8)),
                    Some(Place::Memory) => self.memory.touch(line),
                };
                self.service.add(supplier);
                Event::Transaction {
                    core,
                    line,
                    event,
                    from,
                    kind,
                    held,
                    supplier,
                }
            }
        };
        self.observer.observe(&event);
    }
}
