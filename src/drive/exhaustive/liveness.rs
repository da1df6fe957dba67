//! Livelocks: states from which no deliveries lead to a quiet state.
//!
//! Every quiet state is marked, then every state with a step of progress to a marked one, until
//! nothing changes: the fixed point of EF by progress steps (Clarke, Emerson and Sistla, 1986).
//! First the first step of progress is followed from each state until it comes to a mark, and
//! all states on the way are marked: mostly that is all of them, at one step a state. What is
//! left, where the first steps go in circles, is swept from the last level to the first and
//! back until nothing changes. That costs a bit a state instead of a list of all steps.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use super::explored::Verdict;
use super::lasso::{self, Lasso};
use super::levels::{Span, Walk};
use super::options::Progress;
use super::search::Search;
use super::space::Space;
use super::threads::share;
use super::visited::Visited;
use super::whole::{self, BATCH, Whole};
use super::witness;

/// How many states a thread takes at a time.
const PIECE: usize = if cfg!(test) { 8 } else { 1024 };
/// With fewer states one thread is fastest.
const FEW: u64 = if cfg!(test) { 32 } else { 100_000 };
/// A way that is longer goes round, or is left to the sweeps.
const LONGEST: usize = if cfg!(test) { 4 } else { 256 };
/// How many of these are between two calls of the watcher.
const ROUND: usize = 64;

/// A bit for each state of a part. Once set they stay so: the order in which threads set them
/// does not matter to what is set at last.
struct Marks(Vec<AtomicU64>);

impl Marks {
    fn new(len: usize) -> Marks {
        Marks((0..len.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    fn get(&self, index: usize) -> bool {
        self.0[index / 64].load(Ordering::Relaxed) >> (index % 64) & 1 == 1
    }

    /// Whether it was not marked before.
    fn set(&self, index: usize) -> bool {
        let bit = 1 << (index % 64);
        self.0[index / 64].fetch_or(bit, Ordering::Relaxed) & bit == 0
    }
}

/// What a thread works with.
struct Tool<S: Space> {
    scratch: S::Scratch,
    /// Progress successors of a piece's states.
    successors: Vec<S::State>,
    states: Vec<Open>,
    /// Ways that are followed side by side: parts and indexes of the states on each.
    ways: Vec<Vec<(usize, usize)>>,
}

/// A state that is not marked, and which of the successors are its own and not looked up.
struct Open {
    index: usize,
    next: usize,
    end: usize,
}

/// Some states, and how many of them were marked now.
struct Piece {
    span: Span,
    marked: u64,
}

/// What a sweep does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sweep {
    /// Marks quiet states.
    Quiet,
    /// Marks the way along first steps to a mark.
    Ways,
    /// Marks what leads to marks, from the last level to the first.
    Back,
    /// The same from the first to the last.
    Forth,
}

struct Liveness<'a, S: Space> {
    space: &'a S,
    parts: &'a [Whole<S::State>],
    marks: Vec<Marks>,
    states: u64,
    /// How many of them are not marked.
    left: u64,
}

/// Looks for livelocks in a search that came to its end.
pub(super) fn check<S: Space>(
    space: &S,
    search: &Search<S, Whole<S::State>>,
    progress: &mut impl Progress,
) -> Verdict<S> {
    let mut liveness = Liveness {
        space,
        parts: &search.parts,
        marks: search.parts.iter().map(|p| Marks::new(p.len())).collect(),
        states: search.states(),
        left: search.states(),
    };
    let tool = |_| Tool {
        scratch: space.scratch(),
        successors: Vec::new(),
        states: Vec::new(),
        ways: vec![Vec::new(); BATCH],
    };
    // A sweep goes level by level; for a few states each no thread is worth starting.
    let threads = if liveness.states < FEW {
        1
    } else {
        search.scratches.len()
    };
    let mut tools: Vec<Tool<S>> = (0..threads).map(tool).collect();
    let mut sweep = Sweep::Quiet;
    let mut walk = Walk::from_last(&search.levels);
    loop {
        let before = liveness.left;
        if !liveness.sweep(sweep, &mut walk, &mut tools, progress) {
            return Verdict::Interrupted;
        }
        if liveness.left == 0 {
            return Verdict::Holds;
        }
        let sweeps = matches!(sweep, Sweep::Back | Sweep::Forth);
        if sweeps && liveness.left == before {
            return liveness.livelock(search, &mut tools[0].scratch);
        }
        sweep = match sweep {
            Sweep::Quiet => Sweep::Ways,
            Sweep::Ways => Sweep::Back,
            Sweep::Back => Sweep::Forth,
            Sweep::Forth => Sweep::Back,
        };
    }
}

impl<S: Space> Liveness<'_, S> {
    /// Whether the watcher lets it go on.
    fn sweep(
        &mut self,
        sweep: Sweep,
        walk: &mut Walk<'_>,
        tools: &mut [Tool<S>],
        progress: &mut impl Progress,
    ) -> bool {
        while let Some(spans) = match sweep {
            Sweep::Ways | Sweep::Forth => walk.forth(),
            Sweep::Quiet | Sweep::Back => walk.back(),
        } {
            let pieces = spans.into_iter().flat_map(|span| span.pieces(PIECE));
            let mut pieces: Vec<_> = pieces.map(|span| Piece { span, marked: 0 }).collect();
            for pieces in pieces.chunks_mut(ROUND) {
                let threads = tools.len().min(pieces.len().div_ceil(2));
                let this = &*self;
                share(&mut tools[..threads], pieces, |tool, piece| match sweep {
                    Sweep::Quiet => this.mark_quiet(piece),
                    Sweep::Ways => this.mark_ways(piece, tool),
                    Sweep::Back | Sweep::Forth => this.mark(piece, tool, sweep == Sweep::Back),
                });
                self.left -= pieces.iter().map(|piece| piece.marked).sum::<u64>();
                if !progress.tick(self.states, self.left, walk.at() as u64) {
                    return false;
                }
            }
        }
        true
    }

    fn mark_quiet(&self, piece: &mut Piece) {
        let Span { part, from, to } = piece.span;
        for index in from..to {
            if self.space.is_quiet(self.parts[part].get(index)) {
                self.marks[part].set(index);
                piece.marked += 1;
            }
        }
    }

    /// Marks the piece's states from which first steps of progress lead to a mark, and what is
    /// on the way.
    fn mark_ways(&self, piece: &mut Piece, tool: &mut Tool<S>) {
        let Span { part, from, to } = piece.span;
        let Tool { scratch, ways, .. } = tool;
        let mut begins = (from..to).filter(|&index| !self.marks[part].get(index));
        loop {
            for way in ways.iter_mut().filter(|way| way.is_empty()) {
                way.extend(begins.next().map(|index| (part, index)));
            }
            let mut open: Vec<&mut Vec<(usize, usize)>> = Vec::with_capacity(BATCH);
            let mut steps = Vec::with_capacity(BATCH);
            for way in ways.iter_mut() {
                let Some(&(of, at)) = way.last() else {
                    continue;
                };
                let mut step = None;
                let state = self.parts[of].get(at);
                self.space.served(state, scratch, &mut |next| {
                    step = Some(next);
                    ControlFlow::Break(())
                });
                match step {
                    Some(step) => {
                        open.push(way);
                        steps.push(step);
                    }
                    None => way.clear(),
                }
            }
            if open.is_empty() {
                return;
            }
            let places = whole::find_all(self.parts, &steps);
            for (way, (of, at)) in open.into_iter().zip(places) {
                if self.marks[of].get(at) {
                    let set = |(of, at): (usize, usize)| u64::from(self.marks[of].set(at));
                    piece.marked += way.drain(..).map(set).sum::<u64>();
                } else if way.len() == LONGEST {
                    way.clear();
                } else {
                    way.push((of, at));
                }
            }
        }
    }

    /// Marks the piece's states that lead to marked ones.
    fn mark(&self, piece: &mut Piece, tool: &mut Tool<S>, back: bool) {
        let Span { part, from, to } = piece.span;
        tool.successors.clear();
        tool.states.clear();
        let mut add = |index| {
            if self.marks[part].get(index) {
                return;
            }
            let state = self.parts[part].get(index);
            let next = tool.successors.len();
            let successors = &mut tool.successors;
            self.space.served(state, &mut tool.scratch, &mut |state| {
                successors.push(state);
                ControlFlow::Continue(())
            });
            let end = tool.successors.len();
            tool.states.push(Open { index, next, end });
        };
        match back {
            true => (from..to).rev().for_each(&mut add),
            false => (from..to).for_each(&mut add),
        }
        // One successor of each state at a time: mostly the first will do.
        let Tool {
            successors, states, ..
        } = tool;
        states.retain(|open| open.next < open.end);
        while !states.is_empty() {
            for batch in states.chunks_mut(BATCH) {
                let mut looked_up = [successors[0]; BATCH];
                for (open, state) in batch.iter().zip(&mut looked_up) {
                    *state = successors[open.next];
                }
                let places = whole::find_all(self.parts, &looked_up[..batch.len()]);
                for (open, (of, index)) in batch.iter_mut().zip(places) {
                    open.next += 1;
                    if self.marks[of].get(index) {
                        self.marks[part].set(open.index);
                        piece.marked += 1;
                        open.next = open.end;
                    }
                }
            }
            states.retain(|open| open.next < open.end);
        }
    }

    /// A shortest way to where all steps of progress lead to what is not marked, and round.
    fn livelock(
        &self,
        search: &Search<S, Whole<S::State>>,
        scratch: &mut S::Scratch,
    ) -> Verdict<S> {
        let mut walk = Walk::from_last(&search.levels);
        let mut first = (Vec::new(), 0);
        while let Some(spans) = walk.back() {
            let unmarked = spans.into_iter().flat_map(|Span { part, from, to }| {
                let indexes = (from..to).filter(move |&index| !self.marks[part].get(index));
                indexes.map(move |index| *self.parts[part].get(index))
            });
            let unmarked: Vec<S::State> = unmarked.collect();
            if !unmarked.is_empty() {
                first = (unmarked, walk.at());
            }
        }
        let (starts, level) = first;
        let Lasso { stem, cycle } = lasso::shortest(self.space, scratch, starts);
        let mut path = witness::path(self.space, search, stem[0], level);
        path.extend(&stem[1..]);
        Verdict::Livelock { path, cycle }
    }
}
