//! Which key an operation is about.

use std::fmt;
use std::str::FromStr;

use super::decimal::{Exponent, Share};
use crate::dice::Dice;

/// How often each key is used. Key 0 is never used less than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// All the same.
    Uniform,
    /// The key of rank `i`, from 1, in proportion to `1 / i^s` (Zipf's law).
    Zipf(Exponent),
    /// Key 0 in this share of the operations, the others all the same.
    Hot(Share),
}

impl FromStr for Distribution {
    type Err = String;

    fn from_str(text: &str) -> Result<Distribution, String> {
        match text.split_once(':') {
            None if text == "uniform" => Ok(Distribution::Uniform),
            Some(("zipf", exponent)) => exponent.parse().map(Distribution::Zipf),
            Some(("hot", share)) => share.parse().map(Distribution::Hot),
            _ => Err("expected uniform, zipf:S or hot:PERCENT".to_owned()),
        }
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distribution::Uniform => f.write_str("uniform"),
            Distribution::Zipf(exponent) => write!(f, "zipf:{exponent}"),
            Distribution::Hot(share) => write!(f, "hot:{share}"),
        }
    }
}

/// Throws for keys.
#[derive(Clone, Debug)]
pub(super) struct Picker {
    keys: u32,
    law: Law,
}

#[derive(Clone, Debug)]
enum Law {
    Uniform,
    /// For each rank, which throws are for it or a lower one.
    Ranks(Vec<u64>),
    Hot(Share),
}

impl Picker {
    pub(super) fn new(distribution: Distribution, keys: u32) -> Picker {
        let law = match distribution {
            Distribution::Uniform => Law::Uniform,
            Distribution::Zipf(exponent) => Law::Ranks(ranks(exponent, keys)),
            Distribution::Hot(share) => Law::Hot(share),
        };
        Picker { keys, law }
    }

    /// A key from 0. Each takes equally many throws, whichever it is.
    pub(super) fn pick(&self, dice: &mut Dice) -> u32 {
        match &self.law {
            Law::Uniform => dice.up_to(self.keys - 1),
            Law::Ranks(ranks) => {
                let throw = dice.number() >> 1;
                let rank = ranks.partition_point(|&last| last <= throw) as u32;
                rank.min(self.keys - 1)
            }
            Law::Hot(share) => {
                let hot = Share::throw(dice) < *share || self.keys == 1;
                let other = dice.up_to(self.keys.saturating_sub(2));
                if hot { 0 } else { 1 + other }
            }
        }
    }
}

/// The sums of the shares of all ranks up to each one, of 2^63.
fn ranks(exponent: Exponent, keys: u32) -> Vec<u64> {
    let weight = |rank: u32| exp_minus(exponent.value() * ln(f64::from(rank)));
    let mut sum = 0.0;
    let sums = (1..=keys).map(|rank| {
        sum += weight(rank);
        sum
    });
    let sums: Vec<f64> = sums.collect();
    let whole = (1_u64 << 63) as f64;
    sums.iter()
        .map(|part| (part / sum * whole) as u64)
        .collect()
}

/// The natural logarithm of a number from 1 on. Written out, because what a platform's library
/// gives can differ in the last bit, and with it a trace; these four operations cannot.
fn ln(number: f64) -> f64 {
    let (mut mantissa, mut halvings) = (number, 0.0);
    while mantissa >= 2.0 {
        mantissa *= 0.5;
        halvings += 1.0;
    }
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut sum) = (z, 0.0);
    // z is below 1/3, so this many terms are as exact as the number's 53 bits.
    for odd in (1..40_u32).step_by(2) {
        sum += power / f64::from(odd);
        power *= z * z;
    }
    halvings * std::f64::consts::LN_2 + 2.0 * sum
}

/// `e` to the power of `-number`, for a number from 0 on.
fn exp_minus(number: f64) -> f64 {
    let halvings = (number / std::f64::consts::LN_2) as u32;
    let rest = number - f64::from(halvings) * std::f64::consts::LN_2;
    let (mut term, mut sum) = (1.0, 0.0);
    for n in 1..25_u32 {
        sum += term;
        term *= -rest / f64::from(n);
    }
    (0..halvings).fold(sum, |power, _| power * 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_and_powers_are_right() {
        for number in [1.0, 1.5, 2.0, 3.0, 7.0, 1000.0, 1_048_576.0_f64] {
            assert!((ln(number) - number.ln()).abs() < 1e-13, "{number}");
        }
        for number in [0.0, 0.3, 1.0, 20.0, 138.0_f64] {
            let power = (-number).exp();
            assert!((exp_minus(number) / power - 1.0).abs() < 1e-12, "{number}");
        }
    }

    #[test]
    fn the_first_ranks_have_their_shares() {
        let picker = Picker::new("zipf:1".parse().unwrap(), 4);
        let mut dice = Dice::new(3);
        let mut counts = [0_u32; 4];
        for _ in 0..120_000 {
            counts[picker.pick(&mut dice) as usize] += 1;
        }
        // 1 + 1/2 + 1/3 + 1/4 = 25/12
        for (count, share) in counts.into_iter().zip([12, 6, 4, 3]) {
            let expected = 120_000 * share / 25;
            assert!(count.abs_diff(expected) < 800, "{counts:?}");
        }
    }
}
