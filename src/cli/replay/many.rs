//! Many runs of a trace: seeds, or all schedules.

use std::io::Write as _;
use std::process::ExitCode;

use super::command::again;
use super::{Arguments, Format, json};
use crate::cli::exit::exit_code;
use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::drive::stepped::Bound;
use crate::replay::{Explored, Replay, Strategy, explore, run_seeds};
use crate::report::{SeedsReport, render_many};

/// So many schedules are tried unless the user says otherwise.
const MOST_SCHEDULES: u64 = 1_000_000;

/// Runs with many seeds, and prints how often what came.
pub(super) fn seeds(
    arguments: &Arguments,
    replay: &Replay,
    seeds: u64,
) -> Result<ExitCode, Failure> {
    progress::jobs(arguments.jobs);
    let bar = progress::bar(seeds, "seeds");
    let tally = run_seeds(replay, seeds, || bar.inc(1));
    bar.finish_and_clear();
    let failed = |error| Failure::replaying(&arguments.file, error);
    let tally = tally.map_err(failed)?;
    let mut report = SeedsReport::new(replay, seeds, &tally);
    // Without a run nobody knows how many steps one has.
    if let (Strategy::Pct { depth }, 1..) = (replay.strategy(), tally.runs) {
        report.bound(replay, depth).map_err(failed)?;
    }
    print(arguments, &report)?;
    if tally.runs < seeds {
        return Ok(ExitCode::from(3));
    }
    Ok(exit_code(tally.verdicts.keys().copied()))
}

/// Runs all schedules, and prints how often what came.
pub(super) fn schedules(
    arguments: &Arguments,
    replay: &Replay,
    bound: Bound,
) -> Result<ExitCode, Failure> {
    progress::jobs(arguments.jobs);
    let most = arguments.seeds.unwrap_or(MOST_SCHEDULES);
    let bar = progress::bar(most, "schedules at most");
    let explored = explore(replay, bound, most, || bar.inc(1));
    bar.finish_and_clear();
    let explored = explored.map_err(|error| Failure::replaying(&arguments.file, error))?;
    let Explored {
        tally,
        equal,
        complete,
    } = &explored;
    let mut report = SeedsReport::new(replay, tally.runs + equal, tally);
    report.explored(bound, *equal, *complete);
    print(arguments, &report)?;
    match complete {
        true => Ok(exit_code(tally.verdicts.keys().copied())),
        false => Ok(ExitCode::from(3)),
    }
}

fn print(arguments: &Arguments, report: &SeedsReport) -> Result<(), Failure> {
    let mut output = anstream::stdout().lock();
    match arguments.format {
        Format::Text | Format::Mermaid => {
            write!(output, "{}", render_many(report, &again(arguments)))?
        }
        Format::Json => json(&mut output, report)?,
    }
    Ok(output.flush()?)
}
