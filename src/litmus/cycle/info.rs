//! What the first lines of a cycle's test tell about it, as diy7 tells it.

use super::edge::{Direction, Edge};
use super::events::{Event, location_name};
use super::{Cycle, parse};

impl Cycle {
    /// The cycle from the place on where its edges are first in their order: the same one for
    /// all tests of a cycle, however they begin.
    fn as_counted(&self) -> Vec<Edge> {
        let rotations = (0..self.edges.len()).map(|first| {
            let mut rotated = self.edges.clone();
            rotated.rotate_left(first);
            rotated
        });
        rotations.min().unwrap_or_default()
    }

    /// The lines of information: what litmus7 is to do with caches before a run (`Prefetch`: F
    /// flushes a location, T reads it, W writes it), the communications, and the cycle.
    pub(super) fn info(&self, events: &[Event]) -> Vec<(String, String)> {
        let mut info = vec![("Cycle", parse::written(&self.as_counted()))];
        info.push(("Generator", "tearline".to_owned()));
        let prefetch = prefetch(events);
        if !prefetch.is_empty() {
            info.push(("Prefetch", prefetch.join(",")));
        }
        let communications = self.edges.iter().filter_map(|edge| match edge {
            Edge::Communication {
                kind,
                external: true,
            } => Some(kind.to_string()),
            _ => None,
        });
        info.push(("Com", communications.collect::<Vec<_>>().join(" ")));
        info.push(("Orig", self.to_string()));
        let owned = |(key, value): (&str, String)| (key.to_owned(), value);
        info.into_iter().map(owned).collect()
    }
}

/// A thread that ends at another location than it begins at flushes the first and has the last.
fn prefetch(events: &[Event]) -> Vec<String> {
    let mut prefetch = Vec::new();
    for thread in events.chunk_by(|one, next| one.thread == next.thread) {
        let (first, last) = (&thread[0], &thread[thread.len() - 1]);
        if first.location != last.location {
            let how = match last.direction {
                Direction::Write => 'W',
                Direction::Read => 'T',
            };
            let number = first.thread;
            prefetch.push(format!("{number}:{}=F", location_name(first.location)));
            prefetch.push(format!("{number}:{}={how}", location_name(last.location)));
        }
    }
    prefetch
}
