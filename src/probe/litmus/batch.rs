//! Many instances of a test in memory: where they lie and in which order they are run, the same for
//! all threads.

use super::refuse::LINE_BYTES;
use crate::dice::Dice;

/// The most instances of a batch.
pub(super) const INSTANCES: usize = 1024;
/// So many lines lie between two instances at most, and before the first one.
const BETWEEN: u32 = 3;
const BEFORE: u32 = 63;
/// Threads begin so many turns of a loop late at most, by turns: not at all to about a line's way.
const SKEWS: [u64; 4] = [0, 15, 63, 255];
/// One batch in this many, and one more, follows the test's hints: each takes longer.
///
/// On two processors of a virtual machine of an AMD EPYC (family 26), 2026-11-29, by turns, 69 ms for each
/// of 290 public tests: states seen of the 1010 that are allowed, and runs a second in millions, in two
/// rounds. In five others, with more of the processors taken by others, each batch gave 950 to 957 states,
/// and what is below it in the table 954 to 978, never more than 4 apart in one round.
///
/// | hints in | states | runs |
/// |---|---|---|
/// | each batch | 957, 960 | 1.1, 1.3 |
/// | one of 2 | 988, 984 | 1.5, 1.6 |
/// | one of 4 | 987, 986 | 1.7, 1.9 |
/// | one of 8 | 986, 980 | 2.1, 2.3 |
/// | one of 16 | 985, 982 | 2.5, 2.8 |
/// | none | 983, 976 | 2.9, 3.3 |
const PRELOADS: u32 = 3;

/// How a batch is run.
pub(super) struct Batch {
    /// Where the first instance begins, and from each one to the next, in bytes.
    first: usize,
    stride: usize,
    /// The instances in the order in which they are run.
    pub(super) order: Vec<u32>,
    /// One less than a power of two.
    pub(super) skew: u64,
    /// Whether lines are brought into caches or out of them beforehand, as the test's hints say.
    pub(super) preloads: bool,
}

impl Batch {
    /// None yet.
    pub(super) fn new() -> Batch {
        Batch {
            first: 0,
            stride: 0,
            order: Vec::new(),
            skew: 0,
            preloads: false,
        }
    }

    /// The memory that any batch of instances of so many bytes lies in.
    pub(super) fn room(bytes: usize) -> usize {
        lines(BEFORE) + INSTANCES * (bytes + lines(BETWEEN))
    }

    /// The next one, of so many instances of so many bytes. Its order is by lot: else the lines that
    /// the next instance needs would be in the caches already, brought by a prefetcher.
    pub(super) fn roll(&mut self, dice: &mut Dice, instances: usize, bytes: usize) {
        self.first = lines(dice.up_to(BEFORE));
        self.stride = bytes + lines(dice.up_to(BETWEEN));
        self.skew = SKEWS[dice.up_to(SKEWS.len() as u32 - 1) as usize];
        self.preloads = dice.up_to(PRELOADS) == 0;
        self.order.clear();
        self.order.extend(0..instances as u32);
        for last in (1..instances).rev() {
            self.order.swap(last, dice.up_to(last as u32) as usize);
        }
    }

    /// Where an instance begins.
    pub(super) fn at(&self, instance: usize) -> usize {
        self.first + instance * self.stride
    }
}

fn lines(lines: u32) -> usize {
    lines as usize * LINE_BYTES as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_lie_apart_and_inside_their_room_and_each_has_its_turn() {
        let (mut dice, mut batch) = (Dice::new(1), Batch::new());
        for _ in 0..100 {
            batch.roll(&mut dice, INSTANCES, 192);
            let mut order = batch.order.clone();
            assert!(!order.is_sorted());
            order.sort_unstable();
            assert!(order.into_iter().eq(0..INSTANCES as u32));
            assert!(batch.at(1) - batch.at(0) >= 192);
            assert_eq!(batch.at(7) % LINE_BYTES as usize, 0);
            assert!(batch.at(INSTANCES - 1) + 192 <= Batch::room(192));
        }
    }
}
