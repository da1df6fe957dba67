//! The two values that alternate: they differ in every bit, so that even a byte that is a mixture of
//! both is neither, and no two bytes of them are the same.

use crate::probe::access::MOST_BYTES;
use crate::probe::shared::Own;

/// The first bytes of the first or the second value, with zeros after them.
pub(super) fn value(second: bool, bytes: usize) -> Own {
    let mut value = [0; MOST_BYTES];
    for (at, byte) in value.iter_mut().take(bytes).enumerate() {
        *byte = byte_at(second, at);
    }
    Own(value)
}

/// From 1 on in the first value, their complements in the second.
fn byte_at(second: bool, at: usize) -> u8 {
    let byte = at as u8 + 1;
    if second { !byte } else { byte }
}

/// What a read that is neither of the two is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mixture {
    /// It begins with bytes of the second value.
    pub(super) begins_second: bool,
    /// Where it changes from one to the other.
    pub(super) cuts: Vec<usize>,
}

/// How the bytes mix the two values; none if one of them is no byte that stands there in either.
pub(super) fn mixture(read: &Own, bytes: usize) -> Option<Mixture> {
    let mut second = Vec::with_capacity(bytes);
    for (at, &byte) in read.0[..bytes].iter().enumerate() {
        let is_second = byte == byte_at(true, at);
        if !is_second && byte != byte_at(false, at) {
            return None;
        }
        second.push(is_second);
    }
    let cuts = (1..bytes).filter(|&at| second[at - 1] != second[at]);
    Some(Mixture {
        begins_second: second[0],
        cuts: cuts.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixtures_are_told_by_their_bytes() {
        let (first, second) = (value(false, 64), value(true, 64));
        let mut mixed = first;
        mixed.0[5..16].copy_from_slice(&second.0[5..16]);
        let found = mixture(&mixed, 64).expect("a mixture");
        assert_eq!((found.begins_second, found.cuts), (false, vec![5, 16]));
        mixed.0[7] = 3;
        assert_eq!(mixture(&mixed, 64), None, "a byte that belongs elsewhere");
        let pure = mixture(&second, 64).expect("one of the two");
        assert_eq!((pure.begins_second, pure.cuts), (true, vec![]));
    }

    #[test]
    fn no_bit_is_the_same_in_both_and_no_byte_stands_twice() {
        let (first, second) = (value(false, 64).0, value(true, 64).0);
        assert!(
            first
                .iter()
                .zip(&second)
                .all(|(one, other)| one ^ other == 0xff)
        );
        let all: std::collections::BTreeSet<u8> = first.into_iter().chain(second).collect();
        assert_eq!(all.len(), 128);
        let mut half = Own([0; MOST_BYTES]);
        half.0[0] = first[0] & 0x0f | second[0] & 0xf0;
        assert_eq!(mixture(&half, 1), None, "half a byte of each");
    }
}
