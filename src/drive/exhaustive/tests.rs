//! Toy systems whose numbers are known.

use super::*;

/// Several counters, each from 0 to `last`, each step one of them up by one.
struct Counters {
    counters: u32,
    last: u64,
    /// A sum that is a violation.
    bad: Option<u64>,
}

impl Space for Counters {
    type State = [u64; 1];
    type Scratch = u64;
    type Violation = u64;

    fn scratch(&self) -> u64 {
        0
    }

    fn merge(&self, into: &mut u64, from: u64) {
        *into += from;
    }

    fn initial(&self) -> Vec<[u64; 1]> {
        vec![[0]]
    }

    fn successors(
        &self,
        &[state]: &[u64; 1],
        scratch: &mut u64,
        each: &mut impl FnMut([u64; 1], bool),
    ) -> Result<(), u64> {
        *scratch += 1;
        let values = (0..self.counters).map(|n| state >> (8 * n) & 0xff);
        let sum = values.clone().sum();
        if self.bad == Some(sum) {
            return Err(sum);
        }
        for (number, value) in values.enumerate() {
            if value < self.last {
                each([state + (1 << (8 * number))], true);
            }
        }
        Ok(())
    }

    fn is_quiet(&self, state: &[u64; 1]) -> bool {
        state[0] == 0
    }
}

#[test]
fn counters_count() {
    let space = Counters {
        counters: 4,
        last: 24,
        bad: None,
    };
    let options = Options {
        liveness: false,
        ..Options::default()
    };
    let found = explore(&space, &options, &mut ());
    assert!(matches!(found.verdict, Verdict::Holds));
    assert_eq!(found.states, 25u64.pow(4));
    assert_eq!(found.scratch, found.states);
    assert_eq!(found.transitions, 4 * 24 * 25u64.pow(3));
    assert_eq!(found.depth, 4 * 24);
    assert_eq!(found.peak_frontier, 10425);
}

#[test]
fn the_smallest_shortest_way_is_found() {
    let space = Counters {
        counters: 3,
        last: 9,
        bad: Some(11),
    };
    let found = explore(&space, &Options::default(), &mut ());
    let Verdict::Violated {
        path, violation, ..
    } = found.verdict
    else {
        panic!("a sum of 11 can be reached");
    };
    assert_eq!((violation, path.len(), path[0]), (11, 12, [0]));
    // The smallest: the third counter 0, the second 2, the first 9; before it the smallest too.
    assert_eq!(path[11], [9 | 2 << 8]);
    assert_eq!(path[10], [9 | 1 << 8]);
}
