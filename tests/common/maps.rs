//! A map of a trace in the text, and what its calls load and store.

use std::io::Cursor;
use std::sync::Arc;

use tearline::drive::Ending;
use tearline::machine::Config;
use tearline::maps::KINDS;
use tearline::replay::Replay;
use tearline::trace::Trace;

use super::accesses::Accesses;
use super::{read, shipped_protocol};

/// A trace on the desktop.
pub(crate) fn replay(text: &str) -> Replay {
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
pub(crate) fn accesses(text: &str) -> Accesses {
    let replay = replay(text);
    let (ended, accesses) = replay.run(0, Accesses::of(&replay)).unwrap();
    assert_eq!(ended.ending, Ending::Finished);
    accesses
}

/// What the last operation of a trace loads and stores.
pub(crate) fn last(text: &str) -> Vec<String> {
    let made = accesses(text);
    made.operations().last().unwrap().to_vec()
}

/// Those that are no plain loads.
pub(crate) fn stores(made: &[String]) -> Vec<&str> {
    let stores = made.iter().filter(|made| !made.starts_with('L'));
    stores.map(String::as_str).collect()
}

/// Lines that put these keys, each with itself as its value.
pub(crate) fn puts(who: &str, keys: impl IntoIterator<Item = u64>) -> String {
    let put = |key| format!("{who} put m {key} {key}\n");
    keys.into_iter().map(put).collect()
}

/// Accesses in one line, for comparison.
pub(crate) fn line(accesses: &[impl AsRef<str>]) -> String {
    let accesses: Vec<&str> = accesses.iter().map(AsRef::as_ref).collect();
    accesses.join(", ")
}

/// How a run with this seed ends, in a word.
pub(crate) fn end(replay: &Replay, seed: u64) -> &'static str {
    match replay.run(seed, ()).unwrap().0.ending {
        Ending::Finished => "finished",
        Ending::Fatal(_, text) => text,
        Ending::Fault(..) => "fault",
        Ending::Stuck(_) => "stuck",
        other => panic!("{other:?}"),
    }
}
