//! The way to a state, found again.
//!
//! No predecessors are stored. The way is found backward: the states of the level before are
//! asked for their successors once more, and the smallest that leads on is taken, so that the
//! way does not depend on the order in which states were found.

use super::search::Search;
use super::space::Space;
use super::threads::share;
use super::whole::Whole;

/// The states of a part that are asked by one thread at a time.
const BLOCK: usize = 4096;

/// Some states of a level, and the smallest of them that leads to the target.
struct Block<P> {
    part: usize,
    from: usize,
    to: usize,
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
    let parts = &search.parts;
    let mut ends: Vec<usize> = parts.iter().map(Whole::explored).collect();
    let mut tools: Vec<_> = search.scratches.iter().map(|_| space.scratch()).collect();
    let levels = search.levels.len();
    for (level, counts) in (0..levels).rev().zip(search.levels.backward()) {
        let mut blocks = Vec::new();
        for &(part, count) in counts {
            let part = usize::from(part);
            let end = ends[part];
            ends[part] -= count as usize;
            let starts = (ends[part]..end).step_by(BLOCK);
            blocks.extend(starts.map(|from| Block {
                part,
                from,
                to: end.min(from + BLOCK),
                smallest: None,
            }));
        }
        if level >= depth {
            continue;
        }
        let target = *path.last().expect("the target is there");
        let look = |scratch: &mut S::Scratch, block: &mut Block<S::State>| {
            for index in block.from..block.to {
                let state = parts[block.part].get(index);
                if block.smallest.is_some_and(|smallest| smallest < *state) {
                    continue;
                }
                let mut leads = false;
                let mut each = |next, _| leads |= next == target;
                // Only a violation's own state is refused, and that is not before the last level.
                let _ = space.successors(state, scratch, &mut each);
                if leads {
                    block.smallest = Some(*state);
                }
            }
        };
        let threads = tools.len().min(blocks.len().max(1));
        share(&mut tools[..threads], &mut blocks, look);
        let smallest = blocks.iter().filter_map(|block| block.smallest).min();
        path.push(smallest.expect("a state that is not initial has a predecessor"));
    }
    path.reverse();
    path
}
