//! `tearline graph`: a protocol drawn, as it is written, as a replay used it, or with all that a
//! few caches can reach.

mod format;
mod heap;
mod observed;
mod place;
mod space;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use self::format::Format;
use super::failure::Failure;
use super::map_kind::{MapKind, map_kind};
use super::replay::USUAL_MACHINE;
use super::{models, output};
use crate::report::graph::Refused;

/// Draw a protocol: its states and what leads from one to another.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tearline graph --grid
         tearline graph -o states.svg
         tearline graph directory-mesi --controller home
         tearline graph --observed traces/split-line.trace --format mermaid
         tearline graph --observed traces/store-buffering.trace --place x
         tearline graph --observed traces/java-same-bin.trace --heap -o heap.svg
         tearline graph msi --space --cores 3")]
pub(super) struct Arguments {
    /// The protocol, by name or file [default: what trace and machine say].
    protocol: Option<String>,
    /// Draw this controller [default: the cache; html and markdown: all].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["space", "witness"])]
    controller: Option<String>,
    /// Draw the grid of states and events; html and markdown always show it.
    #[arg(long, conflicts_with_all = ["space", "witness"])]
    grid: bool,
    /// Replay this trace and show how often it used each cell.
    #[arg(long, value_name = "TRACE", conflicts_with_all = ["space", "witness"])]
    observed: Option<String>,
    /// The machine for --observed [default: the trace's, else desktop].
    #[arg(long, short, value_name = "MACHINE", requires = "observed")]
    machine: Option<String>,
    /// The maps' algorithm; `--map` alone lists them [default: the trace's].
    #[arg(
        long,
        value_name = "KIND",
        value_parser = map_kind(),
        hide_possible_values = true,
        requires = "observed"
    )]
    map: Option<MapKind>,
    /// The seed for --observed [default: the trace's, else 0].
    #[arg(long, value_name = "N", requires = "observed")]
    seed: Option<u64>,
    /// Draw what stood in a place, x or "m header flags", and who changed it.
    #[arg(long, value_name = "PLACE", requires = "observed", conflicts_with_all = ["controller", "grid"])]
    place: Option<String>,
    /// Draw what its maps are made of in the end; dashed: nothing leads there.
    #[arg(long, requires = "observed", conflicts_with_all = ["controller", "grid", "place"])]
    heap: bool,
    /// Draw every state that a few caches can reach together.
    #[arg(long)]
    space: bool,
    /// Draw a shortest way to where a property does not hold.
    #[arg(long, conflicts_with = "space")]
    witness: bool,
    /// How many caches, 1 to 7 [default: 2 for --space, 3 for --witness].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=7))]
    cores: Option<u8>,
    /// How many values a line can have [default: 1 for --space, 2 for --witness].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=6))]
    values: Option<u8>,
    /// Tell states apart that differ only in which cache is which.
    #[arg(long)]
    no_symmetry: bool,
    /// Of --space draw what is near these states of caches, as in M or "S I".
    #[arg(long, value_name = "STATE", requires = "space")]
    around: Option<String>,
    /// How near --around is.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "around")]
    steps: u8,
    /// What to write [default: what the name of the output file ends with, else text].
    #[arg(long, value_name = "FORMAT", hide_possible_values = true, help = format::help())]
    format: Option<Format>,
    /// The file to write [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    output::ready(&arguments.output)?;
    let reaches = arguments.space || arguments.witness;
    let sized = arguments.cores.is_some() || arguments.values.is_some() || arguments.no_symmetry;
    if sized && !reaches {
        let what = "--cores, --values and --no-symmetry need --space or --witness";
        return Err(Failure::usage(what));
    }
    let format = match (arguments.format, &arguments.output) {
        (Some(format), _) => format,
        (None, Some(file)) => Format::of_file(file)?,
        (None, None) => Format::Text,
    };
    let mut code = ExitCode::SUCCESS;
    let page = match &arguments.observed {
        Some(trace) => {
            let (page, ended) = match &arguments.place {
                Some(place) => place::page(arguments, trace, place)?,
                None if arguments.heap => heap::page(arguments, trace)?,
                None => table::observed(arguments, trace)?,
            };
            code = ended;
            page
        }
        None => {
            let protocol = match &arguments.protocol {
                Some(name) => models::protocol(name)?,
                None => models::protocol(&models::machine(USUAL_MACHINE)?.protocol)?,
            };
            if reaches {
                space::page(arguments, &protocol)?
            } else {
                table::written(arguments, &protocol)?
            }
        }
    };
    let text = page.render(format.of_report()).map_err(|refused| {
        let advice = match refused {
            Refused::TooLarge(_) if arguments.space => {
                "take fewer caches, `--around STATE`, or for programs `--format json`, graphml, \
                 dot or text"
            }
            Refused::TooLarge(_) => "take `--format json`, graphml, dot or text for programs",
            Refused::NotForGrids => "take `--format text`, markdown, html or json",
        };
        Failure::usage(format!("{refused}: {advice}"))
    })?;
    output::write(arguments.output.as_deref(), &text)?;
    Ok(code)
}
