//! `tearline probe tear`: whether values tear.

use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Answer;
use super::asked::{Asked, FoundTwo, seconds};
use super::split;
use crate::cli::failure::Failure;
use crate::cli::{output, progress};
use crate::probe::tear::{Cell, Effort, LINE_BYTES, ask};
use crate::probe::{Kind, cpulist};
use crate::report::probe::{NotAsked, TearReport, render_tear};

/// Does a value tear? One processor alternates two values at a place, another reads it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A change is a read that differs from the read before: a chance to see a torn value.
Never torn in N changes means that less than 3/N of them are, with 95 % certainty. All intervals are
of one run, as if its changes were independent; other runs can differ by more.

Example: tearline probe tear --widths 8 --offsets 56-63")]
pub(super) struct Arguments {
    #[command(flatten)]
    asked: Asked,
    /// What is moved: 1, 2, 4 or 8 bytes, vectors of 16, 32 or 64, two-words (two moves, as of a
    /// string), locked-2, locked-4, locked-8 [default: all that the processor has].
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kind)]
    widths: Vec<Kind>,
    /// Where in a line values begin.
    #[arg(long, value_name = "OFFSETS", default_value = "0-63", value_parser = offsets)]
    offsets: Offsets,
    /// Ask of each place until its value was seen to change so often.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    changes: u64,
    /// Be over after so long, with an equal share of the time for each place that is left [default:
    /// at most 2 seconds for each].
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<Duration>,
    /// Ask of locked operations across lines, too, which stop all other processors.
    #[arg(long)]
    split_locks: bool,
    /// Ask of nothing else, and in this process.
    #[arg(long, hide = true, conflicts_with = "split_locks")]
    split_locks_here: bool,
    #[command(flatten)]
    answer: Answer,
}

/// A place is asked for at most so long, if nothing is said.
const LONGEST: Duration = Duration::from_secs(2);
/// In a child process at least so long, whatever is left.
const SHORTEST: Duration = Duration::from_millis(1);

#[derive(Clone, Debug)]
struct Offsets(Vec<usize>);

fn kind(name: &str) -> Result<Kind, String> {
    Kind::named(name).ok_or_else(|| {
        let known: Vec<String> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("expected one of {}", known.join(", "))
    })
}

fn offsets(text: &str) -> Result<Offsets, String> {
    let offsets = cpulist::parse(text, LINE_BYTES as u32).filter(|all| !all.is_empty());
    let offsets = offsets.ok_or("expected offsets from 0 to 63, like `0-7,60`")?;
    let offsets = offsets.into_iter().map(|offset| offset as usize);
    Ok(Offsets(offsets.collect()))
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready(&arguments.answer.output)?;
    let (pair, heading) = match arguments.asked.find()? {
        FoundTwo::Two(pair, heading) => (pair, heading),
        FoundTwo::None(code) => return Ok(code),
    };
    let mut not_asked = Vec::new();
    let cells = arguments.cells(&mut not_asked);
    let start = Instant::now();
    let stop = progress::stop();
    let all = arguments.changes.saturating_mul(cells.len() as u64);
    let bar = progress::bar(all, "changes");
    let here = |cell: &Cell| !cell.is_split_lock() || arguments.split_locks_here;
    let (here, children): (Vec<Cell>, Vec<Cell>) = cells.iter().copied().partition(here);
    // Those in children have their share of the time, too.
    let part = here.len() as f64 / cells.len().max(1) as f64;
    let effort = Effort {
        changes: arguments.changes,
        time: arguments.seconds.map_or(LONGEST, |_| Duration::MAX),
        all: arguments
            .seconds
            .map_or(Duration::MAX, |all| all.mul_f64(part)),
        seed: 0,
    };
    let seen = ask(pair, &here, &effort, stop, |seen| bar.inc(seen.changes));
    let mut seen = seen.map_err(Failure::usage)?;
    let mut left = children.len();
    for cells in children.chunk_by(|one, next| one.kind == next.kind) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let time = match arguments.seconds {
            Some(all) => (all.saturating_sub(start.elapsed()) / left as u32).max(SHORTEST),
            None => LONGEST,
        };
        left -= cells.len();
        match split::ask(cells[0].kind, cells, pair, arguments.changes, time)? {
            Ok(more) => seen.extend(more),
            Err(why) => not_asked.push(why),
        }
        bar.inc(arguments.changes.saturating_mul(cells.len() as u64));
    }
    bar.finish_and_clear();
    seen.sort_by_key(|seen| cells.iter().position(|&cell| cell == seen.cell()));
    let report = TearReport::new(*heading, arguments.changes, seen, not_asked, cells.len());
    arguments.answer.give(&report, render_tear)?;
    Ok(ExitCode::from(if report.complete { 0 } else { 3 }))
}

impl Arguments {
    /// What is asked, and what of it cannot be.
    fn cells(&self, not_asked: &mut Vec<NotAsked>) -> Vec<Cell> {
        let named = !self.widths.is_empty();
        let kinds = if named { &self.widths[..] } else { &Kind::ALL };
        let mut had = Vec::new();
        for (at, &kind) in kinds.iter().enumerate() {
            if kinds[..at].contains(&kind) {
                continue;
            }
            match kind.instructions() {
                Some(_) => had.push(kind),
                None => not_asked.push(NotAsked {
                    what: kind.name(),
                    why: "the processor has no such instructions".to_owned(),
                }),
            }
        }
        let cells = Cell::all(&had, &self.offsets.0);
        let (split, others): (Vec<Cell>, Vec<Cell>) =
            cells.iter().partition(|cell| cell.is_split_lock());
        if self.split_locks_here {
            return split;
        }
        if !self.split_locks && !split.is_empty() {
            not_asked.push(NotAsked {
                what: "locked operations across lines".to_owned(),
                why: "they stop all other processors; --split-locks asks all the same".to_owned(),
            });
            return others;
        }
        cells
    }
}
