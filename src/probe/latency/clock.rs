//! From ticks of the time stamp counter to nanoseconds and to cycles of the core. The counter runs at
//! a rate of its own, which is measured against the system's monotonic clock; the core's own clock is
//! measured by adds that wait for one another, one a cycle on every processor asked here.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::instructions::{UNROLLED, add_dependent, stamp, timed_fence, timed_nothing};
use super::spread::Spread;
use crate::probe::pair;

/// The rate of the counter is measured over so long.
const OVER: Duration = Duration::from_millis(50);
const SAMPLES: usize = 2000;
/// Turns of a batch of adds: some microseconds.
const TURNS: u64 = 1000;

/// What a tick is, and what timing itself takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Clock {
    /// Ticks of the time stamp counter in a nanosecond.
    pub ticks_per_ns: f64,
    /// The counter goes on in steps of so many ticks.
    pub step_ticks: u64,
    /// Cycles of the core in a nanosecond, while it adds.
    pub core_ghz: f64,
    /// What two time stamps with nothing between them take, in ticks: subtracted from a timed load.
    pub load_overhead: f64,
    /// The same with a fence between them: subtracted from a timed store.
    pub store_overhead: f64,
}

impl Clock {
    /// Measures on one processor.
    ///
    /// # Errors
    /// A thread could not be put on it; in words.
    pub fn measure(processor: u32) -> Result<Clock, String> {
        pair::alone(processor, || {
            let ticks_per_ns = rate();
            let ticks: Vec<u64> = (0..SAMPLES).map(|_| timed_nothing()).collect();
            let step = ticks
                .iter()
                .fold(0, |step, &next| greatest_common_divisor(step, next));
            let fences = (0..SAMPLES).map(|_| timed_fence()).collect();
            let adds: Vec<f64> = (0..SAMPLES).map(|_| adds()).collect();
            let adds = Spread::of(adds).expect("there are samples").p50;
            Clock {
                ticks_per_ns,
                step_ticks: step.max(1),
                core_ghz: (TURNS * UNROLLED) as f64 / adds * ticks_per_ns,
                load_overhead: usual(ticks),
                store_overhead: usual(fences),
            }
        })
    }

    /// Ticks as nanoseconds.
    #[must_use]
    pub fn ns(&self, ticks: f64) -> f64 {
        ticks / self.ticks_per_ns
    }

    /// So long in ticks.
    pub(in crate::probe) fn ticks(&self, time: Duration) -> u64 {
        (time.as_secs_f64() * 1e9 * self.ticks_per_ns) as u64
    }
}

/// Ticks in a nanosecond.
fn rate() -> f64 {
    let (start, first) = both();
    while start.elapsed() < OVER {
        std::hint::spin_loop();
    }
    let (end, last) = both();
    (last - first) / (end - start).as_nanos() as f64
}

/// Both clocks at one time: the closest of some readings, for the system may come between them.
fn both() -> (Instant, f64) {
    let read = || {
        let (before, now, after) = (stamp(), Instant::now(), stamp());
        (after - before, now, (before as f64 + after as f64) / 2.0)
    };
    let closest = (0..100).map(|_| read()).min_by_key(|&(apart, ..)| apart);
    let (_, now, ticks) = closest.expect("there are readings");
    (now, ticks)
}

/// What a batch of adds takes in ticks.
fn adds() -> f64 {
    let start = stamp();
    add_dependent(TURNS);
    (stamp() - start) as f64
}

/// What timing takes.
fn usual(ticks: Vec<u64>) -> f64 {
    let ticks = ticks.into_iter().map(|ticks| ticks as f64).collect();
    Spread::of(ticks).expect("there are samples").middle
}

fn greatest_common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}
