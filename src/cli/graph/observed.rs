//! The replay that a drawing shows.

use std::process::ExitCode;

use anstream::eprintln;

use super::Arguments;
use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::replay::Chosen;
use crate::drive::Ending;
use crate::machine::Observer;
use crate::machine::config::Size;
use crate::memory::Tagged;
use crate::replay::{HeapGraph, Replay};
use crate::report::counted;

/// A replay with what the command line says of it.
pub(super) struct Observed<'a> {
    trace: &'a str,
    seed: u64,
    pub(super) replay: Replay,
}

impl<'a> Observed<'a> {
    /// The replay of a trace.
    pub(super) fn new(arguments: &Arguments, trace: &'a str) -> Result<Observed<'a>, Failure> {
        let chosen = Chosen {
            machine: arguments.machine.as_deref(),
            protocol: arguments.protocol.as_deref(),
            map: arguments.map,
            size: Size::default(),
        };
        let replay = chosen.replay(trace)?;
        let replay = replay.limited(progress::until_stopped());
        let seed = arguments.seed.or(replay.trace().header().seed).unwrap_or(0);
        Ok(Observed {
            trace,
            seed,
            replay,
        })
    }

    /// Replays: the observer, and the exit code that the end of the run asks for.
    pub(super) fn run<O: Observer<Tagged>>(&self, observer: O) -> Result<(O, ExitCode), Failure> {
        let ran = self.replay.run(self.seed, observer);
        let (ended, observer) = ran.map_err(|error| Failure::replaying(self.trace, error))?;
        Ok((observer, exit_code(&ended.ending)))
    }

    /// The same with the objects of its maps at its end.
    pub(super) fn heap(&self) -> Result<(HeapGraph, ExitCode), Failure> {
        let ran = self.replay.heap_graph(self.seed);
        let (heap, ended) = ran.map_err(|error| Failure::replaying(self.trace, error))?;
        Ok((heap, exit_code(&ended.ending)))
    }

    /// What was replayed, in words.
    pub(super) fn about(&self) -> String {
        let config = self.replay.config();
        format!(
            "{} on machine {} ({}), seed {}",
            self.trace,
            config.name,
            counted(config.cores, "core"),
            self.seed
        )
    }
}

fn exit_code(ending: &Ending) -> ExitCode {
    match ending {
        Ending::Violation(violation) => {
            eprintln!("note: the replay ended early: {violation}");
            ExitCode::from(1)
        }
        Ending::Unsupported(_, what) => {
            eprintln!("note: the replay ended early: not modelled: {what}");
            ExitCode::from(3)
        }
        Ending::Stopped => {
            eprintln!("note: the replay ended early: it was stopped");
            ExitCode::from(3)
        }
        _ => ExitCode::SUCCESS,
    }
}
