//! `tearline generate`: a workload as a trace.

use std::path::PathBuf;
use std::process::ExitCode;

use super::failure::Failure;
use super::output;
use super::replay::{MapKind, map_kind};
use super::workload::WorkloadArguments;
use crate::trace::generate::{Share, Text};

/// Make a trace: threads that read and change one map.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: tearline generate --map go-rwmutex --reads 99.9 --distribution zipf:1.1 -o busy.trace"
)]
pub(super) struct Arguments {
    /// The map's algorithm; `tearline replay --map` lists them.
    #[arg(long, value_name = "KIND", default_value = "go-classic", value_parser = map_kind)]
    map: MapKind,
    /// How many threads; they take the calls in turn.
    #[arg(long, value_name = "N", default_value = "4")]
    threads: u16,
    /// How many of the calls are gets, in percent.
    #[arg(long, value_name = "PERCENT", default_value = "90")]
    reads: Share,
    #[command(flatten)]
    workload: WorkloadArguments,
    /// What the dice begin with: the same arguments make the same trace for ever.
    #[arg(long, value_name = "N", default_value = "0")]
    seed: u64,
    /// The file to write [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let &Arguments {
        map,
        threads,
        reads,
        seed,
        ..
    } = arguments;
    let workload = arguments
        .workload
        .workload(map.name(), threads, reads, seed)?;
    let mut text = Text::new(workload).map_err(Failure::usage)?;
    output::write_from(arguments.output.as_deref(), &mut text)?;
    Ok(ExitCode::SUCCESS)
}
