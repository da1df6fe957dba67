//! Drawings of what stood in one place of memory.

use std::process::ExitCode;

use super::Arguments;
use super::observed::Observed;
use crate::cli::failure::Failure;
use crate::observe::PlaceValues;
use crate::report::graph::{Page, Part, Picture};

/// At most so many other places are listed.
const LISTED: usize = 12;

/// The page of a place as a replay of the trace used it.
pub(super) fn page(
    arguments: &Arguments,
    trace: &str,
    place: &str,
) -> Result<(Page, ExitCode), Failure> {
    let observed = Observed::new(arguments, trace)?;
    let objects = observed.replay.objects();
    let objects = objects.map_err(|error| Failure::replaying(trace, error))?;
    let (values, code) = observed.run(PlaceValues::new(place, objects))?;
    if !values.is_known() {
        return Err(Failure::usage(unknown(place, &values)));
    }
    let mut page = Page {
        title: place.to_owned(),
        parts: vec![Part {
            name: place.to_owned(),
            picture: Some(Picture::of_place(place, &values)),
            grid: None,
        }],
        ..Page::default()
    };
    page.add_about(&observed.about());
    Ok((page, code))
}

fn unknown(place: &str, values: &PlaceValues) -> String {
    let names: Vec<String> = values.others().map(|name| format!("`{name}`")).collect();
    let all = names.len();
    let more = match all.saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let names = names[..all.min(LISTED)].join(", ");
    format!("nothing called `{place}` was accessed, but {names}{more}")
}
