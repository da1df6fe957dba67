//! Do increments get lost? Two threads add one to the same counter, each so many times; what is
//! missing at the end was lost between a load of one and a store of the other.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::access::{Increment, Kind};
use super::pair::Pair;
use super::shared::{Own, Shared};
use super::statistics::Share;
use crate::drive::{Ending, Limits, Timed};
use crate::machine::{Access, Config, Exit, Machine, Program, Request, Response, Update};
use crate::memory::{Addr, Heap, Piece, Untagged, Values, WriteId};
use crate::protocol::Protocol;

/// Between two looks whether to stop.
const AT_ONCE: u64 = 1024;

/// What became of the increments of two threads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Counted {
    /// How they were made.
    pub increment: Increment,
    /// Those that are missing, among all.
    pub lost: Share,
}

/// Counts on two real processors; `between` turns of a loop that does nothing lie between two
/// increments of a thread. `stop` ends it early, with as many as were made.
///
/// # Errors
/// A thread could not be put on its processor; in words.
pub fn count(
    pair: Pair,
    increment: Increment,
    each: u64,
    between: u32,
    stop: &AtomicBool,
) -> Result<Counted, String> {
    let shared = Shared::new();
    let add = increment.function();
    let run = || {
        let mut made = 0;
        while made < each && !stop.load(Ordering::Relaxed) {
            let now = AT_ONCE.min(each - made);
            for _ in 0..now {
                shared.increment(add);
                for turn in 0..between {
                    black_box(turn);
                }
            }
            made += now;
        }
        made
    };
    let (first, second) = pair.run(run, run)?;
    let mut counter = Own([0; super::MOST_BYTES]);
    let moves = Kind::Plain(8).moves().expect("every processor has it");
    shared.load(moves.load, 0, &mut counter);
    let counter = u64::from_le_bytes(counter.0[..8].try_into().expect("eight bytes"));
    Ok(counted(increment, first + second, counter))
}

/// The same on a simulated machine, with so many cycles between two increments.
///
/// # Errors
/// What ended the run; in words.
///
/// # Panics
/// When the machine has less than two cores.
pub fn simulate(
    config: &Arc<Config>,
    protocol: &Protocol,
    increment: Increment,
    each: u64,
    between: u32,
    seed: u64,
) -> Result<Counted, String> {
    assert!(config.cores >= 2, "two threads need two cores");
    let machine = Machine::<Values>::new(Arc::clone(config), protocol, Heap::open());
    let thread = Thread {
        increment,
        left: each,
        between,
        next: Next::Load,
    };
    let limits = Limits {
        accesses_per_operation: u64::MAX,
        ..Limits::default()
    };
    let timed = Timed::new(machine, vec![thread, thread], seed, ()).limited(limits);
    let (ended, machine, ()) = timed.run();
    if ended.ending != Ending::Finished {
        return Err(format!("the simulated run ended early: {:?}", ended.ending));
    }
    let counter = machine.peek(COUNTER, 8).expect("all may be touched");
    Ok(counted(increment, 2 * each, counter.value(8) as u64))
}

fn counted(increment: Increment, made: u64, counter: u64) -> Counted {
    Counted {
        increment,
        lost: Share::new(made.saturating_sub(counter), made),
    }
}

/// Where the simulated counter lies.
const COUNTER: Addr = Heap::BASE;

/// A thread that increments.
#[derive(Clone, Copy)]
struct Thread {
    increment: Increment,
    left: u64,
    between: u32,
    next: Next,
}

#[derive(Clone, Copy)]
enum Next {
    Load,
    Store,
    Pause,
}

impl Program<Untagged> for Thread {
    fn resume(&mut self, last: &Response<Untagged>) -> Request {
        let write = WriteId::INITIAL;
        match (self.next, self.increment) {
            (Next::Load, _) if self.left == 0 => Request::Exit(Exit::Finished),
            (Next::Load, Increment::Plain) => {
                self.next = Next::Store;
                Request::Access(Access::load(COUNTER, 8))
            }
            (Next::Load, Increment::Locked) => {
                (self.next, self.left) = (Next::Pause, self.left - 1);
                Request::Access(Access::locked(COUNTER, 8, Update::Add(1), write))
            }
            (Next::Store, _) => {
                let Response::Value(old) = last else {
                    unreachable!("a load gives a value");
                };
                (self.next, self.left) = (Next::Pause, self.left - 1);
                let new = old.value(8).wrapping_add(1);
                Request::Access(Access::store(COUNTER, 8, new, write))
            }
            (Next::Pause, _) => {
                self.next = Next::Load;
                Request::Compute(self.between)
            }
        }
    }
}
