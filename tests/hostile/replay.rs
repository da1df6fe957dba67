//! Everything that the command does with its input files, in this process: reads them, replays,
//! and reports.

use std::io::{BufRead, Cursor};
use std::sync::Arc;

use tearline::diagnostic::Invalid;
use tearline::drive::Limits;
use tearline::machine::Config;
use tearline::maps::KINDS;
use tearline::observe::{Details, Traffic};
use tearline::protocol::Protocol;
use tearline::replay::{Outcome, Replay};
use tearline::report::{Explain, Timeline, build, render_one};
use tearline::trace::{self, Trace};

/// Longer traces are read but not replayed.
const MOST_OPERATIONS: u64 = 20_000;
/// Machines with larger caches are read but not built.
const MOST_WAYS: usize = 1 << 16;

/// What came of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// A file was refused.
    Refused,
    /// All was read, but it would take too long to replay.
    Read,
    /// It was replayed, or the trace did not fit the machine.
    Replayed,
}

/// Reads and replays three files.
pub(crate) fn replay(trace: &[u8], machine: &[u8], protocol: &[u8], seed: u64) -> Came {
    match files(trace, machine, protocol) {
        Ok((trace, config, protocol)) => run(trace, config, protocol, seed),
        Err(invalid) => {
            check(&invalid);
            Came::Refused
        }
    }
}

fn files(
    trace: &[u8],
    machine: &[u8],
    protocol: &[u8],
) -> Result<(Trace, Config, Protocol), Invalid> {
    let config = Config::parse("machine.toml", &String::from_utf8_lossy(machine))?;
    let protocol = Protocol::parse("protocol.toml", &String::from_utf8_lossy(protocol))?;
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let bytes = trace.to_vec();
    let open = move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn BufRead>);
    match Trace::read("x.trace", &kinds, Box::new(open)) {
        Ok(trace) => Ok((trace, config, protocol)),
        Err(trace::Error::Invalid(invalid)) => Err(invalid),
        Err(trace::Error::Io(error)) => panic!("memory can be read: {error}"),
    }
}

/// A refusal names a place, says something, and can be drawn.
fn check(invalid: &Invalid) {
    assert!(!invalid.problems.is_empty());
    for problem in &invalid.problems {
        assert!(problem.line >= 1, "{problem:?}");
        assert!(problem.column() >= 1, "{problem:?}");
        assert!(problem.span.end <= problem.text.len(), "{problem:?}");
        assert!(!problem.message.is_empty(), "{problem:?}");
        assert!(!problem.message.contains('\n'), "{problem:?}");
        assert!(problem.message.len() < 400, "{problem:?}");
        let place = format!("{}:{}:{}\n", invalid.file, problem.line, problem.column());
        let drawn = invalid.render(false);
        assert!(drawn.contains(&place), "{drawn}");
    }
    assert!(!invalid.render(true).is_empty());
}

fn run(trace: Trace, config: Config, protocol: Protocol, seed: u64) -> Came {
    let operations: u64 = trace.threads().iter().map(|thread| thread.operations).sum();
    let ways = config.cores * config.cache.sets * config.cache.ways
        + config.last_level.map_or(0, |level| level.sets * level.ways);
    if operations > MOST_OPERATIONS || ways > MOST_WAYS {
        return Came::Read;
    }
    let limits = Limits {
        accesses_per_operation: 2_000,
        cycles: 100_000,
        ..Limits::default()
    };
    let replay = match Replay::new(config.into(), protocol, Arc::new(trace), None) {
        Ok(replay) => replay.limited(limits).checked(seed.is_multiple_of(2)),
        Err(error) => return refused(error),
    };
    match report(&replay, seed) {
        Ok(()) => Came::Replayed,
        Err(error) => refused(error),
    }
}

fn report(replay: &Replay, seed: u64) -> Result<(), trace::Error> {
    let traffic = Traffic::new(replay.config(), replay.protocol());
    let texts = replay.trace().texts(&replay.trace().lines())?;
    let (protocol, config) = (replay.protocol(), replay.config());
    let timeline = Timeline::new(
        std::io::sink(),
        protocol,
        config,
        replay.objects()?,
        texts.clone(),
    );
    let explain = Explain::new(std::io::sink(), replay.objects()?, texts);
    let details = Details::new(replay.objects()?);
    let observers = (
        replay.findings()?,
        ((traffic, details), (timeline, explain)),
    );
    let in_order = seed.is_multiple_of(3);
    let run = match in_order {
        true => replay.run_in_order(observers)?,
        false => replay.run_whole(seed, observers)?,
    };
    let (findings, ((traffic, details), (timeline, explain))) = run.observer;
    let seed = (!in_order).then_some(seed);
    timeline.finish().expect("a sink takes everything");
    explain.finish().expect("a sink takes everything");
    let outcome = Outcome::new(run.ended, &findings, &run.maps);
    let report = build(replay, seed, &outcome, &findings, &traffic, &details)?;
    assert!(!render_one(&report).is_empty());
    Ok(())
}

fn refused(error: trace::Error) -> Came {
    match error {
        trace::Error::Invalid(invalid) => check(&invalid),
        other => assert!(!other.to_string().is_empty()),
    }
    Came::Replayed
}
