//! Go's classic map makes the loads and stores of the runtime's functions in their order, at
//! the offsets of its structures, and what several threads do to it comes from that order alone.

#[path = "go_classic/changes.rs"]
mod changes;
mod common;
#[path = "go_classic/growth.rs"]
mod growth;
#[path = "go_classic/layout.rs"]
mod layout;
#[path = "go_classic/lookups.rs"]
mod lookups;
#[path = "go_classic/range.rs"]
mod range;
#[path = "go_classic/threads.rs"]
mod threads;

use std::io::Cursor;
use std::sync::Arc;

use common::accesses::Accesses;
use common::{read, shipped_protocol};
use tearline::drive::Ending;
use tearline::machine::Config;
use tearline::maps::KINDS;
use tearline::replay::Replay;
use tearline::trace::Trace;

/// A trace on the desktop.
fn replay(text: &str) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("inline", &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let file = "models/machines/desktop.toml";
    let config = Config::parse(file, &read(file)).unwrap();
    let table = shipped_protocol(&config.protocol);
    Replay::new(config.into(), table.into(), trace.into(), None).unwrap()
}

/// What the threads of a trace load and store, `init` lines left out.
fn accesses(text: &str) -> Accesses {
    let replay = replay(text);
    let (ended, accesses) = replay.run(0, Accesses::of(&replay)).unwrap();
    assert_eq!(ended.ending, Ending::Finished);
    accesses
}

/// What the last operation of a trace loads and stores.
fn last(text: &str) -> Vec<String> {
    let made = accesses(text);
    made.operations().last().unwrap().to_vec()
}

/// Those that are no plain loads.
fn stores(made: &[String]) -> Vec<&str> {
    let stores = made.iter().filter(|made| !made.starts_with('L'));
    stores.map(String::as_str).collect()
}

/// Lines that put these keys, each with itself as its value.
fn puts(who: &str, keys: impl IntoIterator<Item = u64>) -> String {
    let put = |key| format!("{who} put m {key} {key}\n");
    keys.into_iter().map(put).collect()
}

/// Accesses in one line, for comparison.
fn line(accesses: &[impl AsRef<str>]) -> String {
    let accesses: Vec<&str> = accesses.iter().map(AsRef::as_ref).collect();
    accesses.join(", ")
}
