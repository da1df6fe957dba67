//! A key of a map: its register, and what ranges and lengths are judged by.

use super::outcome::Value;
use super::register::Register;
use crate::memory::WriteId;

/// What is known of a key's presence when no call on it is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    #[default]
    Absent,
    Present,
    Open,
}

/// A key of a map.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) map: u16,
    pub(super) key: u64,
    /// Calls that are not over.
    pub(super) calls: u32,
    /// The caller and the id of the only one of them, while there is no register.
    pub(super) lone: (u32, u64),
    /// What it holds while there is no register.
    pub(super) value: Value,
    /// Made when calls overlap.
    pub(super) register: Option<Box<Register>>,
    /// Nothing is judged until no call is under way.
    pub(super) skipped: bool,
    pub(super) standing: Standing,
    deletes: u32,
    /// When the last delete was over.
    deleted: u64,
    /// The line of the last delete that ended, and of the last put.
    pub(super) delete_line: u32,
    pub(super) put_line: u32,
    /// Since when it has been there for certain; `u64::MAX` if it may not be.
    pub(super) present_since: u64,
    /// A put that is over and not replaced for certain, and when it was over; the initial write
    /// for none.
    live: (WriteId, u64),
    /// When the last such put was replaced for certain.
    replaced: u64,
    /// When another one was over, while that may still be live; 0 for never.
    left_out: u64,
}

impl Key {
    pub(super) fn new(map: u16, key: u64) -> Key {
        Key {
            map,
            key,
            calls: 0,
            lone: (0, 0),
            value: Value::Absent,
            register: None,
            skipped: false,
            standing: Standing::Absent,
            deletes: 0,
            deleted: 0,
            delete_line: 0,
            put_line: 0,
            present_since: u64::MAX,
            live: (WriteId::INITIAL, 0),
            replaced: 0,
            left_out: 0,
        }
    }

    /// A delete of it begins.
    pub(super) fn delete_begins(&mut self) {
        self.deletes += 1;
        self.present_since = u64::MAX;
    }

    /// A delete of it is over.
    pub(super) fn delete_ends(&mut self, now: u64, line: u32) {
        self.deletes -= 1;
        self.deleted = now;
        self.delete_line = line;
    }

    /// A call that began at `begun` and writes, whatever was there, is over: what was put before
    /// it began is gone for certain.
    pub(super) fn replace(&mut self, begun: u64, now: u64) {
        if self.live.0 != WriteId::INITIAL && self.live.1 < begun {
            self.live = (WriteId::INITIAL, 0);
            self.replaced = now;
        }
        if self.left_out != 0 && self.left_out < begun {
            self.left_out = 0;
            self.replaced = now;
        }
    }

    /// A put of it that began at `begun` is over; it goes by this write.
    pub(super) fn put_ends(&mut self, first: WriteId, begun: u64, now: u64, line: u32) {
        self.put_line = line;
        if self.present_since == u64::MAX && self.deletes == 0 && self.deleted < begun {
            self.present_since = now;
        }
        if self.live.0 == WriteId::INITIAL {
            self.live = (first, now);
        } else {
            self.left_out = now;
        }
    }

    /// Whether this put of it was replaced for certain before `begun`; if calls are under way
    /// that is not known.
    pub(super) fn replaced_before(&self, first: WriteId, begun: u64) -> bool {
        let is_live = self.live.0 == first;
        self.calls == 0 && self.left_out == 0 && !is_live && self.replaced < begun
    }

    /// Whether a delete of it may have taken effect since.
    pub(super) fn deleted_since(&self, begun: u64) -> bool {
        self.deletes > 0 || self.deleted >= begun
    }

    /// What is known of its presence, when no call on it changes it.
    pub(super) fn presence(&self) -> Standing {
        if self.skipped {
            return Standing::Open;
        }
        let standing = |value| match value {
            Value::Absent => Standing::Absent,
            Value::Put(..) => Standing::Present,
            Value::Any => Standing::Open,
        };
        let Some(register) = &self.register else {
            return standing(self.value);
        };
        let Some(mut values) = register.values() else {
            return Standing::Open;
        };
        let first = values.next().map_or(Standing::Open, standing);
        match values.all(|value| standing(value) == first) {
            true => first,
            false => Standing::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put, while another put lasts longer; a delete of the first one; a put that replaces the
    /// second one only when it is over.
    #[test]
    fn a_put_that_was_left_out_is_replaced_when_the_next_one_is_over() {
        let [first, second, third] = [1, 2, 3].map(WriteId);
        let mut key = Key::new(0, 7);
        key.put_ends(first, 1, 3, 1);
        key.put_ends(second, 2, 5, 2);
        key.delete_begins();
        key.replace(4, 6);
        key.delete_ends(6, 3);
        // A range begins at 7, and reads what the second put left there.
        key.replace(8, 10);
        key.put_ends(third, 8, 10, 4);
        assert!(!key.replaced_before(second, 7));
        assert!(key.replaced_before(second, 11));
    }
}
