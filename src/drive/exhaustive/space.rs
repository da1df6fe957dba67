//! What is explored: states, and the steps from each.

use std::ops::ControlFlow;

use super::packed::Packed;

/// A finite transition system.
///
/// Equal states have equal steps, whatever was explored before: a witness is found by asking
/// for the successors of states again, with a new [`Space::Scratch`].
pub trait Space: Sync {
    /// A state.
    type State: Packed;
    /// What one thread works with, and what it gathers on the way (cells used, how full
    /// channels were). Each reachable state is asked once for its successors with a scratch
    /// that is merged at the end; what looks for witnesses and livelocks uses others.
    type Scratch: Send;
    /// A property that does not hold, found in a state or in a step.
    type Violation: Send;

    /// A new scratch.
    fn scratch(&self) -> Self::Scratch;

    /// Adds what one thread gathered to what others did; in any order, the same sum.
    fn merge(&self, into: &mut Self::Scratch, from: Self::Scratch);

    /// The states that everything begins with.
    fn initial(&self) -> Vec<Self::State>;

    /// Calls `each` for every step that is possible in `state`, in a fixed order, with the
    /// state that it leads to. The flag says whether the step serves something that is under
    /// way (a delivery) rather than beginning something new.
    ///
    /// # Errors
    ///
    /// A step or the state itself violates a property; a deadlock is one if the space says so.
    fn successors(
        &self,
        state: &Self::State,
        scratch: &mut Self::Scratch,
        each: &mut impl FnMut(Self::State, bool),
    ) -> Result<(), Self::Violation>;

    /// Calls `each` for the states that steps of progress lead to, those that serve something,
    /// in the order of [`Space::successors`], until it breaks off. Asked only where nothing is
    /// violated.
    fn served(
        &self,
        state: &Self::State,
        scratch: &mut Self::Scratch,
        each: &mut impl FnMut(Self::State) -> ControlFlow<()>,
    ) {
        let mut flow = ControlFlow::Continue(());
        let _ = self.successors(state, scratch, &mut |state, progress| {
            if progress && flow.is_continue() {
                flow = each(state);
            }
        });
    }

    /// Whether nothing is under way in this state.
    fn is_quiet(&self, state: &Self::State) -> bool;
}
