//! `tearline probe`: the real processor asked.

mod asked;
mod calibrate;
mod latency;
mod tear;

use std::process::ExitCode;

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
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.question {
        Question::Calibrate(arguments) => calibrate::run(arguments),
        Question::Latency(arguments) => latency::run(arguments),
        Question::Tear(arguments) => tear::run(arguments),
    }
}
