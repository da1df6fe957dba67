//! Conversations of two cores, a few thousand accesses long: a number handed to and fro, and two
//! threads that count.

use super::run;
use crate::machine::{Access, Config, Exit, Program, Request, Response, Script, Update};
use crate::memory::{Addr, Bytes, Contents, Piece, WriteId};
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

/// Cycles of a round trip.
pub(in crate::probe::calibrate) fn round_trip(
    config: &Config,
    protocol: &Protocol,
) -> Result<f64, String> {
    let programs = || [true, false].map(Ball::new).to_vec();
    Ok(cycles(config, protocol, programs)? / f64::from(TRIPS))
}

/// Cycles of an addition, where another core makes them too.
pub(in crate::probe::calibrate) fn additions(
    config: &Config,
    protocol: &Protocol,
    question: Question,
) -> Result<f64, String> {
    let is_locked = matches!(question, Question::LockedOneLine | Question::LockedTwoLines);
    let other = match question {
        Question::LockedOneLine | Question::PlainOneLine => BESIDE,
        _ => APART,
    };
    let addition = |addr| match is_locked {
        true => vec![Access::locked(addr, 8, Update::Add(1), WriteId(1))],
        // What is stored does not matter: nobody reads it.
        false => vec![Access::load(addr, 8), Access::store(addr, 8, 1, WriteId(1))],
    };
    let script = |addr| {
        let all = addition(addr).repeat(ADDITIONS as usize);
        Script::new(all.into_iter().map(Request::Access).collect::<Vec<_>>())
    };
    let scripts = [LINE, other].map(script).to_vec();
    Ok(cycles(config, protocol, || scripts.clone())? / f64::from(ADDITIONS))
}

/// How long a run takes, on average over some seeds.
fn cycles<P: Program<<Bytes as Contents>::Piece>>(
    config: &Config,
    protocol: &Protocol,
    programs: impl Fn() -> Vec<P>,
) -> Result<f64, String> {
    let runs = (0..SEEDS).map(|seed| run(config, protocol, programs(), seed));
    let runs: Result<Vec<u64>, String> = runs.collect();
    Ok(runs?.iter().sum::<u64>() as f64 / SEEDS as f64)
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
