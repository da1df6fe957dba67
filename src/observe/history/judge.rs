//! Judging calls: what a call did, on which keys, and whether any order explains it.

use super::call::{Open, Read};
use super::key::Standing;
use super::outcome::{Outcome, Unexplained, Value};
use super::register::Register;
use super::writes::Source;
use super::wrong::WrongWhy;
use super::{History, Map};
use crate::machine::{Answer, Call, CallKind};

impl History {
    /// What a call that answers now did. What is wrong with its answer alone is told here.
    pub(super) fn outcome(&mut self, open: &Open, answer: Answer) -> Outcome {
        if let Some(value) = self.at_hand(open) {
            match open.call.kind {
                CallKind::Get if answer == Answer::Present => return Outcome::Read(value),
                CallKind::Increment => return Outcome::Replaced(value, put_by(open)),
                _ => {}
            }
        }
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
            CallKind::Grow => Outcome::Nothing,
        }
    }

    /// The value of the key that a read found; none where that is not known.
    pub(super) fn value_of(
        &self,
        read: Read,
        map: u16,
        key: u64,
    ) -> Result<Option<Value>, WrongWhy> {
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

    /// The value that a call on a key found, if it is the one that the key has had for some
    /// time; as a rule it is, and then nothing has to be looked up.
    fn at_hand(&self, open: &Open) -> Option<Value> {
        let key = &self.keys[open.key? as usize];
        match (open.read, key.value) {
            (Read::Of(write), Value::Put(first, _)) if first == write => Some(key.value),
            _ => None,
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
        if deletes {
            key.replace(open.begun, tick);
            key.delete_ends(tick, line);
        } else if let Some(first) = put {
            key.replace(open.begun, tick);
            key.put_ends(first, open.begun, tick, line);
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
}

/// What a put or an increment left: not known if it did not say.
fn put_by(open: &Open) -> Value {
    match open.first {
        Some(first) => Value::Put(first, open.who.line),
        None => Value::Any,
    }
}
