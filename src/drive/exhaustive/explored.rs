//! What a search found.

use super::options::{Limit, Mode};
use super::space::Space;

/// What a search found. All but `scratch` is the same for any number of threads.
pub struct Explored<S: Space> {
    /// Different states found.
    pub states: u64,
    /// Steps found: every successor of every state that was explored, known or new.
    pub transitions: u64,
    /// How many steps the farthest explored state is from the nearest initial one.
    pub depth: u64,
    /// The most states that had one distance.
    pub peak_frontier: u64,
    /// What was held for visited states at the end.
    pub visited_bytes: u64,
    /// The most that was held in all: visited states, the frontier, and buffers.
    pub peak_bytes: u64,
    /// What was kept of visited states.
    pub mode: Mode,
    /// A bound on the odds that any state was missed because another had its fingerprint;
    /// none if states were kept whole.
    pub omission_probability: Option<f64>,
    /// Whether livelocks were looked for.
    pub liveness: Liveness,
    /// What all threads gathered.
    pub scratch: S::Scratch,
    /// Whether the properties hold.
    pub verdict: Verdict<S>,
}

impl<S: Space> Explored<S> {
    /// Measured: what was held for visited states, all that finds predecessors included,
    /// divided among them.
    #[must_use]
    pub fn bytes_per_state(&self) -> f64 {
        self.visited_bytes as f64 / self.states.max(1) as f64
    }
}

/// Whether the properties hold.
pub enum Verdict<S: Space> {
    /// In every reachable state.
    Holds,
    /// One does not.
    Violated {
        /// The states on a shortest way to the violation, an initial one first. The last is the
        /// one that [`Space::successors`] refused. Among several ways it is a fixed one. If
        /// states were not kept and the second search for the way came to the limits or lost
        /// it, only the last state is here, and `path_is_whole` is false.
        path: Vec<S::State>,
        /// Whether the path begins with an initial state.
        path_is_whole: bool,
        /// What was refused.
        violation: S::Violation,
    },
    /// Something under way can stay so for ever though everything is delivered: from these
    /// states no delivery leads to a quiet one.
    Livelock {
        /// From an initial state to where the cycle begins: first a shortest way to such a state,
        /// then a shortest way into a cycle and round.
        path: Vec<S::State>,
        /// The path's last state first, each the next one's predecessor by a step of progress,
        /// and the last the first one's. Empty if the path's last state has no such step.
        cycle: Vec<S::State>,
    },
    /// A limit was reached first: nothing is proved.
    Bounded(Limit),
    /// The watcher ended it: nothing is proved.
    Interrupted,
}

/// Whether livelocks were looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// Yes, in every reachable state.
    Checked,
    /// No, because.
    NotChecked(Unchecked),
}

/// Why livelocks were not looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchecked {
    /// [`super::Options::liveness`] is false.
    NotAsked,
    /// The states were not kept.
    StatesNotKept,
    /// The search did not come to its end, or found a violation.
    Unfinished,
}
