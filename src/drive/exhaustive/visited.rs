//! What was visited: a part of all states, with those to be explored next. Each state belongs
//! to one part, which its hash decides, so that parts can be filled side by side.

use super::packed::Packed;

/// Into how many parts states are divided: a power of two, and the same for any number of
/// threads, so that what is found does not depend on that.
pub(super) const PARTS: usize = 64;

/// The part that a state with this hash belongs to.
#[inline]
pub(super) fn part(hash: u64) -> usize {
    (hash >> (u64::BITS - PARTS.trailing_zeros())) as usize
}

/// The hash of a state, less what decides its part.
#[inline]
pub(super) fn hash_in_part<P: Packed>(state: &P) -> u64 {
    Packed::hash(state).rotate_left(PARTS.trailing_zeros())
}

/// One part.
pub(super) trait Visited<P>: Send + Sync {
    fn new() -> Self;

    /// Adds those states that are not here yet, in their order.
    fn insert(&mut self, states: &[P]);

    /// How many states are here.
    fn len(&self) -> usize;

    /// What is held for states that were visited.
    fn visited_bytes(&self) -> usize;

    /// What is held besides for those of this level and the next.
    fn frontier_bytes(&self) -> usize;

    /// How many states of the current level are here.
    fn level_len(&self) -> usize;

    /// One of them.
    fn level_state(&self, index: usize) -> P;

    /// Makes the states that were added since the last call the current level.
    fn next_level(&mut self);
}
