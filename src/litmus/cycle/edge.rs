//! Edges: what one event of a cycle has to do with the next, and how that is written.

use std::fmt;

use crate::litmus::Fence;

/// What an event does. Names of tests count writes before reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It writes.
    Write,
    /// It reads.
    Read,
}

/// How two events of one location follow each other in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Communication {
    /// What is written is read (`Rf`).
    ReadFrom,
    /// What is read is older than what is written (`Fr`).
    FromRead,
    /// What is written is older than what is written (`Co`).
    Coherence,
}

/// An edge of a cycle. Edges are in the order in which diy counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// `Rfe`, `Fri` and their like.
    Communication {
        /// Which.
        kind: Communication,
        /// Whether it leads to another thread.
        external: bool,
    },
    /// Program order: `PodWR`, or with a fence between the two, `MFencedWR`.
    Order {
        /// The fence.
        fence: Option<Fence>,
        /// Whether it leads to another location (`d`) or stays (`s`).
        different: bool,
        /// What the first event does.
        from: Direction,
        /// What the second one does.
        to: Direction,
    },
    /// The read and the write of one locked instruction (`Exch`).
    Exchange,
}

impl Communication {
    /// All, in the order in which diy counts them.
    pub(super) const ALL: [Communication; 3] = [
        Communication::ReadFrom,
        Communication::FromRead,
        Communication::Coherence,
    ];

    /// What its two events do.
    #[must_use]
    pub fn directions(self) -> (Direction, Direction) {
        match self {
            Communication::ReadFrom => (Direction::Write, Direction::Read),
            Communication::FromRead => (Direction::Read, Direction::Write),
            Communication::Coherence => (Direction::Write, Direction::Write),
        }
    }

    /// The one between these two.
    pub(super) fn between(from: Direction, to: Direction) -> Option<Communication> {
        let found = |kind: &Communication| kind.directions() == (from, to);
        Communication::ALL.into_iter().find(found)
    }
}

impl Edge {
    /// What its first event does.
    #[must_use]
    pub fn source(&self) -> Direction {
        match self {
            Edge::Communication { kind, .. } => kind.directions().0,
            Edge::Order { from, .. } => *from,
            Edge::Exchange => Direction::Read,
        }
    }

    /// What its second event does.
    #[must_use]
    pub fn target(&self) -> Direction {
        match self {
            Edge::Communication { kind, .. } => kind.directions().1,
            Edge::Order { to, .. } => *to,
            Edge::Exchange => Direction::Write,
        }
    }

    /// Whether it leads to another thread.
    #[must_use]
    pub fn is_external(&self) -> bool {
        matches!(self, Edge::Communication { external: true, .. })
    }

    /// Whether it leads to another location.
    #[must_use]
    pub fn is_to_other_location(&self) -> bool {
        matches!(
            self,
            Edge::Order {
                different: true,
                ..
            }
        )
    }

    /// Whether it is this communication, in one thread or between two.
    pub(super) fn communicates(&self, communication: Communication) -> bool {
        matches!(self, Edge::Communication { kind, .. } if *kind == communication)
    }

    /// The edge that is written like this; older names of `Coe` and `Coi` are known too.
    #[must_use]
    pub fn named(text: &str) -> Option<Edge> {
        if text == "Exch" {
            return Some(Edge::Exchange);
        }
        if let Some((start, end)) = text.split_at_checked(2)
            && let Some(kind) = communication(start)
        {
            let external = match end {
                "e" => true,
                "i" => false,
                _ => return None,
            };
            return Some(Edge::Communication { kind, external });
        }
        let (order, letters) = text.split_at_checked(text.len().checked_sub(3)?)?;
        let fence = match order {
            "Po" => None,
            "MFence" => Some(Fence::Full),
            "LFence" => Some(Fence::Load),
            "SFence" => Some(Fence::Store),
            _ => return None,
        };
        let mut letters = letters.chars();
        let different = match letters.next()? {
            'd' => true,
            's' => false,
            _ => return None,
        };
        Some(Edge::Order {
            fence,
            different,
            from: Direction::of_letter(letters.next()?)?,
            to: Direction::of_letter(letters.next()?)?,
        })
    }
}

fn communication(text: &str) -> Option<Communication> {
    match text {
        "Ws" => Some(Communication::Coherence),
        _ => Communication::ALL
            .into_iter()
            .find(|kind| kind.to_string() == text),
    }
}

impl Direction {
    /// The direction of this letter in the names of edges.
    pub(super) fn of_letter(letter: char) -> Option<Direction> {
        match letter {
            'W' => Some(Direction::Write),
            'R' => Some(Direction::Read),
            _ => None,
        }
    }

    /// In words, for messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Direction::Write => "a write",
            Direction::Read => "a read",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Write => "W",
            Direction::Read => "R",
        })
    }
}

impl fmt::Display for Communication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Communication::ReadFrom => "Rf",
            Communication::FromRead => "Fr",
            Communication::Coherence => "Co",
        })
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Edge::Communication { kind, external } => {
                write!(f, "{kind}{}", if *external { 'e' } else { 'i' })
            }
            Edge::Order {
                fence,
                different,
                from,
                to,
            } => {
                let order = match fence {
                    None => "Po",
                    Some(Fence::Full) => "MFence",
                    Some(Fence::Load) => "LFence",
                    Some(Fence::Store) => "SFence",
                };
                let location = if *different { 'd' } else { 's' };
                write!(f, "{order}{location}{from}{to}")
            }
            Edge::Exchange => f.write_str("Exch"),
        }
    }
}
