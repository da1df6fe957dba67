//! What the file of a controller says in words, for those who look at it. Nothing follows from it.

use super::schema::{RawController, RawEvent};
use super::table::TriggeredEvent;

/// A controller in the words of its file. All texts are one line; an empty one was not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// What the controller is.
    pub meaning: String,
    /// What each state means.
    pub states: Vec<String>,
    /// When each event is met: its meaning, and the conditions as they are written.
    pub events: Vec<EventNotes>,
    /// What each cell does, in the order of [`Controller::cell_index`]; nothing where there is
    /// no cell.
    ///
    /// [`Controller::cell_index`]: super::Controller::cell_index
    pub cells: Vec<CellNotes>,
}

/// What a file says about an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventNotes {
    /// What it means.
    pub meaning: String,
    /// What must hold for it.
    pub when: Vec<String>,
}

/// What a file says about a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellNotes {
    /// Its actions.
    pub actions: Vec<String>,
    /// What is to be said about it.
    pub note: String,
}

/// Words without line breaks.
pub(super) fn words_of(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

impl Notes {
    /// The words of a controller, whose cells come from the raw ones that `marks` names.
    pub(super) fn of(
        raw: &RawController<'_>,
        events: &[TriggeredEvent],
        marks: &[Option<usize>],
    ) -> Notes {
        let event = |event: &TriggeredEvent| {
            let raw = raw.events.iter().find(|raw| raw.name.text == event.name);
            raw.map(event_notes).unwrap_or_default()
        };
        let cell = |mark: &Option<usize>| {
            let Some(raw) = mark.map(|nth| &raw.cells[nth]) else {
                return CellNotes::default();
            };
            let note = raw.note.as_ref();
            CellNotes {
                actions: raw.actions.iter().map(|word| words_of(word.text)).collect(),
                note: note.map_or_else(String::new, |note| words_of(note.text)),
            }
        };
        let meaning = raw.meaning.as_ref();
        Notes {
            meaning: meaning.map_or_else(String::new, |word| words_of(word.text)),
            states: raw
                .states
                .iter()
                .map(|state| words_of(state.meaning))
                .collect(),
            events: events.iter().map(event).collect(),
            cells: marks.iter().map(cell).collect(),
        }
    }
}

fn event_notes(raw: &RawEvent<'_>) -> EventNotes {
    let meaning = raw.meaning.as_ref();
    EventNotes {
        meaning: meaning.map_or_else(String::new, |word| words_of(word.text)),
        when: raw.when.iter().map(|word| words_of(word.text)).collect(),
    }
}
