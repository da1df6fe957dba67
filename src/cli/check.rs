//! `tearline check`: a protocol proved, or a shortest way to where it goes wrong.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anstream::eprintln;
use clap::ValueEnum;
use indicatif::ProgressBar;

use super::failure::Failure;
use super::{models, progress, shell};
use crate::drive::exhaustive::{Mode, Options, Progress};
use crate::drive::proof::{Finding, Plan, Proven, Size, prove};
use crate::machine;
use crate::protocol::Protocol;
use crate::replay::witness_trace;
use crate::report::{ProofReport, mermaid, render_proof, witness_title};
use crate::trace;

/// Prove a protocol: explore every reachable state of a few caches and check its properties.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tearline check directory-mesi --cores 3")]
pub(super) struct Arguments {
    /// The protocol, by name or file.
    protocol: String,
    /// How many caches, 1 to 7.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=7))]
    cores: u8,
    /// How many lines.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    lines: u8,
    /// How many values a line can have.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=6))]
    values: u8,
    /// Tell states apart that differ only in which core or which value is which.
    #[arg(long)]
    no_symmetry: bool,
    /// Do not look whether every request is served.
    #[arg(long)]
    no_liveness: bool,
    /// Keep 62 bits of each state: less memory, and no proof but odds.
    #[arg(long)]
    compact: bool,
    /// Give up at more states than this.
    #[arg(long, value_name = "N")]
    limit_states: Option<u64>,
    /// Give up at more memory than this, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    limit_memory: u64,
    /// How many threads [default: all processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Say how long it took, as on a terminal.
    #[arg(long)]
    time: bool,
    /// How to show the way to a violation.
    #[arg(long, value_name = "AS", default_value = "text")]
    witness: WitnessFormat,
    /// Text for people or JSON for programs.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        conflicts_with = "witness"
    )]
    format: Format,
}

/// What a witness looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WitnessFormat {
    Text,
    Mermaid,
    Trace,
}

/// What reports look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// The machine for witnesses: its cores have no store buffers.
const WITNESS_MACHINE: &str = "sc";

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let protocol = models::protocol(&arguments.protocol)?;
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    let plan = Plan {
        size: Size {
            cores: arguments.cores.into(),
            lines: arguments.lines.into(),
            values: arguments.values,
        },
        symmetric: !arguments.no_symmetry,
        options: Options {
            threads: arguments.jobs.map_or_else(processors, usize::from),
            limit_states: arguments.limit_states.unwrap_or(u64::MAX),
            limit_memory_bytes: arguments.limit_memory.saturating_mul(1 << 20),
            mode: if arguments.compact {
                Mode::Compacted
            } else {
                Mode::Whole
            },
            liveness: !arguments.no_liveness,
        },
    };
    let mut bar = Bar::new();
    let start = Instant::now();
    let proven = prove(&protocol, &plan, &mut bar);
    let seconds = start.elapsed().as_secs_f64();
    bar.bar.finish_and_clear();
    let proven = proven.map_err(Failure::usage)?;
    let report = ProofReport::new(protocol.name(), &plan, &proven);
    let mut output = anstream::stdout().lock();
    match (arguments.format, arguments.witness, &report.witness) {
        (Format::Json, ..) => {
            serde_json::to_writer_pretty(&mut output, &report).map_err(io::Error::from)?;
            writeln!(output)?;
        }
        (Format::Text, WitnessFormat::Mermaid, Some(witness)) => {
            write!(output, "{}", mermaid(witness))?
        }
        (Format::Text, WitnessFormat::Trace, Some(_)) => {
            let trace = trace_of(&protocol, &plan, &proven)?;
            let title = witness_title(&report, &shell::file(&arguments.protocol));
            write!(output, "{title}{trace}")?;
        }
        (Format::Text, ..) => write!(output, "{}", render_proof(&report, &proven))?,
    }
    output.flush()?;
    if arguments.time || io::stderr().is_terminal() {
        let (rate, threads) = (
            proven.states as f64 / seconds.max(1e-6),
            plan.options.threads,
        );
        let rate = rate / 1e6;
        eprintln!("{seconds:.2} s, {rate:.2} million states/s, {threads} threads");
    }
    Ok(ExitCode::from(match proven.verdict {
        Finding::Verified => 0,
        Finding::Violated { .. } => 1,
        Finding::Bounded(_) | Finding::Interrupted => 3,
    }))
}

/// The witness as a trace with a schedule.
fn trace_of(protocol: &Protocol, plan: &Plan, proven: &Proven) -> Result<String, Failure> {
    let Finding::Violated { witness, .. } = &proven.verdict else {
        panic!("only a violation has a witness");
    };
    let size = machine::config::Size {
        cores: Some(plan.size.cores as u32),
        ..machine::config::Size::default()
    };
    let config = models::machine(WITNESS_MACHINE)?.resized(size);
    let config = config.map_err(Failure::usage)?;
    let trace = witness_trace(config.into(), protocol, witness);
    let (header, operations) = trace.map_err(|why| {
        Failure::usage(format!(
            "this witness cannot be written as a trace: {why}; `--witness text` shows it"
        ))
    })?;
    let mut text = Vec::new();
    trace::write(&header, &operations, &mut text)?;
    Ok(String::from_utf8(text).expect("a trace is text"))
}

/// Shows how far the search is.
struct Bar {
    bar: ProgressBar,
    stop: &'static AtomicBool,
}

impl Bar {
    fn new() -> Bar {
        Bar {
            bar: progress::spinner("states"),
            stop: progress::stop(),
        }
    }
}

impl Progress for Bar {
    fn level(&mut self, states: u64, frontier: u64, depth: u64) {
        self.bar.set_position(states);
        self.bar
            .set_message(format!(", depth {depth}, frontier {frontier}"));
    }

    fn tick(&mut self, states: u64, left: u64, depth: u64) -> bool {
        self.bar.set_position(states);
        self.bar
            .set_message(format!(", depth {depth}, {left} left"));
        !self.stop.load(Ordering::Relaxed)
    }
}
