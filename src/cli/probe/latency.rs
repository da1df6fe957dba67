//! `tearline probe latency`: how long accesses take that other processors have a part in.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Answer;
use super::asked::{Asked, FoundMany, seconds};
use crate::cli::failure::Failure;
use crate::cli::{output, progress};
use crate::probe::latency::{Clock, Effort, Question, ask};
use crate::report::probe::{LatencyReport, Matrix, PairReport, Two, heat_map, render_latency};

/// More samples than this make no percentile better.
const SAMPLES: usize = 100_000;
/// Up to so many processors, all pairs are asked.
const MOST_FOR_ALL_PAIRS: usize = 16;

/// How long does a line take from one processor to another? Two threads hand it to and fro, read what
/// the other has written, and count in one line and in two.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Percentiles are of samples: of single events less what timing takes, or of batches of events.
Where the system or a host stops a processor shows in the last percentile and in the mean.

Example: tearline probe latency --seconds 2")]
pub(super) struct Arguments {
    #[command(flatten)]
    asked: Asked,
    /// How many pairs to ask at most, of each relation one first [default: all of up to 16
    /// processors, else one of each relation].
    #[arg(long, value_name = "N", conflicts_with = "cpus", value_parser = clap::value_parser!(u32).range(1..))]
    pairs: Option<u32>,
    /// For how long, all pairs together.
    #[arg(long, value_name = "S", default_value = "10", value_parser = seconds)]
    seconds: Duration,
    #[command(flatten)]
    answer: Answer,
    /// Write the median of each two processors' round trips to this file, as comma-separated values.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draw them in this file, as SVG.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let drawn = arguments.csv.iter().chain(&arguments.chart);
    output::ready(drawn.chain(&arguments.answer.output))?;
    let limit = arguments.pairs.map(|pairs| pairs as usize);
    let (found, heading) = match arguments.asked.find_many(limit, MOST_FOR_ALL_PAIRS)? {
        FoundMany::Pairs(found, heading) => (found, heading),
        FoundMany::None(code) => return Ok(code),
    };
    let questions = found.pairs.len() * Question::ALL.len();
    let effort = Effort {
        time: arguments.seconds / questions as u32,
        samples: SAMPLES,
    };
    let stop = progress::stop();
    let bar = progress::bar(questions as u64, "questions");
    let mut pairs = Vec::new();
    for &pair in &found.pairs {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let clock = Clock::measure(pair.writer).map_err(Failure::usage)?;
        let seen = ask(pair, &Question::ALL, clock, effort, stop, |_| bar.inc(1));
        pairs.push(PairReport {
            two: Two::new(&found.topology, pair),
            clock,
            seen: seen.map_err(Failure::usage)?,
        });
    }
    bar.finish_and_clear();
    let report = LatencyReport::new(*heading, pairs, found.pairs.len(), found.possible);
    let matrix = Matrix::of(&report);
    if let Some(file) = &arguments.csv {
        output::write(Some(file), &matrix.csv())?;
    }
    if let Some(file) = &arguments.chart {
        let drawn = heat_map("Line to and fro between two processors, median", &matrix);
        output::write(Some(file), &drawn)?;
    }
    arguments.answer.give(&report, render_latency)?;
    Ok(ExitCode::from(if report.complete { 0 } else { 3 }))
}
