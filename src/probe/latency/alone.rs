//! What one processor does with nobody else near: in batches, each event waiting for the one before
//! where the question is how long one takes.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::instructions::{UNROLLED, add_locked, chase, fence, forward, stamp, store};
use super::{Clock, Effort, Spread, Until};
use crate::dice::Dice;
use crate::probe::pair;
use crate::probe::shared::Shared;

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alone {
    /// A load that finds its line, where the next address depends on it.
    Hit,
    /// A store after others, to a line that is there.
    Store,
    /// A store in a row that is longer than the store buffer: as fast as the cache takes them.
    Commit,
    /// A store, and a load of the same bytes that the next store waits for.
    Forward,
    /// A fence with nothing to wait for.
    Fence,
    /// A locked addition to a line that is there.
    Locked,
    /// A load from memory: lines in an order made by dice, of more memory than caches have.
    Memory,
}

impl Alone {
    /// All of them.
    pub const ALL: [Alone; 7] = [
        Alone::Hit,
        Alone::Store,
        Alone::Commit,
        Alone::Forward,
        Alone::Fence,
        Alone::Locked,
        Alone::Memory,
    ];
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SeenAlone {
    /// The question.
    pub question: Alone,
    /// How many batches.
    pub samples: u64,
    /// Cycles of the core's clock for one event.
    pub cycles: Spread,
}

/// Turns of the loops in a batch: half a thousand events and more.
const TURNS: u64 = 64;
/// Of loads from memory fewer, so that a batch without a stop by the host is likely.
const MEMORY_TURNS: u64 = 4;
/// Stores in a batch: no more than store buffers hold, so that none waits for a place.
const STORE_TURNS: u64 = 4;
/// The first so many batches warm up.
const WARM_UP: u64 = 20;
const LINE_BYTES: usize = 64;

/// Asks all of them of one processor, and tells `each` what was seen; `memory_bytes` is how much memory loads are spread over.
///
/// # Errors
/// A thread could not be put on its processor; in words.
pub fn ask_alone(
    processor: u32,
    memory_bytes: usize,
    clock: Clock,
    effort: Effort,
    stop: &AtomicBool,
    mut each: impl FnMut(&SeenAlone),
) -> Result<Vec<SeenAlone>, String> {
    let until = Until {
        clock,
        effort,
        stop,
    };
    let mut seen = Vec::new();
    for question in Alone::ALL {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let samples = pair::alone(processor, || match question {
            Alone::Memory => from_memory(memory_bytes, until),
            _ => near(question, until),
        })?;
        let count = samples.len() as u64;
        if let Some(ticks) = Spread::of(samples) {
            let cycles = ticks.scaled(clock.core_ghz / clock.ticks_per_ns);
            let one = SeenAlone {
                question,
                samples: count,
                cycles,
            };
            each(&one);
            seen.push(one);
        }
    }
    Ok(seen)
}

/// Batches of what happens in one line.
#[expect(unsafe_code, reason = "it calls what is timed")]
fn near(question: Alone, until: Until<'_>) -> Vec<f64> {
    let shared = Shared::new();
    let line = shared.pointer(0);
    shared.word(0).store(line as u64, Ordering::Relaxed);
    let own = shared.pointer(LINE_BYTES * 4);
    let (turns, events) = match question {
        Alone::Store => (STORE_TURNS, STORE_TURNS * UNROLLED),
        _ => (TURNS, TURNS * UNROLLED),
    };
    batches(until, events, || {
        // SAFETY: the line holds its own address, 8 bytes are at the other place, and no other
        // thread has them.
        unsafe {
            match question {
                Alone::Hit => {
                    chase(line, turns);
                }
                Alone::Store | Alone::Commit => store(own, turns),
                Alone::Forward => forward(own, turns),
                Alone::Fence => fence(turns),
                Alone::Locked => add_locked(own, events),
                Alone::Memory => unreachable!("that is not near"),
            }
        }
    })
}

/// Follows pointers through all lines in an order made by dice, so that neither the next line nor a
/// stride is what comes next. What misses in the tables of pages is in the time, as in real programs.
#[expect(unsafe_code, reason = "it calls what is timed")]
fn from_memory(bytes: usize, until: Until<'_>) -> Vec<f64> {
    let lines = (bytes / LINE_BYTES).max(2);
    let mut words = vec![0_u64; lines * LINE_BYTES / 8];
    let first = words.as_mut_ptr();
    let line = |nth: u32| first.wrapping_add(nth as usize * LINE_BYTES / 8);
    let mut dice = Dice::new(0);
    let mut order: Vec<u32> = (0..lines as u32).collect();
    for at in (1..lines).rev() {
        order.swap(at, dice.up_to(at as u32) as usize);
    }
    for (&from, &to) in order.iter().zip(order.iter().cycle().skip(1)) {
        words[from as usize * LINE_BYTES / 8] = line(to) as u64;
    }
    let mut at = line(order[0]).cast::<u8>();
    batches(until, MEMORY_TURNS * UNROLLED, || {
        // SAFETY: each pointer leads to the next, all in `words`, which outlives the loop.
        at = unsafe { chase(at, MEMORY_TURNS) };
    })
}

/// Ticks for one event, batch by batch.
fn batches(until: Until<'_>, events: u64, mut batch: impl FnMut()) -> Vec<f64> {
    let mut samples = Vec::with_capacity(until.effort.samples.min(1 << 20));
    let deadline = until.deadline();
    for nth in 0.. {
        let start = stamp();
        batch();
        let ticks = (stamp() - start) as f64 - until.clock.load_overhead;
        if nth >= WARM_UP {
            samples.push(ticks / events as f64);
        }
        if until.is_over(deadline, samples.len()) {
            break;
        }
    }
    samples
}
