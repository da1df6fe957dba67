//! Why a trace cannot be read.

use std::fmt;
use std::io;

use crate::diagnostic::Invalid;

/// Why a trace cannot be read.
#[derive(Debug)]
pub enum Error {
    /// The world failed.
    Io(io::Error),
    /// The trace is wrong.
    Invalid(Invalid),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io(error) => error.fmt(f),
            Error::Invalid(invalid) => invalid.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}
