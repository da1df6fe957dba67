//! `tearline probe map`: what becomes of a map's values and counters when two real threads race.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::asked::{Asked, FoundTwo};
use super::{Answer, Beside};
use crate::cli::failure::Failure;
use crate::cli::{output, progress};
use crate::machine::Config;
use crate::probe::tear::{self, Cell, Effort, Place};
use crate::probe::{Increment, Kind, Pair, count};
use crate::protocol::Protocol;
use crate::report::probe::{MapReport, Race, render_map};

/// How often are a map's values torn and its counters wrong when two threads race?
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What a map does to memory when two goroutines use it at once, without the map: a string is copied as
two words, a counter is loaded, incremented and stored.

Example: tearline probe map --increments 10000000")]
pub(super) struct Arguments {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    beside: Beside,
    /// Ask of each value until it was seen to change so often.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    changes: u64,
    /// How often each thread increments a counter.
    #[arg(long, value_name = "N", default_value_t = 5_000_000, value_parser = clap::value_parser!(u64).range(1..=1 << 40))]
    increments: u64,
    #[command(flatten)]
    answer: Answer,
}

/// A value is asked for at most so long.
const LONGEST: Duration = Duration::from_secs(10);
/// The simulated threads change a value, and increment a counter, at most so often.
const SIMULATED: u64 = 100_000;
/// What threads do between two increments, in turns of a loop or cycles.
const BETWEEN: [u32; 2] = [0, 200];

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready(&arguments.answer.output)?;
    let (config, protocol) = arguments.beside.read()?;
    let (pair, heading) = match arguments.asked.find()? {
        FoundTwo::Two(pair, heading) => (pair, heading),
        FoundTwo::None(code) => return Ok(code),
    };
    let both = Both {
        pair,
        config: Arc::new(config),
        protocol,
        stop: progress::stop(),
    };
    let (mut races, mut enough) = (Vec::new(), true);
    for (what, offset) in [
        ("a string inside one line", 16),
        ("a string across two lines", 56),
    ] {
        if !both.stop.load(Ordering::Relaxed) {
            let Some((race, seen_enough)) = both.tears(what, offset, arguments.changes)? else {
                break;
            };
            races.push(race);
            enough &= seen_enough;
        }
    }
    for increment in Increment::ALL {
        for between in BETWEEN {
            if !both.stop.load(Ordering::Relaxed) {
                races.push(both.counts(increment, between, arguments.increments)?);
            }
        }
    }
    let complete = enough && !both.stop.load(Ordering::Relaxed);
    let machine = (&*both.config.name, both.protocol.name());
    let report = MapReport::new(*heading, machine, races);
    arguments.answer.give(&report, render_map)?;
    Ok(ExitCode::from(if complete { 0 } else { 3 }))
}

/// Who is asked.
struct Both {
    pair: Pair,
    config: Arc<Config>,
    protocol: Protocol,
    stop: &'static std::sync::atomic::AtomicBool,
}

impl Both {
    /// What became of a string, and whether it changed as often as wanted.
    fn tears(
        &self,
        what: &str,
        offset: usize,
        changes: u64,
    ) -> Result<Option<(Race, bool)>, Failure> {
        let kind = Kind::TwoWords;
        let cell = Cell {
            kind,
            place: Place::Line,
            offset,
        };
        let mut effort = Effort {
            changes,
            time: LONGEST,
            all: Duration::MAX,
            seed: 0,
        };
        let seen = tear::ask(self.pair, &[cell], &effort, self.stop, |_| {});
        let Some(measured) = seen.map_err(Failure::usage)?.pop() else {
            return Ok(None);
        };
        effort.changes = changes.min(SIMULATED);
        let simulated = tear::simulate(&self.config, &self.protocol, cell, &effort);
        let race = Race {
            what: what.to_owned(),
            instructions: kind.instructions().unwrap_or_default().to_owned(),
            counts: "torn",
            measured: measured.torn,
            simulated: simulated.map_err(Failure::usage)?.torn,
        };
        Ok(Some((race, measured.enough)))
    }

    fn counts(&self, increment: Increment, between: u32, each: u64) -> Result<Race, Failure> {
        let measured = count::count(self.pair, increment, each, between, self.stop);
        let (config, each) = (&self.config, each.min(SIMULATED));
        let simulated = count::simulate(config, &self.protocol, increment, each, between, 0);
        let what = match between {
            0 => "a counter, without a pause".to_owned(),
            between => format!("a counter, {between} cycles between"),
        };
        Ok(Race {
            what,
            instructions: increment.instructions().to_owned(),
            counts: "lost",
            measured: measured.map_err(Failure::usage)?.lost,
            simulated: simulated.map_err(Failure::usage)?.lost,
        })
    }
}
