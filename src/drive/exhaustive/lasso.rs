//! The shortest way into a circle of steps of progress.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

use super::space::Space;

/// More states than this are not looked at for a shorter way than the one that was found.
const ENOUGH: usize = 100_000;

/// A way into a circle.
pub(super) struct Lasso<P> {
    /// From a first state to the circle's first.
    pub(super) stem: Vec<P>,
    /// The stem's last state first, each the one before the next; empty if no step leads on.
    pub(super) cycle: Vec<P>,
}

/// What is known of the steps, and who asks for them.
struct Steps<'a, S: Space> {
    space: &'a S,
    scratch: &'a mut S::Scratch,
    known: BTreeMap<S::State, Vec<S::State>>,
}

impl<S: Space> Steps<'_, S> {
    /// The states that steps of progress lead to, each once and the smallest first.
    fn from(&mut self, state: S::State) -> Vec<S::State> {
        let (space, scratch) = (self.space, &mut *self.scratch);
        let known = self.known.entry(state).or_insert_with(|| {
            let mut next = Vec::new();
            space.served(&state, scratch, &mut |state| {
                next.push(state);
                ControlFlow::Continue(())
            });
            next.sort_unstable();
            next.dedup();
            next
        });
        known.clone()
    }

    /// A shortest circle through a state, of fewer than `limit` steps; empty if no step leads
    /// on at all.
    fn circle(&mut self, through: S::State, limit: usize) -> Option<Vec<S::State>> {
        let mut before = BTreeMap::new();
        let mut waiting = VecDeque::from([(through, 0)]);
        while let Some((state, steps)) = waiting.pop_front() {
            let next = self.from(state);
            if next.is_empty() && state == through {
                return Some(Vec::new());
            }
            if steps + 1 >= limit {
                return None;
            }
            if next.contains(&through) {
                return Some(way(&before, state));
            }
            for next in next {
                if next != through && !before.contains_key(&next) {
                    before.insert(next, state);
                    waiting.push_back((next, steps + 1));
                }
            }
        }
        None
    }
}

/// The way to a state, given who came before whom.
fn way<P: Copy + Ord>(before: &BTreeMap<P, P>, to: P) -> Vec<P> {
    let mut way = vec![to];
    while let Some(&state) = before.get(&way[way.len() - 1]) {
        way.push(state);
    }
    way.reverse();
    way
}

/// A shortest lasso from some states, from none of which steps of progress lead out of what
/// goes on for ever; the same one for any order of `starts`.
pub(super) fn shortest<S: Space>(
    space: &S,
    scratch: &mut S::Scratch,
    mut starts: Vec<S::State>,
) -> Lasso<S::State> {
    starts.sort_unstable();
    let mut steps = Steps {
        space,
        scratch,
        known: BTreeMap::new(),
    };
    let mut before = BTreeMap::new();
    let mut waiting: VecDeque<_> = starts.iter().map(|&state| (state, 0)).collect();
    let mut best: Option<Lasso<S::State>> = None;
    while let Some((state, far)) = waiting.pop_front() {
        let length = |best: &Lasso<S::State>| best.stem.len() - 1 + best.cycle.len();
        let room = best.as_ref().map_or(usize::MAX, length).saturating_sub(far);
        if room == 0 || (best.is_some() && steps.known.len() > ENOUGH) {
            break;
        }
        if let Some(cycle) = steps.circle(state, room) {
            let stem = way(&before, state);
            best = Some(Lasso { stem, cycle });
        }
        for next in steps.from(state) {
            if starts.binary_search(&next).is_err() && !before.contains_key(&next) {
                before.insert(next, state);
                waiting.push_back((next, far + 1));
            }
        }
    }
    best.expect("what has no end comes round")
}
