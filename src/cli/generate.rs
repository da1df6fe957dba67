//! `tearline generate`: a workload as a trace, and litmus tests.

mod litmus;

use std::path::PathBuf;
use std::process::ExitCode;

use super::failure::Failure;
use super::map_kind::{MapKind, map_kind};
use super::output;
use super::workload::WorkloadArguments;
use crate::trace::generate::{Share, Text};

/// Make a trace, threads that read and change one map; or a litmus test.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "Example: tearline generate --map go-rwmutex --reads 99.9 --distribution zipf:1.1 -o busy.trace"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    other: Option<Other>,
    /// The map's algorithm; `--map` alone lists them.
    #[arg(
        long,
        value_name = "KIND",
        default_value = "go-classic",
        value_parser = map_kind(),
        hide_possible_values = true
    )]
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

/// What else than a trace can be made.
#[derive(Debug, clap::Subcommand)]
enum Other {
    Litmus(litmus::Arguments),
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if let Some(Other::Litmus(arguments)) = &arguments.other {
        return litmus::run(arguments);
    }
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
