//! `tearline probe compare`: what the processor answered beside what the simulator answers.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anstream::eprintln;
use rayon::prelude::*;

use super::asked::{Asked, FoundTwo, seconds};
use super::{Answer, Beside};
use crate::cli::failure::Failure;
use crate::cli::{output, progress};
use crate::machine::Config;
use crate::probe::calibrate::{ROUNDS, measure_to_compare};
use crate::probe::tear::{Cell, Effort, Seen, ask, can_simulate, simulate};
use crate::probe::{Kind, Pair};
use crate::protocol::Protocol;
use crate::report::probe::{
    Compared, ComparisonReport, Latencies, NotAsked, TearReport, render_comparison, tear_chart,
};

/// Put what tears on this processor, and how long its lines take, beside a simulated machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 1: some place tears on one of the two and was never seen to on the other. 3: too few
changes were seen somewhere, or Ctrl-C ended it.

Example: tearline probe tear --widths 8 --format json -o tear.json
Example: tearline probe compare --from tear.json")]
pub(super) struct Arguments {
    #[command(flatten)]
    asked: Asked,
    /// Take what `probe tear --format json` has written, instead of asking again.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cpus", "changes"])]
    from: Option<PathBuf>,
    #[command(flatten)]
    beside: Beside,
    /// Ask of each place until its value was seen to change so often.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    changes: u64,
    /// The same on the simulated machine.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    simulated_changes: u64,
    /// Measure for so long how long lines take; 0: not at all.
    #[arg(long, value_name = "S", default_value = "4", value_parser = seconds_or_none)]
    latencies: Duration,
    /// Draw both in this file, as SVG: what tears, by kind of access and offset.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    #[command(flatten)]
    answer: Answer,
}

fn seconds_or_none(text: &str) -> Result<Duration, String> {
    match text {
        "0" => Ok(Duration::ZERO),
        text => seconds(text),
    }
}

/// A place is asked for at most so long.
const LONGEST: Duration = Duration::from_secs(2);
/// So many times as many changes are asked for where that may show what was not seen.
const MORE: u64 = 50;
/// The largest answer that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready(arguments.chart.iter().chain(&arguments.answer.output))?;
    let (config, protocol) = arguments.beside.read()?;
    let stop = progress::stop();
    let mut pair = None;
    let (heading, measured, mut not_asked) = match &arguments.from {
        Some(file) => {
            let report = read(file)?;
            (report.heading, report.cells, report.not_asked)
        }
        None => match arguments.asked.find()? {
            FoundTwo::None(code) => return Ok(code),
            FoundTwo::Two(two, heading) => {
                pair = Some(two);
                let (cells, not_asked) = places();
                let effort = Effort {
                    changes: arguments.changes,
                    time: LONGEST,
                    all: Duration::MAX,
                    seed: 0,
                };
                let bar = progress::bar(
                    arguments.changes.saturating_mul(cells.len() as u64),
                    "changes",
                );
                let seen = ask(two, &cells, &effort, stop, |seen| bar.inc(seen.changes));
                bar.finish_and_clear();
                (*heading, seen.map_err(Failure::usage)?, not_asked)
            }
        },
    };
    // What was measured until then is compared all the same; Ctrl-C again ends that, too.
    let mut stopped = stop.swap(false, Ordering::Relaxed);
    let (measured, others): (Vec<Seen>, Vec<Seen>) = measured
        .into_iter()
        .partition(|seen| can_simulate(seen.kind));
    for seen in others.chunk_by(|one, next| one.kind == next.kind) {
        not_asked.push(NotAsked {
            what: seen[0].kind.name(),
            why: "the simulator has no accesses of so many bytes".to_owned(),
        });
    }
    let changes = arguments.simulated_changes;
    let mut cells = beside(measured, changes, config.clone(), &protocol, stop)?;
    stopped |= stop.load(Ordering::Relaxed);
    if let Some(pair) = pair
        && !stopped
    {
        ask_again(&mut cells, pair, arguments.changes, stop)?;
    }
    let machine = (&*config.name, protocol.name(), config.single_copy_bytes);
    let mut latencies = None;
    if let Some(pair) = pair
        && !arguments.latencies.is_zero()
        && !stopped
        && !stop.load(Ordering::Relaxed)
    {
        match beside_latencies(pair, arguments.latencies, &config, &protocol, stop) {
            Ok(both) => latencies = Some(both),
            Err(why) => not_asked.push(NotAsked {
                what: "how long lines take".to_owned(),
                why,
            }),
        }
    }
    stopped |= stop.load(Ordering::Relaxed);
    if stopped {
        eprintln!("note: stopped: what follows is of a part of the places");
    }
    let report = ComparisonReport::new(heading, machine, cells, not_asked, latencies);
    if let Some(file) = &arguments.chart {
        output::write(Some(file), &tear_chart(&report))?;
    }
    arguments.answer.give(&report, render_comparison)?;
    Ok(ExitCode::from(match report.agrees() {
        Some(false) => 1,
        Some(true) if !stopped => 0,
        _ => 3,
    }))
}

/// How long lines take on the processor and on the simulated machine.
fn beside_latencies(
    pair: Pair,
    time: Duration,
    config: &Config,
    protocol: &Protocol,
    stop: &AtomicBool,
) -> Result<Latencies, String> {
    let bar = progress::bar(ROUNDS.into(), "rounds");
    let each = |rounds: u32| bar.inc(rounds.into());
    let measured = measure_to_compare(pair, time, stop, each);
    bar.finish_and_clear();
    let measured = measured?;
    Ok(Latencies {
        rounds: measured.rounds,
        compared: measured.compare(config, protocol)?,
    })
}

/// Where the two differ because nothing was seen, more is asked of the processor before that is said.
fn ask_again(
    cells: &mut [Compared],
    pair: Pair,
    changes: u64,
    stop: &AtomicBool,
) -> Result<(), Failure> {
    let unseen =
        |both: &&mut Compared| both.is_alike() == Some(false) && both.measured.torn.of == 0;
    for both in cells.iter_mut().filter(unseen) {
        let effort = Effort {
            changes: changes.saturating_mul(MORE),
            time: LONGEST * 4,
            all: Duration::MAX,
            seed: 1,
        };
        let cell = [both.measured.cell()];
        let seen = ask(pair, &cell, &effort, stop, |_| {}).map_err(Failure::usage)?;
        // A place that was asked for too short a time keeps its first answer.
        if let Some(seen) = seen.into_iter().find(|seen| seen.changes > changes) {
            both.measured = Seen {
                enough: true,
                ..seen
            };
        }
    }
    Ok(())
}

/// All places of all kinds that both can be asked of.
fn places() -> (Vec<Cell>, Vec<NotAsked>) {
    let mut not_asked = Vec::new();
    let kinds = Kind::ALL.into_iter().filter(|&kind| can_simulate(kind));
    let mut had = Vec::new();
    for kind in kinds {
        match kind.instructions() {
            Some(_) => had.push(kind),
            None => not_asked.push(NotAsked {
                what: kind.name(),
                why: "the processor has no such instructions".to_owned(),
            }),
        }
    }
    let offsets: Vec<usize> = (0..crate::probe::tear::LINE_BYTES).collect();
    let mut cells = Cell::all(&had, &offsets);
    cells.retain(|cell| !cell.is_split_lock());
    (cells, not_asked)
}

/// Simulates each place that was measured.
fn beside(
    measured: Vec<Seen>,
    changes: u64,
    config: Config,
    protocol: &Protocol,
    stop: &AtomicBool,
) -> Result<Vec<Compared>, Failure> {
    let config = Arc::new(config);
    let bar = progress::bar(measured.len() as u64, "places");
    let one = |(measured, seed): (Seen, u64)| {
        let effort = Effort {
            changes,
            time: Duration::MAX,
            all: Duration::MAX,
            seed,
        };
        let simulated = simulate(&config, protocol, measured.cell(), &effort);
        bar.inc(1);
        simulated.map(|simulated| Compared {
            measured,
            simulated,
        })
    };
    let all: Vec<(Seen, u64)> = measured.into_iter().zip(0..).collect();
    let all = all.into_par_iter();
    let all = all.take_any_while(|_| !stop.load(Ordering::Relaxed));
    let cells: Result<Vec<Compared>, String> = all.map(one).collect();
    bar.finish_and_clear();
    cells.map_err(Failure::usage)
}

fn read(file: &std::path::Path) -> Result<TearReport, Failure> {
    let name = file.display().to_string();
    let size = fs::metadata(file).map_err(|error| Failure::reading(&name, &error))?;
    if size.len() > MOST_BYTES {
        return Err(Failure::usage(format!(
            "{name}: an answer of more than {MOST_BYTES} bytes"
        )));
    }
    let text = fs::read_to_string(file).map_err(|error| Failure::reading(&name, &error))?;
    TearReport::read(&text).map_err(|why| {
        Failure::usage(format!(
            "{name}: not what `probe tear --format json` writes: {why}"
        ))
    })
}
