//! Picture and grid of a bus protocol's table, with what a run used of it if that was counted.

use super::grid::{Column, Entry, Grid, Next, Row};
use super::label::Label;
use super::picture::{Kind, Node, Picture};
use crate::observe::{Use, Uses};
use crate::protocol::network::EventId;
use crate::protocol::{Cell, Event, State, Table};

/// The graph of a table's states.
pub(super) fn picture(table: &Table, uses: Option<&Uses>) -> Picture {
    let mut picture = Picture::new(table.name());
    for state in table.states() {
        picture.add_node(Node {
            name: table.state_name(state).to_owned(),
            details: Vec::new(),
            meaning: table.meaning(state).trim().to_owned(),
            kind: Kind::Stable,
            initial: state == table.initial(),
            count: uses.map(|uses| met(uses, state)),
        });
    }
    for state in table.states() {
        for (event, cell) in cells(table, state) {
            for (to, when) in nexts(cell) {
                let label = Label {
                    event: event.name().to_owned(),
                    actions: Some(actions(cell)),
                    when: when.map(str::to_owned),
                    count: uses.map(|uses| used(uses, (state, event, to))),
                };
                picture.add_label(state.0.into(), to.0.into(), label);
            }
        }
    }
    picture
}

/// The grid of a table's states and events; events that no state can meet are left out.
pub(super) fn grid(table: &Table, uses: Option<&Uses>) -> Grid {
    let met = |event: &Event| {
        let mut states = table.states();
        states.any(|state| table.cell(state, *event).is_some())
    };
    let events: Vec<Event> = Event::ALL.into_iter().filter(met).collect();
    let row = |state: State| Row {
        name: table.state_name(state).to_owned(),
        meaning: table.meaning(state).trim().to_owned(),
        kind: Kind::Stable,
        initial: state == table.initial(),
        cells: events
            .iter()
            .map(|&event| entry(table, state, event, uses))
            .collect(),
    };
    Grid {
        title: table.name().to_owned(),
        about: Vec::new(),
        rows: table.states().map(row).collect(),
        columns: events.iter().map(|&event| column(event)).collect(),
    }
}

fn entry(table: &Table, state: State, event: Event, uses: Option<&Uses>) -> Option<Entry> {
    let cell = table.cell(state, event)?;
    let next = |(to, when): (State, Option<&str>)| Next {
        state: table.state_name(to).to_owned(),
        when: when.map(str::to_owned),
        count: uses.map(|uses| used(uses, (state, event, to))),
    };
    let note = table.note(state, event).map(str::trim);
    Some(Entry {
        actions: actions(cell),
        next: nexts(cell).into_iter().map(next).collect(),
        note: note.map(str::to_owned),
    })
}

fn column(event: Event) -> Column {
    let group = match event {
        Event::Load | Event::Store | Event::Evict => "own core",
        _ => "other caches",
    };
    Column {
        name: event.name().to_owned(),
        group: group.to_owned(),
        about: String::new(),
    }
}

fn cells(table: &Table, state: State) -> impl Iterator<Item = (Event, &Cell)> {
    let all = Event::ALL.into_iter();
    all.filter_map(move |event| Some((event, table.cell(state, event)?)))
}

/// What a cell does, in the words of the protocol files.
fn actions(cell: &Cell) -> Vec<String> {
    let actions = [
        cell.transaction.map(|transaction| transaction.name()),
        cell.flush.then_some("Flush"),
        cell.flush_opt.then_some("FlushOpt"),
        cell.write_back.then_some("WriteBack"),
        cell.retry.then_some("Retry"),
        cell.shared.then_some("Shared"),
        cell.write_through.then_some("WriteThrough"),
    ];
    actions.into_iter().flatten().map(str::to_owned).collect()
}

/// Where a cell leads, and on which condition.
fn nexts(cell: &Cell) -> Vec<(State, Option<&'static str>)> {
    if cell.next_alone == cell.next_shared {
        return vec![(cell.next_alone, None)];
    }
    let alone = (cell.next_alone, Some("alone"));
    vec![alone, (cell.next_shared, Some("shared"))]
}

fn used(uses: &Uses, (from, event, to): (State, Event, State)) -> u64 {
    let cell = Use {
        controller: 0,
        from: from.0,
        event: event as EventId,
        to: to.0,
    };
    uses.get(&cell).copied().unwrap_or(0)
}

/// How many events lines in the state met.
fn met(uses: &Uses, state: State) -> u64 {
    let of_state = uses.iter().filter(|(used, _)| used.from == state.0);
    of_state.map(|(_, count)| count).sum()
}
