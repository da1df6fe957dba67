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
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;

use super::failure::Failure;

/// Ask the processor of this machine what the simulator answers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tearline probe tear --widths 8 --changes 1000000")]
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

impl Format {
    /// The report in this format.
    fn text<R: Serialize>(self, report: &R, render: fn(&R) -> String) -> Result<String, Failure> {
        Ok(match self {
            Format::Text => render(report),
            Format::Json => {
                let text = serde_json::to_string_pretty(report);
                text.map_err(io::Error::from)? + "\n"
            }
        })
    }
}
