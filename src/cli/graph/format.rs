//! The formats of drawings, by their names and by the names of files.

use std::path::Path;

use clap::ValueEnum;

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

/// The option's help.
pub(super) fn help() -> String {
    let names = Format::value_variants().iter();
    let names = names.filter_map(ValueEnum::to_possible_value);
    let names: Vec<String> = names.map(|name| name.get_name().to_owned()).collect();
    let names = names.join(", ");
    format!("What to write: {names} [default: what the output file's name ends with, else text]")
}

impl Format {
    /// The format that a file's name asks for.
    pub(super) fn of_file(file: &Path) -> Option<Format> {
        Some(match file.extension()?.to_str()? {
            "txt" => Format::Text,
            "svg" => Format::Svg,
            "dot" | "gv" => Format::Dot,
            "mmd" | "mermaid" => Format::Mermaid,
            "graphml" => Format::Graphml,
            "json" => Format::Json,
            "html" | "htm" => Format::Html,
            "md" => Format::Markdown,
            _ => return None,
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
