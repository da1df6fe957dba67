//! Every schedule of a trace, one after another.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Replay;
use super::seeds::Tally;
use crate::drive::Ending;
use crate::drive::stepped::{Bound, Explorer};
use crate::trace::Error;

/// What trying all schedules gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explored {
    /// How often what came. The seeds are schedules' numbers.
    pub tally: Tally,
    /// How many schedules were begun and given up, for an earlier one was their equal.
    pub equal: u64,
    /// All schedules within the bound were tried.
    pub complete: bool,
}

/// Tries at most `most` schedules, calling `finished` after each. Stops early when `stop` is
/// set.
///
/// # Errors
/// When a run cannot be made at all.
pub fn explore(
    replay: &Replay,
    bound: Bound,
    most: u64,
    stop: &AtomicBool,
    finished: impl Fn(),
) -> Result<Explored, Error> {
    let mut explorer = Explorer::new(bound);
    let mut explored = Explored {
        tally: Tally::default(),
        equal: 0,
        complete: false,
    };
    for number in 0..most {
        if stop.load(Ordering::Relaxed) {
            return Ok(explored);
        }
        let ran = replay.run_stepped(&mut explorer, false, replay.findings()?)?;
        if ran.ended.ending == Ending::GivenUp {
            explored.equal += 1;
        } else {
            let tally = replay.tally_of(number, ran);
            explored.tally = explored.tally.merge(tally);
        }
        finished();
        if !explorer.advance() {
            explored.complete = true;
            return Ok(explored);
        }
    }
    Ok(explored)
}
