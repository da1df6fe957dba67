//! States in packed form: words of 64 bits, and how they are hashed.

use std::hash::Hash;

/// A state in its packed form: words of 64 bits, equal if and only if the states are.
pub trait Packed: Copy + Eq + Ord + Hash + Send + Sync {
    /// 64 bits for finding the state in a table. Its quality decides speed alone.
    fn hash(&self) -> u64;

    /// 128 bits that stand for the state where states are not kept whole. States of at most
    /// two words have fingerprints of their own, no two the same.
    fn fingerprint(&self) -> u128;
}

/// Odd, and without a pattern: the fractional part of the golden ratio, of π and of e.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const PI: u64 = 0x243f_6a88_85a3_08d3;
const E: u64 = 0xb7e1_5162_8aed_2a6b;

/// The product of two words, its halves one over the other (as in Wang Yi's wyhash).
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ (product >> 64) as u64
}

/// A permutation of the numbers of 128 bits: shifts by half and odd factors, by turns.
fn permute(mut x: u128) -> u128 {
    const FACTORS: [u128; 2] = [
        0xda94_2042_e4dd_58b5_9e37_79b9_7f4a_7c15,
        0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645,
    ];
    for factor in FACTORS {
        x ^= x >> 64;
        x = x.wrapping_mul(factor);
    }
    x ^ (x >> 64)
}

impl<const W: usize> Packed for [u64; W] {
    fn hash(&self) -> u64 {
        let mut hash = PI;
        let mut pairs = self.chunks_exact(2);
        for pair in &mut pairs {
            hash = fold(pair[0] ^ hash, pair[1] ^ GOLDEN);
        }
        for &word in pairs.remainder() {
            hash ^= word;
        }
        fold(hash ^ GOLDEN, E)
    }

    fn fingerprint(&self) -> u128 {
        self.chunks(2).fold(0, |before, pair| {
            let high = pair.get(1).copied().unwrap_or_default();
            permute(before ^ u128::from(pair[0]) ^ (u128::from(high) << 64))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// States as protocols pack them: few bits set, the rest the same everywhere.
    fn sparse() -> impl Iterator<Item = [u64; 2]> {
        (0..1u64 << 16).map(|n| [(n & 0xff) << 7 | (n >> 8) << 53, (n & 0x1f) << 40])
    }

    #[test]
    fn hashes_of_sparse_states_fill_a_table_evenly() {
        let states: HashSet<_> = sparse().collect();
        let mut buckets = vec![0u32; 1 << 12];
        for state in &states {
            buckets[(Packed::hash(state) >> 52) as usize] += 1;
        }
        // 16 expected in each bucket; a Poisson variable exceeds 45 once in 10^8.
        assert!(buckets.iter().all(|&count| count < 46), "{buckets:?}");
        let low: HashSet<_> = states.iter().map(|s| Packed::hash(s) as u32).collect();
        assert!(states.len() - low.len() < 10);
    }

    #[test]
    fn fingerprints_differ_and_so_do_their_parts() {
        let states: HashSet<_> = sparse().collect();
        for shift in [0, 64] {
            let half = |state: &[u64; 2]| (state.fingerprint() >> shift) as u64;
            let halves: HashSet<_> = states.iter().map(half).collect();
            assert_eq!(halves.len(), states.len());
        }
    }

    #[test]
    fn every_word_counts() {
        let base = [1u64, 2, 3, 4, 5];
        for word in 0..base.len() {
            let mut other = base;
            other[word] ^= 1 << 63;
            assert_ne!(Packed::hash(&base), Packed::hash(&other));
            assert_ne!(base.fingerprint(), other.fingerprint());
        }
    }
}
