//! How long do accesses take that other processors have a part in? Two threads, each on a processor
//! of its own, meet at one line or at two. What is one event is timed alone, between two time stamps
//! whose own cost is subtracted; what is a conversation is timed in batches.
//!
//! Reading order: `instructions` has what is timed, `clock` what a tick is, `spread` what is said of
//! many samples; `single` times events, `together` batches.

mod alone;
mod clock;
mod instructions;
mod single;
mod spread;
mod together;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;

use super::pair::Pair;
use instructions::stamp;

pub use alone::{Alone, SeenAlone, ask_alone};
pub use clock::Clock;
pub use spread::Spread;

/// What is timed. The first processor of the pair holds the clock, the other is the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// The two hand a number to and fro in one line, by plain loads and stores: there and back.
    RoundTrip,
    /// A load from a line that the other has modified.
    ReadModified,
    /// A load from a line that both have read: a hit.
    ReadShared,
    /// A store to a line that both have read.
    Upgrade,
    /// Each adds to a word of its own by a locked instruction, both in one line.
    LockedOneLine,
    /// The same in two lines.
    LockedTwoLines,
    /// Each adds to a word of its own by a plain instruction, both in one line.
    PlainOneLine,
    /// The same in two lines.
    PlainTwoLines,
    /// A load across the end of a line that nobody else touches.
    SplitRead,
    /// The same where the other has modified both lines.
    SplitReadModified,
    /// A store across the end of a line that nobody else touches.
    SplitStore,
    /// The same where the other has modified both lines.
    SplitStoreModified,
}

impl Question {
    /// All of them.
    pub const ALL: [Question; 12] = [
        Question::RoundTrip,
        Question::ReadModified,
        Question::ReadShared,
        Question::Upgrade,
        Question::LockedOneLine,
        Question::LockedTwoLines,
        Question::PlainOneLine,
        Question::PlainTwoLines,
        Question::SplitRead,
        Question::SplitReadModified,
        Question::SplitStore,
        Question::SplitStoreModified,
    ];

    /// Whether it is one event, timed alone; else it is timed in batches.
    #[must_use]
    pub fn is_event(self) -> bool {
        !matches!(
            self,
            Question::RoundTrip
                | Question::ReadShared
                | Question::LockedOneLine
                | Question::LockedTwoLines
                | Question::PlainOneLine
                | Question::PlainTwoLines
        )
    }
}

/// How long to ask.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Each question of each pair is over after this time.
    pub time: Duration,
    /// Or with so many samples.
    pub samples: usize,
}

/// What was measured of one question.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// The question.
    pub question: Question,
    /// How many samples, of one event or of one batch each.
    pub samples: u64,
    /// How many batches were left out, since the other thread did next to nothing in them: something
    /// else had its processor.
    pub alone: u64,
    /// Nanoseconds for one event.
    pub ns: Spread,
    /// Cycles of the core's clock as it was measured.
    pub cycles: Spread,
}

/// Samples in ticks for one event, and how many were left out.
pub(super) struct Ticks {
    pub(super) samples: Vec<f64>,
    pub(super) alone: u64,
}

impl Ticks {
    /// These too.
    pub(super) fn join(&mut self, others: Ticks) {
        self.samples.extend(others.samples);
        self.alone += others.alone;
    }
}

/// When to end.
#[derive(Clone, Copy)]
struct Until<'a> {
    clock: Clock,
    effort: Effort,
    stop: &'a AtomicBool,
}

impl Until<'_> {
    /// The last tick.
    fn deadline(&self) -> u64 {
        stamp().saturating_add(self.clock.ticks(self.effort.time))
    }

    fn is_over(&self, deadline: u64, samples: usize) -> bool {
        samples >= self.effort.samples || stamp() >= deadline || self.stop.load(Ordering::Relaxed)
    }
}

/// Asks one question after another of two processors; `stop` ends the last one. A question that gave
/// no sample is left out.
///
/// # Errors
/// A thread could not be put on its processor; in words.
pub fn ask(
    pair: Pair,
    questions: &[Question],
    clock: Clock,
    effort: Effort,
    stop: &AtomicBool,
    mut each: impl FnMut(&Seen),
) -> Result<Vec<Seen>, String> {
    let mut seen = Vec::new();
    for &question in questions {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let ticks = ticks_of(pair, question, clock, effort, stop)?;
        if let Some(one) = seen_of(question, ticks, clock) {
            each(&one);
            seen.push(one);
        }
    }
    Ok(seen)
}

/// Asks one question.
pub(super) fn ticks_of(
    pair: Pair,
    question: Question,
    clock: Clock,
    effort: Effort,
    stop: &AtomicBool,
) -> Result<Ticks, String> {
    let until = Until {
        clock,
        effort,
        stop,
    };
    match question {
        Question::RoundTrip => together::round_trips(pair, until),
        Question::LockedOneLine
        | Question::LockedTwoLines
        | Question::PlainOneLine
        | Question::PlainTwoLines => together::increments(pair, question, until),
        _ => single::events(pair, question, until),
    }
}

/// What is said of samples, if there are any.
pub(super) fn seen_of(question: Question, ticks: Ticks, clock: Clock) -> Option<Seen> {
    let samples = ticks.samples.len() as u64;
    let ns = Spread::of(ticks.samples)?.scaled(1.0 / clock.ticks_per_ns);
    Some(Seen {
        question,
        samples,
        alone: ticks.alone,
        ns,
        cycles: ns.scaled(clock.core_ghz),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On this machine, whatever it is: no number is expected, only that there are some.
    #[test]
    fn everything_can_be_asked() {
        let topology = crate::probe::Topology::read(std::path::Path::new("/sys"));
        let topology = topology.expect("it can be read");
        let allowed = crate::probe::allowed();
        let Ok(pair) = Pair::usual(&topology, allowed.as_deref()) else {
            println!("only one processor");
            return;
        };
        let clock = Clock::measure(pair.writer).expect("it can be measured");
        println!("{clock:?}");
        let effort = Effort {
            time: Duration::from_millis(200),
            samples: 20_000,
        };
        let stop = AtomicBool::new(false);
        let show = |seen: &Seen| println!("{seen:?}");
        let seen = ask(pair, &Question::ALL, clock, effort, &stop, show).expect("they run");
        assert!(seen.iter().all(|seen| seen.ns.p5 <= seen.ns.p95));
        let show = |seen: &SeenAlone| println!("{seen:?}");
        ask_alone(pair.writer, 64 << 20, clock, effort, &stop, show).expect("it runs");
        stop.store(true, Ordering::Relaxed);
        let none = ask(pair, &Question::ALL, clock, effort, &stop, |_| ());
        assert_eq!(none, Ok(Vec::new()), "it was stopped before");
    }
}
