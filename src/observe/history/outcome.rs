//! What a call on one key can do to it and find in it.

use crate::machine::{CallKind, Thread};
use crate::memory::WriteId;

/// What a register may hold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Value {
    /// The key is not there.
    #[default]
    Absent,
    /// What this call put, at this line of the trace; a call goes by the first of its writes.
    Put(WriteId, u32),
    /// It is not known what.
    Any,
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Put(one, _), Value::Put(other, _)) => one == other,
            (Value::Absent, Value::Absent) | (Value::Any, Value::Any) => true,
            _ => false,
        }
    }
}

impl Value {
    /// Tells values apart.
    pub(super) fn number(self) -> u64 {
        match self {
            Value::Absent => 0,
            Value::Any => u64::MAX,
            Value::Put(write, _) => 1 + u64::from(write.0),
        }
    }
}

/// What a call on a key did, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It gave the register this value, or took its value away.
    Wrote(Value),
    /// It found this value.
    Read(Value),
    /// It found the first and left the second, with nothing between.
    Replaced(Value, Value),
    /// Nothing that could be judged.
    Nothing,
}

impl Outcome {
    /// What a register holds after this call if it held `value`; none if the call cannot come
    /// then.
    pub(super) fn after(self, value: Value) -> Option<Value> {
        match self {
            Outcome::Wrote(new) => Some(new),
            Outcome::Read(read) => (value == Value::Any || value == read).then_some(read),
            Outcome::Replaced(read, new) => (value == Value::Any || value == read).then_some(new),
            Outcome::Nothing => Some(value),
        }
    }
}

/// Whose call it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who {
    pub(super) thread: Thread,
    pub(super) line: u32,
    pub(super) kind: CallKind,
    /// In which cycle it was over.
    pub(super) cycle: u64,
}

/// A call that no order of the calls explains, and a value that it could have found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unexplained {
    pub(super) who: Who,
    pub(super) outcome: Outcome,
    pub(super) held: Value,
}
