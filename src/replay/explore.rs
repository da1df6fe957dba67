//! Every schedule of a trace, one after another.

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

/// Tries at most `most` schedules, calling `finished` after each; fewer when the replay is
/// stopped.
///
/// # Errors
/// When a run cannot be made at all.
pub fn explore(
    replay: &Replay,
    bound: Bound,
    most: u64,
    finished: impl Fn(),
) -> Result<Explored, Error> {
    let mut explorer = Explorer::new(bound);
    let mut explored = Explored {
        tally: Tally::default(),
        equal: 0,
        complete: false,
    };
    for number in 0..most {
        let ran = replay.run_stepped(&mut explorer, false, replay.findings()?)?;
        match ran.ended.ending {
            Ending::Stopped => return Ok(explored),
            Ending::GivenUp => explored.equal += 1,
            _ => {
                let tally = replay.tally_of(number, ran);
                explored.tally = explored.tally.merge(tally);
            }
        }
        finished();
        if !explorer.advance() {
            explored.complete = true;
            return Ok(explored);
        }
    }
    Ok(explored)
}
