//! What follows from a protocol's cells taken together, for one cache: which states are
//! reached, which transactions are answered, and where the only newest copy of a line could be
//! lost. What several caches do to each other is left to runs and proofs.

use std::collections::VecDeque;

use super::load::Draft;
use super::table::{Cell, State};
use super::vocabulary::{Event, Transaction};
use crate::toml_file::Problems;

/// Checks a draft that was understood as a whole.
pub(super) fn all(draft: &Draft<'_>, problems: &mut Problems<'_>) {
    traffic(draft, problems);
    reachability(draft, problems);
    dirty(draft, problems);
}

/// Every transaction has caches that react to it, and every reaction a transaction.
fn traffic(draft: &Draft<'_>, problems: &mut Problems<'_>) {
    for transaction in Transaction::ALL {
        let name = transaction.name();
        let event = transaction.event();
        let sends = |cell: &Cell| cell.transaction == Some(transaction);
        let sender = draft.cells().find(|(_, _, _, cell)| sends(cell));
        let mut hearers = draft.cells().filter(|&(_, at, _, _)| at == event);
        match sender {
            Some((_, _, entry, _)) if hearers.next().is_none() => {
                problems
                    .at(
                        entry.action_place.clone(),
                        format!("no cache reacts to {name}"),
                    )
                    .label("no state has a cell for this event");
            }
            Some(_) => {}
            None => {
                for (state, _, entry, _) in hearers {
                    let state = draft.name(state);
                    let message = format!("the cell ({state}, {name}) can never be used");
                    problems
                        .at(entry.event_place.clone(), message)
                        .label(format!("no cell sends {name}"));
                }
            }
        }
    }
}

/// Every state is reached from the initial one.
fn reachability(draft: &Draft<'_>, problems: &mut Problems<'_>) {
    let mut reached = vec![false; draft.states.len()];
    let mut waiting: Vec<State> = draft.initial.into_iter().collect();
    while let Some(state) = waiting.pop() {
        if !std::mem::replace(&mut reached[usize::from(state.0)], true) {
            waiting.extend(cells_of(draft, state).flat_map(|(_, cell)| targets(cell)));
        }
    }
    for state in draft.numbers().filter(|s| !reached[usize::from(s.0)]) {
        let name = &draft.states[usize::from(state.0)];
        let message = format!("the state `{}` is never reached", draft.name(state));
        problems
            .at(name.place.clone(), message)
            .label("no cells lead here from the initial state");
    }
}

/// A copy that may be newer than memory is given to memory or to another cache before it goes.
fn dirty(draft: &Draft<'_>, problems: &mut Problems<'_>) {
    let causes = causes_of_dirt(draft);
    for (state, event, entry, cell) in draft.cells() {
        if causes[usize::from(state.0)].is_none() || kept(draft, event, cell) {
            continue;
        }
        let name = draft.name(state);
        let expected = match event {
            Event::Evict => "expected the action Flush",
            _ => "expected the action Flush, FlushOpt or WriteBack",
        };
        let message = format!(
            "the cell ({name}, {}) loses a line that may be newer than memory",
            event.name()
        );
        let path = path(draft, &causes, state);
        problems
            .at(entry.event_place.clone(), message)
            .label(expected)
            .help(format!("`{name}` may hold such a line after {path}"));
    }
}

/// Whether somebody has the line's bytes after the cell: this cache, memory, or the cache
/// that asks and that had or gets a copy.
fn kept(draft: &Draft<'_>, event: Event, cell: &Cell) -> bool {
    match event {
        Event::Evict => cell.flush,
        Event::BusUpgr | Event::BusUpd => true,
        _ => cell.updates_memory() || cell.flush_opt || Some(cell.next_alone) != draft.initial,
    }
}

/// The cell that first makes a line in some state possibly newer than memory.
type Cause = (State, Event);

/// For each state in which a line may be newer than memory, the cell that leads there.
fn causes_of_dirt(draft: &Draft<'_>) -> Vec<Option<Cause>> {
    let mut causes: Vec<Option<Cause>> = vec![None; draft.states.len()];
    let mut waiting: VecDeque<(State, Cause)> = VecDeque::new();
    for (state, event, _, cell) in draft.cells() {
        if event == Event::Store && !cell.write_through && !cell.looks_again(event) {
            waiting.extend(targets(cell).map(|to| (to, (state, event))));
        }
    }
    while let Some((state, cause)) = waiting.pop_front() {
        if Some(state) == draft.initial || causes[usize::from(state.0)].is_some() {
            continue;
        }
        causes[usize::from(state.0)] = Some(cause);
        for (event, cell) in cells_of(draft, state) {
            let next: Vec<State> = match event {
                // Whoever asked has the whole line, and answers for it.
                Event::BusUpd => requesters(draft, event).collect(),
                _ if cell.updates_memory() => Vec::new(),
                _ if cell.flush_opt && Some(cell.next_alone) == draft.initial => {
                    requesters(draft, event).collect()
                }
                _ => targets(cell).to_vec(),
            };
            waiting.extend(next.into_iter().map(|to| (to, (state, event))));
        }
    }
    causes
}

/// The states of caches after a transaction that others meet as `event`.
fn requesters(draft: &Draft<'_>, event: Event) -> impl Iterator<Item = State> {
    draft
        .cells()
        .filter(move |(_, _, _, cell)| cell.transaction.is_some_and(|t| t.event() == event))
        .flat_map(|(_, _, _, cell)| targets(cell))
}

/// The cells by which a line in `state` became newer than memory, from the store on.
fn path(draft: &Draft<'_>, causes: &[Option<Cause>], state: State) -> String {
    let mut cells = Vec::new();
    let mut cause = causes[usize::from(state.0)];
    while let Some((from, event)) = cause {
        let gone = draft
            .entry(from, event)
            .and_then(|e| e.cell)
            .map(|cell| cell.next_alone)
            == draft.initial;
        let handed = if gone {
            " (the line is handed over)"
        } else {
            ""
        };
        cells.push(format!("({}, {}){handed}", draft.name(from), event.name()));
        cause = match event {
            Event::Store => None,
            _ => causes[usize::from(from.0)],
        };
    }
    cells.reverse();
    cells.join(", then ")
}

fn cells_of<'a>(draft: &'a Draft<'_>, state: State) -> impl Iterator<Item = (Event, &'a Cell)> {
    Event::ALL.into_iter().filter_map(move |event| {
        let cell = draft.entry(state, event)?.cell.as_ref()?;
        Some((event, cell))
    })
}

fn targets(cell: &Cell) -> [State; 2] {
    [cell.next_alone, cell.next_shared]
}
