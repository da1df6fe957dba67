//! Which edges make a cycle that a test can be made of, and where it begins.

use super::edge::{Communication, Direction, Edge};
use super::{Cycle, events, limits};

/// Why edges are no cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// At which edge, from 0.
    pub edge: usize,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What was expected there.
    pub expected: String,
}

impl Wrong {
    fn new(edge: usize, message: impl Into<String>, expected: impl Into<String>) -> Wrong {
        Wrong {
            edge,
            message: message.into(),
            expected: expected.into(),
        }
    }
}

impl Cycle {
    /// The cycle of these edges, the last of which meets the first. Edges that are the same but
    /// for where they begin make the same cycle.
    ///
    /// # Errors
    /// When no test can be made of them: at which edge, and what was expected.
    pub fn new(edges: &[Edge]) -> Result<Cycle, Wrong> {
        check_limit(edges)?;
        check_meeting(edges)?;
        check_threads(edges)?;
        check_locations(edges)?;
        // An edge's number is that of its first event.
        let first = edges
            .iter()
            .position(Edge::is_external)
            .map_or(0, |at| at + 1);
        let mut rotated = edges.to_vec();
        rotated.rotate_left(first % edges.len());
        check_writes(&rotated).map_err(|wrong| Wrong {
            edge: (wrong.edge + first) % edges.len(),
            ..wrong
        })?;
        Ok(Cycle {
            edges: begin_as_named(&rotated),
        })
    }
}

fn check_limit(edges: &[Edge]) -> Result<(), Wrong> {
    match edges.len() {
        0 => Err(Wrong::new(
            0,
            "a cycle without edges",
            "expected edges such as `PodWR Fre PodWR Fre`",
        )),
        1..=limits::EDGES => Ok(()),
        _ => {
            let expected = format!("expected at most {} edges", limits::EDGES);
            Err(Wrong::new(limits::EDGES, "too many edges", expected))
        }
    }
}

/// Each edge begins with what the one before ends with.
fn check_meeting(edges: &[Edge]) -> Result<(), Wrong> {
    for (at, edge) in edges.iter().enumerate() {
        let before = edges[(at + edges.len() - 1) % edges.len()];
        if before.target() != edge.source() {
            let message = format!(
                "`{edge}` begins with {}, and `{before}` before it ends with {}",
                edge.source().words(),
                before.target().words()
            );
            let expected = format!("expected an edge from {}", before.target().words());
            return Err(Wrong::new(at, message, expected));
        }
    }
    Ok(())
}

/// There are threads, not too many, and none is too long.
fn check_threads(edges: &[Edge]) -> Result<(), Wrong> {
    let mut external = edges
        .iter()
        .enumerate()
        .filter(|(_, edge)| edge.is_external());
    let Some((first, _)) = external.next() else {
        let expected = "expected one of `Rfe`, `Fre` and `Coe` somewhere";
        return Err(Wrong::new(0, "no edge leads to another thread", expected));
    };
    if let Some((at, _)) = external.nth(limits::THREADS - 1) {
        let expected = format!("expected at most {} external edges", limits::THREADS);
        return Err(Wrong::new(at, "too many threads", expected));
    }
    let mut length = 0;
    for at in (first + 1..edges.len()).chain(0..=first) {
        length += 1;
        if length > limits::THREAD_EDGES {
            let expected = format!(
                "expected at most {} edges in a thread",
                limits::THREAD_EDGES
            );
            return Err(Wrong::new(at, "too long a thread", expected));
        }
        if edges[at].is_external() {
            length = 0;
        }
    }
    Ok(())
}

/// The cycle comes back to the location that it began with, in the only way in which it can: it
/// leaves each for a new one. Or it stays at one, which only makes sense if a single edge is not
/// about what is in memory: with more of them nothing says how their events follow each other.
fn check_locations(edges: &[Edge]) -> Result<(), Wrong> {
    let places = |wanted: fn(&Edge) -> bool| -> Vec<usize> {
        let found = (0..edges.len()).filter(|&at| wanted(&edges[at]));
        found.collect()
    };
    let changes = places(Edge::is_to_other_location);
    let orders = places(|edge| !matches!(edge, Edge::Communication { .. }));
    let (edge, message, expected) = match (&changes[..], &orders[..]) {
        (&[only], _) => (
            only,
            "no other edge leads to another location, so none leads back",
            "expected none or at least two such edges (`d`)",
        ),
        ([], []) => (
            0,
            "all edges are communications",
            "expected program order, a fence or `Exch` somewhere",
        ),
        ([], &[_, second, ..]) => (
            second,
            "all is at one location, and nothing says how the parts of the cycle follow each other",
            "expected no second edge here that is no communication, or edges to other locations (`d`)",
        ),
        _ => return Ok(()),
    };
    Err(Wrong::new(edge, message, expected))
}

/// The final value of a location says which write was the last. That of two others one came
/// first has to follow from what one thread does, or the test would ask for less than the cycle.
fn check_writes(edges: &[Edge]) -> Result<(), Wrong> {
    let events = events::of(edges);
    for (at, event) in events.iter().enumerate() {
        let writes = events
            .iter()
            .filter(|other| other.location == event.location && other.writes());
        let last = writes.map(|write| write.value).max();
        // The next write of the same location is at the end of these edges.
        let next = (at..at + edges.len()).map(|at| at % edges.len());
        let next: Vec<usize> = next
            .take_while(|&between| between == at || !events[between].writes())
            .collect();
        let hidden = |&&between: &&usize| {
            let edge = &edges[between];
            edge.is_external() && !edge.communicates(Communication::ReadFrom)
        };
        let is_before_last = event.writes() && last.is_some_and(|last| event.value + 1 < last);
        if is_before_last && let Some(&edge) = next.iter().find(hidden) {
            let message = format!("no final value tells where `{}` leads", edges[edge]);
            let expected =
                "its location is written once more after it: expected the last write here";
            return Err(Wrong::new(edge, message, expected));
        }
    }
    Ok(())
}

/// The same cycle from another thread on. diy puts first what comes first when threads are
/// compared by their first and last events; of those that are alike, the shortest first thread;
/// then what has fences first.
fn begin_as_named(edges: &[Edge]) -> Vec<Edge> {
    let threads: Vec<&[Edge]> = edges.split_inclusive(Edge::is_external).collect();
    let rotations = (0..threads.len()).map(|first| {
        let mut rotated = threads.clone();
        rotated.rotate_left(first);
        rotated
    });
    let key = |threads: &Vec<&[Edge]>| {
        let ends: Vec<Ends> = threads.iter().map(|thread| Ends::of(thread)).collect();
        let edges = threads.concat();
        let edges: Vec<(bool, Edge)> = edges
            .into_iter()
            .map(|edge| (!matches!(edge, Edge::Order { fence: Some(_), .. }), edge))
            .collect();
        (ends, threads[0].len(), edges)
    };
    rotations.min_by_key(key).unwrap_or_default().concat()
}

/// What a thread begins and ends with, in the order in which names count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Ends {
    /// A single write.
    W,
    WW,
    RR,
    RW,
    WR,
    /// A single read.
    R,
}

impl Ends {
    /// All, in their order.
    pub(super) const ALL: [Ends; 6] = [Ends::W, Ends::WW, Ends::RR, Ends::RW, Ends::WR, Ends::R];

    /// Those of a thread with these edges, which are some.
    pub(super) fn of(thread: &[Edge]) -> Ends {
        let (first, last) = (&thread[0], &thread[thread.len() - 1]);
        match (first.source(), last.source()) {
            (Direction::Write, _) if thread.len() == 1 => Ends::W,
            (Direction::Read, _) if thread.len() == 1 => Ends::R,
            (Direction::Write, Direction::Write) => Ends::WW,
            (Direction::Write, Direction::Read) => Ends::WR,
            (Direction::Read, Direction::Write) => Ends::RW,
            (Direction::Read, Direction::Read) => Ends::RR,
        }
    }

    /// The first event.
    pub(super) fn first(self) -> Direction {
        match self {
            Ends::W | Ends::WW | Ends::WR => Direction::Write,
            Ends::R | Ends::RR | Ends::RW => Direction::Read,
        }
    }

    /// The last event.
    pub(super) fn last(self) -> Direction {
        match self {
            Ends::W | Ends::WW | Ends::RW => Direction::Write,
            Ends::R | Ends::RR | Ends::WR => Direction::Read,
        }
    }

    /// Whether these are two events.
    pub(super) fn are_two(self) -> bool {
        !matches!(self, Ends::W | Ends::R)
    }
}
