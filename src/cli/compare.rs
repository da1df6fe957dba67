//! `tearline compare`: the same work done by several maps, machines, protocols and numbers of
//! cores.

mod format;
mod plan;
mod work;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use self::format::Format;
use self::plan::Plan;
use super::exit::exit_code;
use super::failure::{Failure, one_line};
use super::map_kind::{MapKind, map_kinds};
use super::workload::WorkloadArguments;
use super::{output, progress};
use crate::replay::{Replay, Verdict, measure_all};
use crate::report::compare::{CombinationReport, CompareReport, VERSION, chart};
use crate::trace::generate::Share;

/// Compare maps, machines, protocols and numbers of cores by the same calls.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: tearline compare --maps go-mutex,go-rwmutex,cow --cores 1,2,4 --reads 50,90,99.9"
)]
pub(super) struct Arguments {
    /// A trace to replay instead of calls that are made for it.
    #[arg(value_name = "TRACE", conflicts_with_all = ["WorkloadArguments", "reads", "threads", "workload_seed"])]
    file: Option<String>,
    /// The maps: names with commas between them, `safe` or `all`; `--maps` alone lists them
    /// [default: safe].
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        value_parser = map_kinds(),
        hide_possible_values = true
    )]
    maps: Vec<Vec<MapKind>>,
    /// The machines, by name or file [default: the trace's, else desktop].
    #[arg(
        long,
        short,
        alias = "models",
        value_name = "MACHINES",
        value_delimiter = ','
    )]
    machines: Vec<String>,
    /// The protocols, by name or file [default: the trace's or machine's].
    #[arg(long, short, value_name = "PROTOCOLS", value_delimiter = ',')]
    protocols: Vec<String>,
    /// How many cores [default: the trace's or the machine's, else 4].
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    cores: Vec<u32>,
    /// How many of the calls are gets, in percent [default: 90].
    #[arg(long, value_name = "PERCENTS", value_delimiter = ',')]
    reads: Vec<Share>,
    /// How many threads [default: one for each core].
    #[arg(long, value_name = "N")]
    threads: Option<u16>,
    #[command(flatten)]
    workload: WorkloadArguments,
    /// What the dice that make the calls begin with.
    #[arg(long, value_name = "N", default_value = "0")]
    workload_seed: u64,
    /// Run each combination with the seeds 0 to N-1.
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    seeds: u64,
    /// How many threads to use [default: all processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Look for data races, too, which takes longer.
    #[arg(long)]
    races: bool,
    /// text, json or csv.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        hide_possible_values = true
    )]
    format: Format,
    /// Draw throughput to this SVG file, too.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready(&arguments.chart)?;
    let plan = plan::plan(arguments)?;
    progress::jobs(arguments.jobs);
    let (report, verdicts) = measure(arguments, plan);
    // What nobody can run is a mistake in the arguments.
    let problem = report.combinations.iter().find_map(|c| c.problem.as_ref());
    if let (0, Some(problem)) = (report.planned, problem) {
        return Err(Failure::usage(problem));
    }
    if let Some(file) = &arguments.chart {
        output::write(Some(file), &chart(&report))?;
    }
    output::write(None, &arguments.format.write(&report))?;
    match report.runs < report.planned {
        true => Ok(ExitCode::from(3)),
        false => Ok(exit_code(verdicts.into_iter())),
    }
}

fn measure(arguments: &Arguments, plan: Plan) -> (CompareReport, BTreeSet<Verdict>) {
    let seeds = arguments.seeds;
    let planned = seeds * plan.replays.len() as u64;
    let bar = progress::bar(planned, "runs");
    let limits = progress::until_stopped();
    let replays = plan.replays.into_iter();
    let replays: Vec<Replay> = replays.map(|replay| replay.limited(limits)).collect();
    let measured = measure_all(&replays, seeds, || bar.inc(1));
    bar.finish_and_clear();
    let mut verdicts = BTreeSet::new();
    let mut measured = replays.iter().zip(measured);
    let mut report = CompareReport {
        version: VERSION,
        title: plan.title,
        seeds,
        planned,
        runs: 0,
        combinations: Vec::new(),
    };
    for (combination, problem) in &plan.combinations {
        // A combination without a problem has a replay, and each replay was measured.
        let ran = problem.is_none().then(|| measured.next()).flatten();
        let row = match (ran, problem) {
            (Some((replay, Ok(measured))), _) => {
                report.runs += measured.tally.runs;
                verdicts.extend(measured.tally.verdicts.keys());
                CombinationReport::new(combination, replay, &measured)
            }
            (Some((_, Err(error))), _) => {
                report.planned -= seeds;
                CombinationReport::impossible(combination, one_line(&error.to_string()))
            }
            (None, problem) => {
                let problem = problem.clone().unwrap_or_default();
                CombinationReport::impossible(combination, problem)
            }
        };
        report.combinations.push(row);
    }
    (report, verdicts)
}
