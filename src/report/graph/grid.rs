//! The grid of states and events: what is done in each state when each event is met.

use super::picture::Kind;

/// Actions share a line up to so many bytes.
const SHORT: usize = 20;

/// A grid: a row for each state, a column for each event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// What it is called.
    pub title: String,
    /// What is shown, in lines.
    pub about: Vec<String>,
    /// The events; those of one group stand together.
    pub columns: Vec<Column>,
    /// The states.
    pub rows: Vec<Row>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Where such events come from.
    pub group: String,
    /// When it is met, in words, where the name does not say it; can be empty.
    pub about: String,
}

/// A state and its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The state's name.
    pub name: String,
    /// What it means, in words; can be empty.
    pub meaning: String,
    /// Stable or transient.
    pub kind: Kind,
    /// Whether things begin here.
    pub initial: bool,
    /// One for each column; none where the event is impossible.
    pub cells: Vec<Option<Entry>>,
}

/// What is done when an event meets a line in some state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is done.
    pub actions: Vec<String>,
    /// Where it leads: several where the event alone does not decide, none if it has to wait.
    pub next: Vec<Next>,
    /// What is to be said about it.
    pub note: Option<String>,
}

/// Where an entry leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The next state.
    pub state: String,
    /// The condition, if there are several.
    pub when: Option<String>,
    /// How often it was used; none where nobody looked.
    pub count: Option<u64>,
}

impl Entry {
    /// Whether somebody looked and it was never used.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        !self.next.is_empty() && self.next.iter().all(Next::is_unused)
    }

    /// The entry in lines: what is done, several short actions in one, then where it leads.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for action in &self.actions {
            match lines.last_mut() {
                Some(line) if line.len() + action.len() <= SHORT => {
                    line.push_str(", ");
                    line.push_str(action);
                }
                Some(line) => {
                    line.push(',');
                    lines.push(action.clone());
                }
                None => lines.push(action.clone()),
            }
        }
        lines.extend(self.next.iter().map(Next::text));
        lines
    }
}

impl Next {
    fn is_unused(&self) -> bool {
        self.count == Some(0)
    }

    fn text(&self) -> String {
        let when = self.when.as_ref().map(|when| format!(" {when}"));
        let count = self.count.map(|count| format!(" ×{count}"));
        let (when, count) = (when.unwrap_or_default(), count.unwrap_or_default());
        format!("→ {}{when}{count}", self.state)
    }
}

impl Grid {
    /// Whether somebody looked at what was used.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        let mut nexts = self.entries().flat_map(|(_, _, entry)| &entry.next);
        nexts.any(|next| next.count.is_some())
    }

    /// The entries with state and event.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Row, &Column, &Entry)> {
        self.rows.iter().flat_map(|row| {
            let cells = row.cells.iter().zip(&self.columns);
            cells.filter_map(move |(entry, column)| Some((row, column, entry.as_ref()?)))
        })
    }

    /// The groups of columns, and how many columns each has.
    pub(super) fn groups(&self) -> Vec<(&str, usize)> {
        let groups = self.columns.chunk_by(|a, b| a.group == b.group);
        groups
            .map(|columns| (&*columns[0].group, columns.len()))
            .collect()
    }

    /// When events are met whose names do not say it, a line for each.
    pub(super) fn events(&self) -> Vec<String> {
        let said = self.columns.iter();
        let said = said.filter(|column| !column.about.is_empty());
        said.map(|column| format!("{}: {}", column.name, column.about))
            .collect()
    }

    /// What is to be said about cells, a line for each note.
    pub(super) fn notes(&self) -> Vec<String> {
        let noted = self.entries().filter_map(|(row, column, entry)| {
            let note = entry.note.as_ref()?;
            Some(format!("{}, {}: {note}", row.name, column.name))
        });
        noted.collect()
    }

    /// What each mark in the grid means: only those that are there.
    pub(super) fn legend(&self) -> Vec<String> {
        let mut legend = Vec::new();
        if self
            .rows
            .iter()
            .any(|row| row.cells.iter().any(Option::is_none))
        {
            legend.push("An empty cell is impossible: reaching it is an error.".to_owned());
        }
        if self.is_counted() {
            let cells = self.entries().map(|(_, _, entry)| entry);
            let cells = cells.filter(|entry| !entry.next.is_empty());
            let (all, used) = cells.fold((0, 0), |(all, used), entry| {
                (all + 1, used + usize::from(!entry.is_unused()))
            });
            legend.push(format!(
                "×N is how often a cell was used; {used} of {all} cells were."
            ));
        }
        legend
    }
}
