//! Drawings of a protocol's tables, as they are written or as a replay used them.

use std::process::ExitCode;

use super::Arguments;
use super::observed::Observed;
use crate::cli::failure::Failure;
use crate::observe::Used;
use crate::protocol::Protocol;
use crate::report::graph::Page;

/// The page of a protocol as it is written.
pub(super) fn written(arguments: &Arguments, protocol: &Protocol) -> Result<Page, Failure> {
    select(arguments, Page::of(protocol, None))
}

/// The page of a protocol as a replay of the trace used it.
pub(super) fn observed(arguments: &Arguments, trace: &str) -> Result<(Page, ExitCode), Failure> {
    let observed = Observed::new(arguments, trace)?;
    let (config, protocol) = (observed.replay.config(), observed.replay.protocol());
    let (used, code) = observed.run(Used::new(config.cores, protocol))?;
    let mut page = select(arguments, Page::of(protocol, Some(used.uses())))?;
    page.add_about(&observed.about());
    Ok((page, code))
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
