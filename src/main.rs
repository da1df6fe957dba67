//! The `tearline` command: parses its arguments, calls one command, gives an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    tearline::cli::run()
}
