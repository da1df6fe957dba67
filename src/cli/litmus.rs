//! `tearline litmus`: litmus tests on the machine, every interleaving or many runs.

pub(super) mod files;
mod record;
pub(super) mod work;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anstream::eprintln;
use clap::ValueEnum;

use super::failure::Failure;
use super::replay::read_schedule;
use super::{models, output, progress};
use crate::drive::interleave::Options;
use crate::litmus::Hardware;
use crate::report::counted;
use crate::report::litmus::{How, LitmusReport, herd, text};
use work::Work;

const USUAL_MACHINE: &str = "desktop";

/// Run litmus tests: every interleaving of what cores, store buffers, caches and bus can do.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Witnesses count final states, where herd7 counts executions.
Exit code 1: a `forall` or a `~exists` does not hold.

Example: tearline litmus traces/litmus/SB.litmus --format text")]
pub(super) struct Arguments {
    /// Tests in herd7's format, or folders with them.
    #[arg(required = true, value_name = "FILE|DIR")]
    tests: Vec<String>,
    /// The machine, by name or file; it gets a core for each thread.
    #[arg(long, short, value_name = "M", default_value = USUAL_MACHINE)]
    machine: String,
    /// The protocol, by name or file; `none` for a machine without caches [default: the machine's].
    #[arg(long, short, value_name = "P")]
    protocol: Option<String>,
    /// Run in time with N seeds instead, and count.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    random: Option<u64>,
    /// Take the steps of this schedule only, and show what each one does; of one test.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["random", "record", "no_reduction"])]
    schedule: Option<String>,
    /// Write a shortest schedule that leads to what the question is about to this file, for
    /// --schedule; of one test.
    #[arg(long, value_name = "FILE", conflicts_with = "random")]
    record: Option<PathBuf>,
    /// Draw the schedule to this SVG file: what is buffered and cached after each step; of one test.
    #[arg(long, value_name = "FILE", conflicts_with = "random")]
    chart: Option<PathBuf>,
    /// Take every step from every state, even where the order cannot matter.
    #[arg(long)]
    no_reduction: bool,
    /// Give a test up at more states than this.
    #[arg(long, value_name = "N", default_value_t = 100_000_000)]
    limit_states: u64,
    /// Give a test up at more memory than this, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    limit_memory: u64,
    /// How many threads [default: all processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Say how long it took, as on a terminal.
    #[arg(long)]
    time: bool,
    /// As herd7 prints it, in more words, or JSON for programs (a line for each test) [default:
    /// herd; text with a schedule].
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

/// What reports look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Herd,
    Text,
    Json,
}

/// So many tests are worked on before what they show is printed.
const AT_ONCE: usize = 64;

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready(arguments.record.iter().chain(&arguments.chart))?;
    progress::jobs(arguments.jobs);
    let config = models::machine(&arguments.machine)?;
    let protocol = match arguments.protocol.as_deref() {
        Some("none") => None,
        Some(name) => Some(models::protocol(name)?),
        None => Some(models::protocol(&config.protocol)?),
    };
    let files = files::tests(&arguments.tests)?;
    let scheduled =
        arguments.schedule.is_some() || arguments.record.is_some() || arguments.chart.is_some();
    if scheduled && files.len() != 1 {
        return Err(Failure::usage("a schedule is of one test: name one file"));
    }
    let format = match arguments.format {
        Some(Format::Herd) if arguments.schedule.is_some() => {
            let message = "herd7 has no words for a schedule: leave out `--format`";
            return Err(Failure::usage(message));
        }
        Some(format) => format,
        None if scheduled => Format::Text,
        None => Format::Herd,
    };
    let schedule = arguments.schedule.as_deref();
    let work = Work {
        hardware: Hardware { config, protocol },
        options: Options {
            reduce: !arguments.no_reduction,
            limit_states: arguments.limit_states,
            limit_memory_bytes: arguments.limit_memory.saturating_mul(1 << 20),
        },
        random: arguments.random,
        schedule: schedule.map(read_schedule).transpose()?,
        schedules: format != Format::Herd || scheduled,
        stop: progress::stop(),
    };
    let bar = match (arguments.random, files.len()) {
        (Some(seeds), tests) => progress::bar(seeds.saturating_mul(tests as u64), "runs"),
        (None, 1) => progress::spinner("states"),
        (None, tests) => progress::bar(tests as u64, "tests"),
    };
    let start = Instant::now();
    let mut output = io::BufWriter::new(anstream::stdout().lock());
    let mut done = Done::default();
    for files in files.chunks(AT_ONCE) {
        for report in work.all(files, &bar) {
            let report = report.and_then(|mut report| {
                if let Some(file) = &arguments.record {
                    record::record(arguments, file, &mut report)?;
                }
                if let Some(file) = &arguments.chart {
                    record::draw(file, &report)?;
                }
                Ok(report)
            });
            match report {
                Ok(report) => {
                    if format == Format::Text && done.tests > 0 {
                        writeln!(output)?;
                    }
                    // herd7's format has no words for it.
                    if format == Format::Herd && report.is_bounded() {
                        let name = &report.name;
                        let what = "a limit cut the test short, so its states are some of all";
                        bar.suspend(|| eprintln!("note: {name}: {what}"));
                    }
                    print(format, &report, &mut output)?;
                    done.add(&report);
                }
                Err(Failure::OutputClosed) => return Err(Failure::OutputClosed),
                Err(failure) => {
                    bar.suspend(|| failure.report());
                    done.wrong += 1;
                }
            }
        }
        output.flush()?;
        if work.is_stopped() {
            break;
        }
    }
    bar.finish_and_clear();
    if arguments.time || io::stderr().is_terminal() {
        done.tell(start.elapsed().as_secs_f64());
    }
    done.bounded += u64::from(work.is_stopped());
    Ok(done.code(files.len() as u64))
}

fn print(
    format: Format,
    report: &LitmusReport,
    output: &mut impl io::Write,
) -> Result<(), Failure> {
    match format {
        Format::Herd => write!(output, "{}", herd(report))?,
        Format::Text => write!(output, "{}", text(report))?,
        Format::Json => {
            serde_json::to_writer(&mut *output, report).map_err(io::Error::from)?;
            writeln!(output)?;
        }
    }
    Ok(())
}

/// What was done so far.
#[derive(Default)]
struct Done {
    tests: u64,
    finals: u64,
    machine_states: u64,
    /// Tests whose demand does not hold.
    failed: u64,
    /// Tests that a limit ended.
    bounded: u64,
    /// Files that are no tests for this machine.
    wrong: u64,
}

impl Done {
    fn add(&mut self, report: &LitmusReport) {
        self.tests += 1;
        self.finals += report.states.len() as u64;
        self.failed += u64::from(report.fails());
        self.bounded += u64::from(report.is_bounded());
        if let How::Explored { machine_states, .. } = report.how {
            self.machine_states += machine_states;
        }
    }

    fn tell(&self, seconds: f64) {
        let tests = counted(self.tests as usize, "test");
        let finals = counted(self.finals as usize, "final state");
        let states = counted(self.machine_states as usize, "state");
        eprintln!("{tests}, {finals}, {states} of the machine, {seconds:.2} s");
    }

    fn code(&self, files: u64) -> ExitCode {
        if self.wrong > 0 {
            ExitCode::from(2)
        } else if self.bounded > 0 || self.tests < files {
            ExitCode::from(3)
        } else {
            ExitCode::from(u8::from(self.failed > 0))
        }
    }
}
