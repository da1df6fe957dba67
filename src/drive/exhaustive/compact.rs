//! A set of numbers of 56 bits in six bytes each, places that are free included in eight.
//!
//! A number's place says a part of it, and the entry the rest (quotienting: Cleary, "Compact
//! hash tables using bidirectional linear probing", 1984): 41 bits, and in seven more how far
//! the entry is from its place. Those with the shorter way give way (Robin Hood hashing: Celis,
//! 1986), so that no way is long. No number is lost by it, so the table can grow.

use std::hint::black_box;

/// Bits of a number.
pub(super) const BITS: u32 = 56;
/// Bits that an entry has of it.
const REST_BITS: u32 = 41;
/// Places of the first table: the fewest whose numbers are all told apart by the rest.
const FIRST: usize = 1 << (BITS - REST_BITS);
/// The longest way, plus one; 0 is a free entry.
const FARTHEST: u64 = (1 << 7) - 1;
/// Numerator and denominator of the largest load, and of the growth.
const LOAD: (usize, usize) = (9, 10);
const GROWTH: (usize, usize) = (6, 5);

pub(super) struct Compact {
    /// Places, and behind the last so many more as the longest way goes.
    entries: Vec<[u8; 6]>,
    places: u64,
    len: usize,
}

impl Compact {
    pub(super) fn new() -> Compact {
        Compact::with_places(FIRST)
    }

    fn with_places(places: usize) -> Compact {
        Compact {
            entries: vec![[0; 6]; places + FARTHEST as usize],
            places: places as u64,
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<[u8; 6]>()
    }

    /// Brings the places of these numbers into the processor's cache, all at once.
    pub(super) fn touch(&self, numbers: &[u64]) {
        let touch = |all, &number| all ^ self.entries[self.place(number).0][0];
        black_box(numbers.iter().fold(0, touch));
    }

    /// The place of a number, and which of those with this place it is.
    #[inline]
    fn place(&self, number: u64) -> (usize, u64) {
        let product = u128::from(number) * u128::from(self.places);
        let within = product as u64 & ((1 << BITS) - 1);
        ((product >> BITS) as usize, within / self.places)
    }

    /// The number with this place and rest.
    fn number(&self, place: usize, rest: u64) -> u64 {
        let first = (place as u128) << BITS;
        first.div_ceil(u128::from(self.places)) as u64 + rest
    }

    fn get(&self, slot: usize) -> u64 {
        let [a, b, c, d, e, f] = self.entries[slot];
        u64::from_le_bytes([a, b, c, d, e, f, 0, 0])
    }

    fn set(&mut self, slot: usize, entry: u64) {
        let [a, b, c, d, e, f, ..] = entry.to_le_bytes();
        self.entries[slot] = [a, b, c, d, e, f];
    }

    /// Adds a number; whether it was not there.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        match self.try_insert(number) {
            Ok(new) => {
                if self.len * LOAD.1 >= self.places as usize * LOAD.0 {
                    self.grow();
                }
                new
            }
            Err(mut homeless) => {
                // What had no room may be another number than the one that came. Ways get
                // shorter as the table grows, so this ends.
                loop {
                    self.grow();
                    match self.try_insert(homeless) {
                        Ok(_) => break true,
                        Err(other) => homeless = other,
                    }
                }
            }
        }
    }

    /// Adds a number, unless there is one that has no room: that one was taken out.
    fn try_insert(&mut self, number: u64) -> Result<bool, u64> {
        let (place, rest) = self.place(number);
        let (mut slot, mut entry) = (place, 1 << REST_BITS | rest);
        loop {
            let here = self.get(slot);
            if here == entry {
                return Ok(false);
            }
            if here >> REST_BITS < entry >> REST_BITS {
                break;
            }
            slot += 1;
            entry += 1 << REST_BITS;
            if entry >> REST_BITS > FARTHEST {
                return Err(number);
            }
        }
        // It is not there, and this is its slot. All behind it move on by one, up to a free one.
        loop {
            let here = self.get(slot);
            self.set(slot, entry);
            if here == 0 {
                self.len += 1;
                return Ok(true);
            }
            if here >> REST_BITS == FARTHEST {
                let place = slot + 1 - FARTHEST as usize;
                return Err(self.number(place, here & ((1 << REST_BITS) - 1)));
            }
            slot += 1;
            entry = here + (1 << REST_BITS);
        }
    }

    fn grow(&mut self) {
        let mut places = self.places as usize * GROWTH.0 / GROWTH.1;
        'larger: loop {
            let mut larger = Compact::with_places(places);
            for slot in 0..self.entries.len() {
                let entry = self.get(slot);
                if entry == 0 {
                    continue;
                }
                let place = slot + 1 - (entry >> REST_BITS) as usize;
                let number = self.number(place, entry & ((1 << REST_BITS) - 1));
                if larger.try_insert(number).is_err() {
                    places = places * GROWTH.0 / GROWTH.1;
                    continue 'larger;
                }
            }
            return *self = larger;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_are_found_again_while_the_table_grows() {
        let mut compact = Compact::new();
        let mut expected = HashSet::new();
        let mut number = 1u64;
        for _ in 0..200_000 {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let number = number >> 8;
            assert_eq!(compact.insert(number), expected.insert(number));
        }
        assert!(expected.iter().all(|&number| !compact.insert(number)));
        assert_eq!(compact.len(), expected.len());
        assert!(compact.bytes() < 8 * compact.len() + 6 * 128);
    }

    #[test]
    fn crowded_places_only_make_it_grow() {
        let mut compact = Compact::new();
        let first = 77 << REST_BITS;
        assert!((0..300).all(|n| compact.insert(first + (n << 33))));
        assert!((0..300).all(|n| !compact.insert(first + (n << 33))));
        assert_eq!(compact.len(), 300);
    }

    #[test]
    fn a_place_and_a_rest_are_a_number() {
        for places in [FIRST, FIRST + 1, FIRST * 6 / 5, 123_457] {
            let compact = Compact::with_places(places);
            let last = (1 << BITS) - 1;
            for number in [0, 1, 12_345, last / 3, last / 2, last - 1, last] {
                let (place, rest) = compact.place(number);
                assert!(place < places && rest < 1 << REST_BITS);
                assert_eq!(compact.number(place, rest), number);
            }
        }
    }
}
