//! A group's control word: a byte for each slot, all eight loaded and compared at once, as
//! `group.go` does with SSE2 instructions.

/// Slots of a group.
pub(super) const SLOTS: u64 = 8;
/// Size of the control word, with which a group begins.
pub(super) const CONTROL_BYTES: u64 = 8;

/// The slot is free and always was.
pub(super) const EMPTY: u8 = 0x80;
/// The slot is free and was not: a tombstone, at which no search ends.
pub(super) const DELETED: u8 = 0xfe;
/// A control word of eight free slots.
pub(super) const ALL_EMPTY: u64 = 0x8080_8080_8080_8080;

/// Whether a slot with this control byte is free.
pub(super) fn is_free(control: u8) -> bool {
    control & EMPTY != 0
}

/// The part of a hash that says in which group a search begins.
pub(super) fn h1(hash: u64) -> u64 {
    hash >> 7
}

/// The part of a hash that is a taken slot's control byte.
pub(super) fn h2(hash: u64) -> u8 {
    hash as u8 & 0x7f
}

/// The control word of a group as it was loaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control(pub(super) u64);

impl Control {
    fn slots(self, wanted: impl Fn(u8) -> bool) -> Slots {
        let bytes = self.0.to_le_bytes().into_iter().enumerate();
        Slots(bytes.fold(0, |bits, (slot, byte)| {
            bits | u8::from(wanted(byte)) << slot
        }))
    }

    /// The slots that may hold a key with this hash (`matchH2`).
    pub(super) fn with(self, hash: u64) -> Slots {
        self.slots(|byte| byte == h2(hash))
    }

    /// The slots that always were free (`matchEmpty`).
    pub(super) fn empty(self) -> Slots {
        self.slots(|byte| byte == EMPTY)
    }

    /// The slots that are free (`matchEmptyOrDeleted`).
    pub(super) fn free(self) -> Slots {
        self.slots(is_free)
    }

    /// The slots that are taken (`matchFull`).
    pub(super) fn full(self) -> Slots {
        self.slots(|byte| !is_free(byte))
    }
}

/// Some of a group's slots, the lowest first: a bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slots(u8);

impl Slots {
    pub(super) const NONE: Slots = Slots(0);

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn first(self) -> Option<u64> {
        (self.0 != 0).then(|| u64::from(self.0.trailing_zeros()))
    }

    pub(super) fn contains(self, slot: u64) -> bool {
        self.0 & 1_u8.checked_shl(slot as u32).unwrap_or(0) != 0
    }

    /// Those from a slot on (`removeBelow`).
    pub(super) fn from(self, slot: u64) -> Slots {
        Slots(self.0 & u8::MAX.checked_shl(slot as u32).unwrap_or(0))
    }

    /// How many slots from the first one on have a taken one among or behind them.
    pub(super) fn span(self) -> u64 {
        u64::from(u8::BITS - self.0.leading_zeros())
    }
}

impl Iterator for Slots {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let first = self.first();
        self.0 &= self.0.wrapping_sub(1);
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_word_says_which_slots_are_what() {
        let word = Control(u64::from_le_bytes([5, 0x80, 0xfe, 5, 0, 0x7f, 0x80, 0x85]));
        let slots = |slots: Slots| slots.collect::<Vec<_>>();
        assert_eq!(slots(word.with(0x85)), [0, 3]);
        assert_eq!(slots(word.empty()), [1, 6]);
        assert_eq!(slots(word.free()), [1, 2, 6, 7]);
        assert_eq!(slots(word.full()), [0, 3, 4, 5]);
        assert_eq!(slots(word.full().from(4)), [4, 5]);
        assert_eq!(word.full().span(), 6);
        assert!(Control(ALL_EMPTY).full().is_empty());
    }
}
