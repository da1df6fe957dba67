//! Map calls that gave what no order of the calls explains: each key is a register, and its
//! calls must be linearizable (Herlihy and Wing 1990). Judged by who wrote what was read and by
//! when calls were under way, never by values. Reads that are torn are left to the other
//! detector.
//!
//! A call that changes a map is not over before its last store has left the store buffer: until
//! then other cores cannot tell that it has returned. A get is not judged while its own thread
//! has such a store on its way to the same key, for the thread may read it early.

mod call;
mod judge;
mod key;
mod register;
mod writes;
mod wrong;

use rustc_hash::FxHashMap;

use call::{Caller, Open, Read};
use key::Key;
use register::{Outcome, Value, Who};
use writes::Writes;
pub use wrong::{WrongValue, WrongWhy};

use super::running::Running;
use crate::machine::{AccessKind, Answer, Call, CallKind, Event, Note, Observer, Thread};
use crate::maps::Entry;
use crate::memory::{Piece, WriteId};

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

    /// What a walk over a map after the run found counts as a get of every key.
    pub fn finish(&mut self, map: u16, entries: &[Entry]) {
        let mut held: FxHashMap<u64, WriteId> = FxHashMap::default();
        for entry in entries.iter().rev().filter(|entry| entry.reachable) {
            held.insert(entry.key, entry.write);
            if !self.places.contains_key(&(map, entry.key)) {
                self.walked(map, entry.key, Some(entry.write));
            }
        }
        let keys = self.maps.get(usize::from(map));
        for place in keys.map_or_else(Vec::new, |map| map.keys.clone()) {
            let key = self.keys[place as usize].key;
            self.walked(map, key, held.get(&key).copied());
        }
    }

    /// A get of a key after the run.
    fn walked(&mut self, map: u16, key: u64, write: Option<WriteId>) {
        let kind = CallKind::Get;
        let caller = self.caller(Thread::SETUP);
        self.callers[caller].line = 0;
        self.begin(caller, Call { kind, map, key });
        if let Some(open) = &mut self.callers[caller].open {
            open.read = write.map_or(Read::Nothing, Read::Of);
        }
        let answer = match write {
            Some(_) => Answer::Present,
            None => Answer::Absent,
        };
        self.end(caller, answer);
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

    fn begin(&mut self, caller: usize, call: Call) {
        self.tick += 1;
        let Call { kind, map, key } = call;
        let place = match kind {
            CallKind::Put | CallKind::Increment | CallKind::Delete => self.place(map, key),
            CallKind::Get => self.places.get(&(map, key)).copied(),
            CallKind::Len | CallKind::Range | CallKind::Clear => None,
        };
        let of_caller = &self.callers[caller];
        let own = |open: &Open| {
            open.key == place || (open.call.kind == CallKind::Clear && open.call.map == map)
        };
        let early = kind == CallKind::Get && of_caller.calls().any(own);
        let (tick, thread, line) = (self.tick, of_caller.thread, of_caller.line);
        let of_map = self.map(map);
        let changes = (of_map.changing == 0).then_some(of_map.changes);
        if kind.changes() {
            of_map.changing += 1;
            of_map.changes += 1;
        }
        if kind == CallKind::Clear {
            of_map.clears.push((caller as u32, tick));
        }
        let deletes = matches!(kind, CallKind::Delete | CallKind::Clear);
        let cycle = self.now;
        self.callers[caller].open = Some(Box::new(Open {
            id: tick,
            who: Who {
                thread,
                line,
                kind,
                cycle,
            },
            call,
            begun: tick,
            key: place.filter(|_| !early),
            outcome: deletes.then_some(Outcome::Wrote(Value::Absent)),
            first: None,
            first_before: None,
            locked: false,
            read: Read::Nothing,
            read_before: Read::Nothing,
            visited: Vec::new(),
            visits: 0,
            changes,
        }));
        self.each_key(call, place.filter(|_| !early), |history, place| {
            history.begin_on(place, (caller as u32, tick));
            if deletes {
                history.keys[place as usize].delete_begins();
            }
        });
    }

    /// The keys that a call is judged by: one, or for a clear all.
    #[inline]
    fn each_key(&mut self, call: Call, key: Option<u32>, mut act: impl FnMut(&mut History, u32)) {
        if call.kind == CallKind::Clear {
            let map = usize::from(call.map);
            for at in 0..self.maps[map].keys.len() {
                act(self, self.maps[map].keys[at]);
            }
        } else if let Some(place) = key {
            act(self, place);
        }
    }

    fn wrote(&mut self, caller: usize, write: WriteId) {
        let Some(open) = &mut self.callers[caller].open else {
            return;
        };
        if matches!(open.call.kind, CallKind::Put | CallKind::Increment) {
            open.first_before = open.first;
            let first = *open.first.get_or_insert(write);
            self.writes.announce(write, first, open.key, open.who.line);
        }
    }

    /// The last write, and the read before it, moved an entry.
    fn copied(&mut self, caller: usize, write: WriteId, of: Option<WriteId>) {
        if let Some(open) = &mut self.callers[caller].open {
            open.first = open.first_before;
            open.read = open.read_before;
        }
        self.writes.copy(write, of);
    }

    fn end(&mut self, caller: usize, answer: Answer) {
        let Some(mut open) = self.callers[caller].open.take() else {
            return;
        };
        self.tick += 1;
        open.who.cycle = self.now;
        let outcome = self.outcome(&open, answer);
        open.outcome = Some(outcome);
        let (id, who) = (open.id, open.who);
        self.each_key(open.call, open.key, |history, place| {
            if let Some(register) = &mut history.keys[place as usize].register {
                register.answer(id, who, outcome);
            }
        });
        if open.call.kind.changes() {
            let of_caller = &mut self.callers[caller];
            of_caller.leaving.push_back((of_caller.buffered, open));
            self.settle(caller);
        } else {
            self.over(&open);
        }
    }

    /// Calls whose last store is performed are over now.
    fn settle(&mut self, caller: usize) {
        loop {
            let of_caller = &mut self.callers[caller];
            let performed = of_caller.performed;
            let first = of_caller
                .leaving
                .pop_front_if(|(last, _)| *last <= performed);
            match first {
                Some((_, open)) => self.over(&open),
                None => return,
            }
        }
    }

    /// A thread ends in the middle of a call: whether that has taken effect is open for ever.
    fn abandon(&mut self, caller: usize) {
        let Some(mut open) = self.callers[caller].open.take() else {
            return;
        };
        if !open.call.kind.changes() {
            open.outcome = Some(Outcome::Nothing);
            let (id, who) = (open.id, open.who);
            let key = open.key.map(|place| &mut self.keys[place as usize]);
            if let Some(register) = key.and_then(|key| key.register.as_mut()) {
                register.answer(id, who, Outcome::Nothing);
            }
            if let Some(place) = open.key {
                self.end_on(place, &open);
            }
            return;
        }
        // The call stays under way, so its keys are not judged any more.
        if open.call.kind == CallKind::Clear {
            let map = self.map(open.call.map);
            map.abandoned = true;
        }
        self.each_key(open.call, open.key, History::skip);
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
            Note::Visited { key } => self.visit(caller, key),
            Note::Named { .. } => {}
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
