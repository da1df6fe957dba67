//! What the events of a cycle access: threads, locations and values.

use super::edge::{Communication, Direction, Edge};

/// An event of a cycle: what is at the beginning of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// Its thread.
    pub(super) thread: usize,
    /// What it does.
    pub(super) direction: Direction,
    /// Its location, by its number.
    pub(super) location: usize,
    /// What it reads or writes.
    pub(super) value: u64,
    /// Whether the cycle says what it reads.
    pub(super) observed: bool,
    /// Whether it is the write of a locked instruction whose read is the event before.
    pub(super) exchanged: bool,
}

impl Event {
    /// Whether it writes.
    pub(super) fn writes(&self) -> bool {
        self.direction == Direction::Write
    }
}

/// The events of a checked cycle, of which the last edge is external.
///
/// Along the edges between two changes of location everything happens in the order of the
/// cycle: each write writes one more than the one before, and each read reads what was written
/// last.
pub(super) fn of(edges: &[Edge]) -> Vec<Event> {
    let count = edges.len();
    let locations = edges
        .iter()
        .filter(|edge| edge.is_to_other_location())
        .count();
    let (mut thread, mut location) = (0, 0);
    let mut events = Vec::new();
    for (at, edge) in edges.iter().enumerate() {
        let before = edges[(at + count - 1) % count];
        events.push(Event {
            thread,
            direction: edge.source(),
            // After the last one comes the first.
            location: location % locations.max(1),
            value: 0,
            observed: before.communicates(Communication::ReadFrom)
                || edge.communicates(Communication::FromRead),
            exchanged: before == Edge::Exchange,
        });
        thread += usize::from(edge.is_external());
        location += usize::from(edge.is_to_other_location());
    }
    let mut written = vec![0; locations.max(1)];
    let first = beginning(edges);
    for at in (first..count).chain(0..first) {
        let event = &mut events[at];
        written[event.location] += u64::from(event.writes());
        event.value = written[event.location];
    }
    events
}

/// An event that is the first of its location: one that a change of location leads to, or what
/// breaks a cycle that stays at one.
fn beginning(edges: &[Edge]) -> usize {
    let is_order = |edge: &Edge| !matches!(edge, Edge::Communication { .. });
    let change = edges.iter().rposition(Edge::is_to_other_location);
    let last = change.or_else(|| edges.iter().rposition(is_order));
    last.map_or(0, |at| (at + 1) % edges.len())
}

/// What a location is called: `x`, `y`, `z`, then from `a` on.
pub(super) fn location_name(number: usize) -> String {
    let letters = "xyzabcdefghijklmnopqrstuvw";
    match letters.chars().nth(number) {
        Some(letter) => letter.to_string(),
        None => format!("x{:02}", number - letters.len()),
    }
}
