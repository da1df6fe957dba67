//! `tearline probe litmus`: litmus tests on the processor itself.

mod asking;
mod tell;

use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;

use super::asked::{heading, nothing, topology};
use super::{Answer, Format};
use crate::cli::failure::Failure;
use crate::cli::litmus::{files, work};
use crate::cli::output;
use crate::litmus::Test;
use crate::probe::litmus::Barrier;
use crate::probe::{Team, allowed};
use crate::report::probe::{Heading, LitmusReport, Processors, heading_as_comment, histogram};
use asking::{Asked, Asking};

/// Run litmus tests on this machine's processor, and compare with what x86-TSO allows.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A finding is a final state that x86-TSO does not allow.
Exit code 1: there are findings. 3: nothing could be asked, or Ctrl-C ended it.

Example: tearline probe litmus traces/litmus/SB.litmus --runs 1000000")]
pub(super) struct Arguments {
    /// Tests in herd7's format, or folders with them.
    #[arg(required = true, value_name = "FILE|DIR")]
    tests: Vec<String>,
    /// The processors for the first thread, the second, and so on [default: all that may be used,
    /// one of each core first].
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    cpus: Vec<u32>,
    /// Run each test so often [default: 1000000; as often as can be with --seconds].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// Be over after so long, with an equal share of the time for each test that is left.
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<Duration>,
    /// How threads begin at the same time: they wait for each other (user), then for a time on the
    /// processors' clock (timebase), or not at all (none).
    #[arg(long, value_name = "HOW", default_value = "user")]
    barrier: BarrierArgument,
    /// Decides where instances lie, their order, and who begins late; not what the processor does.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    answer: Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BarrierArgument {
    User,
    Timebase,
    None,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok();
    let seconds = seconds.filter(|&seconds: &f64| seconds > 0.0 && seconds <= 1e6);
    let seconds = seconds.ok_or("expected seconds, at most a million")?;
    Ok(Duration::from_secs_f64(seconds))
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready(&arguments.answer.output)?;
    let (mut tests, mut wrong) = (Vec::new(), 0);
    for file in files::tests(&arguments.tests)? {
        match work::read(&file) {
            Ok(test) => tests.push((file, test)),
            Err(failure) => {
                failure.report();
                wrong += 1;
            }
        }
    }
    if tests.is_empty() && wrong > 0 {
        return Ok(ExitCode::from(2));
    }
    let (team, heading) = match arguments.team()? {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    let asking = Asking::new(arguments, team, tests.len() as u64)?;
    let mut report = LitmusReport::new(heading, arguments.barrier.into(), arguments.seed);
    let text = arguments.answer.format == Format::Text;
    let mut kept = String::new();
    if text {
        let heading = heading_as_comment(&report.heading);
        asking.print(&mut kept, &(heading + "\n"))?;
    }
    let fits = |test: &Test| test.threads.len() <= asking.team.processors().len();
    let mut left = tests.iter().filter(|(_, test)| fits(test)).count();
    for (file, test) in tests {
        if asking.is_stopped() {
            report.complete = false;
            break;
        }
        let share = left.max(1) as u32;
        left -= usize::from(fits(&test));
        match asking.one(&file, test, share) {
            Ok(Asked::Seen(seen)) => {
                if text {
                    asking.print(&mut kept, &histogram(&seen))?;
                }
                report.tests.push(seen);
            }
            Ok(Asked::Not(why)) => report.not_asked.push(why),
            Err(failure) => {
                asking.bar.suspend(|| failure.report());
                wrong += 1;
            }
        }
    }
    report.complete &= wrong == 0 && !asking.is_stopped();
    asking.bar.finish_and_clear();
    if !text {
        let json = serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?;
        kept = json + "\n";
    }
    if !text || arguments.answer.output.is_some() {
        output::write(arguments.answer.output.as_deref(), &kept)?;
    }
    tell::tell(&report, asking.start.elapsed());
    Ok(ExitCode::from(match report.findings() {
        1.. => 1,
        0 if wrong > 0 => 2,
        0 if !report.complete || report.tests.is_empty() => 3,
        0 => 0,
    }))
}

impl From<BarrierArgument> for Barrier {
    fn from(argument: BarrierArgument) -> Barrier {
        match argument {
            BarrierArgument::User => Barrier::User,
            BarrierArgument::Timebase => Barrier::Timebase,
            BarrierArgument::None => Barrier::None,
        }
    }
}

impl Arguments {
    /// The processors to ask, and the heading of their answers; else, with a note, the exit code where
    /// nothing can be asked.
    fn team(&self) -> Result<Result<(Team, Heading), ExitCode>, Failure> {
        let topology = topology()?;
        let allowed = allowed();
        let allowed = allowed.as_deref();
        let team = match &self.cpus[..] {
            [] => match Team::usual(&topology, allowed) {
                Ok(team) => team,
                Err(why) => return Ok(Err(nothing(&why))),
            },
            cpus => Team::of(&topology, allowed, cpus).map_err(Failure::usage)?,
        };
        if let Err(why) = team.try_out() {
            return Ok(Err(nothing(&why)));
        }
        let heading = heading(Some(Processors::team(&topology, &team)));
        Ok(Ok((team, heading)))
    }
}
