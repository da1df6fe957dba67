//! A key of a map: its register, and what ranges and lengths are judged by.

use super::register::{Register, Value};
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
    /// Some of the puts that are over and not replaced for certain.
    live: [WriteId; 4],
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
            live: [WriteId::INITIAL; 4],
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

    /// A put of it that began at `begun` is over.
    pub(super) fn put_ends(&mut self, begun: u64, now: u64, line: u32) {
        self.put_line = line;
        if self.present_since == u64::MAX && self.deletes == 0 && self.deleted < begun {
            self.present_since = now;
        }
    }

    /// Whether a delete of it may have taken effect since.
    pub(super) fn deleted_since(&self, begun: u64) -> bool {
        self.deletes > 0 || self.deleted >= begun
    }

    /// The puts that a later call may replace; where there is none, the initial write.
    pub(super) fn live_mut(&mut self) -> &mut [WriteId; 4] {
        &mut self.live
    }

    /// A put is over that nothing has replaced for certain. Of too many the oldest is left out,
    /// and then not known to be replaced.
    pub(super) fn lives(&mut self, write: WriteId) {
        match self.live.iter().position(|&live| live == WriteId::INITIAL) {
            Some(free) => self.live[free] = write,
            None => {
                self.live.rotate_left(1);
                self.live[3] = write;
            }
        }
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
