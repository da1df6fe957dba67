//! Wrong answers in the reader's terms: which lines of the trace explain them.

use super::History;
use super::call::Open;
use super::outcome::{Outcome, Unexplained, Value};
use super::wrong::{WrongValue, WrongWhy};
use crate::machine::Call;

/// At most this many wrong values are kept; the others are only counted.
const KEPT: usize = 1000;

impl History {
    /// Tells what is wrong with a call on the key at `place`.
    pub(super) fn explain(&mut self, place: u32, wrong: &Unexplained) {
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

    /// Tells what is wrong with a call's answer.
    pub(super) fn tell(&mut self, open: &Open, why: WrongWhy) {
        self.tell_call(open, open.call, why);
    }

    /// The same, as if `call` had been called.
    pub(super) fn tell_call(&mut self, open: &Open, call: Call, why: WrongWhy) {
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
