//! Judging calls: what a call did, on which keys, and whether any order explains it.

use super::call::{Open, Read};
use super::key::Standing;
use super::register::{Outcome, Register, Unexplained, Value};
use super::writes::Source;
use super::wrong::{WrongValue, WrongWhy};
use super::{History, Map};
use crate::machine::{Answer, Call, CallKind};
use crate::memory::WriteId;

/// At most this many wrong values are kept; the others are only counted.
const KEPT: usize = 1000;

impl History {
    /// What a call that answers now did. What is wrong with its answer alone is told here.
    pub(super) fn outcome(&mut self, open: &Open, answer: Answer) -> Outcome {
        match open.call.kind {
            CallKind::Delete | CallKind::Clear => Outcome::Wrote(Value::Absent),
            CallKind::Put => Outcome::Wrote(put_by(open)),
            CallKind::Increment => match (open.read, put_by(open)) {
                // It put what it found nothing for.
                (Read::Nothing, new @ Value::Put(..)) if !open.locked => {
                    Outcome::Replaced(Value::Absent, new)
                }
                (Read::Nothing | Read::Mixed, new) => Outcome::Wrote(new),
                (Read::Of(write), new) => match self.writes.source(write) {
                    Source::Put(first, put) if Some(put.key) == open.key => {
                        Outcome::Replaced(Value::Put(first, put.line), new)
                    }
                    // A slot that nobody has put anything into counts as nothing found.
                    Source::Nobody => Outcome::Replaced(Value::Absent, new),
                    Source::Put(..) | Source::Unknown => Outcome::Wrote(new),
                },
            },
            CallKind::Get if answer == Answer::Absent => Outcome::Read(Value::Absent),
            CallKind::Get => match self.value_of(open.read, open.call.map, open.call.key) {
                Ok(Some(value)) => Outcome::Read(value),
                Ok(None) => Outcome::Nothing,
                Err(why) => {
                    self.tell(open, why);
                    Outcome::Nothing
                }
            },
            CallKind::Len => {
                self.judge_len(open, answer);
                Outcome::Nothing
            }
            CallKind::Range => {
                self.judge_range(open, answer);
                Outcome::Nothing
            }
        }
    }

    /// The value of the key that a read found; none where that is not known.
    fn value_of(&self, read: Read, map: u16, key: u64) -> Result<Option<Value>, WrongWhy> {
        let Read::Of(write) = read else {
            return Ok(None);
        };
        match self.writes.source(write) {
            Source::Nobody => Err(WrongWhy::NeverPut),
            Source::Unknown => Ok(None),
            Source::Put(first, put) => {
                let of = &self.keys[put.key as usize];
                if (of.map, of.key) != (map, key) {
                    let (key, line) = (of.key, put.line);
                    return Err(WrongWhy::OtherKey { key, line });
                }
                Ok(Some(Value::Put(first, put.line)))
            }
        }
    }

    /// A range has come to a key and read its value.
    pub(super) fn visit(&mut self, caller: usize, key: u64) {
        let Some(mut open) = self.callers[caller].open.take() else {
            return;
        };
        open.visits += 1;
        let map = open.call.map;
        let why = match self.value_of(open.read, map, key) {
            Err(why) => Some(why),
            Ok(Some(Value::Put(first, _))) => self.replaced_before(first, open.begun),
            Ok(_) => None,
        };
        open.read = Read::Nothing;
        if let Some(why) = why {
            let call = Call { key, ..open.call };
            self.tell_call(&open, call, why);
        }
        open.visited.extend(self.places.get(&(map, key)));
        self.callers[caller].open = Some(open);
    }

    /// Why nothing that began at `begun` can read this put, if that is so.
    fn replaced_before(&self, first: WriteId, begun: u64) -> Option<WrongWhy> {
        let Source::Put(_, put) = self.writes.source(first) else {
            return None;
        };
        if put.dead >= begun {
            return None;
        }
        let key = &self.keys[put.key as usize];
        let (old, new) = (put.line, key.put_line);
        Some(match key.presence() {
            Standing::Absent => WrongWhy::Resurrected {
                put: old,
                delete: key.delete_line,
            },
            _ => WrongWhy::Replaced { old, new },
        })
    }

    fn judge_len(&mut self, open: &Open, answer: Answer) {
        let Some(map) = self.maps.get(usize::from(open.call.map)) else {
            return;
        };
        let Answer::Count(says) = answer else {
            return;
        };
        let certain = map.uncertain == 0 && !map.incomplete;
        let still = map.changing == 0 && open.changes == Some(map.changes);
        let holds = map.present;
        if certain && still && says != holds {
            self.tell(open, WrongWhy::WrongLen { says, holds });
        }
    }

    fn judge_range(&mut self, open: &Open, answer: Answer) {
        let mut visited = open.visited.clone();
        visited.sort_unstable();
        let mut wrong = Vec::new();
        for pair in visited.windows(2).filter(|pair| pair[0] == pair[1]) {
            let key = &self.keys[pair[0] as usize];
            if !key.deleted_since(open.begun) {
                wrong.push(WrongWhy::Duplicate { key: key.key });
            }
        }
        // A map that does not tell which keys it comes to cannot be asked which it misses.
        let told = answer == Answer::Count(open.visits);
        let map = self.maps.get(usize::from(open.call.map));
        for &place in map.iter().flat_map(|map| &map.keys).filter(|_| told) {
            let key = &self.keys[place as usize];
            if key.present_since < open.begun && visited.binary_search(&place).is_err() {
                let (key, put) = (key.key, key.put_line);
                wrong.push(WrongWhy::Missed { key, put });
            }
        }
        for why in wrong {
            self.tell(open, why);
        }
    }

    /// A call is over, and what it stored is where all can see it.
    pub(super) fn over(&mut self, open: &Open) {
        self.tick += 1;
        let Call { kind, map, .. } = open.call;
        if kind.changes() {
            let map = self.map(map);
            map.changing -= 1;
            if kind == CallKind::Clear {
                map.clears.retain(|&(_, id)| id != open.id);
            }
        }
        self.each_key(open.call, open.key, |history, place| {
            if kind.changes() {
                history.replace(place, open);
            }
            history.end_on(place, open);
        });
    }

    /// A call that changes a key is over: what was put before it began is gone for certain.
    fn replace(&mut self, place: u32, open: &Open) {
        let (tick, line) = (self.tick, open.who.line);
        let key = &mut self.keys[place as usize];
        let put = match put_by(open) {
            Value::Put(first, _) => Some(first),
            _ => None,
        };
        let deletes = matches!(open.call.kind, CallKind::Delete | CallKind::Clear);
        if deletes || put.is_some() {
            for live in key.live_mut() {
                match self.writes.put_mut(*live) {
                    Some(put) if put.ended >= open.begun => {}
                    Some(put) => {
                        put.dead = tick;
                        *live = WriteId::INITIAL;
                    }
                    None => *live = WriteId::INITIAL,
                }
            }
        }
        if deletes {
            key.delete_ends(tick, line);
        } else if let Some(first) = put {
            key.put_ends(open.begun, tick, line);
            key.lives(first);
            if let Some(put) = self.writes.put_mut(first) {
                put.ended = tick;
            }
        }
    }

    /// A call of this caller, with this id, begins on a key.
    pub(super) fn begin_on(&mut self, place: u32, (caller, id): (u32, u64)) {
        let key = &mut self.keys[place as usize];
        key.calls += 1;
        if key.skipped {
            return;
        }
        if key.register.is_none() {
            if key.calls == 1 {
                key.lone = (caller, id);
                return;
            }
            let mut register = Box::new(Register::new(key.value));
            let (first, id) = key.lone;
            if let Some(open) = self.callers[first as usize].call(id) {
                register.begin(id, open.who, open.outcome);
            }
            key.register = Some(register);
        }
        let open = self.callers[caller as usize].call(id);
        if let (Some(open), Some(register)) = (open, &mut key.register) {
            register.begin(id, open.who, open.outcome);
        }
        self.stand(place);
    }

    /// A call is over on a key.
    pub(super) fn end_on(&mut self, place: u32, open: &Open) {
        let key = &mut self.keys[place as usize];
        key.calls -= 1;
        let mut wrong = Vec::new();
        if key.skipped {
            if key.calls == 0 {
                key.skipped = false;
                key.value = Value::Any;
            }
        } else if let Some(register) = &mut key.register {
            register.end(open.id);
            let advanced = register.advance(&mut wrong);
            let mut values = register.values();
            let only = match values.as_mut().map(|values| (values.next(), values.next())) {
                Some((Some(only), None)) => Some(only),
                _ => None,
            };
            drop(values);
            if advanced.is_err() {
                self.bounded += 1;
                self.skip(place);
            } else if let Some(only) = only {
                key.value = only;
                key.register = None;
            }
        } else if let Some(outcome) = open.outcome {
            let held = key.value;
            match outcome.after(held) {
                Some(value) => key.value = value,
                None => {
                    key.value = Value::Any;
                    let who = open.who;
                    wrong.push(Unexplained { who, outcome, held });
                }
            }
        }
        self.stand(place);
        for wrong in wrong {
            self.explain(place, &wrong);
        }
    }

    /// A key is not judged until no call on it is under way.
    pub(super) fn skip(&mut self, place: u32) {
        let key = &mut self.keys[place as usize];
        key.register = None;
        key.skipped = key.calls > 0;
        key.value = Value::Any;
        self.stand(place);
    }

    /// Keeps count of the keys that are there.
    fn stand(&mut self, place: u32) {
        let key = &mut self.keys[place as usize];
        let presence = key.presence();
        let before = std::mem::replace(&mut key.standing, presence);
        if before != presence {
            let map = &mut self.maps[usize::from(key.map)];
            let count = |map: &mut Map, standing, by: i64| match standing {
                Standing::Absent => {}
                Standing::Present => map.present = map.present.wrapping_add_signed(by),
                Standing::Open => map.uncertain = map.uncertain.wrapping_add_signed(by),
            };
            count(map, before, -1);
            count(map, presence, 1);
        }
    }

    fn explain(&mut self, place: u32, wrong: &Unexplained) {
        let key = &self.keys[place as usize];
        let line = |value| match value {
            Value::Put(_, line) => line,
            Value::Absent | Value::Any => 0,
        };
        let held = match wrong.held {
            Value::Put(_, line) => Some(line),
            Value::Absent | Value::Any => None,
        };
        let delete = key.delete_line;
        let why = match (wrong.outcome, held) {
            (Outcome::Replaced(read, _), other) => WrongWhy::LostIncrement {
                read: line(read),
                other: other.unwrap_or(delete),
            },
            (Outcome::Read(Value::Put(_, old)), Some(new)) => WrongWhy::Replaced { old, new },
            (Outcome::Read(Value::Put(_, put)), None) => WrongWhy::Resurrected { put, delete },
            (_, held) => {
                let put = held.unwrap_or(key.put_line);
                WrongWhy::Lost { put }
            }
        };
        let (map, key) = (key.map, key.key);
        let kind = wrong.who.kind;
        self.add(WrongValue {
            thread: wrong.who.thread,
            line: wrong.who.line,
            call: Call { kind, map, key },
            cycle: wrong.who.cycle,
            why,
        });
    }

    fn tell(&mut self, open: &Open, why: WrongWhy) {
        self.tell_call(open, open.call, why);
    }

    fn tell_call(&mut self, open: &Open, call: Call, why: WrongWhy) {
        self.add(WrongValue {
            thread: open.who.thread,
            line: open.who.line,
            call,
            cycle: self.now,
            why,
        });
    }

    fn add(&mut self, wrong: WrongValue) {
        self.count += 1;
        if self.found.len() < KEPT {
            self.found.push(wrong);
        }
    }
}

/// What a put or an increment left: not known if it did not say.
fn put_by(open: &Open) -> Value {
    match open.first {
        Some(first) => Value::Put(first, open.who.line),
        None => Value::Any,
    }
}
