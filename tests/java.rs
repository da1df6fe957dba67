//! Java's maps make the loads and stores of the JDK's methods in their order, and what several
//! threads do to them comes from that order alone.

mod common;
#[path = "java/order.rs"]
mod order;
#[path = "java/threads.rs"]
mod threads;

use std::io::Cursor;
use std::sync::Arc;

use common::{accesses, read, shipped_protocol};
use tearline::drive::Limits;
use tearline::machine::Config;
use tearline::maps::KINDS;
use tearline::replay::Replay;
use tearline::trace::Trace;

/// A trace on the desktop, where something else takes a core for up to so many cycles about
/// every so many cycles.
fn replay_paused(text: &str, (every, most): (u32, u32)) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("inline", &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let file = "models/machines/desktop.toml";
    let mut config = Config::parse(file, &read(file)).unwrap();
    config.vary.pause_every_cycles = every;
    config.vary.pause_cycles = most;
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), trace.into(), None).unwrap();
    replay.limited(Limits {
        accesses_per_operation: 20_000,
        ..Limits::default()
    })
}

fn replay(text: &str) -> Replay {
    replay_paused(text, (0, 0))
}
