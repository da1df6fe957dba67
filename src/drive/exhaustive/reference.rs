//! Random graphs as systems, and what a search over them must find, told in the plainest way.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// A system given by its list of steps.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    /// For each state its steps, and whether they are progress.
    steps: Vec<Vec<(usize, bool)>>,
    initial: Vec<usize>,
    quiet: BTreeSet<usize>,
    bad: BTreeSet<usize>,
}

/// A number as a state whose order is another than the number's.
fn state(number: usize) -> [u64; 2] {
    let number = number as u64;
    [number.reverse_bits() >> 40, number]
}

fn number(state: &[u64; 2]) -> usize {
    state[1] as usize
}

impl Space for Graph {
    type State = [u64; 2];
    type Scratch = BTreeMap<usize, u32>;
    type Violation = usize;

    fn scratch(&self) -> Self::Scratch {
        BTreeMap::new()
    }

    fn merge(&self, into: &mut Self::Scratch, from: Self::Scratch) {
        for (state, count) in from {
            *into.entry(state).or_default() += count;
        }
    }

    fn initial(&self) -> Vec<[u64; 2]> {
        self.initial.iter().map(|&number| state(number)).collect()
    }

    fn successors(
        &self,
        state: &[u64; 2],
        scratch: &mut Self::Scratch,
        each: &mut impl FnMut([u64; 2], bool),
    ) -> Result<(), usize> {
        let own = number(state);
        *scratch.entry(own).or_default() += 1;
        for &(to, progress) in &self.steps[own] {
            each(self::state(to), progress);
        }
        match self.bad.contains(&own) {
            true => Err(own),
            false => Ok(()),
        }
    }

    fn is_quiet(&self, state: &[u64; 2]) -> bool {
        self.quiet.contains(&number(state))
    }
}

pub(super) fn graph(bad: bool) -> impl Strategy<Value = Graph> {
    (2..400usize, 0..4usize).prop_flat_map(move |(states, density)| {
        let step = (0..states, any::<bool>());
        let steps = prop::collection::vec(step, 0..=density + 1);
        let some = |upto| prop::collection::btree_set(0..states, 0..=upto);
        (
            prop::collection::vec(steps, states),
            prop::collection::vec(0..states, 1..3),
            some(states),
            some(if bad { 3 } else { 0 }),
        )
            .prop_map(|(steps, initial, quiet, bad)| Graph {
                steps,
                initial,
                quiet,
                bad,
            })
    })
}

/// What a search must find.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expected {
    states: u64,
    transitions: u64,
    depth: u64,
    peak_frontier: u64,
    /// The smallest bad state of the first level that has one.
    bad: Option<[u64; 2]>,
    /// The states of the first level that has some from which deliveries lead to no quiet
    /// state, the level, and the steps of a shortest way from any of them into a circle and
    /// round.
    livelock: Option<(BTreeSet<usize>, usize, usize)>,
}

impl Graph {
    pub(super) fn expected(&self) -> Expected {
        let mut level: BTreeSet<_> = self.initial.iter().copied().collect();
        let mut levels = BTreeMap::new();
        let mut expected = Expected {
            states: 0,
            transitions: 0,
            depth: 0,
            peak_frontier: 0,
            bad: None,
            livelock: None,
        };
        for depth in 0.. {
            levels.extend(level.iter().map(|&number| (number, depth)));
            if level.is_empty() || expected.bad.is_some() {
                break;
            }
            expected.depth = depth as u64;
            expected.peak_frontier = expected.peak_frontier.max(level.len() as u64);
            let steps = level.iter().flat_map(|&number| &self.steps[number]);
            expected.transitions += steps.clone().count() as u64;
            let bad = level.intersection(&self.bad).map(|&bad| state(bad));
            expected.bad = bad.min();
            let next = steps.map(|&(to, _)| to);
            level = next.filter(|to| !levels.contains_key(to)).collect();
        }
        expected.states = levels.len() as u64;
        let mut live: BTreeSet<usize> = self.quiet.clone();
        loop {
            let leads = |&number: &usize| {
                let mut steps = self.steps[number].iter();
                steps.any(|&(to, progress)| progress && live.contains(&to))
            };
            let more: Vec<_> = (0..self.steps.len()).filter(leads).collect();
            let before = live.len();
            live.extend(more);
            if live.len() == before {
                break;
            }
        }
        let dead = levels.iter().filter(|&(number, _)| !live.contains(number));
        let dead: Vec<(usize, usize)> = dead.map(|(&number, &level)| (level, number)).collect();
        expected.livelock = dead.iter().min().map(|&(level, _)| {
            let first = dead.iter().filter(|(of, _)| *of == level);
            let first: BTreeSet<usize> = first.map(|&(_, number)| number).collect();
            let into = self.distances(&first);
            let round = |&start: &usize| {
                let next = self.progress(start).collect();
                match self.progress(start).next() {
                    None => Some(0),
                    Some(_) => self.distances(&next).get(&start).map(|steps| steps + 1),
                }
            };
            let lassos = into
                .iter()
                .filter_map(|(number, steps)| Some(steps + round(number)?));
            let shortest = lassos.min().expect("it goes on for ever");
            (first, level, shortest)
        });
        expected
    }

    fn progress(&self, from: usize) -> impl Iterator<Item = usize> {
        let steps = self.steps[from].iter();
        steps.filter(|(_, progress)| *progress).map(|&(to, _)| to)
    }

    /// How many steps of progress states are from the nearest of some.
    fn distances(&self, from: &BTreeSet<usize>) -> BTreeMap<usize, usize> {
        let mut distances: BTreeMap<usize, usize> = from.iter().map(|&state| (state, 0)).collect();
        let mut level = from.clone();
        for steps in 1.. {
            let next = level.iter().flat_map(|&state| self.progress(state));
            level = next.filter(|next| !distances.contains_key(next)).collect();
            if level.is_empty() {
                break;
            }
            distances.extend(level.iter().map(|&state| (state, steps)));
        }
        distances
    }

    fn has_step(&self, from: &[u64; 2], to: &[u64; 2], only_progress: bool) -> bool {
        let mut steps = self.steps[number(from)].iter();
        steps.any(|&(next, progress)| next == number(to) && (progress || !only_progress))
    }

    /// Asserts that the states are a way from an initial one.
    fn is_path(&self, path: &[[u64; 2]]) {
        assert!(self.initial.contains(&number(&path[0])));
        let mut steps = path.windows(2);
        assert!(steps.all(|step| self.has_step(&step[0], &step[1], false)));
    }

    /// Explores, asserts that everything is as expected, and returns the witness.
    pub(super) fn check(&self, mode: Mode, threads: usize) -> Vec<[u64; 2]> {
        let expected = self.expected();
        let options = Options {
            threads,
            mode,
            ..Options::default()
        };
        let found = explore(self, &options, &mut ());
        assert_eq!(found.mode, mode);
        assert_eq!(found.states, expected.states);
        assert_eq!(found.transitions, expected.transitions);
        assert_eq!(found.depth, expected.depth);
        assert_eq!(found.peak_frontier, expected.peak_frontier);
        assert!(found.scratch.values().all(|&count| count == 1));
        let live = mode == Mode::Whole && expected.bad.is_none();
        assert_eq!(found.liveness == Liveness::Checked, live);
        match found.verdict {
            Verdict::Violated {
                path,
                path_is_whole,
                violation,
            } => {
                assert!(path_is_whole);
                assert_eq!(path.last().copied(), expected.bad);
                assert_eq!(Some(state(violation)), expected.bad);
                assert_eq!(path.len() as u64, expected.depth + 1);
                self.is_path(&path);
                path
            }
            Verdict::Livelock { path, cycle } => {
                let (first, level, shortest) = expected.livelock.expect("a livelock");
                assert!(first.contains(&number(&path[level])));
                assert_eq!(path.len() - 1 - level + cycle.len(), shortest);
                self.is_path(&path);
                let last = path[path.len() - 1];
                if let Some(start) = cycle.first() {
                    assert_eq!(*start, last);
                    let closed = cycle.iter().zip(cycle.iter().cycle().skip(1));
                    for (from, to) in closed {
                        assert!(self.has_step(from, to, true));
                    }
                } else {
                    assert!(
                        self.steps[number(&last)]
                            .iter()
                            .all(|&(_, progress)| !progress)
                    );
                }
                path
            }
            Verdict::Holds => {
                assert_eq!(expected.bad, None);
                assert!(!live || expected.livelock.is_none());
                Vec::new()
            }
            Verdict::Bounded(_) | Verdict::Interrupted => panic!("nothing stops it"),
        }
    }
}

proptest! {
    #[test]
    fn a_search_finds_what_is_there(graph in graph(true)) {
        for mode in [Mode::Whole, Mode::Fingerprints, Mode::Compacted] {
            let witness = graph.check(mode, 1);
            for threads in [2, 3] {
                prop_assert_eq!(&graph.check(mode, threads), &witness);
            }
        }
    }

    #[test]
    fn livelocks_are_found(graph in graph(false)) {
        let witness = graph.check(Mode::Whole, 1);
        for threads in [2, 3] {
            prop_assert_eq!(&graph.check(Mode::Whole, threads), &witness);
        }
    }
}
