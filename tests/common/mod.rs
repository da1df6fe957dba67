//! What several tests need: shipped protocols, and a small machine.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};

use tearline::machine::Config;
use tearline::protocol::{Protocol, Table};

/// A path inside the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file of the repository as text.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A protocol from `models/protocols`.
pub(crate) fn shipped_protocol(name: &str) -> Table {
    protocol(&format!("models/protocols/{name}.toml"))
}

/// A protocol from a file of the repository.
pub(crate) fn protocol(path: &str) -> Table {
    Table::parse(path, &read(path)).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// The protocols in `models/protocols` whose controllers send messages.
pub(crate) fn networks() -> Vec<Protocol> {
    let folder = repository("models/protocols");
    let files = std::fs::read_dir(folder).expect("the folder can be listed");
    let mut paths: Vec<PathBuf> = files
        .map(|entry| entry.expect("the folder can be listed").path())
        .collect();
    paths.sort();
    let protocols = paths.iter().map(|path| {
        let text = std::fs::read_to_string(path).expect("it can be read");
        Protocol::parse("protocol", &text).unwrap_or_else(|invalid| panic!("{invalid}"))
    });
    protocols
        .filter(|protocol| matches!(protocol, Protocol::Network(_)))
        .collect()
}

/// The teaching machine with `cores` cores.
pub(crate) fn config(cores: usize) -> Config {
    let path = "models/machines/teaching.toml";
    let mut config = Config::parse(path, &read(path)).unwrap_or_else(|error| panic!("{error}"));
    config.cores = cores;
    config
}
