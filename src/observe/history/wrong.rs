//! What a map call gave that no order of the calls explains.

use crate::machine::{Call, Thread};

/// A call that gave a wrong answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongValue {
    /// Who called; [`Thread::SETUP`] for the look at a map after the run.
    pub thread: Thread,
    /// The line of the trace; 0 after the run.
    pub line: u32,
    /// What was called; a get, after the run.
    pub call: Call,
    /// In which cycle it ended.
    pub cycle: u64,
    /// What is wrong.
    pub why: WrongWhy,
}

/// Why an answer is wrong. Keys are as in [`Call`]; lines are those of the trace, 0 where none
/// is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongWhy {
    /// The key's value was put under another key.
    OtherKey {
        /// That key.
        key: u64,
        /// The line of that put.
        line: u32,
    },
    /// The key was there, but its value is not one that was put.
    NeverPut,
    /// The value was replaced before the read began.
    Replaced {
        /// The line of the put that was read.
        old: u32,
        /// The line of the put that replaced it.
        new: u32,
    },
    /// The value was put, visibly, before the read began, nothing deleted it, and it is not
    /// found.
    Lost {
        /// The line of the put.
        put: u32,
    },
    /// The value was deleted before the read began, and it is found again.
    Resurrected {
        /// The line of the put that was read.
        put: u32,
        /// The line of the call that deleted it.
        delete: u32,
    },
    /// An increment changed a value that was not the key's any more: what had come between is
    /// lost, or the increment is.
    LostIncrement {
        /// The line of the put that it read; 0 if it found none.
        read: u32,
        /// The line of the call that came between.
        other: u32,
    },
    /// A range came to the key twice, and nothing deleted it in between.
    Duplicate {
        /// The key.
        key: u64,
    },
    /// A range did not come to a key that was there from its begin to its end.
    Missed {
        /// The key.
        key: u64,
        /// The line of the last put of it.
        put: u32,
    },
    /// The map's length is not the number of its keys, though no call was changing it.
    WrongLen {
        /// What the map says.
        says: u64,
        /// How many keys there are.
        holds: u64,
    },
}

impl WrongWhy {
    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WrongWhy::OtherKey { .. } => "other key",
            WrongWhy::NeverPut => "never put",
            WrongWhy::Replaced { .. } => "replaced",
            WrongWhy::Lost { .. } => "lost",
            WrongWhy::Resurrected { .. } => "resurrected",
            WrongWhy::LostIncrement { .. } => "lost increment",
            WrongWhy::Duplicate { .. } => "duplicate",
            WrongWhy::Missed { .. } => "missed",
            WrongWhy::WrongLen { .. } => "wrong len",
        }
    }
}
