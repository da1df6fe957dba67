//! Exploring every reachable state of a transition system, breadth first. It knows nothing of
//! protocols: a [`Space`] says what the states are and which steps there are.
//!
//! Reading order: `packed` is what a state is, [`Space`] what a system is; [`Options`] say how
//! to explore and [`Explored`] what was found. `visited` divides the states into parts; `whole`
//! is one that keeps them, with `store` and `table`; `forgetful` is one that keeps fingerprints,
//! the shortest in `compact`. `search` goes from level to level on `threads`, and `levels` says
//! which states were in which. `witness` finds the way to a state, `retrace` where states were
//! not kept; `liveness` looks for livelocks, and `lasso` for the shortest way into one.
//!
//! # Speed
//!
//! `cargo bench --bench explore`: 16.8 million states of two words, four steps from each to
//! random others, which is the worst for the processor's cache. On a virtual machine with two
//! processors of an AMD EPYC, 2026-11-23, in states for a second of processor time because the
//! machine was busy with other work:
//!
//! | kept | states a second | bytes a state |
//! |---|---|---|
//! | whole states | 3.2 million | 22.1 |
//! | fingerprints of 128 bits | 3.0 million | 22.1 |
//! | fingerprints of 62 bits | 2.2 million | 6.8 |
//!
//! Two threads take 2 % more processor time than one. Looking for livelocks took five times as
//! long as the search here, where a single state is quiet; that is the worst case.
//!
//! Where the time of whole states goes (`perf`): 67 % adding states to parts, 16 % finding
//! successors and routing them, 8 % making tables larger. Of the first, three fifths wait for
//! memory: each known successor costs a line of the table and a line of the store, and a random
//! line costs 13 ns here with ten of them on the way, and 200 ns alone. So looking states up in
//! batches, with a tag in each entry that spares looking at wrong states, made it 1.5 times as
//! fast, and long rounds, in which many states meet the same part, 1.1 times. Huge pages made no
//! difference.

mod compact;
mod explored;
mod forgetful;
mod lasso;
mod levels;
mod liveness;
mod options;
mod packed;
#[cfg(test)]
mod reference;
mod retrace;
mod search;
mod space;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod threads;
mod visited;
mod whole;
mod witness;

pub use explored::{Explored, Liveness, Unchecked, Verdict};
pub use options::{Limit, Mode, Options, Progress};
pub use packed::Packed;
pub use space::Space;

use compact::Compact;
use forgetful::{Fingerprints, Forgetful, omission_probability};
use search::{End, Search};
use visited::Visited;
use whole::Whole;

/// Explores all that is reachable, until a property does not hold or a limit is reached.
pub fn explore<S: Space>(
    space: &S,
    options: &Options,
    progress: &mut impl Progress,
) -> Explored<S> {
    match options.mode {
        Mode::Whole => whole(space, options, progress),
        Mode::Fingerprints => forgetful::<S, Whole<[u64; 2]>>(space, options, progress),
        Mode::Compacted => forgetful::<S, Compact>(space, options, progress),
    }
}

/// States are kept.
fn whole<S: Space>(space: &S, options: &Options, progress: &mut impl Progress) -> Explored<S> {
    let mut search: Search<S, Whole<S::State>> = search::search(space, options, progress);
    let mut liveness = Liveness::NotChecked(match options.liveness {
        true => Unchecked::Unfinished,
        false => Unchecked::NotAsked,
    });
    let verdict = match std::mem::replace(&mut search.end, End::Complete) {
        End::Complete if options.liveness => {
            let verdict = liveness::check(space, &search, progress);
            if !matches!(verdict, Verdict::Interrupted) {
                liveness = Liveness::Checked;
            }
            verdict
        }
        End::Complete => Verdict::Holds,
        End::Violated(state, violation) => Verdict::Violated {
            path: witness::path(space, &search, state, search.levels.len() - 1),
            path_is_whole: true,
            violation,
        },
        End::Bounded(limit) => Verdict::Bounded(limit),
        End::Interrupted => Verdict::Interrupted,
    };
    explored(space, search, options.mode, liveness, verdict)
}

/// Only fingerprints are kept.
fn forgetful<S: Space, F: Fingerprints>(
    space: &S,
    options: &Options,
    progress: &mut impl Progress,
) -> Explored<S> {
    let mut search: Search<S, Forgetful<S::State, F>> = search::search(space, options, progress);
    let liveness = Liveness::NotChecked(match options.liveness {
        true => Unchecked::StatesNotKept,
        false => Unchecked::NotAsked,
    });
    let end = std::mem::replace(&mut search.end, End::Complete);
    let depth = search.depth();
    let mut explored = explored(space, search, options.mode, liveness, Verdict::Holds);
    explored.omission_probability = Some(omission_probability::<F>(explored.states));
    explored.verdict = match end {
        End::Complete => Verdict::Holds,
        End::Violated(state, violation) => {
            let path = retrace::path::<S, Forgetful<_, F>>(space, state, depth, options, progress);
            Verdict::Violated {
                path_is_whole: path.is_some(),
                path: path.unwrap_or_else(|| vec![state]),
                violation,
            }
        }
        End::Bounded(limit) => Verdict::Bounded(limit),
        End::Interrupted => Verdict::Interrupted,
    };
    explored
}

/// Sums up.
fn explored<S: Space, V: Visited<S::State>>(
    space: &S,
    search: Search<S, V>,
    mode: Mode,
    liveness: Liveness,
    verdict: Verdict<S>,
) -> Explored<S> {
    let (states, visited_bytes, depth) = (search.states(), search.visited_bytes(), search.depth());
    let mut scratches = search.scratches.into_iter();
    let mut scratch = scratches.next().expect("there is one thread");
    scratches.for_each(|other| space.merge(&mut scratch, other));
    Explored {
        states,
        transitions: search.transitions,
        depth,
        peak_frontier: search.peak_frontier,
        visited_bytes,
        peak_bytes: search.peak_bytes,
        mode,
        omission_probability: None,
        liveness,
        scratch,
        verdict,
    }
}
