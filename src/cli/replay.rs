//! `tearline replay`: a trace on a simulated machine, once or with many seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::failure::Failure;
use super::{models, trace_file};
use crate::diagnostic::Invalid;
use crate::machine::config::Size;
use crate::maps::{KINDS, Kind};
use crate::observe::{Finals, Findings, Traffic};
use crate::replay::{Outcome, Replay, Verdict, run_seeds};
use crate::report::{SeedsReport, Timeline, build, final_states, render_many, render_one};
use crate::trace::{Schedule, Trace};

/// The machine for traces that name none.
pub(super) const USUAL_MACHINE: &str = "desktop";

/// Replay a trace of map calls and memory accesses on simulated cores.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tearline replay traces/split-line.trace --seeds 1000")]
pub(super) struct Arguments {
    /// The trace; `-` for standard input, or a folder with a file for each core.
    file: String,
    /// The machine: teaching, desktop, sc or a file [default: what the trace says, else desktop].
    #[arg(long, short, value_name = "MACHINE")]
    machine: Option<String>,
    /// The coherence protocol, by name or file [default: what the machine says].
    #[arg(long, short, value_name = "PROTOCOL")]
    protocol: Option<String>,
    #[arg(long, value_name = "KIND", value_parser = map_kind, help = map_help())]
    map: Option<MapKind>,
    /// In which order operations of different threads come: by the machine's times, or each
    /// complete before the next of the file.
    #[arg(long, value_name = "ORDER", default_value = "time")]
    order: Order,
    /// How many cores, instead of what the machine says.
    #[arg(long, value_name = "N")]
    cores: Option<u32>,
    /// How many sets in each core's cache.
    #[arg(long, value_name = "N")]
    sets: Option<u32>,
    /// How many lines in a set.
    #[arg(long, value_name = "N")]
    ways: Option<u32>,
    /// How many bytes in a line.
    #[arg(long, value_name = "N")]
    line_bytes: Option<u32>,
    /// What decides everything that hardware leaves open [default: what the trace says, else 0].
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Replay with the seeds 0 to N-1 and count what comes.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "timeline")]
    seeds: Option<u64>,
    /// How many threads to use with --seeds [default: all processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Text for people or JSON for programs.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Print every step that changes something, as it happens.
    #[arg(long)]
    timeline: bool,
    /// Print in which state each line is in each cache at the end.
    #[arg(long, conflicts_with = "seeds")]
    final_states: bool,
    /// Begin with the steps of this schedule, instead of the trace's own.
    #[arg(long, value_name = "FILE")]
    schedule: Option<String>,
    /// Check the machine's properties after every step; exit with 1 if one does not hold.
    #[arg(long)]
    check: bool,
}

/// A known map algorithm.
#[derive(Clone, Copy)]
pub(super) struct MapKind(&'static Kind);

impl std::fmt::Debug for MapKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

pub(super) fn map_kind(name: &str) -> Result<MapKind, String> {
    let known = KINDS.iter().find(|kind| kind.name == name);
    known.map(MapKind).ok_or_else(|| {
        let known: Vec<String> = KINDS
            .iter()
            .map(|kind| format!("{} ({})", kind.name, kind.about))
            .collect();
        format!("expected one of {}", known.join(", "))
    })
}

pub(super) fn map_help() -> String {
    let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let known = known.join(", ");
    format!("The algorithm of all maps: {known} [default: what the trace says]")
}

/// In which order operations come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    Time,
    Trace,
}

/// What reports look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.timeline && arguments.format == Format::Json {
        return Err(Failure::usage(
            "--timeline is text: leave out `--format json`",
        ));
    }
    if arguments.order == Order::Trace && (arguments.seed.is_some() || arguments.seeds.is_some()) {
        return Err(Failure::usage(
            "`--order trace` leaves nothing to a seed: leave out `--seed` and `--seeds`",
        ));
    }
    if arguments.order == Order::Trace && Path::new(&arguments.file).is_dir() {
        return Err(Failure::usage(
            "files of different cores have no order among them: leave out `--order trace`",
        ));
    }
    let replay = prepare(arguments)?;
    match arguments.seeds {
        None => once(arguments, &replay),
        Some(seeds) => many(arguments, &replay, seeds),
    }
}

fn prepare(arguments: &Arguments) -> Result<Replay, Failure> {
    let chosen = Chosen {
        machine: arguments.machine.as_deref(),
        protocol: arguments.protocol.as_deref(),
        map: arguments.map,
        size: Size {
            cores: arguments.cores,
            sets: arguments.sets,
            ways: arguments.ways,
            line_bytes: arguments.line_bytes,
        },
    };
    let replay = chosen.replay(&arguments.file)?;
    let schedule = arguments
        .schedule
        .as_deref()
        .map(read_schedule)
        .transpose()?;
    let scheduled = schedule.is_some() || replay.trace().header().schedule.is_some();
    if arguments.order == Order::Trace && scheduled {
        return Err(Failure::usage(
            "`--order trace` leaves nothing to a schedule: leave it out",
        ));
    }
    Ok(replay.checked(arguments.check).following(schedule))
}

fn read_schedule(file: &str) -> Result<Schedule, Failure> {
    let opened = File::open(file).map_err(|error| Failure::reading(file, &error))?;
    let schedule = Schedule::read(file, BufReader::new(opened));
    schedule.map_err(|error| Failure::replaying(file, error))
}

/// What the arguments choose instead of what the trace says.
pub(super) struct Chosen<'a> {
    pub(super) machine: Option<&'a str>,
    pub(super) protocol: Option<&'a str>,
    pub(super) map: Option<MapKind>,
    pub(super) size: Size,
}

impl Chosen<'_> {
    /// A replay of the trace in `file`, or on standard input if that is `-`.
    pub(super) fn replay(&self, file: &str) -> Result<Replay, Failure> {
        let trace = Arc::new(trace_file::read(file)?);
        let header = trace.header();
        let config = match (self.machine, &header.machine) {
            (Some(name), _) => models::machine(name)?,
            (None, Some(name)) => named(&trace, "machine", models::machine(name))?,
            (None, None) => models::machine(USUAL_MACHINE)?,
        };
        let size = Size {
            cores: self.size.cores.or(header.cores),
            ..self.size
        };
        let config = config.resized(size).map_err(Failure::usage)?;
        let protocol = match (self.protocol, &header.protocol) {
            (Some(name), _) => models::protocol(name)?,
            (None, Some(name)) => named(&trace, "protocol", models::protocol(name))?,
            (None, None) => models::protocol(&config.protocol)?,
        };
        let map = self.map.map(|map| map.0);
        Replay::new(config.into(), protocol, Arc::clone(&trace), map)
            .map_err(|error| Failure::replaying(file, error))
    }
}

/// What the trace's header names, or the place where it does if there is no such thing.
fn named<T>(trace: &Trace, keyword: &str, found: Result<T, Failure>) -> Result<T, Failure> {
    let Err(Failure::Usage(message)) = found else {
        return found;
    };
    let problem = trace.header_problem(keyword, 0, message);
    let problem = problem.map_err(|error| Failure::replaying(trace.file(), error))?;
    Err(Invalid::new(trace.file(), vec![problem.label("named here")]).into())
}

fn once(arguments: &Arguments, replay: &Replay) -> Result<ExitCode, Failure> {
    let seed = arguments.seed.or(replay.trace().header().seed).unwrap_or(0);
    let failed = |error| Failure::replaying(&arguments.file, error);
    let timeline = arguments
        .timeline
        .then(|| timeline(replay))
        .transpose()
        .map_err(failed)?;
    let traffic = Traffic::new(replay.config(), replay.protocol());
    let finals = arguments.final_states.then(Finals::default);
    let observers = (Findings::default(), (traffic, (timeline, finals)));
    let (seed, run) = match arguments.order {
        Order::Time => (Some(seed), replay.run(seed, observers)),
        Order::Trace => (None, replay.run_in_order(observers)),
    };
    let (ended, (findings, (traffic, (timeline, finals)))) = run.map_err(failed)?;
    let mut output = anstream::stdout().lock();
    if let Some(timeline) = timeline {
        timeline.finish()?;
        writeln!(output)?;
    }
    let outcome = Outcome::new(ended, &findings);
    let mut report = build(replay, seed, &outcome, &findings, &traffic).map_err(failed)?;
    report.final_states = finals.map(|finals| final_states(replay, &finals));
    match arguments.format {
        Format::Text => write!(output, "{}", render_one(&report))?,
        Format::Json => json(&mut output, &report)?,
    }
    output.flush()?;
    Ok(exit_code(outcome.verdicts.iter().copied()))
}

fn timeline(replay: &Replay) -> Result<Timeline<impl io::Write>, crate::trace::Error> {
    // Only the lines of a trace that is held in memory are shown in words.
    let lines: BTreeSet<u32> = replay.trace().lines();
    let texts: BTreeMap<u32, String> = replay.trace().texts(&lines)?;
    let output = BufWriter::new(anstream::stdout());
    let (protocol, config) = (replay.protocol(), replay.config());
    Ok(Timeline::new(
        output,
        protocol,
        config,
        replay.places()?,
        texts,
    ))
}

fn many(arguments: &Arguments, replay: &Replay, seeds: u64) -> Result<ExitCode, Failure> {
    static STOP: AtomicBool = AtomicBool::new(false);
    // Without a handler Ctrl-C just ends the process, which is not worse than no bar.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    if let Some(jobs) = arguments.jobs {
        // Fails only where the pool is in use already, and nothing has used it yet.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(jobs.into())
            .build_global();
    }
    let bar = ProgressBar::new(seeds).with_style(
        ProgressStyle::with_template(
            "{bar:40} {human_pos}/{human_len} seeds, {per_sec}, {eta} left",
        )
        .expect("the template is well formed"),
    );
    let tally = run_seeds(replay, seeds, &STOP, || bar.inc(1));
    bar.finish_and_clear();
    let tally = tally.map_err(|error| Failure::replaying(&arguments.file, error))?;
    let report = SeedsReport::new(replay, seeds, &tally);
    let mut output = anstream::stdout().lock();
    match arguments.format {
        Format::Text => write!(output, "{}", render_many(&report, &command(arguments)))?,
        Format::Json => json(&mut output, &report)?,
    }
    output.flush()?;
    if tally.runs < seeds {
        return Ok(ExitCode::from(3));
    }
    Ok(exit_code(tally.verdicts.keys().copied()))
}

/// The command that replays one seed.
fn command(arguments: &Arguments) -> String {
    let mut command = format!("tearline replay {}", arguments.file);
    let map = arguments.map.map(|map| map.0.name.to_owned());
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    for (option, value) in [
        ("--machine", &arguments.machine),
        ("--protocol", &arguments.protocol),
        ("--map", &map),
        ("--cores", &number(arguments.cores)),
        ("--sets", &number(arguments.sets)),
        ("--ways", &number(arguments.ways)),
        ("--line-bytes", &number(arguments.line_bytes)),
        ("--schedule", &arguments.schedule),
    ] {
        if let Some(value) = value {
            command += &format!(" {option} {value}");
        }
    }
    command
}

fn json(output: &mut impl io::Write, report: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *output, report)?;
    writeln!(output)
}

fn exit_code(verdicts: impl Iterator<Item = Verdict>) -> ExitCode {
    let code = |verdict| match verdict {
        Verdict::Violation => 1,
        Verdict::Unsupported => 3,
        _ => 0,
    };
    let codes: BTreeSet<u8> = verdicts.map(code).collect();
    let worst = [1, 3].into_iter().find(|code| codes.contains(code));
    ExitCode::from(worst.unwrap_or(0))
}
