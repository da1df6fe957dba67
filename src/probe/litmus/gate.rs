//! Where threads wait for each other: before each instance, and between batches.

use std::arch::x86_64::_rdtsc;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::yield_now;

use serde::Serialize;

/// How threads come to an instance at the same time; called as litmus7 calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Barrier {
    /// They wait until all have come.
    User,
    /// They then wait for a time on the processors' clock that all know.
    Timebase,
    /// They do not wait, only once for many instances.
    None,
}

/// What a thread tells the others; on lines of its own, which a prefetcher may bring in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Told {
    /// When it came, in the last round and the one before.
    times: [AtomicU64; 2],
    /// To how many rounds it has come.
    round: AtomicU64,
}

/// Threads that come to one round after another.
pub(super) struct Gate {
    all: Vec<Told>,
}

/// After so many looks a thread lets others have its processor: the one that it waits for may need it.
const LOOKS: u32 = 1 << 14;
/// So many ticks after the last thread came the round begins: about as long as it takes a line to come
/// from another processor.
const AHEAD: u64 = 300;
/// Clocks of processors that are further apart are not one clock.
const FURTHEST: u64 = 100_000;

impl Gate {
    pub(super) fn new(threads: usize) -> Gate {
        Gate {
            all: (0..threads).map(|_| Told::default()).collect(),
        }
    }

    /// Waits until all have come to this round, which is one more than the last.
    #[inline]
    pub(super) fn wait(&self, own: usize, round: u64) {
        self.all[own].round.store(round, Ordering::Release);
        for other in &self.all {
            let mut looks = 0_u32;
            while other.round.load(Ordering::Acquire) < round {
                spin_loop();
                looks = looks.wrapping_add(1);
                if looks.is_multiple_of(LOOKS) {
                    yield_now();
                }
            }
        }
    }

    /// The same, and then until a time that is the same for all.
    #[inline]
    pub(super) fn wait_together(&self, own: usize, round: u64) {
        // Two of them: who is one round ahead tells of another time, and nobody is two.
        let which = (round % 2) as usize;
        let now = clock();
        self.all[own].times[which].store(now, Ordering::Relaxed);
        self.wait(own, round);
        let times = self.all.iter().map(|told| &told.times[which]);
        let last = times.map(|time| time.load(Ordering::Relaxed)).max();
        let begin = last.unwrap_or(now) + AHEAD;
        if begin - now < FURTHEST {
            while clock() < begin {}
        }
    }
}

/// The processor's clock, which is the same for all of a machine's processors since they count
/// whatever they do (Intel SDM, volume 3B, section 18.17.1, "Invariant TSC").
#[allow(unsafe_code, reason = "an instruction that every such processor has")]
fn clock() -> u64 {
    // SAFETY: it reads a counter.
    unsafe { _rdtsc() }
}
