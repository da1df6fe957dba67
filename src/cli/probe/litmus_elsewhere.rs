//! `tearline probe litmus` on processors that do not have the instructions of the tests.

use std::process::ExitCode;

use anstream::eprintln;

use crate::cli::failure::Failure;

/// Run litmus tests on this machine's processor; not here: they are of x86 instructions.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Tests and options.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "FILE|DIR"
    )]
    _tests: Vec<String>,
}

/// Runs the command.
pub(super) fn run(_arguments: &Arguments) -> Result<ExitCode, Failure> {
    eprintln!(
        "note: nothing was asked: litmus tests are of x86 instructions, which this processor does \
         not have; `tearline litmus` runs them on the simulator"
    );
    Ok(ExitCode::from(3))
}
