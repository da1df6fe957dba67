//! How often which number came: exactly for small ones, and for larger ones in buckets that are
//! never wider than a 128th of what is in them. The idea is that of HdrHistogram (Tene) with two
//! digits.

/// Numbers below this have a bucket each.
const EXACT: u64 = 256;
/// So many buckets lie between a power of two and the next.
const BUCKETS: u64 = EXACT / 2;

/// How often which number came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// By bucket, up to the last that is not empty.
    counts: Vec<u64>,
    count: u64,
    sum: u128,
    max: u64,
}

impl Histogram {
    /// A number came.
    pub fn record(&mut self, number: u64) {
        let at = bucket(number);
        if self.counts.len() <= at {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
        self.count += 1;
        self.sum += u128::from(number);
        self.max = self.max.max(number);
    }

    /// All that came to the other came here, too.
    pub fn merge(&mut self, other: &Histogram) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// How many numbers came.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest, exactly; 0 if none came.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// Their mean, exactly; none if none came.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The number that so many percent of them do not exceed (nearest rank), or the largest of
    /// its bucket; 0 if none came.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> u64 {
        let product = u128::from(self.count) * u128::from(percent.min(100));
        let rank = product.div_ceil(100).max(1);
        let mut seen = 0;
        let reaches = |count: &u64| {
            seen += u128::from(*count);
            seen >= rank
        };
        let at = self.counts.iter().position(reaches);
        at.map_or(self.max, |at| last_of(at).min(self.max))
    }
}

fn bucket(number: u64) -> usize {
    if number < EXACT {
        return number as usize;
    }
    // What is left of the number when 8 bits of it are kept, and how many are not.
    let dropped = u64::from(number.ilog2() - EXACT.ilog2() + 1);
    (EXACT + (dropped - 1) * BUCKETS + (number >> dropped) - BUCKETS) as usize
}

/// The largest number of a bucket.
fn last_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < EXACT {
        return bucket;
    }
    let dropped = (bucket - EXACT) / BUCKETS + 1;
    let kept = (bucket - EXACT) % BUCKETS + BUCKETS;
    (kept << dropped) | ((1 << dropped) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_lie_side_by_side_and_are_narrow() {
        for number in (0..70_000).chain([u64::MAX / 3, u64::MAX - 1, u64::MAX]) {
            let at = bucket(number);
            let last = last_of(at);
            let first = at.checked_sub(1).map_or(0, |before| last_of(before) + 1);
            assert!(
                (first..=last).contains(&number),
                "{number}: {first} to {last}"
            );
            assert!(
                last - first <= number / BUCKETS,
                "{number}: {first} to {last}"
            );
        }
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.percentile(50), histogram.mean()), (0, None));
        (1..=200).for_each(|number| histogram.record(number));
        let percentiles = [0, 1, 50, 90, 99, 100].map(|percent| histogram.percentile(percent));
        assert_eq!(percentiles, [1, 2, 100, 180, 198, 200]);
        let mut other = Histogram::default();
        other.record(1_000_003);
        histogram.merge(&other);
        assert_eq!(histogram.percentile(100), 1_000_003);
        assert_eq!((histogram.count(), histogram.max()), (201, 1_000_003));
        assert_eq!(histogram.mean(), Some((20_100.0 + 1_000_003.0) / 201.0));
    }
}
