//! Drawings of a protocol's tables, as they are written or as a replay used them.

use std::process::ExitCode;

use anstream::eprintln;

use super::Arguments;
use crate::cli::failure::Failure;
use crate::cli::replay::Chosen;
use crate::drive::Ending;
use crate::machine::config::Size;
use crate::observe::Used;
use crate::protocol::Protocol;
use crate::report::graph::Page;

/// The page of a protocol as it is written.
pub(super) fn written(arguments: &Arguments, protocol: &Protocol) -> Result<Page, Failure> {
    select(arguments, Page::of(protocol, None))
}

/// The page of a protocol as a replay of the trace used it.
pub(super) fn observed(arguments: &Arguments, trace: &str) -> Result<(Page, ExitCode), Failure> {
    let chosen = Chosen {
        machine: arguments.machine.as_deref(),
        protocol: arguments.protocol.as_deref(),
        map: arguments.map,
        size: Size::default(),
    };
    let replay = chosen.replay(trace)?;
    let seed = arguments.seed.or(replay.trace().header().seed).unwrap_or(0);
    let (config, protocol) = (replay.config(), replay.protocol());
    let used = Used::new(config.cores, protocol);
    let ran = replay.run(seed, used);
    let (ended, used) = ran.map_err(|error| Failure::replaying(trace, error))?;
    let code = match &ended.ending {
        Ending::Violation(violation) => {
            eprintln!("note: the replay ended early: {violation}");
            1
        }
        Ending::Unsupported(_, what) => {
            eprintln!("note: the replay ended early: not modelled: {what}");
            3
        }
        _ => 0,
    };
    let mut page = select(arguments, Page::of(protocol, Some(used.uses())))?;
    let (machine, cores) = (&config.name, config.cores);
    page.add_about(&format!(
        "{trace} on machine {machine} ({cores} cores), seed {seed}"
    ));
    Ok((page, ExitCode::from(code)))
}

/// Of a protocol's controllers the one that is asked for, and of its drawings the grid if that
/// is.
fn select(arguments: &Arguments, mut page: Page) -> Result<Page, Failure> {
    if let Some(name) = &arguments.controller {
        let known: Vec<String> = page.parts.iter().map(|part| part.name.clone()).collect();
        page.parts.retain(|part| part.name == *name);
        if page.parts.is_empty() {
            let known = known.join(", ");
            return Err(Failure::usage(format!(
                "{} has no controller `{name}`, but {known}",
                page.title
            )));
        }
    }
    if arguments.grid {
        page.parts.iter_mut().for_each(|part| part.picture = None);
    }
    Ok(page)
}
