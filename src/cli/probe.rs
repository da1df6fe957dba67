//! `tearline probe`: the real processor asked.

mod asked;
#[cfg(target_arch = "x86_64")]
mod litmus;
#[cfg(not(target_arch = "x86_64"))]
#[path = "probe/litmus_elsewhere.rs"]
mod litmus;
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
    Tear(tear::Arguments),
    Litmus(litmus::Arguments),
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.question {
        Question::Tear(arguments) => tear::run(arguments),
        Question::Litmus(arguments) => litmus::run(arguments),
    }
}
