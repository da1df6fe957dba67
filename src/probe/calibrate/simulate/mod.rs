//! The measured loops as programs of the simulator, on the timed driver.

use std::sync::Arc;

use crate::drive::{Ending, Timed};
use crate::machine::{Access, Config, Exit, Machine, Program, Request, Response, Script, Update};
use crate::memory::{Addr, Bytes, Heap, Piece, WriteId};
use crate::probe::latency::Question;
use crate::protocol::Protocol;

/// Round trips in a run, and additions of each thread.
const TRIPS: u32 = 300;
const ADDITIONS: u32 = 4000;
/// Runs, each with a seed of its own.
const SEEDS: u64 = 4;

const LINE: Addr = Addr(1 << 12);
/// Another word of the line, and one of another.
const BESIDE: Addr = Addr((1 << 12) + 8);
const APART: Addr = Addr((1 << 12) + 1024);

/// What the loops take on a simulated machine, in cycles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulated {
    /// A line to and fro.
    pub round_trip: f64,
    /// A locked addition, where another core makes them in the same line.
    pub locked_one_line: f64,
    /// The same, each core in a line of its own.
    pub locked_two_lines: f64,
}

impl Simulated {
    /// The questions that it answers.
    pub const QUESTIONS: [Question; 3] = [
        Question::RoundTrip,
        Question::LockedOneLine,
        Question::LockedTwoLines,
    ];

    /// The answer to one of them.
    ///
    /// # Panics
    /// When it is another question.
    #[must_use]
    pub fn of(&self, question: Question) -> f64 {
        match question {
            Question::RoundTrip => self.round_trip,
            Question::LockedOneLine => self.locked_one_line,
            Question::LockedTwoLines => self.locked_two_lines,
            other => panic!("{other:?} is not simulated"),
        }
    }
}

/// Runs the loops on a machine.
///
/// # Errors
/// A protocol that goes wrong, or a machine so slow that a loop makes more than a million
/// accesses; in words.
pub fn simulate(config: &Config, protocol: &Protocol) -> Result<Simulated, String> {
    Ok(Simulated {
        round_trip: round_trip(config, protocol)?,
        locked_one_line: additions(config, protocol, BESIDE)?,
        locked_two_lines: additions(config, protocol, APART)?,
    })
}

pub(super) fn round_trip(config: &Config, protocol: &Protocol) -> Result<f64, String> {
    let programs = || [true, false].map(Ball::new).to_vec();
    Ok(cycles(config, protocol, programs)? / f64::from(TRIPS))
}

pub(super) fn locked_one_line(config: &Config, protocol: &Protocol) -> Result<f64, String> {
    additions(config, protocol, BESIDE)
}

fn additions(config: &Config, protocol: &Protocol, other: Addr) -> Result<f64, String> {
    let script = |addr| {
        let add = Access::locked(addr, 8, Update::Add(1), WriteId(1));
        Script::new(vec![Request::Access(add); ADDITIONS as usize])
    };
    let scripts = [LINE, other].map(script).to_vec();
    Ok(cycles(config, protocol, || scripts.clone())? / f64::from(ADDITIONS))
}

/// How long a run takes, on average over some seeds.
fn cycles<P: Program<<Bytes as crate::memory::Contents>::Piece>>(
    config: &Config,
    protocol: &Protocol,
    programs: impl Fn() -> Vec<P>,
) -> Result<f64, String> {
    let config = Arc::new(Config {
        cores: 2,
        ..config.clone()
    });
    let run = |seed| {
        let machine: Machine<Bytes> =
            Machine::new(Arc::clone(&config), protocol.clone(), Heap::open());
        let (ended, _, ()) = Timed::new(machine, programs(), seed, ()).run();
        match ended.ending {
            Ending::Finished => Ok(ended.cycle as f64),
            Ending::Violation(violation) => Err(format!("the protocol goes wrong: {violation}")),
            Ending::Stuck(_) => Err("a loop makes too many accesses on this machine".to_owned()),
            other => Err(format!("a loop ended early: {other:?}")),
        }
    };
    let runs: Result<Vec<f64>, String> = (0..SEEDS).map(run).collect();
    Ok(runs?.iter().sum::<f64>() / SEEDS as f64)
}

/// One of the two that hand a number to and fro: the first makes it odd, the second even.
#[derive(Clone, Debug)]
struct Ball {
    /// What it waits for, and then adds one to.
    awaits: u32,
}

impl Ball {
    fn new(first: bool) -> Ball {
        Ball {
            awaits: if first { 0 } else { 1 },
        }
    }
}

impl<P: Piece> Program<P> for Ball {
    fn resume(&mut self, last: &Response<P>) -> Request {
        match last {
            Response::Value(value) if value.value(8) == u128::from(self.awaits) => {
                let next = self.awaits + 1;
                self.awaits += 2;
                Request::Access(Access::store(LINE, 8, next.into(), WriteId(next)))
            }
            // It has stored for the last time.
            Response::Done if self.awaits >= 2 * TRIPS => Request::Exit(Exit::Finished),
            _ => Request::Access(Access::load(LINE, 8)),
        }
    }
}
