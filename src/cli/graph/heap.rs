//! Drawings of the objects that maps are made of.

use std::process::ExitCode;

use super::Arguments;
use super::observed::Observed;
use crate::cli::failure::Failure;
use crate::report::graph::{Page, Part, Picture};

/// The page of the objects at the end of a replay of the trace.
pub(super) fn page(arguments: &Arguments, trace: &str) -> Result<(Page, ExitCode), Failure> {
    let observed = Observed::new(arguments, trace)?;
    if observed.replay.trace().header().maps.is_empty() {
        return Err(Failure::usage(format!("{trace} has no map to draw")));
    }
    let (heap, code) = observed.heap()?;
    let title = match &*observed.replay.trace().header().title {
        "" => trace.to_owned(),
        title => title.to_owned(),
    };
    let mut page = Page {
        parts: vec![Part {
            name: title.clone(),
            picture: Some(Picture::of_heap(&title, &heap)),
            grid: None,
        }],
        title,
        ..Page::default()
    };
    page.add_about(&observed.about());
    Ok((page, code))
}
