//! The life of a call: it begins, reads and writes, answers, and is over once all that it
//! stored is performed.

use super::History;
use super::call::{Open, Read};
use super::outcome::{Outcome, Value, Who};
use crate::machine::{Answer, Call, CallKind};
use crate::memory::WriteId;

impl History {
    /// A call begins.
    pub(super) fn begin(&mut self, caller: usize, call: Call) {
        self.tick += 1;
        let Call { kind, map, key } = call;
        let place = match kind {
            CallKind::Put | CallKind::Increment | CallKind::Delete => self.place(map, key),
            CallKind::Get => self.places.get(&(map, key)).copied(),
            CallKind::Len | CallKind::Range | CallKind::Clear | CallKind::Grow => None,
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
    pub(super) fn each_key(
        &mut self,
        call: Call,
        key: Option<u32>,
        mut act: impl FnMut(&mut History, u32),
    ) {
        if call.kind == CallKind::Clear {
            let map = usize::from(call.map);
            for at in 0..self.maps[map].keys.len() {
                act(self, self.maps[map].keys[at]);
            }
        } else if let Some(place) = key {
            act(self, place);
        }
    }

    /// The call under way announces a write.
    pub(super) fn wrote(&mut self, caller: usize, write: WriteId) {
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
    pub(super) fn copied(&mut self, caller: usize, write: WriteId, of: Option<WriteId>) {
        if let Some(open) = &mut self.callers[caller].open {
            open.first = open.first_before;
            open.read = open.read_before;
        }
        self.writes.copy(write, of);
    }

    /// The call under way answers.
    pub(super) fn end(&mut self, caller: usize, answer: Answer) {
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
    pub(super) fn settle(&mut self, caller: usize) {
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
    pub(super) fn abandon(&mut self, caller: usize) {
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
}
