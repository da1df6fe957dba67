//! Many measurements of one thing. The mean stands beside percentiles and never alone: when the
//! system or a host stops a processor, a few samples are a thousand times the others.

use serde::Serialize;

/// Percentiles by the nearest rank, and the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// 5 of 100 are this or less.
    pub p5: f64,
    /// A quarter.
    pub p25: f64,
    /// Half: the median.
    pub p50: f64,
    /// Three quarters.
    pub p75: f64,
    /// 95 of 100.
    pub p95: f64,
    /// The mean of the middle 90 of 100: finer than the median where the clock goes in long steps, and
    /// without what stops a processor.
    pub middle: f64,
    /// The mean of all, with everything that disturbed them.
    pub mean: f64,
}

impl Spread {
    /// The spread of these samples; none of none.
    #[must_use]
    pub fn of(mut samples: Vec<f64>) -> Option<Spread> {
        if samples.is_empty() {
            return None;
        }
        samples.sort_unstable_by(f64::total_cmp);
        let at = |percent: usize| {
            let rank = (samples.len() * percent).div_ceil(100);
            samples[rank.max(1) - 1]
        };
        let cut = samples.len() / 20;
        let middle = &samples[cut..samples.len() - cut];
        Some(Spread {
            p5: at(5),
            p25: at(25),
            p50: at(50),
            p75: at(75),
            p95: at(95),
            middle: middle.iter().sum::<f64>() / middle.len() as f64,
            mean: samples.iter().sum::<f64>() / samples.len() as f64,
        })
    }

    /// The same in another unit, of which one is so many of these.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Spread {
        Spread {
            p5: self.p5 * factor,
            p25: self.p25 * factor,
            p50: self.p50 * factor,
            p75: self.p75 * factor,
            p95: self.p95 * factor,
            middle: self.middle * factor,
            mean: self.mean * factor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_and_one_outlier_moves_the_mean_alone() {
        assert_eq!(Spread::of(Vec::new()), None);
        let one = Spread::of(vec![7.0]).expect("a sample");
        assert_eq!([one.p5, one.p50, one.p95, one.mean], [7.0; 4]);
        let mut samples: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        samples[0] = 1e6;
        let many = Spread::of(samples).expect("samples");
        assert_eq!([many.p5, many.p25, many.p50], [5.0, 25.0, 50.0]);
        assert_eq!([many.p75, many.p95], [75.0, 95.0]);
        assert_eq!(many.mean, (5050.0 - 100.0 + 1e6) / 100.0);
        assert_eq!(many.middle, 50.5, "5 were left out at either end");
        assert_eq!(many.scaled(2.0).p95, 190.0);
    }
}
