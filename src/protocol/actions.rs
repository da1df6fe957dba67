//! The actions of one cell: which there are, and at which events each can be done.

use super::vocabulary::{Event, Transaction};
use crate::toml_file::{Problems, Word, listed, shown};

/// What a cell does, apart from its next state.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Actions {
    /// The transaction that it makes.
    pub(super) transaction: Option<Transaction>,
    /// It puts the line on the bus and memory takes it.
    pub(super) flush: bool,
    /// It puts the line on the bus for the requester alone.
    pub(super) flush_opt: bool,
    /// Memory takes the line and answers in its place.
    pub(super) write_back: bool,
    /// It refuses: the request is made again.
    pub(super) retry: bool,
    /// It raises the shared wire.
    pub(super) shared: bool,
    /// Memory takes the written bytes too.
    pub(super) write_through: bool,
}

/// One action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Transaction(Transaction),
    Flush,
    FlushOpt,
    WriteBack,
    Retry,
    Shared,
    WriteThrough,
}

impl Action {
    const ALL: [Action; 10] = [
        Action::Transaction(Transaction::BusRd),
        Action::Transaction(Transaction::BusRdX),
        Action::Transaction(Transaction::BusUpgr),
        Action::Transaction(Transaction::BusUpd),
        Action::Flush,
        Action::FlushOpt,
        Action::WriteBack,
        Action::Retry,
        Action::Shared,
        Action::WriteThrough,
    ];

    fn named(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Action::Transaction(transaction) => transaction.name(),
            Action::Flush => "Flush",
            Action::FlushOpt => "FlushOpt",
            Action::WriteBack => "WriteBack",
            Action::Retry => "Retry",
            Action::Shared => "Shared",
            Action::WriteThrough => "WriteThrough",
        }
    }

    fn possible_at(self, event: Event) -> bool {
        match event {
            Event::Load => matches!(self, Action::Transaction(_)),
            Event::Store => matches!(self, Action::Transaction(_) | Action::WriteThrough),
            Event::Evict => self == Action::Flush,
            Event::BusRd | Event::BusRdX => {
                !matches!(self, Action::Transaction(_) | Action::WriteThrough)
            }
            Event::BusUpgr | Event::BusUpd => {
                matches!(self, Action::Flush | Action::FlushOpt | Action::Shared)
            }
        }
    }
}

/// Reads the actions of a cell for `event`, if that is known; none if one does not fit.
pub(super) fn read(
    words: &[Word<'_>],
    event: Option<Event>,
    problems: &mut Problems<'_>,
) -> Option<Actions> {
    let before = problems.count();
    let mut actions = Actions::default();
    let mut seen: Vec<Action> = Vec::new();
    for word in words {
        let Some(action) = known(word, event, problems) else {
            continue;
        };
        if seen.contains(&action) {
            let message = format!("the action `{}` is given twice", action.name());
            problems.at(word.place.clone(), message);
            continue;
        }
        seen.push(action);
        add(&mut actions, action, word, problems);
    }
    (problems.count() == before).then_some(actions)
}

/// The action with this name, if it can be done at `event`.
fn known(word: &Word<'_>, event: Option<Event>, problems: &mut Problems<'_>) -> Option<Action> {
    let action = Action::named(word.text);
    let possible = |action: &Action| event.is_none_or(|event| action.possible_at(event));
    if action.as_ref().is_some_and(possible) {
        return action;
    }
    let at = event.map_or(String::new(), |event| format!(" at {}", event.name()));
    let message = match action {
        Some(action) => format!("`{}` cannot be done{at}", action.name()),
        None => format!("unknown action `{}`", shown(word.text)),
    };
    let names = Action::ALL.into_iter().filter(possible).map(Action::name);
    problems
        .at(word.place.clone(), message)
        .label(format!("known actions{at}: {}", listed(names)));
    None
}

fn add(actions: &mut Actions, action: Action, word: &Word<'_>, problems: &mut Problems<'_>) {
    match action {
        Action::Transaction(transaction) => {
            if let Some(first) = actions.transaction {
                problems
                    .at(word.place.clone(), "a cell makes at most one transaction")
                    .label(format!("this one makes {} already", first.name()));
            } else {
                actions.transaction = Some(transaction);
            }
        }
        Action::Flush => actions.flush = true,
        Action::FlushOpt => actions.flush_opt = true,
        Action::WriteBack => actions.write_back = true,
        Action::Retry => actions.retry = true,
        Action::Shared => actions.shared = true,
        Action::WriteThrough => actions.write_through = true,
    }
    let moves = [actions.flush, actions.flush_opt, actions.write_back];
    let moved = matches!(action, Action::Flush | Action::FlushOpt | Action::WriteBack);
    if moved && moves.into_iter().filter(|&moves| moves).count() > 1 {
        problems
            .at(word.place.clone(), "the line is put on the bus twice")
            .label("one of Flush, FlushOpt and WriteBack");
    }
}
