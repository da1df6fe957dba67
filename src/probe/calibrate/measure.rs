//! Measuring in rounds: by turns one to calibrate by and one to compare with. The host of a virtual
//! machine moves its processors about, from one second to the next, and a line's way between two of
//! them is then several times as long or as short; so rounds in which it is another are left out, and
//! counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::rounds::{Round, kept, usual};
use super::{Measured, Rounds};
use crate::probe::latency::{
    Alone, Clock, Effort, Question, SeenAlone, ask_alone, seen_of, ticks_of,
};
use crate::probe::pair::Pair;

/// Loads from memory are spread over so much: more than any cache that one processor fills.
const MEMORY_BYTES: usize = 256 << 20;
/// How many rounds are measured; to calibrate by are half of them.
pub const ROUNDS: u32 = 42;
/// A question to one processor takes as long as so many rounds: all of them half of the time.
const ALONE_ROUNDS: u32 = ROUNDS / Alone::ALL.len() as u32;
/// As many as there would be if all the time of calibrating were rounds.
pub const STEPS: u32 = ROUNDS + ALONE_ROUNDS * Alone::ALL.len() as u32;

/// What a round asks: everything, and round trips first and last, to see that they stayed the same.
fn questions() -> impl Iterator<Item = Question> {
    let all = Question::ALL.into_iter();
    all.chain([Question::RoundTrip])
}

/// Measures for about so long: what to calibrate by, and what to compare with. `each` is told how many
/// of the [`STEPS`] are done.
///
/// # Errors
/// A thread could not be put on its processor, or lines never went the same way twice; in words.
pub fn measure(
    pair: Pair,
    time: Duration,
    stop: &AtomicBool,
    mut each: impl FnMut(u32),
) -> Result<(Measured, Measured), String> {
    let clock = Clock::measure(pair.writer)?;
    let rounds = rounds(pair, clock, time / 2, stop, &mut each)?;
    let alone = Effort {
        time: time / 2 / Alone::ALL.len() as u32,
        samples: 100_000,
    };
    let alone = ask_alone(pair.writer, MEMORY_BYTES, clock, alone, stop, |_| {
        each(ALONE_ROUNDS);
    })?;
    let [mut first, mut second] = [Vec::new(), Vec::new()];
    for (nth, round) in rounds.into_iter().enumerate() {
        match nth % 2 {
            0 => first.push(round),
            _ => second.push(round),
        }
    }
    let usual = usual(&first).ok_or(NEVER_TWICE)?;
    Ok((
        measured(pair, clock, kept(first, usual), alone),
        measured(pair, clock, kept(second, usual), Vec::new()),
    ))
}

/// Measures for about so long what to compare with. `each` is told how many of the [`ROUNDS`] are
/// done.
///
/// # Errors
/// As for [`measure`].
pub fn measure_to_compare(
    pair: Pair,
    time: Duration,
    stop: &AtomicBool,
    each: impl FnMut(u32),
) -> Result<Measured, String> {
    let clock = Clock::measure(pair.writer)?;
    let rounds = rounds(pair, clock, time, stop, each)?;
    let usual = usual(&rounds).ok_or(NEVER_TWICE)?;
    Ok(measured(pair, clock, kept(rounds, usual), Vec::new()))
}

const NEVER_TWICE: &str = "a line never took the same way twice";

fn rounds(
    pair: Pair,
    clock: Clock,
    time: Duration,
    stop: &AtomicBool,
    mut each: impl FnMut(u32),
) -> Result<Vec<Round>, String> {
    let effort = Effort {
        time: time / (ROUNDS * questions().count() as u32),
        samples: 20_000,
    };
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let ask = |question: Question| {
            let ticks = ticks_of(pair, question, clock, effort, stop)?;
            Ok((question, ticks))
        };
        let round: Result<Round, String> = questions().map(ask).collect();
        rounds.push(round?);
        each(1);
    }
    Ok(rounds)
}

/// What is said of the rounds that were kept.
fn measured(
    pair: Pair,
    clock: Clock,
    (kept, rounds): (Round, Rounds),
    alone: Vec<SeenAlone>,
) -> Measured {
    let seen = kept.into_iter();
    Measured {
        pair,
        clock,
        seen: seen
            .filter_map(|(question, ticks)| seen_of(question, ticks, clock))
            .collect(),
        alone,
        rounds,
    }
}
