//! `tearline generate litmus`: a litmus test from its cycle or its name.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::failure::Failure;
use crate::cli::output;
use crate::litmus::Architecture;
use crate::litmus::cycle::{Cycle, FAMILIES};

/// Make a litmus test from a cycle of relaxations, as diy7 of herdtools7 does.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "tearline generate litmus [OPTIONS] <NAME|--cycle <CYCLE>|--list>",
    after_help = "\
Edges: Rfe, Fre, Coe to another thread (Rfi, Fri, Coi inside); PodWR and PosWR, program order
to a different or the same location, from W or R to W or R; MFencedWR and its like; Exch.

Example: tearline generate litmus SB+mfence+po
Example: tearline generate litmus --cycle \"PodWR Fre PodWR Fre\" -o SB.litmus"
)]
pub(super) struct Arguments {
    /// The test's name: its family and, for each thread, what is between its accesses.
    #[arg(required_unless_present_any = ["cycle", "list"], conflicts_with_all = ["cycle", "list"])]
    name: Option<String>,
    /// The cycle, edge by edge.
    #[arg(long, conflicts_with = "list")]
    cycle: Option<String>,
    /// List the families of names.
    #[arg(long)]
    list: bool,
    /// How instructions are written: Intel's order and four bytes, or AT&T's and eight.
    #[arg(long, value_name = "ARCH", default_value = "x86_64")]
    arch: Arch,
    /// What the test is called [default: by its cycle].
    #[arg(long = "name", value_name = "NAME", value_parser = one_line)]
    called: Option<String>,
    /// The file to write [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How instructions are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Arch {
    X86,
    #[value(name = "x86_64")]
    X86_64,
}

/// A name stands on the first line of a test.
fn one_line(name: &str) -> Result<String, String> {
    match name.trim() {
        "" => Err("expected a name".to_owned()),
        // Comments are taken out before a test's first line is read.
        name if name.contains(char::is_control) || name.contains("(*") => {
            Err("expected a name on one line, without a comment".to_owned())
        }
        name => Ok(name.to_owned()),
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready(&arguments.output)?;
    let cycle = match (&arguments.cycle, &arguments.name) {
        (Some(cycle), _) => Cycle::parse("--cycle", cycle)?,
        (None, Some(name)) => Cycle::named("NAME", name)?,
        (None, None) => {
            output::write(arguments.output.as_deref(), &families())?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let mut test = cycle.test(match arguments.arch {
        Arch::X86 => Architecture::X86,
        Arch::X86_64 => Architecture::X86_64,
    });
    if let Some(name) = &arguments.called {
        test.name.clone_from(name);
    }
    output::write(arguments.output.as_deref(), &test.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// A line for each family: its name, its cycle and what it asks.
fn families() -> String {
    let rows = FAMILIES.map(|family| (family.name, family.cycle(), family.asks));
    let width = rows.iter().map(|(_, cycle, _)| cycle.len()).max();
    let width = width.unwrap_or(0);
    let line =
        |(name, cycle, asks): &(&str, String, &str)| format!("{name:6} {cycle:width$} {asks}\n");
    rows.iter().map(line).collect()
}
