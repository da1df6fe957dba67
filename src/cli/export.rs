//! `tearline export`: a protocol in the language of another tool.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use super::failure::Failure;
use super::{models, output};
use crate::report::{MurphiSize, murphi};

/// Write a protocol in the language of another tool, which proves it once more.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tearline export mesi --to murphi --cores 3 -o mesi.m")]
pub(super) struct Arguments {
    /// The coherence protocol, by name or file.
    protocol: String,
    /// The language.
    #[arg(long, value_name = "LANGUAGE")]
    to: Language,
    /// How many cores.
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u8).range(1..=16))]
    cores: u8,
    /// How many lines: a model has one, because lines do nothing to each other.
    #[arg(long, value_name = "L", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=1))]
    lines: u8,
    /// How many values a line can have.
    #[arg(long, value_name = "V", default_value = "2", value_parser = clap::value_parser!(u8).range(1..=16))]
    values: u8,
    /// For how many messages a channel has places; more are an error [default: enough for
    /// usual protocols].
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u8).range(1..=64))]
    messages: Option<u8>,
    /// The file to write [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A language to write.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    Murphi,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready(&arguments.output)?;
    let protocol = models::protocol(&arguments.protocol)?;
    let size = MurphiSize {
        cores: usize::from(arguments.cores),
        values: arguments.values,
        messages: arguments.messages.map(usize::from),
    };
    let text = match arguments.to {
        Language::Murphi => murphi(&protocol, size),
    };
    output::write(arguments.output.as_deref(), &text)?;
    Ok(ExitCode::SUCCESS)
}
