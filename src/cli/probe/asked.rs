//! Who is asked: two processors, by number or as usual.

use std::path::Path;
use std::process::ExitCode;

use anstream::eprintln;

use crate::cli::failure::Failure;
use crate::probe::{Host, Pair, Topology, allowed};
use crate::report::probe::Heading;

/// Which processors to ask.
#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// The processors to ask: the first writes, the second reads [default: the first that may be
    /// used, and the first of another core].
    #[arg(long, value_name = "A,B", value_parser = two)]
    cpus: Option<(u32, u32)>,
}

fn two(text: &str) -> Result<(u32, u32), String> {
    let numbers = text.split_once(',').and_then(|(one, other)| {
        let number = |text: &str| text.trim().parse().ok();
        Some((number(one)?, number(other)?))
    });
    numbers.ok_or_else(|| "expected two processors, like `0,1`".to_owned())
}

/// What came of looking for two processors.
pub(super) enum Found {
    /// These.
    Two(Pair, Box<Heading>),
    /// This machine has not two that may be used: told, with the exit code for what a limit stopped.
    TooFew(ExitCode),
}

impl Asked {
    /// The two processors, and the heading of what they answer.
    pub(super) fn find(&self) -> Result<Found, Failure> {
        let topology = Topology::read(Path::new("/sys"));
        let topology = topology.map_err(|why| Failure::usage(why.to_string()))?;
        let allowed = allowed();
        let allowed = allowed.as_deref();
        let pair = match self.cpus {
            Some((writer, reader)) => {
                Pair::of(&topology, allowed, writer, reader).map_err(Failure::usage)?
            }
            None => match Pair::usual(&topology, allowed) {
                Ok(pair) => pair,
                Err(why) => {
                    eprintln!("note: nothing was asked: {why}");
                    return Ok(Found::TooFew(ExitCode::from(3)));
                }
            },
        };
        let now = jiff::Timestamp::now();
        let now = now.round(jiff::Unit::Second).unwrap_or(now);
        let arguments = std::env::args().skip(1).collect();
        let host = Host::read(Path::new("/proc"));
        let heading = Heading::new(now.to_string(), arguments, host, &topology, pair);
        Ok(Found::Two(pair, Box::new(heading)))
    }
}
