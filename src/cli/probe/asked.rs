//! Who is asked: two processors, by number or as usual.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anstream::eprintln;

use crate::cli::failure::Failure;
use crate::probe::{Host, Pair, Topology, allowed};
use crate::report::probe::{Heading, Processors, Two};

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
pub(super) enum FoundTwo {
    /// These.
    Two(Pair, Box<Heading>),
    /// This machine has not two that may be used, or no thread can be kept on them: told, with the exit
    /// code for what a limit stopped.
    None(ExitCode),
}

/// Pairs of processors.
pub(super) struct Found {
    pub(super) topology: Topology,
    pub(super) pairs: Vec<Pair>,
    /// How many pairs there would be.
    pub(super) possible: usize,
}

/// What came of looking for pairs.
pub(super) enum FoundMany {
    /// These, at least one.
    Pairs(Found, Box<Heading>),
    /// As with two.
    None(ExitCode),
}

impl Asked {
    /// The two processors, and the heading of what they answer.
    pub(super) fn find(&self) -> Result<FoundTwo, Failure> {
        let topology = topology()?;
        let allowed = allowed();
        let allowed = allowed.as_deref();
        let pair = match self.cpus {
            Some((writer, reader)) => {
                Pair::of(&topology, allowed, writer, reader).map_err(Failure::usage)?
            }
            None => match Pair::usual(&topology, allowed) {
                Ok(pair) => pair,
                Err(why) => return Ok(FoundTwo::None(nothing(&why))),
            },
        };
        if let Err(why) = pair.try_out() {
            return Ok(FoundTwo::None(nothing(&why)));
        }
        let heading = heading(Some(Processors::Two(Two::new(&topology, pair))));
        Ok(FoundTwo::Two(pair, Box::new(heading)))
    }

    /// The two processors that are named; else `limit` pairs, and without one all pairs of up to
    /// `all_of` processors, or one pair of each relation.
    pub(super) fn find_many(
        &self,
        limit: Option<usize>,
        all_of: usize,
    ) -> Result<FoundMany, Failure> {
        let topology = topology()?;
        let allowed = allowed();
        let allowed = allowed.as_deref();
        let all = match Pair::all(&topology, allowed) {
            Ok(all) => all,
            Err(why) if self.cpus.is_none() => return Ok(FoundMany::None(nothing(&why))),
            Err(why) => return Err(Failure::usage(why)),
        };
        let possible = all.len();
        let pairs = match (self.cpus, limit) {
            (Some((writer, reader)), _) => {
                let pair = Pair::of(&topology, allowed, writer, reader);
                vec![pair.map_err(Failure::usage)?]
            }
            (None, None) if topology.usable(allowed).len() <= all_of => all,
            (None, limit) => {
                let relation = |pair: &Pair| topology.relation(pair.writer, pair.reader);
                let relations: BTreeSet<_> = all.iter().map(relation).collect();
                let mut pairs = Pair::by_turns(&topology, all);
                pairs.truncate(limit.unwrap_or(relations.len()));
                pairs.sort_by_key(|pair| (pair.writer, pair.reader));
                pairs
            }
        };
        if let Err(why) = pairs[0].try_out() {
            return Ok(FoundMany::None(nothing(&why)));
        }
        let found = Found {
            topology,
            pairs,
            possible,
        };
        Ok(FoundMany::Pairs(found, Box::new(heading(None))))
    }
}

pub(super) fn topology() -> Result<Topology, Failure> {
    let topology = Topology::read(Path::new("/sys"));
    topology.map_err(|why| Failure::usage(why.to_string()))
}

/// Says that nothing was asked: the exit code for what a limit stopped.
pub(super) fn nothing(why: &str) -> ExitCode {
    eprintln!("note: nothing was asked: {why}");
    ExitCode::from(3)
}

/// The heading of what these processors are asked now.
pub(super) fn heading(asked: Option<Processors>) -> Heading {
    let now = jiff::Timestamp::now();
    let now = now.round(jiff::Unit::Second).unwrap_or(now);
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|one| one.to_string_lossy().into_owned());
    let host = Host::this();
    Heading::new(now.to_string(), arguments.collect(), host, asked)
}

/// Seconds on the command line.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok();
    let seconds = seconds.filter(|&seconds: &f64| seconds > 0.0 && seconds <= 3600.0);
    let seconds = seconds.ok_or("expected seconds, at most 3600")?;
    Ok(Duration::from_secs_f64(seconds))
}
