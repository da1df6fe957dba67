//! `tearline probe litmus`: litmus tests on the processor itself.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anstream::eprintln;
use clap::ValueEnum;
use indicatif::ProgressBar;

use super::asked::{heading, too_few, topology};
use super::{Answer, Format};
use crate::cli::failure::Failure;
use crate::cli::litmus::{files, work};
use crate::cli::{models, output, progress};
use crate::drive::interleave::Options;
use crate::litmus::{Hardware, Setup, Test};
use crate::probe::litmus::{Barrier, Effort, Question, run as run_test};
use crate::probe::{Team, allowed};
use crate::report::probe::{
    Heading, LitmusReport, NotAsked, Processors, TestSeen, heading_as_comment, histogram,
};

/// What x86-TSO allows is computed on this machine, without caches.
const MACHINE: &str = "desktop";
/// A test with more states of the simulator is not asked.
const LIMIT_STATES: u64 = 5_000_000;
/// As many runs as take some tenths of a second.
const RUNS: u64 = 1_000_000;

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
    let files = files::tests(&arguments.tests)?;
    let (team, heading) = match arguments.team()? {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    let asking = Asking {
        arguments,
        team,
        hardware: Hardware {
            config: models::machine(MACHINE)?,
            protocol: None,
        },
        stop: progress::stop(),
        start: Instant::now(),
        bar: match (arguments.runs, arguments.seconds) {
            (None, Some(_)) => progress::bar(files.len() as u64, "tests"),
            (runs, _) => {
                let all = runs.unwrap_or(RUNS).saturating_mul(files.len() as u64);
                progress::bar(all, "runs")
            }
        },
    };
    let mut report = LitmusReport::new(heading, arguments.barrier.into(), arguments.seed);
    let text = arguments.answer.format == Format::Text;
    let mut kept = String::new();
    if text {
        let heading = heading_as_comment(&report.heading);
        asking.print(&mut kept, &(heading + "\n"))?;
    }
    let mut wrong = 0;
    let tests: Vec<_> = files.iter().map(|file| work::read(file)).collect();
    let fits = |test: &Test| test.threads.len() <= asking.team.processors().len();
    let mut left = tests.iter().flatten().filter(|test| fits(test)).count();
    for (file, test) in files.iter().zip(tests) {
        if asking.stop.load(Ordering::Relaxed) {
            report.complete = false;
            break;
        }
        let share = left.max(1) as u32;
        left -= usize::from(test.as_ref().is_ok_and(fits));
        match test.and_then(|test| asking.one(file, test, share)) {
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
    report.complete &= wrong == 0 && !asking.stop.load(Ordering::Relaxed);
    asking.bar.finish_and_clear();
    if !text {
        let json = serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?;
        kept = json + "\n";
    }
    if !text || arguments.answer.output.is_some() {
        output::write(arguments.answer.output.as_deref(), &kept)?;
    }
    tell(&report, asking.start.elapsed());
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
    /// The processors to ask, and the heading of their answers; else, with a note, the exit code for
    /// less than two.
    fn team(&self) -> Result<Result<(Team, Heading), ExitCode>, Failure> {
        let topology = topology()?;
        let allowed = allowed();
        let allowed = allowed.as_deref();
        let team = match &self.cpus[..] {
            [] => match Team::usual(&topology, allowed) {
                Ok(team) => team,
                Err(why) => return Ok(Err(too_few(&why))),
            },
            cpus => Team::of(&topology, allowed, cpus).map_err(Failure::usage)?,
        };
        let heading = heading(Some(Processors::team(&topology, &team)));
        Ok(Ok((team, heading)))
    }
}

/// What came of a test.
enum Asked {
    Seen(TestSeen),
    Not(NotAsked),
}

struct Asking<'a> {
    arguments: &'a Arguments,
    team: Team,
    hardware: Hardware,
    stop: &'static AtomicBool,
    start: Instant,
    bar: ProgressBar,
}

impl Asking<'_> {
    fn one(&self, file: &str, test: Test, left: u32) -> Result<Asked, Failure> {
        let asked = self.ask(file, &test, left);
        if self.arguments.runs.is_none() && self.arguments.seconds.is_some() {
            self.bar.inc(1);
        }
        asked.map_err(Failure::usage).map(|asked| match asked {
            Ok(seen) => Asked::Seen(seen),
            Err(why) => Asked::Not(NotAsked {
                what: test.name,
                why,
            }),
        })
    }

    /// What was seen, or why it is not asked.
    fn ask(&self, file: &str, test: &Test, left: u32) -> Result<Result<TestSeen, String>, String> {
        let (threads, most) = (test.threads.len(), self.team.processors().len());
        if threads > most {
            return Ok(Err(format!(
                "it has {threads} threads, and {most} processors may be used"
            )));
        }
        let setup = Setup::new(test, &self.hardware)?;
        let options = Options {
            limit_states: LIMIT_STATES,
            ..Options::default()
        };
        let mut goes_on = |_| !self.stop.load(Ordering::Relaxed);
        let question = match Question::new(test, &setup, &options, &mut goes_on) {
            Ok(question) => question,
            Err(why) => return Ok(Err(why.to_string())),
        };
        let Arguments { runs, seconds, .. } = *self.arguments;
        let effort = Effort {
            runs: match (runs, seconds) {
                (Some(runs), _) => runs,
                (None, Some(_)) => u64::MAX,
                (None, None) => RUNS,
            },
            time: seconds.map_or(Duration::MAX, |all| {
                all.saturating_sub(self.start.elapsed()) / left
            }),
            barrier: self.arguments.barrier.into(),
            seed: self.arguments.seed,
        };
        let each = |runs| {
            if self.arguments.runs.is_some() || self.arguments.seconds.is_none() {
                self.bar.inc(runs);
            }
        };
        let ran = run_test(&self.team, &question, &effort, self.stop, &each)?;
        Ok(Ok(TestSeen::new(file, &question, &ran)))
    }

    /// Prints what is said of a test at once, or keeps it for the file.
    fn print(&self, kept: &mut String, text: &str) -> Result<(), Failure> {
        if self.arguments.answer.output.is_some() {
            kept.push_str(text);
            return Ok(());
        }
        let print = || {
            let mut stdout = anstream::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()
        };
        Ok(self.bar.suspend(print)?)
    }
}

/// What was asked and what was not, in a few lines.
fn tell(report: &LitmusReport, time: Duration) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for NotAsked { what, why } in &report.not_asked {
        reasons.entry(why).or_default().push(what);
    }
    for (why, tests) in reasons {
        match &tests[..] {
            [test] => eprintln!("note: {test} is not asked: {why}"),
            [first, ..] => {
                let others = tests.len() - 1;
                eprintln!("note: {first} and {others} more are not asked: {why}");
            }
            [] => {}
        }
    }
    let sum = |of: fn(&TestSeen) -> u64| report.tests.iter().map(of).sum::<u64>();
    eprintln!(
        "{} tests, {} runs, {} of {} allowed states seen, {} findings, {:.1} s",
        report.tests.len(),
        sum(|test| test.runs),
        sum(|test| test.allowed_seen),
        sum(|test| test.allowed),
        report.findings(),
        time.as_secs_f64()
    );
}
