//! The search, depth first. What is kept of a state is its canonical form, whole.

use rustc_hash::FxHashSet;

use super::reduce::Reduction;
use super::state::{Plain, State};
use crate::drive::ending::Ending;
use crate::machine::{Encoder, Step};
use crate::memory::Addr;

/// So many steps without a choice are taken before a state is looked up all the same: a program
/// can be in a loop.
const CHAIN: usize = 256;

/// How to search.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to leave out steps that lead to no other final states.
    pub reduce: bool,
    /// Give up when more states than this are kept.
    pub limit_states: u64,
    /// Give up when what is kept of states has more bytes than this.
    pub limit_memory_bytes: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            reduce: true,
            limit_states: u64::MAX,
            limit_memory_bytes: u64::MAX,
        }
    }
}

/// Which limit ended a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Options::limit_states`].
    States,
    /// [`Options::limit_memory_bytes`].
    Memory,
    /// The watcher ended it.
    Interrupted,
}

/// What a search went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explored {
    /// States in which there is a choice, or nothing is left to do.
    pub states: u64,
    /// Steps that were taken.
    pub steps: u64,
    /// What ended it before its end; then there may be other final states.
    pub limit: Option<Limit>,
}

/// A state on the current way, and what is still to be tried from it.
struct Frame<P> {
    state: State<P>,
    steps: Vec<Step>,
    next: usize,
}

/// Goes through every state that can be reached from `first` and calls `finally` for each in
/// which nothing can happen any more. `objects` are the first bytes of the objects that programs
/// access, in order, no two in one line; `fits` says that no cache can be too small for all of
/// them. `goes_on` is asked every few thousand states, with their number.
///
/// # Errors
/// What ended a run that should have come to its end.
pub fn explore<P: Plain>(
    first: State<P>,
    objects: &[Addr],
    fits: bool,
    options: &Options,
    finally: &mut impl FnMut(&State<P>),
    goes_on: &mut impl FnMut(u64) -> bool,
) -> Result<Explored, Ending> {
    let mut search = Search {
        reduction: options
            .reduce
            .then(|| Reduction::new(&first, objects, fits)),
        ages: !fits,
        encoder: Encoder::default(),
        visited: FxHashSet::default(),
        bytes: 0,
        steps: 0,
    };
    let mut stack = vec![Frame {
        state: first,
        steps: Vec::new(),
        next: 0,
    }];
    let mut depth = 0;
    let mut limit = None;
    if search.enter(&mut stack[0])? && stack[0].steps.is_empty() {
        finally(&stack[0].state);
    }
    loop {
        let frame = &mut stack[depth];
        let Some(&step) = frame.steps.get(frame.next) else {
            match depth.checked_sub(1) {
                Some(before) => depth = before,
                None => break,
            }
            continue;
        };
        frame.next += 1;
        if stack.len() == depth + 1 {
            let state = stack[depth].state.clone();
            stack.push(Frame {
                state,
                steps: Vec::new(),
                next: 0,
            });
        } else {
            let (before, after) = stack.split_at_mut(depth + 1);
            after[0].state.clone_from(&before[depth].state);
        }
        let child = &mut stack[depth + 1];
        child.state.take(step, &mut ())?;
        search.steps += 1;
        if !search.enter(child)? {
            continue;
        }
        if child.steps.is_empty() {
            finally(&child.state);
        } else {
            depth += 1;
        }
        let states = search.visited.len() as u64;
        limit = if states > options.limit_states {
            Some(Limit::States)
        } else if search.bytes > options.limit_memory_bytes {
            Some(Limit::Memory)
        } else if states.is_multiple_of(4096) && !goes_on(states) {
            Some(Limit::Interrupted)
        } else {
            None
        };
        if limit.is_some() {
            break;
        }
    }
    Ok(Explored {
        states: search.visited.len() as u64,
        steps: search.steps,
        limit,
    })
}

struct Search {
    reduction: Option<Reduction>,
    ages: bool,
    encoder: Encoder,
    visited: FxHashSet<Box<[u8]>>,
    bytes: u64,
    steps: u64,
}

impl Search {
    /// Goes on to where there is a choice, or nothing is left to do: whether that is new.
    fn enter<P: Plain>(&mut self, frame: &mut Frame<P>) -> Result<bool, Ending> {
        frame.next = 0;
        for _ in 0..CHAIN {
            frame.state.steps(&mut frame.steps);
            if let Some(reduction) = &self.reduction {
                reduction.keep(&frame.state, &mut frame.steps);
            }
            if frame.steps.len() != 1 || self.reduction.is_none() {
                break;
            }
            frame.state.take(frame.steps[0], &mut ())?;
            self.steps += 1;
        }
        frame.state.encode(self.ages, &mut self.encoder);
        let bytes = self.encoder.bytes();
        if self.visited.contains(bytes) {
            return Ok(false);
        }
        self.visited.insert(bytes.into());
        self.bytes += bytes.len() as u64 + 24;
        Ok(true)
    }
}
