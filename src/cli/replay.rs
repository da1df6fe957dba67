//! `tearline replay`: a trace on a simulated machine, once or many times.

mod chosen;
mod command;
mod many;
mod minimise;
mod strategy;
mod under_way;

pub(super) use chosen::{Chosen, USUAL_MACHINE};

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;

use self::under_way::UnderWay;
use super::exit::exit_code;
use super::failure::Failure;
use super::map_kind::{MapKind, map_kind};
use super::{output, progress};
use crate::drive::Ending;
use crate::machine::config::Size;
use crate::observe::{Details, Finals, Traffic};
use crate::replay::{Outcome, Ran, Replay, Strategy};
use crate::report::{Explain, Sequence, Timeline, build, final_states, render_one};
use crate::trace::{NamedStep, SCHEDULE_VERSION, Schedule};

/// Replay a trace of map calls and memory accesses on simulated cores.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tearline replay traces/split-line.trace --seeds 1000")]
pub(super) struct Arguments {
    /// The trace; `-` for standard input, or a folder with a file for each core.
    file: String,
    /// The machine, by name or file [default: the trace's, else desktop].
    #[arg(long, short, value_name = "MACHINE")]
    machine: Option<String>,
    /// The protocol, by name or file [default: the trace's or the machine's].
    #[arg(long, short, value_name = "PROTOCOL")]
    protocol: Option<String>,
    /// The maps' algorithm; `--map` alone lists them [default: the trace's].
    #[arg(long, value_name = "KIND", value_parser = map_kind(), hide_possible_values = true)]
    map: Option<MapKind>,
    /// time, or trace: one whole operation after the other.
    #[arg(
        long,
        value_name = "ORDER",
        default_value = "time",
        hide_possible_values = true
    )]
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
    /// How much later than the first a thread may start.
    #[arg(long, value_name = "CYCLES")]
    skew: Option<u32>,
    /// How long a thread may stay on a core while others wait for one.
    #[arg(long, value_name = "CYCLES")]
    turn: Option<u32>,
    /// Decides what hardware leaves open [default: the trace's, else 0].
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Replay with the seeds 0 to N-1 and count what comes.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "timeline")]
    seeds: Option<u64>,
    /// How many threads replay them [default: all processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// text, json, or mermaid: a sequence diagram.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        hide_possible_values = true
    )]
    format: Format,
    /// Print every step that changes something, as it happens.
    #[arg(long)]
    timeline: bool,
    /// Print each operation's accesses in order, by object and field.
    #[arg(long, conflicts_with_all = ["seeds", "timeline"])]
    explain: bool,
    /// Print in which state each line is in each cache at the end.
    #[arg(long, conflicts_with = "seeds")]
    final_states: bool,
    /// Begin with the steps of this schedule instead of the trace's own.
    #[arg(long, value_name = "FILE")]
    schedule: Option<String>,
    /// How steps are chosen: timed, random, pct, exhaustive [default: timed].
    #[arg(
        long,
        value_name = "STRATEGY",
        conflicts_with = "order",
        hide_possible_values = true
    )]
    strategy: Option<strategy::Named>,
    /// Of pct: how many ordering constraints a bug may need [default: 3].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16))]
    depth: Option<u32>,
    /// Of exhaustive: how often to leave the usual schedule [default: all].
    #[arg(long, value_name = "N")]
    deviations: Option<strategy::Deviations>,
    /// Write a smaller trace to this file that shows what the seed's run shows.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "timeline", "explain", "final_states", "order"])]
    minimise: Option<PathBuf>,
    /// What the smaller trace is to show, if the run shows several things.
    #[arg(long, value_name = "OUTCOME", requires = "minimise")]
    showing: Option<minimise::Showing>,
    /// With a strategy, write the run's steps to this file, for --schedule.
    #[arg(
        long,
        value_name = "FILE",
        requires = "strategy",
        conflicts_with = "seeds"
    )]
    record: Option<PathBuf>,
    /// Do not look for data races, which takes a third of the time.
    #[arg(long)]
    no_races: bool,
    /// Check all properties after every step; exit with 1 if one does not hold.
    #[arg(long)]
    check: bool,
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
    Mermaid,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready(arguments.minimise.iter().chain(&arguments.record))?;
    for (wanted, option) in [
        (arguments.timeline, "--timeline"),
        (arguments.explain, "--explain"),
    ] {
        if wanted && arguments.format != Format::Text {
            let message = format!("{option} is text: leave out `--format`");
            return Err(Failure::usage(message));
        }
    }
    if arguments.format == Format::Mermaid && arguments.seeds.is_some() {
        let message = "a sequence diagram is of one run: leave out `--seeds`";
        return Err(Failure::usage(message));
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
    for (given, option, strategy) in [
        (arguments.depth.is_some(), "--depth", strategy::Named::Pct),
        (
            arguments.deviations.is_some(),
            "--deviations",
            strategy::Named::Exhaustive,
        ),
    ] {
        if given && arguments.strategy != Some(strategy) {
            let strategy = strategy.name();
            let message = format!("`{option}` is of `--strategy {strategy}`: add that");
            return Err(Failure::usage(message));
        }
    }
    let replay = prepare(arguments)?;
    if let (Strategy::Exhaustive(bound), None) = (replay.strategy(), arguments.seed) {
        return many::schedules(arguments, &replay, bound);
    }
    match arguments.seeds {
        None => once(arguments, &replay),
        Some(seeds) => many::seeds(arguments, &replay, seeds),
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
            skew_cycles: arguments.skew,
            turn_cycles: arguments.turn,
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
    let replay = replay
        .checked(arguments.check)
        .racing(!arguments.no_races)
        .limited(progress::until_stopped())
        .following(schedule);
    let Some(named) = arguments.strategy else {
        return Ok(replay);
    };
    let strategy = named.strategy(arguments.depth, arguments.deviations);
    if strategy != Strategy::Timed && (scheduled || arguments.order == Order::Trace) {
        return Err(Failure::usage(
            "a strategy leaves nothing to `--order trace` or a schedule: leave it out",
        ));
    }
    let replay = match arguments.record {
        Some(_) => replay.recording(),
        None => replay,
    };
    let chosen = replay.choosing(strategy);
    chosen.map_err(|error| Failure::replaying(&arguments.file, error))
}

/// Reads a file with a schedule.
pub(super) fn read_schedule(file: &str) -> Result<Schedule, Failure> {
    let opened = File::open(file).map_err(|error| Failure::reading(file, &error))?;
    let schedule = Schedule::read(file, BufReader::new(opened));
    schedule.map_err(|error| Failure::replaying(file, error))
}

fn once(arguments: &Arguments, replay: &Replay) -> Result<ExitCode, Failure> {
    let seed = arguments.seed.or(replay.trace().header().seed).unwrap_or(0);
    if let Some(file) = &arguments.minimise {
        return minimise::run(arguments, replay, seed, file);
    }
    let failed = |error| Failure::replaying(&arguments.file, error);
    let timeline = arguments
        .timeline
        .then(|| timeline(replay))
        .transpose()
        .map_err(failed)?;
    let explain = arguments
        .explain
        .then(|| explain(replay))
        .transpose()
        .map_err(failed)?;
    let sequence = (arguments.format == Format::Mermaid)
        .then(|| sequence(replay))
        .transpose()
        .map_err(failed)?;
    let traffic = Traffic::new(replay.config(), replay.protocol());
    let finals = arguments.final_states.then(Finals::default);
    let findings = replay.findings().map_err(failed)?;
    let details = Details::new(replay.objects().map_err(failed)?);
    // What is printed as it happens would be mixed with a bar.
    let listed = arguments.timeline || arguments.explain;
    let under_way = (!listed).then(|| UnderWay::of(replay)).flatten();
    let observers = (
        findings,
        (
            (traffic, details),
            ((timeline, explain), ((finals, sequence), under_way)),
        ),
    );
    let (seed, run) = match arguments.order {
        Order::Time => (Some(seed), replay.run_whole(seed, observers)),
        Order::Trace => (None, replay.run_in_order(observers)),
    };
    let Ran {
        ended,
        observer,
        maps,
        steps,
        machine: _,
    } = run.map_err(failed)?;
    if let Some(file) = &arguments.record {
        output::write(Some(file), &schedule_text(steps, &ended.ending))?;
    }
    let (mut findings, (counted, (printed, (at_end, under_way)))) = observer;
    let ((traffic, details), (timeline, explain), (finals, sequence)) = (counted, printed, at_end);
    drop(under_way);
    findings.look_over(&maps);
    let mut output = anstream::stdout().lock();
    if let Some(timeline) = timeline {
        timeline.finish()?;
        writeln!(output)?;
    }
    if let Some(explain) = explain {
        explain.finish()?;
        writeln!(output)?;
    }
    let outcome = Outcome::new(ended, &findings, &maps);
    let report = build(replay, seed, &outcome, &findings, &traffic, &details);
    let mut report = report.map_err(failed)?;
    report.final_states = finals.map(|finals| final_states(replay, &finals));
    match (sequence, arguments.format) {
        (Some(sequence), _) => write!(output, "{}", sequence.finish(&report.outcome))?,
        (None, Format::Json) => json(&mut output, &report)?,
        (None, _) => write!(output, "{}", render_one(&report))?,
    }
    output.flush()?;
    Ok(exit_code(outcome.verdicts.iter().copied()))
}

fn schedule_text(steps: Vec<NamedStep>, ending: &Ending) -> String {
    let mut text = format!("schedule {SCHEDULE_VERSION}\n");
    for step in steps {
        text += &format!("step {step}\n");
    }
    if *ending == Ending::Stopped {
        text += "# here the run was stopped, before its end\n";
    }
    text
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
        replay.objects()?,
        texts,
    ))
}

fn explain(replay: &Replay) -> Result<Explain<impl io::Write>, crate::trace::Error> {
    let texts = replay.trace().texts(&replay.trace().lines())?;
    let output = BufWriter::new(anstream::stdout());
    Ok(Explain::new(output, replay.objects()?, texts))
}

fn sequence(replay: &Replay) -> Result<Sequence, crate::trace::Error> {
    let texts = replay.trace().texts(&replay.trace().lines())?;
    Ok(Sequence::new(replay.objects()?, texts))
}

pub(super) fn json(output: &mut impl io::Write, report: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *output, report)?;
    writeln!(output)
}
