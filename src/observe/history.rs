//! Map calls that gave what no order of the calls explains: each key is a register, and its
//! calls must be linearizable (Herlihy and Wing 1990). Judged by who wrote what was read and by
//! when calls were under way, never by values. Reads that are torn are left to the other
//! detector.
//!
//! A call that changes a map is not over before its last store has left the store buffer: until
//! then other cores cannot tell that it has returned. A get is not judged while its own thread
//! has such a store on its way to the same key, for the thread may read it early.

mod call;
mod follow;
mod judge;
mod key;
mod outcome;
mod register;
mod told;
mod whole;
mod writes;
mod wrong;

use rustc_hash::FxHashMap;

use call::Caller;
use key::Key;
use writes::Writes;
pub use wrong::{WrongValue, WrongWhy};

use super::running::Running;
use crate::machine::{AccessKind, CallKind, Event, Note, Observer, Thread};
use crate::memory::Piece;

/// At most so many keys are watched, in all maps together.
const MOST_KEYS: usize = 1 << 21;

/// A map.
#[derive(Clone, Debug, Default)]
struct Map {
    /// The places of its keys.
    keys: Vec<u32>,
    /// Some of its keys are not watched.
    incomplete: bool,
    /// Calls that change it and are not over, and how many have begun.
    changing: u32,
    changes: u64,
    /// The calls that delete every key and are not over: each one's caller and id.
    clears: Vec<(u32, u64)>,
    /// A thread ended within such a call.
    abandoned: bool,
    /// Keys that are there for certain, and keys of which nothing is certain.
    present: u64,
    uncertain: u64,
}

/// Finds wrong answers.
#[derive(Clone, Debug, Default)]
pub struct History {
    now: u64,
    /// Counts begins and ends of calls, which orders them within a cycle.
    tick: u64,
    running: Running,
    /// What went on before the run, and then each thread.
    callers: Vec<Caller>,
    maps: Vec<Map>,
    keys: Vec<Key>,
    places: FxHashMap<(u16, u64), u32>,
    writes: Writes,
    found: Vec<WrongValue>,
    count: u64,
    bounded: u64,
}

impl History {
    /// The first wrong answers, in the order in which they were found out.
    #[must_use]
    pub fn found(&self) -> &[WrongValue] {
        &self.found
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How often something was not judged because keeping track of it has a limit: writes that
    /// were forgotten, keys that are not watched, calls of which too many overlap.
    #[must_use]
    pub fn bounded(&self) -> u64 {
        self.bounded + self.writes.forgotten()
    }

    /// The line of the trace that a thread is at; 0 if it has not begun.
    #[must_use]
    pub fn line_of(&self, thread: Thread) -> u32 {
        let caller = self.callers.get(number(thread));
        caller.map_or(0, |caller| caller.line)
    }

    /// The lines that all threads are at.
    pub fn lines(&self) -> impl Iterator<Item = u32> {
        let lines = self.callers.iter().map(|caller| caller.line);
        lines.filter(|&line| line > 0)
    }

    /// The place of a thread among the callers.
    fn caller(&mut self, thread: Thread) -> usize {
        let number = number(thread);
        while self.callers.len() <= number {
            let thread = (self.callers.len() as u16).wrapping_sub(1);
            self.callers.push(Caller::new(Thread(thread)));
        }
        number
    }

    fn map(&mut self, map: u16) -> &mut Map {
        let map = usize::from(map);
        if self.maps.len() <= map {
            self.maps.resize_with(map + 1, Map::default);
        }
        &mut self.maps[map]
    }

    /// The place of a key, watched from now on; none if there are too many.
    fn place(&mut self, map: u16, key: u64) -> Option<u32> {
        if let Some(&place) = self.places.get(&(map, key)) {
            return Some(place);
        }
        if self.keys.len() >= MOST_KEYS {
            self.bounded += 1;
            self.map(map).incomplete = true;
            return None;
        }
        let place = self.keys.len() as u32;
        self.places.insert((map, key), place);
        self.keys.push(Key::new(map, key));
        let of_map = self.map(map);
        of_map.keys.push(place);
        let abandoned = of_map.abandoned;
        for call in of_map.clears.clone() {
            self.begin_on(place, call);
            self.keys[place as usize].delete_begins();
        }
        if abandoned {
            self.skip(place);
        }
        Some(place)
    }

    fn note(&mut self, thread: Thread, note: &Note) {
        let caller = self.caller(thread);
        match *note {
            Note::OperationBegun { line } => self.callers[caller].line = line,
            Note::CallBegun(call) => self.begin(caller, call),
            Note::CallEnded(answer) => self.end(caller, answer),
            Note::WriteBegun { write, .. } => self.wrote(caller, write),
            Note::Copied { write, of } => self.copied(caller, write, of),
            Note::ReadBegun { .. } => {
                self.callers[caller].reading = true;
                if let Some(open) = &mut self.callers[caller].open {
                    open.read_before = std::mem::take(&mut open.read);
                }
            }
            Note::ReadEnded => self.callers[caller].reading = false,
            Note::Retried => {
                if let Some(open) = &mut self.callers[caller].open {
                    (open.read, open.read_before) = Default::default();
                }
            }
            Note::Visited { key } => self.visit(caller, key),
            Note::Named { .. }
            | Note::Locked { .. }
            | Note::Unlocking { .. }
            | Note::HeaderRead(_)
            | Note::HeaderWritten(_)
            | Note::Took { .. }
            | Note::Published { .. }
            | Note::Retired { .. }
            | Note::Reclaimed { .. }
            | Note::Spins { .. }
            | Note::ClockRead => {}
        }
    }
}

/// The place of a thread among the callers: setup has the first.
fn number(thread: Thread) -> usize {
    usize::from(thread.0.wrapping_add(1))
}

impl<P: Piece> Observer<P> for History {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        match *event {
            Event::Note { core, note } => self.note(self.running.on(core), note),
            Event::Buffered { core, .. } => {
                let caller = self.caller(self.running.on(core));
                self.callers[caller].buffered += 1;
            }
            Event::Performed {
                core,
                from_buffer: true,
                ..
            } => {
                let caller = self.caller(self.running.on(core));
                self.callers[caller].performed += 1;
                self.settle(caller);
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } => {
                let number = number(self.running.on(core));
                let Some(caller) = self.callers.get_mut(number) else {
                    return;
                };
                let Some(open) = &mut caller.open else {
                    return;
                };
                match access.kind {
                    AccessKind::Load if caller.reading => {
                        for &write in value.writers(access.bytes) {
                            open.read = open.read.and(write);
                        }
                    }
                    // It may be the increment itself.
                    AccessKind::Locked { write, .. } if open.call.kind == CallKind::Increment => {
                        open.locked = true;
                        self.wrote(number, write);
                    }
                    _ => {}
                }
            }
            Event::Ended { core, .. } => {
                let caller = self.caller(self.running.on(core));
                self.abandon(caller);
            }
            _ => {}
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
