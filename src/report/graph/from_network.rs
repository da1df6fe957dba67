//! Picture and grid of one controller of a protocol with messages, with what a run used of it if
//! that was counted. Actions are in the words of the protocol's file.

use super::grid::{Column, Entry, Grid, Next, Row};
use super::label::Label;
use super::picture::{Kind, Node, Picture};
use crate::observe::{Use, Uses};
use crate::protocol::network::{Controller, EventId, Network, StateId, Trigger};

/// A controller of a protocol, and what a run used of it.
#[derive(Clone, Copy)]
struct Side<'a> {
    network: &'a Network,
    index: usize,
    uses: Option<&'a Uses>,
}

/// The graph of a controller's states. What only stalls is left out: nothing happens then.
pub(super) fn picture(network: &Network, index: usize, uses: Option<&Uses>) -> Picture {
    let side = Side {
        network,
        index,
        uses,
    };
    let controller = side.controller();
    let mut picture = Picture::new(side.title());
    for state in side.states() {
        picture.add_node(Node {
            name: controller.states[usize::from(state)].clone(),
            details: Vec::new(),
            meaning: controller.notes().states[usize::from(state)].clone(),
            kind: kind(controller, state),
            initial: state == controller.initial,
            count: uses.map(|uses| side.met(uses, state)),
        });
    }
    let mut stalls = false;
    for state in side.states() {
        for event in side.events() {
            let Some(cell) = controller.cell(state, event) else {
                continue;
            };
            if cell.stalls {
                stalls = true;
                continue;
            }
            let label = Label {
                event: controller.events[usize::from(event)].name.clone(),
                actions: Some(side.actions(state, event)),
                when: None,
                count: uses.map(|uses| side.used(uses, (state, event, cell.next))),
            };
            picture.add_label(state.into(), cell.next.into(), label);
        }
    }
    if stalls {
        picture.add_about("Events that stall are not shown.");
    }
    picture
}

/// The grid of a controller's states and events; events that no state can meet are left out.
pub(super) fn grid(network: &Network, index: usize, uses: Option<&Uses>) -> Grid {
    let side = Side {
        network,
        index,
        uses,
    };
    let controller = side.controller();
    let events = side.events();
    let row = |state: StateId| Row {
        name: controller.states[usize::from(state)].clone(),
        meaning: controller.notes().states[usize::from(state)].clone(),
        kind: kind(controller, state),
        initial: state == controller.initial,
        cells: events
            .iter()
            .map(|&event| side.entry(state, event))
            .collect(),
    };
    Grid {
        title: side.title(),
        about: Vec::new(),
        rows: side.states().map(row).collect(),
        columns: events.iter().map(|&event| side.column(event)).collect(),
    }
}

fn kind(controller: &Controller, state: StateId) -> Kind {
    match controller.stable[usize::from(state)] {
        true => Kind::Stable,
        false => Kind::Transient,
    }
}

impl<'a> Side<'a> {
    fn controller(&self) -> &'a Controller {
        &self.network.controllers[self.index]
    }

    fn title(&self) -> String {
        format!("{}, {}", self.network.name, self.controller().name)
    }

    fn states(&self) -> impl Iterator<Item = StateId> + use<> {
        0..self.controller().states.len() as StateId
    }

    /// The events that some state can meet, those that come the same way together: from the
    /// core, in a channel, of itself.
    fn events(&self) -> Vec<EventId> {
        let controller = self.controller();
        let met = |&event: &EventId| {
            self.states()
                .any(|state| controller.cell(state, event).is_some())
        };
        let all = 0..controller.events.len() as EventId;
        let mut events: Vec<EventId> = all.filter(met).collect();
        events.sort_by_key(
            |&event| match controller.events[usize::from(event)].trigger {
                Trigger::Core(_) => (0, 0),
                Trigger::Message(kind) => (1, self.network.kinds[usize::from(kind)].channel),
                Trigger::Itself(_) => (2, 0),
            },
        );
        events
    }

    fn column(&self, event: EventId) -> Column {
        let controller = self.controller();
        let known = &controller.events[usize::from(event)];
        let notes = &controller.notes().events[usize::from(event)];
        let mut about = Vec::new();
        let group = match known.trigger {
            Trigger::Core(_) => "core",
            Trigger::Message(kind) => {
                let name = &self.network.kinds[usize::from(kind)].name;
                if *name != known.name {
                    about.push(name.clone());
                }
                &self.network.channel_of(kind).name
            }
            Trigger::Itself(_) => "of itself",
        };
        if !notes.when.is_empty() {
            about.push(format!("when {}", notes.when.join(" and ")));
        }
        let mut about = about.join(" ");
        if !notes.meaning.is_empty() {
            let separator = if about.is_empty() { "" } else { "; " };
            about = format!("{about}{separator}{}", notes.meaning);
        }
        Column {
            name: known.name.clone(),
            group: group.to_owned(),
            about,
        }
    }

    fn entry(&self, state: StateId, event: EventId) -> Option<Entry> {
        let controller = self.controller();
        let cell = controller.cell(state, event)?;
        let next = Next {
            state: controller.states[usize::from(cell.next)].clone(),
            when: None,
            count: self
                .uses
                .map(|uses| self.used(uses, (state, event, cell.next))),
        };
        let note = &controller.notes().cells[controller.cell_index(state, event)].note;
        Some(Entry {
            actions: self.actions(state, event),
            // A stalled event is met again; it is not used.
            next: if cell.stalls { Vec::new() } else { vec![next] },
            note: (!note.is_empty()).then(|| note.clone()),
        })
    }

    fn actions(&self, state: StateId, event: EventId) -> Vec<String> {
        let controller = self.controller();
        let index = controller.cell_index(state, event);
        controller.notes().cells[index].actions.clone()
    }

    fn used(&self, uses: &Uses, (from, event, to): (StateId, EventId, StateId)) -> u64 {
        let used = Use {
            controller: self.index,
            from,
            event,
            to,
        };
        uses.get(&used).copied().unwrap_or(0)
    }

    /// How many events lines in the state met.
    fn met(&self, uses: &Uses, state: StateId) -> u64 {
        let of_state = uses
            .iter()
            .filter(|(used, _)| (used.controller, used.from) == (self.index, state));
        of_state.map(|(_, count)| count).sum()
    }
}
