//! The formats of drawings, by their names and by the names of files.

use std::path::Path;

use clap::ValueEnum;

use crate::cli::failure::Failure;
use crate::report::graph;

/// What a drawing is written in.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    Text,
    Svg,
    Dot,
    Mermaid,
    Graphml,
    Json,
    Html,
    Markdown,
}

/// How names of files end.
const ENDINGS: [(&str, Format); 11] = [
    ("txt", Format::Text),
    ("svg", Format::Svg),
    ("dot", Format::Dot),
    ("gv", Format::Dot),
    ("mmd", Format::Mermaid),
    ("mermaid", Format::Mermaid),
    ("graphml", Format::Graphml),
    ("json", Format::Json),
    ("html", Format::Html),
    ("htm", Format::Html),
    ("md", Format::Markdown),
];

/// The option's help.
pub(super) fn help() -> String {
    let names = Format::value_variants().iter();
    let names = names.filter_map(ValueEnum::to_possible_value);
    let names: Vec<String> = names.map(|name| name.get_name().to_owned()).collect();
    let names = names.join(", ");
    format!("What to write: {names} [default: what the output file's name ends with, else text]")
}

impl Format {
    /// The format that a file's name asks for; text if it has no ending.
    pub(super) fn of_file(file: &Path) -> Result<Format, Failure> {
        let Some(ending) = file.extension() else {
            return Ok(Format::Text);
        };
        let known = ENDINGS
            .iter()
            .find(|(known, _)| ending.eq_ignore_ascii_case(known));
        known.map(|&(_, format)| format).ok_or_else(|| {
            let endings = ENDINGS.map(|(ending, _)| ending).join(", ");
            let (file, ending) = (file.display(), ending.display());
            Failure::usage(format!(
                "{file}: no format has the ending `{ending}`, expected one of {endings}; \
                 or add `--format`"
            ))
        })
    }

    /// What the library calls it.
    pub(super) fn of_report(self) -> graph::Format {
        match self {
            Format::Text => graph::Format::Text,
            Format::Svg => graph::Format::Svg,
            Format::Dot => graph::Format::Dot,
            Format::Mermaid => graph::Format::Mermaid,
            Format::Graphml => graph::Format::Graphml,
            Format::Json => graph::Format::Json,
            Format::Html => graph::Format::Html,
            Format::Markdown => graph::Format::Markdown,
        }
    }
}
