//! The search itself: breadth first, level by level, a round of states at a time.
//!
//! A round has two phases. In the first, threads take blocks of the level's states and find
//! their successors, which they put into buffers, one for each part of the visited states. In
//! the second, threads take parts, and each adds what the buffers have for it, in the order of
//! blocks. So a part's states, and their order, are those that one thread would have found.

use super::levels::Levels;
use super::options::{Limit, Options, Progress};
use super::packed::Packed;
use super::space::Space;
use super::threads::{available, share};
use super::visited::{PARTS, Visited, part};

/// States of a block; few in tests, so that small systems have many.
const BLOCK: usize = if cfg!(test) { 8 } else { 2048 };
/// Blocks of a round, at first and at most. Every part has its turn in a round; the more states
/// wait for it then, the more of them find their places in the processor's cache already.
const ROUND: (usize, usize) = (32, 512);
/// A round grows with the states, so that its buffers stay small beside them: by a block for
/// each so many blocks of states.
const STATES_PER_ROUND: usize = 128;

/// What the search found, with all that is needed to look further.
pub(super) struct Search<S: Space, V> {
    pub(super) parts: Vec<V>,
    pub(super) levels: Levels,
    pub(super) transitions: u64,
    pub(super) peak_frontier: u64,
    pub(super) peak_bytes: u64,
    pub(super) scratches: Vec<S::Scratch>,
    pub(super) end: End<S>,
}

/// How it ended.
pub(super) enum End<S: Space> {
    Complete,
    Violated(S::State, S::Violation),
    Bounded(Limit),
    Interrupted,
}

/// Some states of the level, and what was found from them.
struct Block<S: Space> {
    /// The numbers of the first and of the one after the last.
    from: usize,
    to: usize,
    successors: Vec<Vec<S::State>>,
    transitions: u64,
    violation: Option<(S::State, S::Violation)>,
}

impl<S: Space> Block<S> {
    fn new() -> Block<S> {
        Block {
            from: 0,
            to: 0,
            successors: (0..PARTS).map(|_| Vec::new()).collect(),
            transitions: 0,
            violation: None,
        }
    }

    fn explore<V: Visited<S::State>>(
        &mut self,
        space: &S,
        level: &Level<'_, V>,
        scratch: &mut S::Scratch,
    ) {
        self.successors.iter_mut().for_each(Vec::clear);
        for state in level.states(self.from, self.to) {
            let mut count = 0;
            let mut each = |state: S::State, _| {
                count += 1;
                self.successors[part(Packed::hash(&state))].push(state);
            };
            let result = space.successors(&state, scratch, &mut each);
            self.transitions += count;
            if let Err(violation) = result {
                keep_smallest(&mut self.violation, (state, violation));
            }
        }
    }

    fn bytes(&self) -> usize {
        let lens = self.successors.iter().map(Vec::capacity);
        lens.sum::<usize>() * size_of::<S::State>()
    }
}

fn keep_smallest<P: Ord, X>(smallest: &mut Option<(P, X)>, new: (P, X)) {
    if smallest.as_ref().is_none_or(|old| new.0 < old.0) {
        *smallest = Some(new);
    }
}

/// The states of the current level in all parts, numbered.
struct Level<'a, V> {
    parts: &'a [V],
    /// The number of the first state of each part.
    starts: &'a [usize],
}

impl<V> Level<'_, V> {
    fn states<P>(&self, from: usize, to: usize) -> impl Iterator<Item = P>
    where
        V: Visited<P>,
    {
        let first = self.starts.partition_point(|&start| start <= from) - 1;
        let parts = self.parts[first..].iter().zip(&self.starts[first..]);
        parts
            .take_while(move |&(_, &start)| start < to)
            .flat_map(move |(part, &start)| {
                let end = part.level_len().min(to - start);
                (from.saturating_sub(start)..end).map(|index| part.level_state(index))
            })
    }
}

/// Explores until nothing is new, or something ends it.
pub(super) fn search<S: Space, V: Visited<S::State>>(
    space: &S,
    options: &Options,
    progress: &mut impl Progress,
) -> Search<S, V> {
    let threads = available(options.threads);
    let mut found = Search {
        parts: (0..PARTS).map(|_| V::new()).collect::<Vec<_>>(),
        levels: Levels::default(),
        transitions: 0,
        peak_frontier: 0,
        peak_bytes: 0,
        scratches: (0..threads).map(|_| space.scratch()).collect(),
        end: End::Complete,
    };
    for state in space.initial() {
        found.parts[part(Packed::hash(&state))].insert(&[state]);
    }
    let mut blocks: Vec<Block<S>> = Vec::new();
    while found.level(space, options, progress, &mut blocks) {}
    found
}

impl<S: Space, V: Visited<S::State>> Search<S, V> {
    pub(super) fn states(&self) -> u64 {
        self.parts.iter().map(|part| part.len() as u64).sum()
    }

    pub(super) fn visited_bytes(&self) -> u64 {
        let parts = self.parts.iter().map(Visited::visited_bytes);
        (parts.sum::<usize>() + self.levels.bytes()) as u64
    }

    /// How far the last level is from the first.
    pub(super) fn depth(&self) -> u64 {
        self.levels.len().saturating_sub(1) as u64
    }

    /// Explores the next level; whether there may be more.
    fn level(
        &mut self,
        space: &S,
        options: &Options,
        progress: &mut impl Progress,
        blocks: &mut Vec<Block<S>>,
    ) -> bool {
        self.parts.iter_mut().for_each(Visited::next_level);
        let mut starts = Vec::with_capacity(PARTS);
        let mut len = 0;
        for part in &self.parts {
            starts.push(len);
            len += part.level_len();
        }
        if len == 0 {
            return false;
        }
        self.levels.push(self.parts.iter().map(Visited::level_len));
        self.peak_frontier = self.peak_frontier.max(len as u64);
        progress.level(self.states(), len as u64, self.depth());
        let mut violation = None;
        let mut stop = None;
        let more = self.states() as usize / (STATES_PER_ROUND * BLOCK);
        let round = BLOCK * (ROUND.0 + more).min(ROUND.1);
        for from in (0..len).step_by(round) {
            let to = len.min(from + round);
            self.round(space, &starts, from..to, blocks);
            for block in &mut blocks[..(to - from).div_ceil(BLOCK)] {
                self.transitions += std::mem::take(&mut block.transitions);
                if let Some(new) = block.violation.take() {
                    keep_smallest(&mut violation, new);
                }
            }
            stop = self.stop(options, blocks);
            if !progress.tick(self.states(), (len - to) as u64, self.depth()) {
                stop = Some(End::Interrupted);
            }
            if stop.is_some() {
                break;
            }
        }
        // What was found is true even if the search was cut short.
        let violated = violation.map(|(state, violation)| End::Violated(state, violation));
        match violated.or(stop) {
            Some(end) => self.end = end,
            None => return true,
        }
        false
    }

    fn round(
        &mut self,
        space: &S,
        starts: &[usize],
        states: std::ops::Range<usize>,
        blocks: &mut Vec<Block<S>>,
    ) {
        let count = states.len().div_ceil(BLOCK);
        while blocks.len() < count {
            blocks.push(Block::new());
        }
        let blocks = &mut blocks[..count];
        for (block, from) in blocks.iter_mut().zip(states.clone().step_by(BLOCK)) {
            (block.from, block.to) = (from, states.end.min(from + BLOCK));
        }
        // A thread is not worth starting for the first few states.
        let threads = self.scratches.len().min(count.div_ceil(2));
        let level = Level {
            parts: &self.parts,
            starts,
        };
        let explore = |scratch: &mut _, block: &mut Block<S>| block.explore(space, &level, scratch);
        share(&mut self.scratches[..threads], blocks, explore);
        let mut parts: Vec<_> = self.parts.iter_mut().enumerate().collect();
        let buffers: Vec<_> = blocks.iter().map(|block| &block.successors).collect();
        let insert = |(): &mut (), (number, part): &mut (usize, &mut V)| {
            for buffer in &buffers {
                part.insert(&buffer[*number]);
            }
        };
        share(&mut vec![(); threads], &mut parts, insert);
    }

    /// Whether a limit is reached.
    fn stop(&mut self, options: &Options, blocks: &[Block<S>]) -> Option<End<S>> {
        let frontier = self.parts.iter().map(Visited::frontier_bytes);
        let buffers = blocks.iter().map(Block::bytes);
        let besides = frontier.chain(buffers).sum::<usize>() as u64;
        self.peak_bytes = self.peak_bytes.max(self.visited_bytes() + besides);
        if self.states() > options.limit_states {
            Some(End::Bounded(Limit::States))
        } else if self.peak_bytes > options.limit_memory_bytes {
            Some(End::Bounded(Limit::Memory))
        } else {
            None
        }
    }
}
