//! Events that are timed one by one: the other thread prepares the line, says that it has, and waits.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering};

use super::instructions::{UNROLLED, chase, stamp, timed_load, timed_store};
use super::{Question, Ticks, Until};
use crate::probe::pair::Pair;
use crate::probe::shared::{PAGE_BYTES, Shared};

/// Where the threads tell each other whose turn it is.
const TURN: usize = 0;
/// The line that is timed, on another page, so that nothing fetches it with the turn's.
const LINE: usize = PAGE_BYTES;
/// Eight bytes, four in this line and four in the next.
const SPLIT: usize = PAGE_BYTES + 60;
/// The first so many samples warm up.
const WARM_UP: u64 = 100;
/// Turns of following a pointer: what is a hit is too short for two time stamps.
const TURNS: u64 = 16;
/// The turn's last value.
const OVER: u64 = u64::MAX;

pub(super) fn events(pair: Pair, question: Question, until: Until<'_>) -> Result<Ticks, String> {
    let shared = Shared::new();
    // The line holds its own address, so that it can be followed.
    let line = shared.pointer(LINE) as u64;
    shared.word(LINE).store(line, Ordering::Relaxed);
    let (samples, ()) = pair.run(
        || time(&shared, question, until),
        || prepare(&shared, question),
    )?;
    Ok(Ticks { samples, alone: 0 })
}

/// The thread with the clock. Odd turns are the other's.
fn time(shared: &Shared, question: Question, until: Until<'_>) -> Vec<f64> {
    let turn = shared.word(TURN);
    let mut samples = Vec::with_capacity(until.effort.samples.min(1 << 20));
    let deadline = until.deadline();
    for round in 0.. {
        turn.store(2 * round + 1, Ordering::Release);
        while turn.load(Ordering::Acquire) != 2 * round + 2 {
            spin_loop();
        }
        let ticks = event(shared, question, until, round);
        if round >= WARM_UP {
            samples.push(ticks);
        }
        if until.is_over(deadline, samples.len()) {
            break;
        }
    }
    turn.store(OVER, Ordering::Release);
    samples
}

/// The ticks of one event, without those of timing it.
#[expect(unsafe_code, reason = "it calls what is timed")]
fn event(shared: &Shared, question: Question, until: Until<'_>, round: u64) -> f64 {
    let (line, split) = (shared.pointer(LINE), shared.pointer(SPLIT));
    let (load, store) = (until.clock.load_overhead, until.clock.store_overhead);
    // SAFETY: there are 8 bytes at either place; the line holds its own address, and the other
    // thread touches both places by atomics and by assembly alone.
    unsafe {
        match question {
            Question::ReadModified => timed_load(line) as f64 - load,
            Question::ReadShared => {
                chase(line, 1);
                let start = stamp();
                chase(line, TURNS);
                ((stamp() - start) as f64 - load) / (TURNS * UNROLLED) as f64
            }
            Question::Upgrade => {
                // Read by both; the value stays, and so does the address that it is.
                let value = shared.word(LINE).load(Ordering::Relaxed);
                timed_store(line, value) as f64 - store
            }
            Question::SplitRead | Question::SplitReadModified => timed_load(split) as f64 - load,
            Question::SplitStore | Question::SplitStoreModified => {
                timed_store(split, round) as f64 - store
            }
            _ => unreachable!("{question:?} is no single event"),
        }
    }
}

/// The other thread: brings the line into the state that the event needs.
#[expect(unsafe_code, reason = "it stores across the end of a line")]
fn prepare(shared: &Shared, question: Question) {
    let (turn, line): (&AtomicU64, &AtomicU64) = (shared.word(TURN), shared.word(LINE));
    let mut last = 0;
    loop {
        let now = turn.load(Ordering::Acquire);
        if now == OVER {
            return;
        }
        if now == last || now.is_multiple_of(2) {
            spin_loop();
            continue;
        }
        match question {
            Question::ReadModified => line.store(now, Ordering::Relaxed),
            Question::ReadShared | Question::Upgrade => {
                std::hint::black_box(line.load(Ordering::Relaxed));
            }
            Question::SplitReadModified | Question::SplitStoreModified => {
                // SAFETY: 8 bytes are there, which both threads touch by assembly alone.
                unsafe { timed_store(shared.pointer(SPLIT), now) };
            }
            _ => {}
        }
        last = now + 1;
        turn.store(last, Ordering::Release);
    }
}
