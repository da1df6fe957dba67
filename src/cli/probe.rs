//! `tearline probe`: the real processor asked.

mod asked;
mod calibrate;
mod compare;
mod latency;
#[cfg(target_arch = "x86_64")]
mod litmus;
#[cfg(not(target_arch = "x86_64"))]
#[path = "probe/litmus_elsewhere.rs"]
mod litmus;
mod map;
mod split;
mod tear;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;

use super::failure::Failure;
use super::{models, output};
use crate::machine::Config;
use crate::protocol::Protocol;

/// Ask the processor of this machine what the simulator answers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tearline probe tear --widths 8 --offsets 56-63")]
pub(super) struct Arguments {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    Calibrate(calibrate::Arguments),
    Latency(latency::Arguments),
    Tear(tear::Arguments),
    Litmus(litmus::Arguments),
    Map(map::Arguments),
    Compare(compare::Arguments),
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.question {
        Question::Calibrate(arguments) => calibrate::run(arguments),
        Question::Latency(arguments) => latency::run(arguments),
        Question::Tear(arguments) => tear::run(arguments),
        Question::Litmus(arguments) => litmus::run(arguments),
        Question::Map(arguments) => map::run(arguments),
        Question::Compare(arguments) => compare::run(arguments),
    }
}

/// What answers look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// How an answer is given.
#[derive(Debug, clap::Args)]
struct Answer {
    /// Text for people, or JSON for programs.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// The file to write [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Answer {
    /// Gives it.
    fn give<R: Serialize>(&self, report: &R, render: fn(&R) -> String) -> Result<(), Failure> {
        let text = match self.format {
            Format::Text => render(report),
            Format::Json => {
                let text = serde_json::to_string_pretty(report);
                text.map_err(io::Error::from)? + "\n"
            }
        };
        output::write(self.output.as_deref(), &text)
    }
}

/// What is simulated beside.
#[derive(Debug, clap::Args)]
struct Beside {
    /// The simulated machine, by name or file.
    #[arg(long, short, value_name = "M", default_value = "desktop")]
    machine: String,
    /// The protocol of its caches [default: the machine's].
    #[arg(long, short, value_name = "P")]
    protocol: Option<String>,
}

impl Beside {
    /// Its machine, with a core for each of two threads, and its protocol.
    fn read(&self) -> Result<(Config, Protocol), Failure> {
        let config = models::machine(&self.machine)?;
        let protocol = self.protocol.as_deref().unwrap_or(&config.protocol);
        let protocol = models::protocol(protocol)?;
        Ok((Config { cores: 2, ..config }, protocol))
    }
}
