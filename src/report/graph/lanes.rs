//! Which edges run above which others between two layers: each has a lane of its own where
//! others run beside it, and they cross as little as a simple rule can see to.

/// A part of an edge between two layers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Where it leaves the upper layer.
    pub(super) upper: f64,
    /// Where it reaches the lower layer.
    pub(super) lower: f64,
}

/// Runs nearer to each other than this touch.
const NEAR: f64 = 6.0;

impl Run {
    /// Whether its lane passes this place.
    fn passes(self, x: f64) -> bool {
        let (left, right) = (self.upper.min(self.lower), self.upper.max(self.lower));
        left - NEAR < x && x < right + NEAR
    }

    /// Whether their lanes must differ.
    fn is_beside(self, other: Run) -> bool {
        self.passes(other.upper) || self.passes(other.lower) || other.passes(self.upper)
    }

    /// How often they cross if this one's lane is above the other's.
    fn crossings_above(self, other: Run) -> i32 {
        i32::from(self.passes(other.upper)) + i32::from(other.passes(self.lower))
    }
}

/// The lane of each run, counted from above.
pub(super) fn lanes(runs: &[Run]) -> Vec<usize> {
    let mut lanes = vec![0; runs.len()];
    let mut done: Vec<usize> = Vec::new();
    for next in order(runs) {
        let beside = done
            .iter()
            .filter(|&&above| runs[above].is_beside(runs[next]));
        lanes[next] = beside.map(|&above| lanes[above] + 1).max().unwrap_or(0);
        done.push(next);
    }
    lanes
}

/// The runs from above: always the one that costs least above all that are left.
fn order(runs: &[Run]) -> Vec<usize> {
    let cost = |a: usize, b: usize| {
        let (a, b) = (runs[a], runs[b]);
        a.crossings_above(b) - b.crossings_above(a)
    };
    let mut left: Vec<usize> = (0..runs.len()).collect();
    let sum = |&a: &usize| left.iter().filter(|&&b| b != a).map(|&b| cost(a, b)).sum();
    let mut costs: Vec<i32> = left.iter().map(sum).collect();
    let mut order = Vec::new();
    while let Some(at) = (0..left.len()).min_by_key(|&at| costs[left[at]]) {
        let next = left.remove(at);
        for &other in &left {
            costs[other] -= cost(other, next);
        }
        order.push(next);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::{Run, lanes};

    fn run(upper: f64, lower: f64) -> Run {
        Run { upper, lower }
    }

    #[test]
    fn runs_beside_each_other_have_lanes_of_their_own() {
        assert_eq!(lanes(&[run(0.0, 100.0), run(200.0, 300.0)]), [0, 0]);
        let lanes = lanes(&[run(0.0, 100.0), run(50.0, 60.0), run(90.0, 300.0)]);
        assert_ne!(lanes[0], lanes[1]);
        assert_ne!(lanes[0], lanes[2]);
    }

    #[test]
    fn runs_that_need_not_cross_do_not() {
        // Both to the right: the one that begins further to the right turns first.
        assert_eq!(lanes(&[run(0.0, 100.0), run(50.0, 150.0)]), [1, 0]);
        // Both to the left: the other way round.
        assert_eq!(lanes(&[run(100.0, 0.0), run(150.0, 50.0)]), [0, 1]);
    }
}
