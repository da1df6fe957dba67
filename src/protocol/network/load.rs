//! From the words of a protocol file of controllers to its compiled form. Whether the cells
//! together make sense is left to the checks.

use super::notes::{Notes, words_of};
use super::schema::{self, Raw, RawCell, RawController, RawEvent};
use super::table::{
    Cell, Channel, Controller, CoreEvent, EventId, Kind, Network, Order, Place, StateId, Trigger,
    TriggeredEvent, Uses, VarKind, Variable,
};
use super::words::{self, Names};
use super::{Action, check, live};
use crate::toml_file::{Problems, Section, Word, listed, shown};

/// The most states that a controller may have; each has a number that fits a byte.
const MAX_STATES: usize = 200;
/// The most events of one controller.
const MAX_EVENTS: usize = 1000;
/// The most channels, kinds of messages, controllers, and variables of one.
const MAX_NAMES: usize = 100;

/// Reads a protocol file of controllers.
pub(in crate::protocol) fn network(
    file: &Section<'_>,
    problems: &mut Problems<'_>,
) -> Option<Network> {
    let raw = schema::read(file, problems);
    let channels = channels(&raw, problems)?;
    let kinds = kinds(&raw, &channels, problems)?;
    let places = places(&raw, problems)?;
    let mut controllers = Vec::new();
    let mut marks = Vec::new();
    for (raw, (_, place)) in raw.controllers.iter().zip(&places) {
        let variables = variables(raw, &places, problems)?;
        let names = Names {
            channels: &channels,
            kinds: &kinds,
            controllers: &places,
            variables: &variables,
        };
        let (controller, places) = Reader {
            raw,
            names,
            place: *place,
        }
        .controller(problems)?;
        controllers.push(controller);
        marks.push(places);
    }
    if !problems.is_empty() {
        return None;
    }
    let name = raw.name?.text.to_owned();
    let mut network = Network {
        name,
        source: raw
            .source
            .map_or_else(String::new, |word| words_of(word.text)),
        channels,
        kinds,
        controllers,
    };
    check::all(
        &network,
        (&raw.messages, &raw.controllers),
        &marks,
        problems,
    );
    live::mark(&mut network);
    Some(network)
}

/// For each place in a controller's table which of its raw cells stands there.
pub(super) type Marks = Vec<Option<usize>>;

fn channels(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Vec<Channel>> {
    let before = problems.count();
    few(
        "channel",
        raw.channels.iter().map(|channel| &channel.name),
        problems,
    );
    let mut channels = Vec::new();
    for channel in &raw.channels {
        let order = match channel.order.as_ref()?.text {
            "none" => Order::None,
            "pairs" => Order::Pairs,
            "broadcast" => Order::Broadcast,
            other => {
                problems
                    .at(
                        channel.order.as_ref()?.place.clone(),
                        format!("unknown order `{}`", shown(other)),
                    )
                    .label("expected \"none\", \"pairs\" or \"broadcast\"");
                Order::None
            }
        };
        for (key, word) in [("until", &channel.until), ("wire", &channel.wire)] {
            if let Some(word) = word
                && order != Order::Broadcast
            {
                problems
                    .at(
                        word.place.clone(),
                        format!("`{key}` stands only at a broadcast channel"),
                    )
                    .label("expected `order = \"broadcast\"`");
            }
        }
        let until = channel.until.as_ref().and_then(|word| {
            let names = raw.channels.iter().map(|channel| channel.name.text);
            find("channel", word, names, problems)
        });
        channels.push(Channel {
            name: channel.name.text.to_owned(),
            order,
            capacity: channel.capacity.map(|capacity| capacity as u8),
            until: until.map(|index| index as u8),
            wire: channel.wire.as_ref().map(|wire| wire.text.to_owned()),
        });
    }
    (problems.count() == before).then_some(channels)
}

fn kinds(raw: &Raw<'_>, channels: &[Channel], problems: &mut Problems<'_>) -> Option<Vec<Kind>> {
    let before = problems.count();
    few(
        "message",
        raw.messages.iter().map(|message| &message.name),
        problems,
    );
    let mut kinds = Vec::new();
    for message in &raw.messages {
        let names = channels.iter().map(|channel| &*channel.name);
        let channel = find("channel", message.channel.as_ref()?, names, problems);
        for word in &message.carries {
            if !["line", "acks"].contains(&word.text) {
                problems
                    .at(
                        word.place.clone(),
                        format!("a message cannot carry `{}`", shown(word.text)),
                    )
                    .label("expected \"line\" or \"acks\"");
            }
        }
        let carries = |what| message.carries.iter().any(|word| word.text == what);
        kinds.push(Kind {
            name: message.name.text.to_owned(),
            channel: channel.unwrap_or(0) as u8,
            line: carries("line"),
            acks: carries("acks"),
            uses: Uses::default(),
        });
    }
    (problems.count() == before).then_some(kinds)
}

/// The controllers' names and places.
fn places(raw: &Raw<'_>, problems: &mut Problems<'_>) -> Option<Vec<(String, Place)>> {
    let before = problems.count();
    few(
        "controller",
        raw.controllers.iter().map(|controller| &controller.name),
        problems,
    );
    let mut places: Vec<(String, Place)> = Vec::new();
    for controller in &raw.controllers {
        free(&controller.name, &[], problems);
        let at = controller.at.as_ref()?;
        let place = match at.text {
            "core" => Place::Core,
            "memory" => Place::Memory,
            "alone" => Place::Alone,
            other => {
                problems
                    .at(
                        at.place.clone(),
                        format!("a controller cannot stand at `{}`", shown(other)),
                    )
                    .label("expected \"core\", \"memory\" or \"alone\"");
                continue;
            }
        };
        if place == Place::Core && places.last().is_some_and(|(_, last)| *last != Place::Core) {
            problems
                .at(at.place.clone(), "controllers at cores come first")
                .label("expected it before those that there is one of");
        }
        if place == Place::Memory && places.iter().any(|(_, other)| *other == Place::Memory) {
            problems
                .at(at.place.clone(), "two controllers stand at memory")
                .label("expected one, which has the line at the beginning");
        }
        places.push((controller.name.text.to_owned(), place));
    }
    for (place, name) in [(Place::Core, "core"), (Place::Memory, "memory")] {
        if problems.count() == before && places.iter().all(|(_, other)| *other != place) {
            problems
                .at(raw.place.clone(), format!("no controller stands at {name}"))
                .label("expected a `[[controller]]` with `at = \"core\"` and one with `at = \"memory\"`");
        }
    }
    (problems.count() == before).then_some(places)
}

fn variables(
    raw: &RawController<'_>,
    places: &[(String, Place)],
    problems: &mut Problems<'_>,
) -> Option<Vec<Variable>> {
    let before = problems.count();
    few(
        "variable",
        raw.variables.iter().map(|(name, _)| name),
        problems,
    );
    let mut variables = Vec::new();
    for (name, holds) in &raw.variables {
        free(name, places, problems);
        let kind = match holds.text {
            "count" => VarKind::Count,
            "node" => VarKind::Node,
            "set" => VarKind::Set,
            other => {
                problems
                    .at(
                        holds.place.clone(),
                        format!("a variable cannot hold `{}`", shown(other)),
                    )
                    .label("expected \"count\", \"node\" or \"set\"");
                continue;
            }
        };
        variables.push(Variable {
            name: name.text.to_owned(),
            kind,
        });
    }
    (problems.count() == before).then_some(variables)
}

/// A name in conditions and actions means one thing.
fn free(name: &Word<'_>, places: &[(String, Place)], problems: &mut Problems<'_>) {
    let another = places.iter().any(|(other, _)| other == name.text);
    if another || words::is_taken(name.text) {
        let what = if another {
            "a controller has this name"
        } else {
            "conditions and actions use it for something else"
        };
        problems
            .at(
                name.place.clone(),
                format!("the name `{}` is taken", shown(name.text)),
            )
            .label(what);
    }
}

/// Names must differ, and there must not be too many.
fn few<'a>(what: &str, names: impl Iterator<Item = &'a Word<'a>>, problems: &mut Problems<'_>) {
    let mut seen: Vec<&Word<'_>> = Vec::new();
    for word in names {
        if let Some(first) = seen.iter().find(|first| first.text == word.text) {
            let line = problems.line(&first.place);
            let message = format!("the {what} `{}` is given twice", shown(word.text));
            problems
                .at(word.place.clone(), message)
                .help(format!("it is first given in line {line}"));
        } else if seen.len() == MAX_NAMES {
            problems
                .at(word.place.clone(), format!("too many {what}s"))
                .label(format!("there are at most {MAX_NAMES}"));
            return;
        } else {
            seen.push(word);
        }
    }
}

/// The index of a word among `known`.
fn find<'n>(
    what: &str,
    word: &Word<'_>,
    known: impl Iterator<Item = &'n str> + Clone,
    problems: &mut Problems<'_>,
) -> Option<usize> {
    let found = known.clone().position(|name| name == word.text);
    if found.is_none() {
        problems
            .at(
                word.place.clone(),
                format!("unknown {what} `{}`", shown(word.text)),
            )
            .label(format!("known {what}s: {}", listed(known)));
    }
    found
}

struct Reader<'a> {
    raw: &'a RawController<'a>,
    names: Names<'a>,
    place: Place,
}

impl Reader<'_> {
    fn controller(&self, problems: &mut Problems<'_>) -> Option<(Controller, Marks)> {
        let raw = self.raw;
        few(
            "state",
            raw.states.iter().map(|state| &state.name),
            problems,
        );
        if let Some(state) = raw.states.get(MAX_STATES) {
            problems
                .at(state.name.place.clone(), "too many states")
                .label(format!("a controller has at most {MAX_STATES}"));
            return None;
        }
        let states = || raw.states.iter().map(|state| state.name.text);
        let initial = find("state", raw.initial.as_ref()?, states(), problems)?;
        let events = self.events(problems)?;
        let width = events.len();
        let mut cells = vec![None; width * raw.states.len()];
        let mut marks: Marks = vec![None; cells.len()];
        for (nth, cell) in raw.cells.iter().enumerate() {
            let Some((indices, actions)) = self.cell(cell, &events, problems) else {
                continue;
            };
            for index in indices {
                if marks[index].is_some() {
                    let (state, event) = (
                        raw.states[index / width].name.text,
                        &events[index % width].name,
                    );
                    let message = format!(
                        "the cell ({}, {}) is given twice",
                        shown(state),
                        shown(event)
                    );
                    let first =
                        marks[index].map_or(0, |first| problems.line(&raw.cells[first].place));
                    problems
                        .at(cell.place.clone(), message)
                        .help(format!("it is first given in line {first}"));
                } else {
                    marks[index] = Some(nth);
                }
                let state = index / width;
                let next = cell
                    .next
                    .as_ref()
                    .map_or(Some(state), |next| find("state", next, states(), problems));
                cells[index] = Some(compile(&actions, next? as StateId));
            }
        }
        let by_kind = (0..self.names.kinds.len()).map(|kind| {
            let of_kind = |event: &&EventId| {
                events[usize::from(**event)].trigger == Trigger::Message(kind as u8)
            };
            (0..width as EventId)
                .collect::<Vec<_>>()
                .iter()
                .filter(of_kind)
                .copied()
                .collect()
        });
        let spontaneous =
            |event: &EventId| matches!(events[usize::from(*event)].trigger, Trigger::Itself(_));
        let controller = Controller {
            name: raw.name.text.to_owned(),
            place: self.place,
            states: states().map(str::to_owned).collect(),
            stable: raw.states.iter().map(|state| !state.transient).collect(),
            line_lives: vec![true; raw.states.len()],
            initial: initial as StateId,
            variables: self.names.variables.to_vec(),
            by_kind: by_kind.collect(),
            spontaneous: (0..width as EventId).filter(spontaneous).collect(),
            notes: Notes::of(raw, &events, &marks),
            cells,
            events,
        };
        Some((controller, marks))
    }

    /// The core's events, those that the file defines, and one for each other message that a
    /// cell names.
    fn events(&self, problems: &mut Problems<'_>) -> Option<Vec<TriggeredEvent>> {
        let before = problems.count();
        few(
            "event",
            self.raw.events.iter().map(|event| &event.name),
            problems,
        );
        let mut events = Vec::new();
        if self.place == Place::Core {
            events.extend(CoreEvent::ALL.map(|event| TriggeredEvent {
                name: event.name().to_owned(),
                trigger: Trigger::Core(event),
                when: Box::new([]),
            }));
        }
        for raw in &self.raw.events {
            if events.iter().any(|event| event.name == raw.name.text) {
                let message = format!("the event `{}` is given twice", shown(raw.name.text));
                problems
                    .at(raw.name.place.clone(), message)
                    .label("every controller at a core has Load, Store and Evict");
                continue;
            }
            if let Some(event) = self.event(raw, problems) {
                events.push(event);
            }
        }
        for word in self.raw.cells.iter().flat_map(|cell| &cell.events) {
            let kind = self
                .names
                .kinds
                .iter()
                .position(|kind| kind.name == word.text);
            if let Some(kind) = kind
                && events.iter().all(|event| event.name != word.text)
            {
                events.push(TriggeredEvent {
                    name: word.text.to_owned(),
                    trigger: Trigger::Message(kind as u8),
                    when: Box::new([]),
                });
            }
        }
        if events.len() > MAX_EVENTS {
            problems
                .at(self.raw.name.place.clone(), "too many events")
                .label(format!("a controller has at most {MAX_EVENTS}"));
        }
        (problems.count() == before).then_some(events)
    }

    fn event(&self, raw: &RawEvent<'_>, problems: &mut Problems<'_>) -> Option<TriggeredEvent> {
        let trigger = match (&raw.message, &raw.each) {
            (Some(message), None) => {
                let kinds = self.names.kinds.iter().map(|kind| &*kind.name);
                Trigger::Message(find("message", message, kinds, problems)? as u8)
            }
            (None, Some(each)) => {
                let sets = self.names.variables.iter().enumerate();
                let sets = sets.filter(|(_, variable)| variable.kind == VarKind::Set);
                let nth = find(
                    "set",
                    each,
                    sets.clone().map(|(_, set)| &*set.name),
                    problems,
                )?;
                Trigger::Itself(sets.clone().nth(nth).map(|(index, _)| index as u8))
            }
            (None, None) => Trigger::Itself(None),
            (Some(_), Some(each)) => {
                problems
                    .at(
                        each.place.clone(),
                        "an event is caused by a message or for each member of a set",
                    )
                    .label("expected `message` or `each`, not both");
                return None;
            }
        };
        let mut when = Vec::new();
        for word in &raw.when {
            match words::condition(word.text, &self.names) {
                Ok(condition) => when.push(condition),
                Err((message, label)) => {
                    problems.at(word.place.clone(), message).label(label);
                }
            }
        }
        Some(TriggeredEvent {
            name: raw.name.text.to_owned(),
            trigger,
            when: when.into(),
        })
    }

    /// Where a cell stands in the table, and what it does.
    fn cell(
        &self,
        cell: &RawCell<'_>,
        events: &[TriggeredEvent],
        problems: &mut Problems<'_>,
    ) -> Option<(Vec<usize>, Vec<Action>)> {
        let before = problems.count();
        let states = self.raw.states.iter().map(|state| state.name.text);
        let known = events.iter().map(|event| &*event.name);
        let in_states: Vec<_> = cell
            .states
            .iter()
            .map(|word| find("state", word, states.clone(), problems))
            .collect();
        let at_events: Vec<_> = cell
            .events
            .iter()
            .map(|word| find("event", word, known.clone(), problems))
            .collect();
        let mut actions = Vec::new();
        for word in &cell.actions {
            match words::action(word.text, &self.names) {
                Ok(action) => actions.push(action),
                Err((message, label)) => {
                    problems.at(word.place.clone(), message).label(label);
                }
            }
        }
        if actions.contains(&Action::Stall) && (actions.len() > 1 || cell.next.is_some()) {
            let place = cell
                .actions
                .first()
                .map_or(cell.place.clone(), |word| word.place.clone());
            problems
                .at(place, "a cell that stalls does nothing else")
                .label("expected `stall` alone, and no `next`");
        }
        let mut indices = Vec::new();
        for state in in_states.into_iter().flatten() {
            indices.extend(
                at_events
                    .iter()
                    .flatten()
                    .map(|event| state * events.len() + event),
            );
        }
        (problems.count() == before).then_some((indices, actions))
    }
}

fn compile(actions: &[Action], next: StateId) -> Cell {
    let does = |action| actions.contains(&action);
    Cell {
        stalls: does(Action::Stall),
        loads: does(Action::Load),
        stores: does(Action::Store),
        sends: actions
            .iter()
            .any(|action| matches!(action, Action::Send { .. })),
        actions: actions.into(),
        next,
        clears: Box::new([]),
        clears_line: false,
    }
}
