//! One test after another asked, each for its share of the time.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use super::Arguments;
use crate::cli::failure::Failure;
use crate::cli::{models, progress};
use crate::drive::interleave::Options;
use crate::litmus::{Hardware, Setup, Test};
use crate::probe::Team;
use crate::probe::litmus::{Effort, Question, model, run};
use crate::report::probe::{NotAsked, TestSeen};

/// What x86-TSO allows is computed on the model of this machine.
const MACHINE: &str = "desktop";
/// A test with more states of the simulator is not asked.
const LIMIT_STATES: u64 = 5_000_000;
/// As many runs as take some tenths of a second.
const RUNS: u64 = 1_000_000;

/// What came of a test.
pub(super) enum Asked {
    Seen(TestSeen),
    Not(NotAsked),
}

/// The processors that are asked, and until when.
pub(super) struct Asking<'a> {
    arguments: &'a Arguments,
    pub(super) team: Team,
    hardware: Hardware,
    stop: &'static AtomicBool,
    pub(super) start: Instant,
    pub(super) bar: ProgressBar,
}

impl<'a> Asking<'a> {
    /// Begins now, with so many tests.
    pub(super) fn new(
        arguments: &'a Arguments,
        team: Team,
        tests: u64,
    ) -> Result<Asking<'a>, Failure> {
        Ok(Asking {
            arguments,
            team,
            hardware: model(models::machine(MACHINE)?),
            stop: progress::stop(),
            start: Instant::now(),
            bar: match (arguments.runs, arguments.seconds) {
                (None, Some(_)) => progress::bar(tests, "tests"),
                (runs, _) => {
                    let all = runs.unwrap_or(RUNS).saturating_mul(tests);
                    progress::bar(all, "runs")
                }
            },
        })
    }

    /// Whether Ctrl-C has ended it.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Asks a test; `left` are still to be asked, with it.
    pub(super) fn one(&self, file: &str, test: Test, left: u32) -> Result<Asked, Failure> {
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
        let mut goes_on = |_| !self.is_stopped();
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
        let ran = run(&self.team, &question, &effort, self.stop, &each)?;
        Ok(Ok(TestSeen::new(file, &question, &ran)))
    }

    /// Prints what is said of a test at once, or keeps it for the file.
    pub(super) fn print(&self, kept: &mut String, text: &str) -> Result<(), Failure> {
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
