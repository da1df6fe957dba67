//! The command line: argument types, files, progress bars and exit codes, one file for each
//! command. What commands do is the library's business.

mod check;
mod compare;
mod exit;
mod export;
mod failure;
mod generate;
mod graph;
mod litmus;
mod map_kind;
mod models;
mod output;
#[cfg(all(
    feature = "probe",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod probe;
mod progress;
mod replay;
mod shell;
mod trace_file;
mod workload;

use std::process::ExitCode;

use anstream::ColorChoice;
use clap::{Parser, Subcommand, ValueEnum};

/// Watch a map value tear: cores, store buffers and coherent caches, simulated.
#[derive(Debug, Parser)]
#[command(
    name = "tearline",
    version,
    max_term_width = 100,
    after_help = "Example: tearline replay traces/split-line.trace"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Colours: auto (obeys `NO_COLOR`), always or never.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        display_order = 100
    )]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    Replay(replay::Arguments),
    Check(check::Arguments),
    Compare(compare::Arguments),
    Export(export::Arguments),
    Generate(generate::Arguments),
    Graph(graph::Arguments),
    Litmus(litmus::Arguments),
    #[cfg(all(
        feature = "probe",
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    Probe(probe::Arguments),
}

/// When to use colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// Runs the command that the process's arguments ask for.
///
/// The exit code is 0 if it ran and what it checks holds, 1 if what it checks does not hold,
/// 2 if the arguments or an input file are wrong, 3 if a limit stopped it.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is no reason to fail.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match arguments.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
    .write_global();
    let done = match &arguments.command {
        Command::Replay(arguments) => replay::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Export(arguments) => export::run(arguments),
        Command::Generate(arguments) => generate::run(arguments),
        Command::Graph(arguments) => graph::run(arguments),
        Command::Litmus(arguments) => litmus::run(arguments),
        #[cfg(all(
            feature = "probe",
            target_os = "linux",
            any(target_arch = "x86_64", target_arch = "aarch64")
        ))]
        Command::Probe(arguments) => probe::run(arguments),
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
