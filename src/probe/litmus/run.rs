//! Threads on processors of their own, which run a test again and again, and count its final states.
#![allow(
    unsafe_code,
    reason = "it runs assembled instructions, and reads what they have written when all threads wait"
)]

use std::arch::asm;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::batch::{Batch, INSTANCES};
use super::gate::{Barrier, Gate};
use super::pages::Pages;
use super::question::Question;
use crate::dice::Dice;
use crate::litmus::{Preload, Values64};
use crate::probe::Team;

/// How long to ask.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// So often.
    pub runs: u64,
    /// Or for so long.
    pub time: Duration,
    /// How threads come to an instance at the same time.
    pub barrier: Barrier,
    /// What decides where instances lie, their order, and who begins late. What the processor does
    /// is not decided by it.
    pub seed: u64,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ran {
    /// How often the test was run.
    pub runs: u64,
    /// How often each final state came, those that a filter passes over left out.
    pub counts: BTreeMap<Values64, u64>,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// Runs a test on the first processors of a team, each of which is told of its runs as they are made;
/// `stop` ends it early.
///
/// # Errors
/// A thread could not be put on its processor, or there is no memory; in words.
///
/// # Panics
/// When the test has more threads than the team has processors.
pub fn run(
    team: &Team,
    question: &Question<'_>,
    effort: &Effort,
    stop: &AtomicBool,
    each: &(dyn Fn(u64) + Sync),
) -> Result<Ran, String> {
    let threads = question.threads();
    let pages = |bytes| Pages::new(bytes).map_err(|why| format!("no memory for instances: {why}"));
    let results = question.read_back.iter();
    let results = results.map(|registers| pages(INSTANCES * 8 * registers.len()));
    let work = Work {
        question,
        effort,
        instances: pages(Batch::room(question.instance.bytes()))?,
        results: results.collect::<Result<_, _>>()?,
        gate: Gate::new(threads),
        over: AtomicBool::new(false),
        stop,
        each,
        start: Instant::now(),
    };
    let all = team.run(threads, |own| work.thread(own))?;
    let mut ran = Ran {
        seconds: work.start.elapsed().as_secs_f64(),
        ..Ran::default()
    };
    for (runs, counts) in all {
        ran.runs = runs;
        for (values, count) in counts {
            *ran.counts.entry(values).or_default() += count;
        }
    }
    Ok(ran)
}

type Counts = FxHashMap<Values64, u64>;

/// What the threads share.
struct Work<'a> {
    question: &'a Question<'a>,
    effort: &'a Effort,
    instances: Pages,
    /// For each thread what it read back, instance by instance.
    results: Vec<Pages>,
    gate: Gate,
    over: AtomicBool,
    stop: &'a AtomicBool,
    each: &'a (dyn Fn(u64) + Sync),
    start: Instant,
}

impl Work<'_> {
    /// Runs batch after batch: how many runs there were, and what this thread's share of them showed.
    fn thread(&self, own: usize) -> (u64, Counts) {
        let mut dice = Dice::new(self.effort.seed);
        let mut late = Late::new(dice.number(), own);
        let (mut batch, mut counts) = (Batch::new(), Counts::default());
        let (mut runs, mut round) = (0, 0);
        while !self.over.load(Ordering::Acquire) {
            let instances = (self.effort.runs - runs).min(INSTANCES as u64) as usize;
            batch.roll(&mut dice, instances, self.question.instance.bytes());
            let share = self.share(own, instances);
            for instance in share.clone() {
                // SAFETY: no other thread has this share, and none runs before all are here.
                unsafe {
                    let at = batch.at(instance);
                    self.question.instance.begin(&self.instances, at);
                }
            }
            self.next(own, &mut round);
            self.batch(own, &batch, &mut late, &mut round);
            self.next(own, &mut round);
            self.count(&batch, share, &mut counts);
            runs += instances as u64;
            if own == 0 {
                (self.each)(instances as u64);
                let over = runs >= self.effort.runs
                    || self.start.elapsed() >= self.effort.time
                    || self.stop.load(Ordering::Relaxed);
                self.over.store(over, Ordering::Release);
            }
            self.next(own, &mut round);
        }
        (runs, counts)
    }

    fn next(&self, own: usize, round: &mut u64) {
        *round += 1;
        self.gate.wait(own, *round);
    }

    /// The instances that a thread makes ready and looks at.
    fn share(&self, own: usize, instances: usize) -> Range<usize> {
        let threads = self.question.threads();
        own * instances / threads..(own + 1) * instances / threads
    }

    /// Runs the thread's instructions on all instances.
    fn batch(&self, own: usize, batch: &Batch, late: &mut Late, round: &mut u64) {
        let code = &self.question.codes[own];
        let results = &self.results[own];
        let bytes = 8 * self.question.read_back[own].len();
        let preloads: &[_] = match batch.preloads {
            true => &self.question.preloads[own],
            false => &[],
        };
        for &instance in &batch.order {
            let instance = instance as usize;
            let first = self.instances.at(batch.at(instance));
            let result = match bytes {
                0 => results.at(0),
                bytes => results.at(instance * bytes),
            };
            for &(line, how) in preloads {
                preload(self.instances.at(batch.at(instance) + line), how);
            }
            match self.effort.barrier {
                Barrier::User => self.next(own, round),
                Barrier::Timebase => {
                    *round += 1;
                    self.gate.wait_together(own, *round);
                }
                Barrier::None => {}
            }
            late.wait(batch.skew);
            // SAFETY: instances and results are in pages that only instructions access now, and all
            // accesses are in the instance's lines, as `refuse` has found.
            unsafe { code.run(first, result) };
        }
    }

    /// Counts the final states of some instances, when all threads wait.
    fn count(&self, batch: &Batch, share: Range<usize>, counts: &mut Counts) {
        let mut values = Vec::new();
        for instance in share {
            let at = batch.at(instance);
            let first = self.instances.at(at) as u64;
            // SAFETY: all threads have run this batch, and none begins another before all have
            // counted.
            let memory = |past, bytes| unsafe { self.instances.read(at + past, bytes) };
            let register = |thread: usize, nth: usize| {
                let all = self.question.read_back[thread].len();
                // SAFETY: as above.
                unsafe { self.results[thread].read(8 * (instance * all + nth), 8) }
            };
            self.question.values(first, memory, register, &mut values);
            match counts.get_mut(&values) {
                Some(count) => *count += 1,
                None if self.question.passes(&values) => {
                    counts.insert(values.clone(), 1);
                }
                None => {}
            }
        }
    }
}

/// Does something to a line that leaves its bytes as they are, whatever other threads do.
fn preload(line: *mut u8, how: Preload) {
    // SAFETY: the line is in pages that only instructions access now, and the locked operation writes
    // what is there.
    unsafe {
        match how {
            Preload::Flush => asm!("clflush [{}]", in(reg) line, options(nostack)),
            Preload::Touch => {
                asm!("mov {}, [{}]", out(reg_byte) _, in(reg) line, options(nostack));
            }
            Preload::Write => asm!("lock or byte ptr [{}], 0", in(reg) line, options(nostack)),
        }
    }
}

/// How late a thread begins: a stream of numbers that costs less than dice (Knuth's multiplier).
struct Late(u64);

impl Late {
    /// A stream of its own for each thread: with one for all they would begin together every time.
    fn new(seed: u64, own: usize) -> Late {
        Late(seed.wrapping_add((own as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// So many turns of a loop at most, which is one less than a power of two.
    #[inline]
    fn next(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) & most
    }

    #[inline]
    fn wait(&mut self, most: u64) {
        for _ in 0..self.next(most) {
            // SAFETY: no instruction at all, only something that the compiler leaves where it is.
            unsafe { asm!("", options(nomem, nostack, preserves_flags)) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_begins_late_on_its_own() {
        for seed in 0..100 {
            let [mut one, mut other] = [0, 1].map(|own| Late::new(seed, own));
            let together = (0..1000).filter(|_| one.next(255) == other.next(255));
            assert!(together.count() < 30, "seed {seed}");
        }
    }
}
