//! Locked operations across lines, asked in a child process with a time limit: some kernels end a
//! process that makes one (Linux, "Bus lock detection and handling"), and some hosts take some
//! microseconds for each.

use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::cli::failure::Failure;
use crate::probe::tear::{Cell, Place, Seen};
use crate::probe::{Kind, Pair, cpulist};
use crate::report::probe::NotAsked;

/// What a child has besides the time that it asks for.
const GRACE: Duration = Duration::from_secs(10);
/// How often it is looked after.
const LOOK: Duration = Duration::from_millis(10);

/// By this signal, `SIGBUS`, a kernel ends a process that makes such an operation, if it does.
const BUS_ERROR: i32 = 7;

/// What is read of a child's answer.
#[derive(Deserialize)]
struct Answer {
    cells: Vec<Seen>,
}

/// Asks all of one kind, each until there were so many changes or for so long: what was seen, or why
/// nothing was.
pub(super) fn ask(
    kind: Kind,
    cells: &[Cell],
    pair: Pair,
    changes: u64,
    each: Duration,
) -> Result<Result<Vec<Seen>, NotAsked>, Failure> {
    let offsets = cells.iter().filter(|cell| cell.place == Place::Line);
    let offsets: Vec<u32> = offsets.map(|cell| cell.offset as u32).collect();
    let all = each * cells.len() as u32;
    let limit = all + GRACE;
    let starting = |error| Failure::usage(format!("cannot ask in a child process: {error}"));
    let program = std::env::current_exe().map_err(starting)?;
    let child = Command::new(program)
        .args(["probe", "tear", "--split-locks-here", "--format", "json"])
        .args(["--widths", &kind.name()])
        .args(["--offsets", &cpulist::write(&offsets)])
        .args(["--cpus", &format!("{},{}", pair.writer, pair.reader)])
        .args(["--changes", &changes.to_string()])
        .args(["--seconds", &all.as_secs_f64().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(starting)?;
    let (ended, text) = wait(child, limit).map_err(starting)?;
    let why = match ended {
        None => format!("it was not over after {} s", limit.as_secs()),
        Some(ended) => match serde_json::from_str::<Answer>(&text) {
            Ok(answer) => return Ok(Ok(answer.cells)),
            Err(_) => describe(ended),
        },
    };
    Ok(Err(NotAsked {
        what: format!("{} across lines", kind.name()),
        why,
    }))
}

/// How the child ended, if it did in time, and what it printed.
fn wait(mut child: Child, limit: Duration) -> std::io::Result<(Option<ExitStatus>, String)> {
    let mut output = child.stdout.take().expect("it is piped");
    let reader = thread::spawn(move || {
        let mut text = String::new();
        // What was not read is no answer, which is found when it is looked at.
        let _ = output.read_to_string(&mut text);
        text
    });
    let start = Instant::now();
    let ended = loop {
        match child.try_wait()? {
            Some(ended) => break Some(ended),
            None if start.elapsed() > limit => {
                child.kill()?;
                child.wait()?;
                break None;
            }
            None => thread::sleep(LOOK),
        }
    };
    Ok((ended, reader.join().unwrap_or_default()))
}

fn describe(ended: ExitStatus) -> String {
    match ended.signal() {
        Some(BUS_ERROR) => {
            format!("the kernel ended it with signal {BUS_ERROR}: it allows no such operations")
        }
        Some(signal) => format!("the child process was ended with signal {signal}"),
        None => "the child process gave no answer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ran out of memory, or was ended by hand, says nothing of what the kernel allows.
    #[test]
    fn the_signal_says_who_ended_the_child() {
        let bus_error = describe(ExitStatus::from_raw(BUS_ERROR));
        assert!(
            bus_error.ends_with("it allows no such operations"),
            "{bus_error}"
        );
        let killed = describe(ExitStatus::from_raw(9));
        assert_eq!(killed, "the child process was ended with signal 9");
        let failed = describe(ExitStatus::from_raw(2 << 8));
        assert_eq!(failed, "the child process gave no answer");
    }
}
