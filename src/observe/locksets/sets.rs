//! Sets of locks, each kept once and known by a number.

use rustc_hash::FxHashMap;

use crate::memory::Addr;

/// A set of locks, by its number.
pub(super) type Set = u32;

/// The set without a lock.
pub(super) const EMPTY: Set = 0;

/// At most so many sets are told apart; beyond that none is empty that was not.
const MOST_SETS: usize = 1 << 16;

/// All sets that were met.
#[derive(Clone, Debug)]
pub(super) struct Sets {
    /// Each in order of address.
    sets: Vec<Vec<Addr>>,
    numbers: FxHashMap<Vec<Addr>, Set>,
    /// What sets have in common, as far as that was asked.
    common: FxHashMap<(Set, Set), Set>,
}

impl Default for Sets {
    fn default() -> Sets {
        Sets {
            sets: vec![Vec::new()],
            numbers: FxHashMap::from_iter([(Vec::new(), EMPTY)]),
            common: FxHashMap::default(),
        }
    }
}

impl Sets {
    /// The locks of a set, by address.
    pub(super) fn locks(&self, set: Set) -> &[Addr] {
        &self.sets[set as usize]
    }

    /// The number of a set.
    pub(super) fn number(&mut self, mut locks: Vec<Addr>) -> Set {
        locks.sort_unstable();
        locks.dedup();
        if let Some(&number) = self.numbers.get(&locks) {
            return number;
        }
        if self.sets.len() >= MOST_SETS {
            return (MOST_SETS - 1) as Set;
        }
        let number = self.sets.len() as Set;
        self.sets.push(locks.clone());
        self.numbers.insert(locks, number);
        number
    }

    /// The locks that are in both.
    pub(super) fn common(&mut self, one: Set, two: Set) -> Set {
        if one == two || one == EMPTY || two == EMPTY {
            return if one == two { one } else { EMPTY };
        }
        let pair = (one.min(two), one.max(two));
        if let Some(&known) = self.common.get(&pair) {
            return known;
        }
        let two = &self.sets[two as usize];
        let one = self.sets[one as usize].iter();
        let both = one.copied().filter(|lock| two.contains(lock)).collect();
        let number = self.number(both);
        self.common.insert(pair, number);
        number
    }
}
