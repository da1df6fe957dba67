//! The way to a state where states were not kept.
//!
//! The search is run once more. Every state carries its ancestor in a level two thirds down, so
//! that what is found with the target is a state on the way to it. From there to the target the
//! states are few enough to be kept whole; to the ancestor the same is done again. (Hirschberg's
//! way to save memory, 1975.) The search that is run again forgets what it forgot before: it
//! finds the target again for certain.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::options::{Options, Progress};
use super::packed::Packed;
use super::search::{End, Search, search};
use super::space::Space;
use super::visited::Visited;
use super::whole::Whole;
use super::witness;

/// A state with its ancestor in the marked level, or with itself before that.
#[derive(Clone, Copy)]
pub(super) struct Carrying<P> {
    state: P,
    ancestor: P,
    level: u64,
}

impl<P: Packed> PartialEq for Carrying<P> {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

impl<P: Packed> Eq for Carrying<P> {}

impl<P: Packed> PartialOrd for Carrying<P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<P: Packed> Ord for Carrying<P> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.state.cmp(&other.state)
    }
}

impl<P: Packed> Hash for Carrying<P> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        Hash::hash(&self.state, hasher);
    }
}

impl<P: Packed> Packed for Carrying<P> {
    fn hash(&self) -> u64 {
        Packed::hash(&self.state)
    }

    fn fingerprint(&self) -> u128 {
        self.state.fingerprint()
    }
}

/// The same space, but the one violation is to be at the target.
struct Carried<'a, S: Space> {
    space: &'a S,
    target: S::State,
    marked: u64,
}

impl<S: Space> Space for Carried<'_, S> {
    type State = Carrying<S::State>;
    type Scratch = S::Scratch;
    type Violation = ();

    fn scratch(&self) -> S::Scratch {
        self.space.scratch()
    }

    fn merge(&self, into: &mut S::Scratch, from: S::Scratch) {
        self.space.merge(into, from);
    }

    fn initial(&self) -> Vec<Self::State> {
        let initial = self.space.initial().into_iter();
        let carrying = initial.map(|state| Carrying {
            state,
            ancestor: state,
            level: 0,
        });
        carrying.collect()
    }

    fn successors(
        &self,
        from: &Self::State,
        scratch: &mut S::Scratch,
        each: &mut impl FnMut(Self::State, bool),
    ) -> Result<(), ()> {
        let level = from.level + 1;
        let mut carry = |state, progress| {
            let ancestor = if level <= self.marked {
                state
            } else {
                from.ancestor
            };
            let next = Carrying {
                state,
                ancestor,
                level,
            };
            each(next, progress);
        };
        // What else is violated in the target's level does not matter here.
        let _ = self.space.successors(&from.state, scratch, &mut carry);
        if from.state == self.target {
            Err(())
        } else {
            Ok(())
        }
    }

    fn is_quiet(&self, state: &Self::State) -> bool {
        self.space.is_quiet(&state.state)
    }
}

/// The same space from one state, to the target.
struct Leg<'a, S: Space> {
    space: &'a S,
    from: S::State,
    target: S::State,
}

impl<S: Space> Space for Leg<'_, S> {
    type State = S::State;
    type Scratch = S::Scratch;
    type Violation = ();

    fn scratch(&self) -> S::Scratch {
        self.space.scratch()
    }

    fn merge(&self, into: &mut S::Scratch, from: S::Scratch) {
        self.space.merge(into, from);
    }

    fn initial(&self) -> Vec<S::State> {
        vec![self.from]
    }

    fn successors(
        &self,
        state: &S::State,
        scratch: &mut S::Scratch,
        each: &mut impl FnMut(S::State, bool),
    ) -> Result<(), ()> {
        let _ = self.space.successors(state, scratch, each);
        if *state == self.target {
            Err(())
        } else {
            Ok(())
        }
    }

    fn is_quiet(&self, state: &S::State) -> bool {
        self.space.is_quiet(state)
    }
}

/// A shortest way to `target`, which a search with parts like `V` found in level `depth`; none
/// if the limits or the watcher do not let it be found.
pub(super) fn path<S: Space, V: Visited<Carrying<S::State>>>(
    space: &S,
    target: S::State,
    depth: u64,
    options: &Options,
    progress: &mut impl Progress,
) -> Option<Vec<S::State>> {
    let mut legs = Vec::new();
    let (mut next, mut level) = (target, depth);
    while level > 0 {
        let marked = level * 2 / 3;
        let carried = Carried {
            space,
            target: next,
            marked,
        };
        let found: Search<_, V> = search(&carried, options, progress);
        let End::Violated(Carrying { ancestor, .. }, ()) = found.end else {
            return None;
        };
        drop(found.parts);
        let leg = Leg {
            space,
            from: ancestor,
            target: next,
        };
        let found: Search<_, Whole<_>> = search(&leg, options, progress);
        let End::Violated(..) = found.end else {
            return None;
        };
        let steps = found.levels.len() - 1;
        let mut leg = witness::path(&leg, &found, next, steps);
        leg.remove(0);
        legs.push(leg);
        (next, level) = (ancestor, marked);
    }
    legs.push(vec![next]);
    Some(legs.into_iter().rev().flatten().collect())
}
