//! The measured loops and events as programs of the simulator, on the timed driver.

mod single;
mod together;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::drive::{Ending, Timed};
use crate::machine::{Config, Machine, Program};
use crate::memory::{Bytes, Contents, Heap};
use crate::probe::latency::Question;
use crate::protocol::Protocol;

pub(super) use together::{additions, round_trip};

/// What a question's loop or event takes on a simulated machine, in cycles.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated(BTreeMap<Question, f64>);

impl Simulated {
    /// The answer to a question.
    #[must_use]
    pub fn of(&self, question: Question) -> f64 {
        self.0[&question]
    }
}

/// Asks a machine all questions.
///
/// # Errors
/// A protocol that goes wrong, or a machine so slow that a loop makes more than a million
/// accesses; in words.
pub fn simulate(config: &Config, protocol: &Protocol) -> Result<Simulated, String> {
    let answer = |question| {
        let cycles = match question {
            Question::RoundTrip => round_trip(config, protocol),
            Question::LockedOneLine
            | Question::LockedTwoLines
            | Question::PlainOneLine
            | Question::PlainTwoLines => additions(config, protocol, question),
            _ => single::event(config, protocol, question),
        };
        Ok((question, cycles?))
    };
    let all = Question::ALL.into_iter().map(answer);
    all.collect::<Result<_, String>>().map(Simulated)
}

/// How long two programs take, with one seed.
fn run<P: Program<<Bytes as Contents>::Piece>>(
    config: &Config,
    protocol: &Protocol,
    programs: Vec<P>,
    seed: u64,
) -> Result<u64, String> {
    let config = Arc::new(Config {
        cores: programs.len(),
        ..config.clone()
    });
    let machine: Machine<Bytes> = Machine::new(config, protocol.clone(), Heap::open());
    let (ended, _, ()) = Timed::new(machine, programs, seed, ()).run();
    match ended.ending {
        Ending::Finished => Ok(ended.cycle),
        Ending::Violation(violation) => Err(format!("the protocol goes wrong: {violation}")),
        Ending::Stuck(_) => Err("a loop makes too many accesses on this machine".to_owned()),
        other => Err(format!("a loop ended early: {other:?}")),
    }
}
