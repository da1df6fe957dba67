//! How to explore, and who watches.

/// How to explore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// On how many threads; without the feature `parallel` it is always one.
    pub threads: usize,
    /// Give up when more states than this are found.
    pub limit_states: u64,
    /// Give up when states, tables and buffers are larger than this together. Looked at
    /// between rounds of some ten thousand states: a little more may be held for a while.
    pub limit_memory_bytes: u64,
    /// What is kept of a state that was visited.
    pub mode: Mode,
    /// Whether to look for livelocks when everything else holds; needs [`Mode::Whole`].
    pub liveness: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            threads: 1,
            limit_states: u64::MAX,
            limit_memory_bytes: u64::MAX,
            mode: Mode::Whole,
            liveness: true,
        }
    }
}

/// What is kept of a state that was visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All of it, and 5 to 8 bytes more: nothing is left to chance.
    Whole,
    /// A fingerprint of 128 bits, in 22 to 24 bytes. States of up to two words are as good as
    /// whole; two larger ones can have the same, at odds that never happen.
    Fingerprints,
    /// A fingerprint of 62 bits, in 7 to 8 bytes: two states may have the same, and then what
    /// can be reached from the second alone is missed. The odds are computed.
    Compacted,
}

/// Which limit stopped the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Options::limit_states`].
    States,
    /// [`Options::limit_memory_bytes`].
    Memory,
}

/// Who watches the search. `()` does not care.
pub trait Progress {
    /// A level is about to be explored: its states are `depth` steps from the initial ones.
    fn level(&mut self, states: u64, frontier: u64, depth: u64);

    /// Called every few thousand states, with how many of this level are still to be explored
    /// (or, when livelocks are looked for, how many are not yet known to become quiet).
    /// False ends the search.
    fn tick(&mut self, states: u64, left: u64, depth: u64) -> bool;
}

impl Progress for () {
    fn level(&mut self, _: u64, _: u64, _: u64) {}

    fn tick(&mut self, _: u64, _: u64, _: u64) -> bool {
        true
    }
}
