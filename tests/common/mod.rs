//! What several tests need: shipped protocols, and a small machine.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod accesses;
pub(crate) mod feed;
pub(crate) mod maps;

use std::path::{Path, PathBuf};

use tearline::machine::Config;
use tearline::protocol::network::CoreEvent;
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

/// A protocol of either kind.
pub(crate) fn any_protocol(path: &str) -> Protocol {
    Protocol::parse(path, &read(path)).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// The TOML files in a folder of the repository, in the order of their names.
fn files_in(folder: &str) -> Vec<String> {
    let files = std::fs::read_dir(repository(folder)).expect("the folder is there");
    let mut names: Vec<String> = files
        .map(|file| file.expect("it can be listed").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "{folder} has protocols");
    names
        .iter()
        .map(|name| format!("{folder}/{name}"))
        .collect()
}

/// All protocols in a folder of the repository, in the order of their names.
pub(crate) fn protocols_in(folder: &str) -> Vec<Protocol> {
    let files = files_in(folder);
    files.iter().map(|path| any_protocol(path)).collect()
}

/// The protocols in `models/protocols` whose controllers send messages and give lines up.
pub(crate) fn networks() -> Vec<Protocol> {
    let all = protocols_in("models/protocols").into_iter();
    all.filter(|protocol| matches!(protocol, Protocol::Network(_)) && evicts(protocol))
        .collect()
}

/// Whether a cache can give lines up to make room; one that cannot runs only what fits.
pub(crate) fn evicts(protocol: &Protocol) -> bool {
    let Protocol::Network(network) = protocol else {
        return true;
    };
    let (front, evict) = (network.front(), CoreEvent::Evict as u16);
    (0..front.states.len() as u8).any(|state| front.cell(state, evict).is_some())
}

/// The teaching machine with `cores` cores.
pub(crate) fn config(cores: usize) -> Config {
    let path = "models/machines/teaching.toml";
    let mut config = Config::parse(path, &read(path)).unwrap_or_else(|error| panic!("{error}"));
    config.cores = cores;
    config
}
