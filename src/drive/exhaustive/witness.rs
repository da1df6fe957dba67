//! The way to a state, found again.
//!
//! No predecessors are stored. The way is found backward: the states of the level before are
//! asked for their successors once more, and the smallest that leads on is taken, so that the
//! way does not depend on the order in which states were found.

use super::levels::{Span, Walk};
use super::search::Search;
use super::space::Space;
use super::threads::share;
use super::whole::Whole;

/// How many states a thread asks at a time.
const PIECE: usize = if cfg!(test) { 8 } else { 4096 };

/// Some states of a level, and the smallest of them that leads to the target.
struct Piece<P> {
    span: Span,
    smallest: Option<P>,
}

/// A shortest way from an initial state to `target`, which is in level `depth`.
pub(super) fn path<S: Space>(
    space: &S,
    search: &Search<S, Whole<S::State>>,
    target: S::State,
    depth: usize,
) -> Vec<S::State> {
    let mut path = vec![target];
    let mut next = target;
    let mut tools: Vec<_> = search.scratches.iter().map(|_| space.scratch()).collect();
    let mut walk = Walk::from_last(&search.levels);
    while let Some(spans) = walk.back() {
        if walk.at() >= depth {
            continue;
        }
        let mut pieces: Vec<Piece<S::State>> = spans
            .into_iter()
            .flat_map(|span| span.pieces(PIECE))
            .map(|span| Piece {
                span,
                smallest: None,
            })
            .collect();
        let parts = &search.parts;
        let ask = |scratch: &mut S::Scratch, piece: &mut Piece<S::State>| {
            let part = &parts[piece.span.part];
            for index in piece.span.from..piece.span.to {
                let state = part.get(index);
                if piece.smallest.is_some_and(|smallest| smallest < *state) {
                    continue;
                }
                let mut leads = false;
                // None of these states violates anything: that ends the search, in its level.
                let _ = space.successors(state, scratch, &mut |state, _| leads |= state == next);
                if leads {
                    piece.smallest = Some(*state);
                }
            }
        };
        let threads = tools.len().min(pieces.len());
        share(&mut tools[..threads], &mut pieces, ask);
        let smallest = pieces.iter().filter_map(|piece| piece.smallest).min();
        next = smallest.expect("a state that is not initial has a predecessor");
        path.push(next);
    }
    path.reverse();
    path
}
