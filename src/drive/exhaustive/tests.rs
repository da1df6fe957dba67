//! Toy systems whose numbers are known: by arithmetic, or counted by a script.

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

    fn is_quiet(&self, &[state]: &[u64; 1]) -> bool {
        (0..self.counters).all(|n| state >> (8 * n) & 0xff == self.last)
    }
}

const MODES: [Mode; 3] = [Mode::Whole, Mode::Fingerprints, Mode::Compacted];

fn options(mode: Mode, threads: usize) -> Options {
    Options {
        threads,
        mode,
        ..Options::default()
    }
}

#[test]
fn counters_count() {
    let space = Counters {
        counters: 4,
        last: 24,
        bad: None,
    };
    for mode in MODES {
        let found = explore(&space, &options(mode, 2), &mut ());
        assert!(matches!(found.verdict, Verdict::Holds));
        assert_eq!(found.states, 25u64.pow(4));
        assert_eq!(found.scratch, found.states);
        assert_eq!(found.transitions, 4 * 24 * 25u64.pow(3));
        assert_eq!(found.depth, 4 * 24);
        assert_eq!(found.peak_frontier, 10425);
        if mode == Mode::Whole {
            assert!((13.0..17.0).contains(&found.bytes_per_state()));
        }
    }
}

#[test]
fn the_smallest_shortest_way_is_found() {
    let space = Counters {
        counters: 3,
        last: 9,
        bad: Some(11),
    };
    for mode in MODES {
        let found = explore(&space, &options(mode, 1), &mut ());
        let Verdict::Violated {
            path, violation, ..
        } = found.verdict
        else {
            panic!("a sum of 11 can be reached");
        };
        assert_eq!((violation, path.len(), path[0]), (11, 12, [0]));
        // The smallest: the third counter 0, the second 2, the first 9.
        assert_eq!(path[11], [9 | 2 << 8]);
        if mode == Mode::Whole {
            assert_eq!(path[10], [9 | 1 << 8], "before it the smallest too");
        }
    }
}

#[test]
fn limits_stop_the_search_without_a_proof() {
    let space = Counters {
        counters: 4,
        last: 24,
        bad: None,
    };
    for mode in MODES {
        let mut counts = Vec::new();
        for threads in [1, 2, 3] {
            let mut bounded = options(mode, threads);
            bounded.limit_states = 100_000;
            let found = explore(&space, &bounded, &mut ());
            assert!(matches!(found.verdict, Verdict::Bounded(Limit::States)));
            assert!(found.liveness != Liveness::Checked);
            counts.push((found.states, found.transitions, found.peak_bytes));
            bounded.limit_memory_bytes = 1 << 20;
            let found = explore(&space, &bounded, &mut ());
            assert!(matches!(found.verdict, Verdict::Bounded(Limit::Memory)));
        }
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    }
}

#[test]
fn a_way_that_cannot_be_found_again_is_said_to_be_missing() {
    // The first search may hold what it found, the second, which carries ancestors, may not.
    let space = Counters {
        counters: 4,
        last: 24,
        bad: Some(48),
    };
    let found = explore(&space, &options(Mode::Compacted, 1), &mut ());
    let mut bounded = options(Mode::Compacted, 1);
    bounded.limit_memory_bytes = found.peak_bytes;
    let found = explore(&space, &bounded, &mut ());
    let Verdict::Violated {
        path,
        path_is_whole,
        ..
    } = found.verdict
    else {
        panic!("a sum of 48 can be reached");
    };
    assert_eq!((path_is_whole, path.len()), (false, 1));
}

/// Ends the search at the first call after so many.
struct Impatient(u32);

impl Progress for Impatient {
    fn level(&mut self, states: u64, frontier: u64, depth: u64) {
        assert!(states >= frontier && depth < 97);
    }

    fn tick(&mut self, _: u64, _: u64, _: u64) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }
}

#[test]
fn the_watcher_can_end_it() {
    let space = Counters {
        counters: 3,
        last: 24,
        bad: None,
    };
    let mut watcher = Impatient(u32::MAX);
    let search = Options {
        liveness: false,
        ..Options::default()
    };
    explore(&space, &search, &mut watcher);
    let calls = u32::MAX - watcher.0;
    // In the search, and while livelocks are looked for.
    for patience in [1, calls, calls + 10] {
        let found = explore(&space, &Options::default(), &mut Impatient(patience));
        assert!(matches!(found.verdict, Verdict::Interrupted), "{patience}");
        assert_eq!(found.liveness, Liveness::NotChecked(Unchecked::Unfinished));
    }
}

#[test]
fn nothing_is_reachable_from_nothing() {
    struct Nothing;
    impl Space for Nothing {
        type State = [u64; 3];
        type Scratch = ();
        type Violation = ();
        fn scratch(&self) {}
        fn merge(&self, (): &mut (), (): ()) {}
        fn initial(&self) -> Vec<[u64; 3]> {
            Vec::new()
        }
        fn successors(
            &self,
            _: &[u64; 3],
            (): &mut (),
            _: &mut impl FnMut([u64; 3], bool),
        ) -> Result<(), ()> {
            Ok(())
        }
        fn is_quiet(&self, _: &[u64; 3]) -> bool {
            true
        }
    }
    let found = explore(&Nothing, &Options::default(), &mut ());
    assert!(matches!(found.verdict, Verdict::Holds));
    assert_eq!((found.states, found.depth), (0, 0));
}

/// Dijkstra's philosophers, each with two bits: thinks, has the left fork, has both. A fork lies
/// between neighbours. Hunger begins something; taking the second fork and laying both down
/// serve it.
struct Philosophers {
    seats: u32,
    /// The last one takes the right fork first, so that not all can wait in a circle.
    one_is_left_handed: bool,
}

impl Philosophers {
    fn holds(&self, state: u64, seat: u32) -> (bool, bool) {
        let first = state >> (2 * seat) & 1 == 1;
        let both = state >> (2 * seat + 1) & 1 == 1;
        match self.one_is_left_handed && seat == self.seats - 1 {
            true => (both, first || both),
            false => (first || both, both),
        }
    }
}

impl Space for Philosophers {
    type State = [u64; 1];
    type Scratch = ();
    type Violation = &'static str;

    fn scratch(&self) {}

    fn merge(&self, (): &mut (), (): ()) {}

    fn initial(&self) -> Vec<[u64; 1]> {
        vec![[0]]
    }

    fn successors(
        &self,
        &[state]: &[u64; 1],
        (): &mut (),
        each: &mut impl FnMut([u64; 1], bool),
    ) -> Result<(), &'static str> {
        let mut stuck = true;
        for seat in 0..self.seats {
            let other_hand = self.one_is_left_handed && seat == self.seats - 1;
            let (before, after) = (
                (seat + self.seats - 1) % self.seats,
                (seat + 1) % self.seats,
            );
            let left_free = !self.holds(state, before).1;
            let right_free = !self.holds(state, after).0;
            let (first, second) = match other_hand {
                true => (right_free, left_free),
                false => (left_free, right_free),
            };
            let bits = state >> (2 * seat) & 3;
            let next = match bits {
                0 if first => 1,
                1 if second => 2,
                2 => 0,
                _ => continue,
            };
            stuck = false;
            each([state & !(3 << (2 * seat)) | next << (2 * seat)], bits != 0);
        }
        if stuck { Err("deadlock") } else { Ok(()) }
    }

    fn is_quiet(&self, &[state]: &[u64; 1]) -> bool {
        state == 0
    }
}

#[test]
fn philosophers_starve_in_a_circle() {
    let space = Philosophers {
        seats: 5,
        one_is_left_handed: false,
    };
    for mode in MODES {
        let found = explore(&space, &options(mode, 2), &mut ());
        let Verdict::Violated {
            path, violation, ..
        } = found.verdict
        else {
            panic!("they can all wait");
        };
        assert_eq!((violation, path.len()), ("deadlock", 6));
        assert_eq!(path[5], [0b01_01_01_01_01]);
    }
}

#[test]
fn a_left_handed_philosopher_saves_all() {
    let space = Philosophers {
        seats: 5,
        one_is_left_handed: true,
    };
    let found = explore(&space, &Options::default(), &mut ());
    assert!(matches!(found.verdict, Verdict::Holds));
    assert_eq!(found.liveness, Liveness::Checked);
    assert_eq!((found.states, found.transitions), (70, 219));
}

/// A token goes around a ring of eight once somebody has put it there; at `home` it is taken
/// away again. The low bits say where it is, the fourth whether it is there at all.
struct Ring {
    home: Option<u64>,
}

impl Space for Ring {
    type State = [u64; 1];
    type Scratch = ();
    type Violation = ();

    fn scratch(&self) {}

    fn merge(&self, (): &mut (), (): ()) {}

    fn initial(&self) -> Vec<[u64; 1]> {
        vec![[0]]
    }

    fn successors(
        &self,
        &[state]: &[u64; 1],
        (): &mut (),
        each: &mut impl FnMut([u64; 1], bool),
    ) -> Result<(), ()> {
        match state {
            0 => each([8 | 5], false),
            _ if self.home == Some(state & 7) => each([0], true),
            _ => each([8 | (state + 1) & 7], true),
        }
        Ok(())
    }

    fn is_quiet(&self, state: &[u64; 1]) -> bool {
        state[0] == 0
    }
}

#[test]
fn a_token_that_nobody_takes_is_a_livelock() {
    let found = explore(&Ring { home: Some(2) }, &Options::default(), &mut ());
    assert!(matches!(found.verdict, Verdict::Holds));
    assert_eq!((found.states, found.transitions), (7, 7));
    let found = explore(&Ring { home: None }, &Options::default(), &mut ());
    let Verdict::Livelock { path, cycle } = found.verdict else {
        panic!("it goes around for ever");
    };
    assert_eq!(path, [[0], [13]]);
    let around = [13, 14, 15, 8, 9, 10, 11, 12].map(|state| [state]);
    assert_eq!(cycle, around);
}
