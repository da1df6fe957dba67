//! Conversations that are timed in batches: a number handed to and fro, and two threads that count.

use std::hint::spin_loop;
use std::sync::atomic::Ordering;

use super::instructions::{add_locked, add_plain, stamp};
use super::{Question, Ticks, Until};
use crate::probe::pair::Pair;
use crate::probe::shared::{PAGE_BYTES, Shared};

/// The line that both touch.
const LINE: usize = PAGE_BYTES;
/// The second thread's word, in the same line.
const BESIDE: usize = LINE + 8;
/// And in another: not in the next, which some processors fetch along with the first.
const APART: usize = LINE + 1024;
/// Where the second thread looks whether it is over.
const OVER: usize = 0;
/// Round trips in a batch.
const TRIPS: u64 = 16;
/// Increments in a batch of the thread with the clock, and of the other, which looks more often.
const INCREMENTS: u64 = 256;
const OTHERS: u64 = 32;
/// The first so many batches warm up.
const WARM_UP: u64 = 20;
/// An odd number that no round trip comes to.
const END: u64 = u64::MAX;

/// A number goes to and fro: the first makes it odd, the second even. The loads and stores of
/// `AtomicU64`, relaxed, are plain moves on x86-64 and on 64-bit Arm.
pub(super) fn round_trips(pair: Pair, until: Until<'_>) -> Result<Ticks, String> {
    let shared = Shared::new();
    let ball = shared.word(LINE);
    let first = || {
        let mut samples = Vec::with_capacity(until.effort.samples.min(1 << 20));
        let deadline = until.deadline();
        let mut number = 0;
        for batch in 0.. {
            let start = stamp();
            for _ in 0..TRIPS {
                ball.store(number + 1, Ordering::Relaxed);
                number += 2;
                // No pause: it would be a part of what is measured.
                while ball.load(Ordering::Relaxed) != number {}
            }
            let ticks = (stamp() - start) as f64 - until.clock.load_overhead;
            if batch >= WARM_UP {
                samples.push(ticks / TRIPS as f64);
            }
            if until.is_over(deadline, samples.len()) {
                break;
            }
        }
        ball.store(END, Ordering::Relaxed);
        samples
    };
    let second = || {
        loop {
            match ball.load(Ordering::Relaxed) {
                END => return,
                number if number % 2 == 1 => ball.store(number + 1, Ordering::Relaxed),
                _ => {}
            }
        }
    };
    let (samples, ()) = pair.run(first, second)?;
    Ok(Ticks { samples, alone: 0 })
}

/// Each thread adds to a word of its own.
#[expect(unsafe_code, reason = "it calls what is timed")]
pub(super) fn increments(
    pair: Pair,
    question: Question,
    until: Until<'_>,
) -> Result<Ticks, String> {
    let add = match question {
        Question::LockedOneLine | Question::LockedTwoLines => add_locked,
        _ => add_plain,
    };
    let others = match question {
        Question::LockedOneLine | Question::PlainOneLine => BESIDE,
        _ => APART,
    };
    let shared = Shared::new();
    let (over, other) = (shared.word(OVER), shared.word(others));
    let first = || {
        let (mut samples, mut alone) = (Vec::with_capacity(until.effort.samples.min(1 << 20)), 0);
        while other.load(Ordering::Relaxed) == 0 && !until.stop.load(Ordering::Relaxed) {
            spin_loop();
        }
        let deadline = until.deadline();
        for batch in 0.. {
            let before = other.load(Ordering::Relaxed);
            let start = stamp();
            // SAFETY: the word is there, and is touched by assembly alone.
            unsafe { add(shared.pointer(LINE), INCREMENTS) };
            let ticks = (stamp() - start) as f64 - until.clock.load_overhead;
            let meanwhile = other.load(Ordering::Relaxed) - before;
            match meanwhile >= INCREMENTS / 8 {
                _ if batch < WARM_UP => {}
                true => samples.push(ticks / INCREMENTS as f64),
                false => alone += 1,
            }
            if until.is_over(deadline, samples.len()) {
                break;
            }
        }
        over.store(1, Ordering::Relaxed);
        Ticks { samples, alone }
    };
    let second = || {
        while over.load(Ordering::Relaxed) == 0 {
            // SAFETY: the word is there, and the first thread only reads it, as an atomic.
            unsafe { add(shared.pointer(others), OTHERS) };
        }
    };
    let (ticks, ()) = pair.run(first, second)?;
    Ok(ticks)
}
