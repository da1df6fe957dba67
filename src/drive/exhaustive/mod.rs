//! Exploring every reachable state of a transition system, breadth first. It knows nothing of
//! protocols: a [`Space`] says what the states are and which steps there are.
//!
//! Reading order: `packed` is what a state is, [`Space`] what a system is; [`Options`] say how
//! to explore and [`Explored`] what was found. `visited` divides the states into parts; `whole`
//! is one that keeps them, with `store` and `table`. `search` goes from level to level on
//! `threads`, `witness` finds the way to a state.

mod explored;
mod levels;
mod liveness;
mod options;
mod packed;
#[cfg(test)]
mod reference;
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

use search::{End, Search};
use visited::Visited;
use whole::Whole;

/// Explores all that is reachable, until a property does not hold or a limit is reached.
pub fn explore<S: Space>(
    space: &S,
    options: &Options,
    progress: &mut impl Progress,
) -> Explored<S> {
    let mut search: Search<S, Whole<S::State>> = search::search(space, options, progress);
    let depth = search.levels.len().saturating_sub(1);
    let mut checked = Liveness::NotChecked(Unchecked::Unfinished);
    let verdict = match std::mem::replace(&mut search.end, End::Complete) {
        End::Complete if options.liveness => match liveness::check(space, &search, progress) {
            liveness::Found::Interrupted => Verdict::Interrupted,
            found => {
                checked = Liveness::Checked;
                match found {
                    liveness::Found::Livelock { path, cycle } => Verdict::Livelock { path, cycle },
                    _ => Verdict::Holds,
                }
            }
        },
        End::Complete => Verdict::Holds,
        End::Violated(state, violation) => Verdict::Violated {
            path: witness::path(space, &search, state, depth),
            path_is_whole: true,
            violation,
        },
        End::Bounded(limit) => Verdict::Bounded(limit),
        End::Interrupted => Verdict::Interrupted,
    };
    if !options.liveness {
        checked = Liveness::NotChecked(Unchecked::NotAsked);
    }
    explored(space, search, Mode::Whole, checked, verdict)
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
