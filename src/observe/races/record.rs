//! What is remembered of one access to one word of 8 bytes, in 16 bytes.

use super::clock::Epoch;
use crate::machine::CallKind;

/// How an access conflicts with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Touch {
    /// A plain load.
    Load,
    /// A plain store.
    Store,
    /// An atomic load, or a locked operation that wrote nothing.
    AtomicLoad,
    /// An atomic store or a locked operation.
    AtomicStore,
}

impl Touch {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Touch::Load => "load",
            Touch::Store => "store",
            Touch::AtomicLoad => "atomic load",
            Touch::AtomicStore => "atomic store",
        }
    }

    /// Whether it is the language's atomic operation.
    #[must_use]
    pub fn is_atomic(self) -> bool {
        matches!(self, Touch::AtomicLoad | Touch::AtomicStore)
    }

    fn writes(self) -> bool {
        matches!(self, Touch::Store | Touch::AtomicStore)
    }

    /// Whether two of them are a race if nothing orders them.
    pub(super) fn conflicts(self, other: Touch) -> bool {
        (self.writes() || other.writes()) && !(self.is_atomic() && other.is_atomic())
    }

    /// Whether all that conflicts with `earlier` conflicts with this, too.
    pub(super) fn stands_for(self, earlier: Touch) -> bool {
        match self {
            Touch::Store => true,
            Touch::Load => !earlier.writes(),
            Touch::AtomicStore => earlier.is_atomic(),
            Touch::AtomicLoad => earlier == Touch::AtomicLoad,
        }
    }
}

/// The latest cycle that is told from later ones.
const LAST_CYCLE: u64 = (1 << 48) - 2;

/// An access to a word of 8 bytes; nothing at all if it touches none of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Record {
    pub(super) epoch: Epoch,
    /// The line of the trace.
    pub(super) line: u32,
    /// From the highest bit on: 2 free bits, 4 of the call, 2 of the touch, 8 of the bytes, 48 of
    /// the cycle.
    packed: u64,
}

impl Record {
    /// An access to no bytes yet.
    pub(super) fn new(
        epoch: Epoch,
        line: u32,
        touch: Touch,
        call: Option<CallKind>,
        cycle: u64,
    ) -> Record {
        let call = match call {
            None => 0,
            Some(CallKind::Put) => 1,
            Some(CallKind::Get) => 2,
            Some(CallKind::Increment) => 3,
            Some(CallKind::Delete) => 4,
            Some(CallKind::Len) => 5,
            Some(CallKind::Range) => 6,
            Some(CallKind::Clear) => 7,
            Some(CallKind::Grow) => 8,
        };
        Record {
            epoch,
            line,
            packed: call << 58 | (touch as u64) << 56 | cycle.min(LAST_CYCLE),
        }
    }

    /// The same with other bytes.
    pub(super) fn with_mask(self, mask: u8) -> Record {
        Record {
            packed: self.packed & !(0xff << 48) | u64::from(mask) << 48,
            ..self
        }
    }

    /// No access: a number and a mark, which is no access's.
    pub(super) fn marked(number: u32, marks: u64) -> Record {
        Record {
            epoch: Epoch::default(),
            line: number,
            packed: marks,
        }
    }

    pub(super) fn marks(&self) -> u64 {
        self.packed
    }

    /// The bytes of the word that it touches, the lowest bit for the first.
    pub(super) fn mask(&self) -> u8 {
        (self.packed >> 48) as u8
    }

    pub(super) fn touch(&self) -> Touch {
        match self.packed >> 56 & 3 {
            0 => Touch::Load,
            1 => Touch::Store,
            2 => Touch::AtomicLoad,
            _ => Touch::AtomicStore,
        }
    }

    pub(super) fn call(&self) -> Option<CallKind> {
        match self.packed >> 58 & 15 {
            0 => None,
            1 => Some(CallKind::Put),
            2 => Some(CallKind::Get),
            3 => Some(CallKind::Increment),
            4 => Some(CallKind::Delete),
            5 => Some(CallKind::Len),
            6 => Some(CallKind::Range),
            7 => Some(CallKind::Clear),
            _ => Some(CallKind::Grow),
        }
    }

    pub(super) fn cycle(&self) -> u64 {
        self.packed & ((1 << 48) - 1)
    }

    /// Whether a later access of the same thread in the same epoch adds nothing to this one.
    pub(super) fn has(&self, later: &Record) -> bool {
        let bytes = later.mask();
        self.epoch == later.epoch && self.touch() == later.touch() && self.mask() & bytes == bytes
    }
}
