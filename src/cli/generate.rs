//! `tearline generate`: a workload as a trace, and litmus tests.

mod litmus;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::eprintln;
use indicatif::ProgressBar;

use super::failure::{Failure, one_line};
use super::map_kind::{MapKind, map_kind};
use super::replay::USUAL_MACHINE;
use super::workload::WorkloadArguments;
use super::{models, output, progress, workload};
use crate::replay::Replay;
use crate::trace::generate::{Share, Text, Workload};

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
    output::ready(&arguments.output)?;
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
    fits(&workload)?;
    let stop = progress::stop();
    let mut written = Written {
        bar: bar(arguments, workload.operations),
        text: Text::new(workload).map_err(Failure::usage)?,
        stop,
    };
    let done = output::write_from(arguments.output.as_deref(), &mut written);
    written.bar.finish_and_clear();
    if stop.load(Ordering::Relaxed) {
        eprintln!("note: stopped before the trace was whole");
        return Ok(ExitCode::from(3));
    }
    done?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the map can have such keys and values, which a replay would refuse.
fn fits(workload: &Workload) -> Result<(), Failure> {
    let small = Workload {
        operations: 1,
        prefill: 0,
        room: 0,
        ..workload.clone()
    };
    let trace = workload::trace(small)?;
    let config = models::machine(USUAL_MACHINE)?;
    let protocol = models::protocol(&config.protocol)?;
    let replay = Replay::new(config.into(), protocol, trace.into(), None);
    let places = replay.and_then(|replay| replay.places());
    places.map_err(|error| Failure::usage(one_line(&error.to_string())))?;
    Ok(())
}

/// A bar, unless the trace itself goes to the terminal.
fn bar(arguments: &Arguments, operations: u64) -> ProgressBar {
    match arguments.output.is_none() && io::stdout().is_terminal() {
        true => ProgressBar::hidden(),
        false => progress::bar(operations, "calls"),
    }
}

/// A trace that is written, until Ctrl-C.
struct Written {
    text: Text,
    bar: ProgressBar,
    stop: &'static AtomicBool,
}

impl io::Read for Written {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("stopped"));
        }
        let read = self.text.read(buffer)?;
        let lines = buffer[..read].iter().filter(|&&byte| byte == b'\n');
        self.bar.inc(lines.count() as u64);
        Ok(read)
    }
}
