//! A state of the exhaustive driver while it is worked on: the fixed part as it is packed, and
//! the messages apart, in their one canonical order.

use super::layout::{Code, Field, Layout};
use crate::coherence::network::most_messages;
use crate::protocol::network::Order;

/// The most messages in flight.
pub(super) const MAX_MESSAGES: usize = most_messages(8);

/// The most words of a state.
const MAX_WORDS: usize = 8;
/// Messages are copied so many at a time, which is faster than exactly.
const BLOCK: usize = 4;

/// A state, unpacked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<const W: usize> {
    pub(super) words: [u64; W],
    /// Those in flight, and behind them anything.
    pub(super) messages: [u32; MAX_MESSAGES],
    pub(super) count: u8,
}

impl<const W: usize> PartialEq for Raw<W> {
    fn eq(&self, other: &Raw<W>) -> bool {
        self.words == other.words && self.messages() == other.messages()
    }
}

impl<const W: usize> Eq for Raw<W> {}

impl<const W: usize> Raw<W> {
    pub(super) fn empty() -> Raw<W> {
        Raw {
            words: [0; W],
            messages: [0; MAX_MESSAGES],
            count: 0,
        }
    }

    /// Becomes the same as another.
    #[inline]
    pub(super) fn copy(&mut self, other: &Raw<W>) {
        self.words = other.words;
        self.count = other.count;
        let blocks = usize::from(other.count).div_ceil(BLOCK);
        let into = self.messages.chunks_exact_mut(BLOCK);
        for (into, from) in into.zip(other.messages.chunks_exact(BLOCK)).take(blocks) {
            into.copy_from_slice(from);
        }
    }

    #[inline]
    pub(super) fn get(&self, field: Field) -> u8 {
        // A field without bits may stand behind the last word.
        if field.bits == 0 {
            return 0;
        }
        (self.words[usize::from(field.word)] >> field.shift & field.mask()) as u8
    }

    /// Writes a value that fits.
    #[inline]
    pub(super) fn set(&mut self, field: Field, value: u8) {
        if field.bits == 0 {
            return;
        }
        let word = &mut self.words[usize::from(field.word)];
        *word = *word & !(field.mask() << field.shift) | u64::from(value) << field.shift;
    }

    /// All fields of a core.
    #[inline]
    pub(super) fn block(&self, field: Field) -> u64 {
        if field.bits == 0 {
            return 0;
        }
        self.words[usize::from(field.word)] >> field.shift & field.mask()
    }

    #[inline]
    pub(super) fn set_block(&mut self, field: Field, bits: u64) {
        if field.bits > 0 {
            let word = &mut self.words[usize::from(field.word)];
            *word = *word & !(field.mask() << field.shift) | bits << field.shift;
        }
    }

    /// Brings messages that were changed in place back into their order.
    pub(super) fn sort(&mut self, layout: &Layout) {
        let mut keys = [0; MAX_MESSAGES];
        for from in 0..usize::from(self.count) {
            let code = self.messages[from];
            let key = key(layout, code);
            let mut at = from;
            while at > 0 && keys[at - 1] > key {
                (keys[at], self.messages[at]) = (keys[at - 1], self.messages[at - 1]);
                at -= 1;
            }
            (keys[at], self.messages[at]) = (key, code);
        }
    }

    pub(super) fn messages(&self) -> &[u32] {
        &self.messages[..usize::from(self.count)]
    }

    /// Adds a message behind those that it must not overtake; false if there are too many.
    pub(super) fn insert(&mut self, layout: &Layout, code: u32) -> bool {
        let count = usize::from(self.count);
        if count == MAX_MESSAGES {
            return false;
        }
        let key = key(layout, code);
        let mut at = count;
        while at > 0 && self::key(layout, self.messages[at - 1]) > key {
            self.messages[at] = self.messages[at - 1];
            at -= 1;
        }
        self.messages[at] = code;
        self.count += 1;
        true
    }

    /// Whether the channel of a message has room for it.
    pub(super) fn has_room(&self, layout: &Layout, code: u32) -> bool {
        let kind = kind_of(layout, code);
        let Some(capacity) = kind.capacity else {
            return true;
        };
        let way = |kind: &Code, code| (kind.channel, kind.from.get(code), kind.to.get(code));
        let same = |&&other: &&u32| way(kind_of(layout, other), other) == way(kind, code);
        self.messages().iter().filter(same).count() < usize::from(capacity)
    }

    pub(super) fn remove(&mut self, at: usize) -> u32 {
        let count = usize::from(self.count);
        let code = self.messages[at];
        for at in at + 1..count.min(MAX_MESSAGES) {
            self.messages[at - 1] = self.messages[at];
        }
        self.count -= 1;
        code
    }

    /// The packed form; none if it does not fit.
    pub(super) fn pack(&self, layout: &Layout) -> Option<[u64; W]> {
        // A word more than any state has, so that every message may be written as two.
        let mut words = [0; MAX_WORDS + 1];
        words[..W].copy_from_slice(&self.words);
        let mut at = layout.fixed_bits;
        for &code in self.messages() {
            let (word, shift) = ((at / 64) as usize, at % 64);
            at += u32::from(layout.widths[usize::from(kind_number(layout, code))]);
            if at > 64 * W as u32 {
                return None;
            }
            let bits = u128::from(code) << shift;
            words[word] |= bits as u64;
            words[word + 1] |= (bits >> 64) as u64;
        }
        words.first_chunk().copied()
    }

    pub(super) fn unpack(packed: &[u64; W], layout: &Layout) -> Raw<W> {
        let mut raw = Raw {
            words: *packed,
            messages: [0; MAX_MESSAGES],
            count: 0,
        };
        let mut at = layout.fixed_bits;
        let kind_mask = (1_u64 << layout.kind_bits) - 1;
        while at < 64 * W as u32 {
            let (word, shift) = ((at / 64) as usize, at % 64);
            let mut bits = packed[word] >> shift;
            if shift > 0 && word + 1 < W {
                bits |= packed[word + 1] << (64 - shift);
            }
            let kind = bits & kind_mask;
            if kind == 0 {
                break;
            }
            let width = u32::from(layout.widths[kind as usize - 1]);
            raw.messages[usize::from(raw.count)] = (bits & ((1 << width) - 1)) as u32;
            raw.count += 1;
            at += width;
        }
        let (word, shift) = ((layout.fixed_bits / 64) as usize, layout.fixed_bits % 64);
        if word < W {
            raw.words[word] &= (1 << shift) - 1;
            raw.words[word + 1..].fill(0);
        }
        raw
    }
}

/// What a message's code says, by its kind.
#[inline]
pub(super) fn kind_of(layout: &Layout, code: u32) -> &Code {
    &layout.codes[usize::from(kind_number(layout, code))]
}

/// The number of a message's kind.
#[inline]
pub(super) fn kind_number(layout: &Layout, code: u32) -> u8 {
    ((code & ((1 << layout.kind_bits) - 1)) - 1) as u8
}

/// What messages are ordered by. In a channel that keeps order all that must not overtake each
/// other have the same key.
#[inline]
pub(super) fn key(layout: &Layout, code: u32) -> u64 {
    let kind = kind_of(layout, code);
    let within = match kind.order {
        Some(Order::Broadcast) => 0,
        Some(Order::Pairs) => u64::from(kind.from.get(code)) << 8 | u64::from(kind.to.get(code)),
        Some(Order::None) | None => u64::from(code),
    };
    u64::from(kind.channel) << 32 | within
}
