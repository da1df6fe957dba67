//! What makes a command fail, and how that is told.

use std::io;
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice, eprint, eprintln};

use crate::diagnostic::Invalid;
use crate::trace;

/// Why a command failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// An input file is wrong, at places that can be shown.
    Invalid(Invalid),
    /// The arguments, or something that has no place in a file.
    Usage(String),
    /// Nobody reads the output any more.
    OutputClosed,
}

impl Failure {
    pub(super) fn usage(message: impl Into<String>) -> Failure {
        Failure::Usage(message.into())
    }

    /// Tells the user on stderr and gives the exit code.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Failure::OutputClosed => return ExitCode::SUCCESS,
            Failure::Invalid(invalid) => {
                let colour = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
                eprint!("{}", invalid.render(colour));
            }
            Failure::Usage(message) => eprintln!("error: {message}"),
        }
        ExitCode::from(2)
    }

    /// A failure to read `file`, or of what was read.
    pub(super) fn reading(file: &str, error: &io::Error) -> Failure {
        Failure::usage(match error.kind() {
            // The system did not say that.
            io::ErrorKind::Other => format!("{file}: {error}"),
            _ if file.is_empty() => "cannot read a file whose name is empty".to_owned(),
            _ => format!("cannot read {file}: {error}"),
        })
    }

    /// A failure to replay the trace in `file`.
    pub(super) fn replaying(file: &str, error: trace::Error) -> Failure {
        match error {
            trace::Error::Io(error) => Failure::reading(file, &error),
            trace::Error::Invalid(invalid) => Failure::Invalid(invalid),
        }
    }
}

impl From<io::Error> for Failure {
    /// A failure to write the output.
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::usage(format!("cannot write the output: {error}")),
        }
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Failure {
        Failure::Invalid(invalid)
    }
}

/// The first line of an error that may be drawn.
pub(super) fn one_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
