//! What stands at an edge: an event, what is done then, and how often that was seen.

use std::fmt;

/// One reason to go from a state to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What is met.
    pub event: String,
    /// What is done then; none where that is not told.
    pub actions: Option<Vec<String>>,
    /// The condition, if the event alone does not decide where it leads.
    pub when: Option<String>,
    /// How often it was seen; none where nobody looked.
    pub count: Option<u64>,
}

impl Label {
    /// Whether somebody looked and it never came.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.count == Some(0)
    }

    /// What follows the event: actions, condition and count.
    fn rest(&self) -> String {
        let mut text = match self.actions.as_deref() {
            None => String::new(),
            Some([]) => " / –".to_owned(),
            Some(actions) => format!(" / {}", actions.join(", ")),
        };
        if let Some(when) = &self.when {
            text += &format!(" ({when})");
        }
        if let Some(count) = self.count {
            text += &format!(" ×{count}");
        }
        text
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.event, self.rest())
    }
}

/// A line of text at an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextLine {
    /// The text.
    pub(super) text: String,
    /// Whether what it says never came, although somebody looked.
    pub(super) unused: bool,
}

/// The labels as lines: events with the same actions together, as long as nothing is counted.
pub(super) fn lines(labels: &[Label]) -> Vec<TextLine> {
    let mut groups: Vec<(Vec<&str>, String, bool)> = Vec::new();
    for label in labels {
        let (rest, unused) = (label.rest(), label.is_unused());
        let same = |group: &&mut (Vec<&str>, String, bool)| group.1 == rest && group.2 == unused;
        match groups.iter_mut().find(same) {
            Some(group) if label.count.is_none() || unused => group.0.push(&label.event),
            _ => groups.push((vec![&label.event], rest, unused)),
        }
    }
    // Names can have commas in them.
    let several = |events: &[&str]| events.iter().any(|event| event.contains(','));
    let line = |(events, rest, unused): &(Vec<&str>, String, bool)| TextLine {
        text: match several(events) {
            false => format!("{}{rest}", events.join(", ")),
            true => format!("{}{rest}", events.join("; ")),
        },
        unused: *unused,
    };
    groups.iter().map(line).collect()
}

/// The same, no line longer than `width` characters unless a word is.
pub(super) fn wrapped(labels: &[Label], width: usize) -> Vec<TextLine> {
    let mut wrapped = Vec::new();
    for line in lines(labels) {
        let mut text = String::new();
        for word in line.text.split(' ') {
            if !text.is_empty() && text.chars().count() + 1 + word.chars().count() > width {
                let unused = line.unused;
                wrapped.push(TextLine { text, unused });
                text = "  ".to_owned();
            } else if !text.is_empty() {
                text.push(' ');
            }
            text += word;
        }
        let unused = line.unused;
        wrapped.push(TextLine { text, unused });
    }
    wrapped
}
