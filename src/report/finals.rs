//! The states of lines at the end of a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::one::FinalState;
use super::table::Table;
use crate::observe::Finals;
use crate::protocol::Protocol;
use crate::replay::Replay;

/// The states that lines have in the caches that ever had them, by core and line.
#[must_use]
pub fn final_states(replay: &Replay, finals: &Finals) -> Vec<FinalState> {
    let size = replay.config().line_size;
    let states = finals.states().map(|(core, line, state)| FinalState {
        core: core.0,
        line: size.base_of(line).to_string(),
        state: match replay.protocol() {
            Protocol::Bus(table) => table.state_name(state).to_owned(),
            Protocol::Network(network) => network.front().states[usize::from(state.0)].clone(),
        },
    });
    states.collect()
}

/// A row for each line, a column for each core that had one.
pub(super) fn render(out: &mut String, states: &[FinalState]) {
    let mut cores: Vec<u8> = states.iter().map(|state| state.core).collect();
    cores.dedup();
    let mut lines: BTreeMap<(usize, &str), Vec<&str>> = BTreeMap::new();
    for state in states {
        // Shorter addresses are lower.
        let row = lines.entry((state.line.len(), &state.line)).or_default();
        let at = cores.iter().position(|core| *core == state.core);
        row.resize(cores.len(), "-");
        row[at.unwrap_or(0)] = &state.state;
    }
    let names = cores.iter().map(|core| format!("core {core}"));
    let mut table = Table::new(std::iter::once("line".to_owned()).chain(names));
    for ((_, line), states) in lines {
        let states = states.into_iter().map(str::to_owned);
        table.row(std::iter::once(line.to_owned()).chain(states));
    }
    let _ = write!(out, "\nstates at the end\n{table}");
}
