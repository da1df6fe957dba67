//! Drawings of protocols: what each format says, that the formats are what they claim to be, and
//! that nothing overlaps. `SNAPSHOTS=overwrite cargo test --release --test graph` writes the
//! goldens and the book's pages of protocols anew.

mod common;

#[path = "graph/book.rs"]
mod book;
#[path = "graph/command.rs"]
mod command;
#[path = "graph/formats.rs"]
mod formats;
#[path = "graph/golden.rs"]
mod golden;
#[path = "graph/layout.rs"]
mod layout;
#[path = "graph/random.rs"]
mod random;
#[path = "graph/used.rs"]
mod used;

use std::path::PathBuf;

use tearline::protocol::Protocol;
use tearline::report::graph::{self, Page};

/// All formats, with the ending of their files.
const FORMATS: [(graph::Format, &str); 8] = [
    (graph::Format::Text, "txt"),
    (graph::Format::Svg, "svg"),
    (graph::Format::Dot, "dot"),
    (graph::Format::Mermaid, "mmd"),
    (graph::Format::Graphml, "graphml"),
    (graph::Format::Json, "json"),
    (graph::Format::Html, "html"),
    (graph::Format::Markdown, "md"),
];

/// The drawings of a protocol.
fn page(protocol: &Protocol) -> Page {
    Page::of(protocol, None)
}

/// A shipped protocol.
fn shipped(name: &str) -> Protocol {
    common::any_protocol(&format!("models/protocols/{name}.toml"))
}

/// Compares with a file of the repository, or writes it where that is asked for.
fn assert_is(actual: &str, path: &str) {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let expected = snapbox::Data::read_from(&common::repository(path), None);
    assert.eq(actual, expected.raw());
}

/// The protocols of a folder, by name.
fn protocols(folder: &str) -> Vec<(String, Protocol)> {
    let entries = std::fs::read_dir(common::repository(folder)).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} has protocols");
    let named = |path: &PathBuf| {
        let name = path.file_stem().expect("a file has a name");
        let name = name.to_string_lossy().into_owned();
        let protocol = common::any_protocol(&format!("{folder}/{name}.toml"));
        (name, protocol)
    };
    files.iter().map(named).collect()
}
