//! From the words of a protocol file to a table: names become states, events and actions.
//! Whether the cells together make sense is left to the checks.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::schema::{self, Raw, RawCell, RawNext};
use super::table::{Cell, Counts, Notes, State, Table, index};
use super::vocabulary::{Event, Transaction};
use super::{actions, check, count, flow};
use crate::diagnostic::Invalid;
use crate::toml_file::{self, Problems, Section, Word, listed, shown};

/// The most states that a protocol may have; each has a number that fits a byte.
const MAX_STATES: usize = 200;

/// A table with places, as far as its file could be understood.
pub(super) struct Draft<'a> {
    /// The states.
    pub(super) states: Vec<Word<'a>>,
    /// The state of a line that is not in the cache.
    pub(super) initial: Option<State>,
    /// The cells, dense, as in the table.
    pub(super) entries: Vec<Option<Entry>>,
    /// For each state, whether some cell for it could not be told apart.
    pub(super) doubtful: Vec<bool>,
    /// What the cells count, in the order of the entries.
    counts: Vec<Counts>,
    /// The names that they count under.
    tallies: Vec<String>,
    numbers: FxHashMap<&'a str, State>,
    states_missing: bool,
}

/// A cell and its place.
pub(super) struct Entry {
    /// Where it begins.
    pub(super) place: Range<usize>,
    /// Where its event stands.
    pub(super) event_place: Range<usize>,
    /// Where its actions stand: that of the transaction, if there is one.
    pub(super) action_place: Range<usize>,
    /// Where its next state stands.
    pub(super) next_place: Range<usize>,
    /// What is to be said about it.
    pub(super) note: Option<String>,
    /// The cell, if all of it was understood.
    pub(super) cell: Option<Cell>,
}

impl Table {
    /// Reads a protocol file; `file` is the name that its problems carry.
    ///
    /// # Errors
    /// Everything that is wrong with the file. What only shows when caches meet, as two
    /// writers of one line, is not seen here.
    pub fn parse(file: &str, text: &str) -> Result<Table, Invalid> {
        toml_file::read(file, text, table)
    }
}

/// Reads a table for an atomic bus.
pub(super) fn table(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<Table> {
    let raw = schema::read(file, problems);
    if let Some(state) = raw.states.get(MAX_STATES) {
        problems
            .at(state.place.clone(), "too many states")
            .label(format!("a protocol has at most {MAX_STATES}"));
        return None;
    }
    let draft = Draft::new(&raw, problems);
    check::all(&draft, problems);
    if draft.is_whole() {
        flow::all(&draft, problems);
    }
    let notes = Notes {
        source: raw.source.unwrap_or_default().trim().to_owned(),
        meanings: raw.meanings.iter().map(|text| (*text).into()).collect(),
        cells: draft
            .entries
            .iter()
            .map(|e| e.as_ref()?.note.clone())
            .collect(),
    };
    Some(Table {
        notes,
        name: raw.name?.text.to_owned(),
        states: draft.states.iter().map(|name| name.text.into()).collect(),
        initial: draft.initial?,
        cells: draft.entries.iter().map(|e| e.as_ref()?.cell).collect(),
        tallies: draft.tallies,
        counts: draft.counts,
    })
}

impl<'a> Draft<'a> {
    fn new(raw: &Raw<'a>, problems: &mut Problems<'_>) -> Draft<'a> {
        let mut draft = Draft {
            states: Vec::new(),
            initial: None,
            entries: Vec::new(),
            doubtful: vec![false; raw.states.len()],
            counts: Vec::new(),
            tallies: Vec::new(),
            numbers: FxHashMap::default(),
            states_missing: raw.states_missing,
        };
        for name in &raw.states {
            draft.add_state(name, problems);
        }
        draft.initial = raw
            .initial
            .as_ref()
            .and_then(|name| draft.state(name, problems));
        let cells = draft.states.len() * Event::ALL.len();
        draft.entries.resize_with(cells, || None);
        draft.counts.resize(cells, Counts::default());
        for cell in &raw.cells {
            draft.add_cell(cell, problems);
        }
        draft
    }

    /// The states' numbers.
    pub(super) fn numbers(&self) -> impl Iterator<Item = State> + use<> {
        let count = u8::try_from(self.states.len()).expect("there are at most 200 states");
        (0..count).map(State)
    }

    /// A state's name, fit for a message.
    pub(super) fn name(&self, state: State) -> String {
        shown(self.states[usize::from(state.0)].text)
    }

    /// The cell for a state and an event.
    pub(super) fn entry(&self, state: State, event: Event) -> Option<&Entry> {
        self.entries[index(state, event)].as_ref()
    }

    /// All cells that were understood.
    pub(super) fn cells(&self) -> impl Iterator<Item = (State, Event, &Entry, &Cell)> {
        self.numbers()
            .flat_map(|state| Event::ALL.map(|event| (state, event)))
            .filter_map(|(state, event)| {
                let entry = self.entry(state, event)?;
                Some((state, event, entry, entry.cell.as_ref()?))
            })
    }

    /// Whether nothing was left out because it was not understood.
    fn is_whole(&self) -> bool {
        self.initial.is_some()
            && !self.doubtful.contains(&true)
            && self.entries.iter().flatten().all(|e| e.cell.is_some())
    }

    fn add_state(&mut self, name: &Word<'a>, problems: &mut Problems<'_>) {
        if let Some(&first) = self.numbers.get(name.text) {
            let line = problems.line(&self.states[usize::from(first.0)].place);
            let message = format!("the state `{}` is given twice", shown(name.text));
            problems
                .at(name.place.clone(), message)
                .help(format!("it is first given in line {line}"));
            return;
        }
        let number = u8::try_from(self.states.len()).expect("there are at most 200 states");
        self.numbers.insert(name.text, State(number));
        self.states.push(name.clone());
    }

    fn add_cell(&mut self, raw: &RawCell<'a>, problems: &mut Problems<'_>) {
        let known = raw.state.as_ref().map(|name| self.state(name, problems));
        let state = known.flatten();
        let known = raw.event.as_ref().map(|name| event(name, problems));
        let event = known.flatten();
        let cell = self.cell(raw, event, problems);
        let transaction = cell.is_none_or(|cell| cell.transaction.is_some());
        let counts = count::read(raw, transaction, &mut self.tallies, problems);
        let (Some(state), Some(event)) = (state, event) else {
            match state {
                Some(state) => self.doubtful[usize::from(state.0)] = true,
                None => self.doubtful.fill(true),
            }
            return;
        };
        if let Some(first) = self.entry(state, event) {
            let line = problems.line(&first.place);
            let message = format!(
                "the cell ({}, {}) is given twice",
                self.name(state),
                event.name()
            );
            problems
                .at(raw.place.clone(), message)
                .help(format!("it is first given in line {line}"));
            return;
        }
        self.counts[index(state, event)] = counts;
        self.entries[index(state, event)] = Some(Entry {
            place: raw.place.clone(),
            event_place: raw
                .event
                .as_ref()
                .map_or(raw.place.clone(), |word| word.place.clone()),
            action_place: action_place(raw),
            next_place: match &raw.next {
                Some(RawNext::Always(name)) => name.place.clone(),
                Some(RawNext::BySnoop { place, .. }) => place.clone(),
                None => raw.place.clone(),
            },
            note: raw.note.map(str::to_owned),
            cell,
        });
    }

    fn cell(
        &self,
        raw: &RawCell<'a>,
        event: Option<Event>,
        problems: &mut Problems<'_>,
    ) -> Option<Cell> {
        let actions = raw.actions.as_ref();
        let actions = actions.and_then(|words| actions::read(words, event, problems));
        let (alone, shared) = match raw.next.as_ref()? {
            RawNext::Always(name) => {
                let next = self.state(name, problems);
                (next, next)
            }
            RawNext::BySnoop {
                place,
                alone,
                shared,
            } => {
                if event.is_some() && actions.is_some_and(|actions| actions.transaction.is_none()) {
                    problems
                        .at(
                            place.clone(),
                            "the next state depends on a snoop, but there is none",
                        )
                        .label("the cell makes no transaction: expected one state");
                }
                (self.state(alone, problems), self.state(shared, problems))
            }
        };
        let actions = actions?;
        Some(Cell {
            transaction: actions.transaction,
            flush: actions.flush,
            flush_opt: actions.flush_opt,
            write_back: actions.write_back,
            retry: actions.retry,
            shared: actions.shared,
            write_through: actions.write_through,
            next_alone: alone?,
            next_shared: shared?,
        })
    }

    fn state(&self, name: &Word<'a>, problems: &mut Problems<'_>) -> Option<State> {
        let state = self.numbers.get(name.text).copied();
        if state.is_none() && !self.states_missing {
            let known = listed(self.states.iter().map(|name| name.text));
            problems
                .at(
                    name.place.clone(),
                    format!("unknown state `{}`", shown(name.text)),
                )
                .label(format!("known states: {known}"));
        }
        state
    }
}

fn event(name: &Word<'_>, problems: &mut Problems<'_>) -> Option<Event> {
    let event = Event::ALL
        .into_iter()
        .find(|event| event.name() == name.text);
    if event.is_none() {
        let known = listed(Event::ALL.map(Event::name));
        problems
            .at(
                name.place.clone(),
                format!("unknown event `{}`", shown(name.text)),
            )
            .label(format!("known events: {known}"));
    }
    event
}

/// Where the cell's transaction stands, or else all its actions.
fn action_place(raw: &RawCell<'_>) -> Range<usize> {
    let words = raw.actions.as_deref().unwrap_or_default();
    let is_transaction = |word: &&Word<'_>| Transaction::ALL.iter().any(|t| t.name() == word.text);
    let word = words.iter().find(is_transaction);
    word.map_or(&raw.actions_place, |word| &word.place).clone()
}
