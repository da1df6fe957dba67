//! What each cell of a protocol must be, and which cells there must be. How cells follow on
//! each other is looked at elsewhere, and so is what happens when caches meet.

use super::load::{Draft, Entry};
use super::table::{Cell, State};
use super::vocabulary::Event;
use crate::toml_file::Problems;

/// Checks all cells.
pub(super) fn all(draft: &Draft<'_>, problems: &mut Problems<'_>) {
    completeness(draft, problems);
    for (state, event, entry, cell) in draft.cells() {
        match event {
            Event::Load => load(draft, entry, cell, problems),
            Event::Store => store(draft, entry, cell, problems),
            Event::Evict => evict(draft, entry, cell, problems),
            Event::BusRd | Event::BusRdX | Event::BusUpgr | Event::BusUpd => {
                refusal(draft, (state, event), entry, cell, problems);
            }
        }
        if Some(state) == draft.initial {
            initial(draft, (state, event), entry, cell, problems);
        }
    }
}

/// A core may ask for anything at any time, and any line may have to go.
fn completeness(draft: &Draft<'_>, problems: &mut Problems<'_>) {
    for state in draft.numbers() {
        if draft.doubtful[usize::from(state.0)] {
            continue;
        }
        let cached = draft.initial.is_some_and(|initial| initial != state);
        let needed = [Event::Load, Event::Store, Event::Evict];
        let missing: Vec<&str> = needed
            .into_iter()
            .filter(|&event| cached || event != Event::Evict)
            .filter(|&event| draft.entry(state, event).is_none())
            .map(Event::name)
            .collect();
        if !missing.is_empty() {
            let place = draft.states[usize::from(state.0)].place.clone();
            let name = draft.name(state);
            problems
                .at(
                    place,
                    format!("the state `{name}` has no cell for {}", missing.join(", ")),
                )
                .label("expected a cell for Load and Store, and for Evict if it is in the cache");
        }
    }
}

/// What holds only for a line that is not in the cache.
fn initial(
    draft: &Draft<'_>,
    (state, event): (State, Event),
    entry: &Entry,
    cell: &Cell,
    problems: &mut Problems<'_>,
) {
    let name = draft.name(state);
    if !matches!(event, Event::Load | Event::Store) {
        let message = format!("the cell ({name}, {}) can never be used", event.name());
        problems
            .at(entry.event_place.clone(), message)
            .label(format!(
                "a line in the initial state `{name}` is not in the cache"
            ))
            .help("a cache without the line has nothing to evict and does not snoop");
    } else if !cell
        .transaction
        .is_some_and(|transaction| transaction.fetches())
    {
        problems
            .at(entry.action_place.clone(), "nothing brings the line")
            .label("expected BusRd or BusRdX")
            .help(format!(
                "a line in the initial state `{name}` is not in the cache"
            ));
    }
}

fn load(draft: &Draft<'_>, entry: &Entry, cell: &Cell, problems: &mut Problems<'_>) {
    if draft.initial.is_some_and(|initial| leads_to(cell, initial)) {
        problems
            .at(
                entry.next_place.clone(),
                "a load leaves the line out of the cache",
            )
            .label("expected a state other than the initial one");
    }
}

fn store(draft: &Draft<'_>, entry: &Entry, cell: &Cell, problems: &mut Problems<'_>) {
    if cell.write_through && (cell.transaction.is_none() || cell.looks_again(Event::Store)) {
        problems
            .at(
                entry.action_place.clone(),
                "nothing takes the written bytes to memory",
            )
            .label("expected BusRdX, BusUpgr or BusUpd together with WriteThrough");
    }
    let mut targets = vec![cell.next_alone, cell.next_shared];
    targets.dedup();
    for target in targets {
        let name = draft.name(target);
        let place = entry.next_place.clone();
        if Some(target) == draft.initial {
            problems
                .at(place, "a store leaves the line out of the cache")
                .label("expected a state other than the initial one");
        } else if needs_bus(draft, target) {
            problems
                .at(
                    place,
                    format!("a store leads to `{name}`, where the line cannot be read"),
                )
                .label(format!("a load in `{name}` makes a transaction"));
        } else if cell.looks_again(Event::Store) && looks_again(draft, target) {
            problems
                .at(place, "a store asks for a copy to read, again and again")
                .label(format!("a store in `{name}` makes BusRd too"))
                .help("after BusRd the store is looked up again, in the new state");
        }
    }
}

fn looks_again(draft: &Draft<'_>, state: State) -> bool {
    let cell = draft.entry(state, Event::Store).and_then(|e| e.cell);
    cell.is_some_and(|cell| cell.looks_again(Event::Store))
}

/// A cache that refuses a request must answer it some time.
fn refusal(
    draft: &Draft<'_>,
    (state, event): (State, Event),
    entry: &Entry,
    cell: &Cell,
    problems: &mut Problems<'_>,
) {
    let place = || entry.action_place.clone();
    if cell.retry && !cell.write_back {
        problems
            .at(place(), "a request is refused for nothing")
            .label("expected WriteBack together with Retry");
    }
    let (mut at, mut next) = (state, Some(*cell));
    for _ in draft.numbers() {
        let Some(cell) = next.filter(|cell| cell.retry) else {
            return;
        };
        at = cell.next_alone;
        next = draft.entry(at, event).and_then(|e| e.cell);
    }
    if next.is_some_and(|cell| cell.retry) {
        let (name, event) = (draft.name(at), event.name());
        problems
            .at(place(), "a request is refused for ever")
            .label(format!("`{name}` refuses {event} again, and so on"));
    }
}

fn evict(draft: &Draft<'_>, entry: &Entry, cell: &Cell, problems: &mut Problems<'_>) {
    if let Some(initial) = draft.initial
        && (cell.next_alone, cell.next_shared) != (initial, initial)
    {
        problems
            .at(
                entry.next_place.clone(),
                "an evicted line stays in the cache",
            )
            .label(format!(
                "expected the initial state `{}`",
                draft.name(initial)
            ));
    }
}

fn needs_bus(draft: &Draft<'_>, state: State) -> bool {
    let cell = draft.entry(state, Event::Load).and_then(|e| e.cell);
    cell.is_some_and(|cell| cell.transaction.is_some())
}

fn leads_to(cell: &Cell, state: State) -> bool {
    cell.next_alone == state || cell.next_shared == state
}
