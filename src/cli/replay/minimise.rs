//! A smaller trace that shows the same.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

use super::Arguments;
use super::command::on_this_machine;
use crate::cli::failure::Failure;
use crate::cli::{output, progress};
use crate::replay::{Minimised, Replay, Target, Verdict, minimise};
use crate::report::counted;
use crate::trace;

/// What a smaller trace is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Showing(Verdict);

impl FromStr for Showing {
    type Err = String;

    fn from_str(name: &str) -> Result<Showing, String> {
        let known = Verdict::named(name).filter(|&verdict| verdict != Verdict::Ok);
        known.map(Showing).ok_or_else(|| {
            let names = Verdict::ALL[1..].iter().map(|verdict| verdict.name());
            format!("expected one of {}", names.collect::<Vec<_>>().join(", "))
        })
    }
}

/// Writes a smaller trace to `file` that shows what the seed's run shows.
pub(super) fn run(
    arguments: &Arguments,
    replay: &Replay,
    seed: u64,
    file: &Path,
) -> Result<ExitCode, Failure> {
    let failed = |error| Failure::replaying(&arguments.file, error);
    let outcome = replay.outcome(seed).map_err(failed)?;
    if replay.is_stopped() {
        return nothing_found();
    }
    let target = match arguments.showing {
        None => Target::of(&outcome),
        Some(Showing(verdict)) => Target::only(verdict, &outcome),
    };
    let Some(target) = target else {
        let what = arguments
            .showing
            .map_or("nothing to look for", |_| "no such thing");
        return Err(Failure::usage(format!(
            "seed {seed} shows {what}: name one that does with `--seed`"
        )));
    };
    let bar = progress::spinner("runs");
    let found = minimise(replay, target, || bar.inc(1));
    bar.finish_and_clear();
    let Some(found) = found.map_err(failed)? else {
        if replay.is_stopped() {
            return nothing_found();
        }
        let what = target.verdict.name();
        return Err(Failure::usage(format!(
            "no schedule that was tried shows `{what}`: it may hang on times"
        )));
    };
    let mut text = Vec::new();
    trace::write(&found.header, &found.operations, &mut text)?;
    let text = String::from_utf8(text).expect("a trace is text");
    output::write(Some(file), &text)?;
    let mut out = anstream::stdout().lock();
    if found.stopped {
        writeln!(out, "stopped: a smaller trace may show it, too")?;
    }
    writeln!(out, "{}", describe(arguments, replay, &found, file))?;
    Ok(ExitCode::from(if found.stopped { 3 } else { 0 }))
}

/// It was stopped too early to write anything.
fn nothing_found() -> Result<ExitCode, Failure> {
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "stopped before a smaller trace was found: none is written"
    )?;
    Ok(ExitCode::from(3))
}

fn describe(arguments: &Arguments, replay: &Replay, found: &Minimised, file: &Path) -> String {
    let before: u64 = replay.trace().threads().iter().map(|t| t.operations).sum();
    let operations = counted(found.operations.len(), "operation");
    let switches = match found.deviations {
        Some(deviations) => {
            let times = counted(deviations as usize, "time");
            format!("in a schedule that leaves the usual one {times}")
        }
        None => "in a random schedule".to_owned(),
    };
    let what = match found.target.text {
        Some(text) => format!("fatal error: {text}"),
        None => found.target.verdict.name().to_owned(),
    };
    // The smaller trace can need more cores than the arguments say, and then says so itself.
    let cores = arguments.cores.filter(|_| found.header.cores.is_none());
    let replay = on_this_machine(arguments, &file.to_string_lossy(), cores);
    format!(
        "{what}: {operations} of {before} {switches}, after {} runs\nreplay: {replay}",
        found.runs
    )
}
