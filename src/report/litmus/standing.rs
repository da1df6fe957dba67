//! How a machine stands between two steps of a litmus test: what is buffered, cached and in memory.

use crate::drive::interleave::State;
use crate::litmus::{Setup, Thread};
use crate::machine::{Cache, Core, Machine};
use crate::memory::{Contents, Line, Piece, Untagged, Values};
use crate::protocol::{self, Protocol};

/// What each part of the machine holds, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// For each column of [`Standing::titles`] what is there, a line each.
    pub cells: Vec<Vec<String>>,
}

impl Standing {
    /// What the columns are: for each thread its store buffer, its cache and its queued
    /// invalidations, as far as the machine has them, and memory.
    #[must_use]
    pub fn titles(setup: &Setup<'_>) -> Vec<String> {
        let mut titles = Vec::new();
        for core in 0..setup.cores() {
            titles.push(format!("P{core} store buffer"));
            if setup.protocol().is_some() {
                titles.push(format!("P{core} cache"));
            }
            if setup.queues_invalidations() {
                titles.push(format!("P{core} still reads"));
            }
        }
        titles.push("memory".to_owned());
        titles
    }

    /// How the machine stands.
    #[must_use]
    pub fn of(setup: &Setup<'_>, state: &State<Thread>) -> Standing {
        let machine = &state.machine;
        let mut cells = Vec::new();
        for core in machine.cores() {
            cells.push(buffered(setup, machine, core));
            if machine.has_caches() {
                cells.push(cached(setup, machine.cache(core)));
            }
            if let Some(queue) = machine.invalidation_queue(core) {
                let lines = queue.lines().filter_map(|line| {
                    let held = queue.find(line)?;
                    Some(format!(
                        "{}={}",
                        name(setup, line),
                        value(setup, line, held)
                    ))
                });
                cells.push(lines.collect());
            }
        }
        let lines = setup.lines().into_iter().filter_map(|line| {
            let held = machine.memory().peek(line)?;
            Some(format!(
                "{}={}",
                name(setup, line),
                value(setup, line, held)
            ))
        });
        cells.push(lines.collect());
        Standing { cells }
    }
}

/// The youngest store at the top, as they were put in.
fn buffered(setup: &Setup<'_>, machine: &Machine<Values>, core: Core) -> Vec<String> {
    let stores = machine.store_buffer(core).iter();
    let mut stores: Vec<String> = stores
        .map(|store| format!("{}={}", setup.name_of(store.addr, store.bytes), store.value))
        .collect();
    stores.reverse();
    stores
}

fn cached(setup: &Setup<'_>, cache: &Cache<Values>) -> Vec<String> {
    let mut lines: Vec<_> = cache.lines().collect();
    lines.sort_by_key(|&(_, line, _)| line);
    let shown = lines.into_iter().map(|(way, line, state)| {
        let line_name = name(setup, line);
        let state_name = match setup.protocol() {
            Some(Protocol::Bus(table)) => table.state_name(state),
            Some(Protocol::Network(network)) => &network.front().states[usize::from(state.0)],
            None => "",
        };
        match readable(setup, state) {
            true => {
                let value = value(setup, line, cache.contents(way));
                format!("{line_name}={value} {state_name}")
            }
            false => format!("{line_name} {state_name}"),
        }
    });
    shown.collect()
}

fn readable(setup: &Setup<'_>, state: protocol::State) -> bool {
    match setup.protocol() {
        Some(Protocol::Bus(table)) => table.may_load(state),
        Some(Protocol::Network(network)) => network.front().may_load(state.0),
        None => true,
    }
}

fn name(setup: &Setup<'_>, line: Line) -> String {
    let size = setup.line_size();
    setup.name_of(size.base_of(line), size.bytes() as usize)
}

/// What the first element in the line is, as the test shows it.
fn value(setup: &Setup<'_>, line: Line, (contents, index): (&Values, u32)) -> String {
    let mut piece = Untagged::default();
    contents.read(index, 0, 8, &mut piece, 0);
    setup.show_at(setup.line_size().base_of(line), piece.value(8) as u64)
}
