//! What a count of rare things says about how rare they are.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF as _};

/// A share that was observed, with the interval that holds the true one in 95 of 100 cases (Clopper
/// and Pearson, Biometrika 26(4), 1934) if the cases have nothing to do with one another. What one run
/// of two threads shows has: the interval is of that run, and says nothing of how runs differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// How often it was so.
    pub of: u64,
    /// In how many cases.
    pub among: u64,
    /// The lower end of the interval, from 0 to 1. Where it was always so, the share is above this with
    /// 95 % certainty.
    pub at_least: f64,
    /// The upper end. Where it was never so, the share is below this with 95 % certainty: close to
    /// 3 in `among`, the rule of three (Hanley and Lippman-Hand, JAMA 249(13), 1983).
    pub at_most: f64,
}

impl Share {
    /// `of` times among so many.
    ///
    /// # Panics
    /// When it was so more often than there were cases.
    #[must_use]
    pub fn new(of: u64, among: u64) -> Share {
        assert!(of <= among, "{of} of {among}");
        let (successes, failures) = (of as f64, (among - of) as f64);
        let all = among as f64;
        let (at_least, at_most) = match of {
            _ if among == 0 => (0.0, 1.0),
            0 => (0.0, -(0.05_f64.ln() / all).exp_m1()),
            _ if of == among => (0.05_f64.powf(1.0 / all), 1.0),
            _ => (
                quantile(successes, failures + 1.0, 0.025),
                quantile(successes + 1.0, failures, 0.975),
            ),
        };
        Share {
            of,
            among,
            at_least,
            at_most,
        }
    }

    /// The share itself; 0 if there were no cases.
    #[must_use]
    pub fn value(&self) -> f64 {
        match self.among {
            0 => 0.0,
            among => self.of as f64 / among as f64,
        }
    }
}

/// Where the beta distribution with these parameters reaches a probability. By halving, which always
/// ends: that of `statrs` 0.19 does not for 1 in ten million.
fn quantile(a: f64, b: f64, probability: f64) -> f64 {
    let beta = Beta::new(a, b).expect("both parameters are positive");
    let (mut below, mut above) = (0.0, 1.0);
    loop {
        let middle = f64::midpoint(below, above);
        if middle <= below || middle >= above {
            return above;
        }
        match beta.cdf(middle) < probability {
            true => below = middle,
            false => above = middle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() <= 1e-4 * other.abs().max(1e-12)
    }

    #[test]
    fn nothing_seen_is_the_rule_of_three() {
        let never = Share::new(0, 1_000_000);
        assert_eq!(never.at_least, 0.0);
        assert!(close(never.at_most, 2.9957e-6), "{}", never.at_most);
        let almost = Share::new(0, 1 << 60);
        assert!(
            close(almost.at_most, 2.9957 / 2.0_f64.powi(60)),
            "{almost:?}"
        );
        assert_eq!(Share::new(0, 0).at_most, 1.0, "nothing is known");
    }

    /// Against tables of the interval: 5 of 100, and 1 of 10.
    #[test]
    fn intervals_are_those_of_clopper_and_pearson() {
        let few = Share::new(5, 100);
        assert!(close(few.at_least, 0.016_432), "{}", few.at_least);
        assert!(close(few.at_most, 0.112_835), "{}", few.at_most);
        let one = Share::new(1, 10);
        assert!(close(one.at_least, 0.002_528_6), "{}", one.at_least);
        assert!(close(one.at_most, 0.445_016), "{}", one.at_most);
    }

    /// Of so many that only the count matters, against a table for Poisson's distribution (Garwood,
    /// Biometrika 28(3/4), 1936).
    #[test]
    fn a_few_of_very_many_are_a_few_more_or_less() {
        let table = [
            (1, 0.025_318, 5.571_64),
            (2, 0.242_209, 7.224_69),
            (7, 2.814_36, 14.422_7),
            (100, 81.363_9, 121.627),
        ];
        for among in [10_000_000, 20_000_000, 1_000_000_000] {
            for (of, at_least, at_most) in table {
                let share = Share::new(of, among);
                let all = among as f64;
                assert!(close(share.at_least * all, at_least), "{share:?}");
                assert!(close(share.at_most * all, at_most), "{share:?}");
                let others = Share::new(among - of, among);
                assert!(close((1.0 - others.at_most) * all, at_least), "{others:?}");
            }
        }
    }

    #[test]
    fn intervals_narrow_with_the_number_of_cases_and_hold_the_share() {
        let mut width = 1.0;
        for among in [10_u64, 1000, 100_000, 10_000_000] {
            let share = Share::new(among / 10, among);
            assert!(share.at_least < 0.1 && 0.1 < share.at_most, "{share:?}");
            assert!(share.at_most - share.at_least < width);
            width = share.at_most - share.at_least;
        }
    }
}
