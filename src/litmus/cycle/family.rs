//! The first part of a test's name: what its threads begin and end with. Shapes that are known
//! have names ("Herding cats" has most of them; diy's own are those of its tests), others are
//! named by their threads, such as `WW+RR+WR+WR`.

use std::fmt;

use super::check::Ends;
use super::edge::{Communication, Edge};
use super::{Cycle, limits, parse};

/// A shape of cycles that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Its threads, by what they begin and end with.
    pub(super) shape: &'static str,
    /// Whether all is about one location.
    pub(super) one_location: bool,
    /// What its tests ask.
    pub asks: &'static str,
}

const fn family(name: &'static str, shape: &'static str, asks: &'static str) -> Family {
    Family {
        name,
        shape,
        one_location: false,
        asks,
    }
}

const fn coherence(name: &'static str, shape: &'static str, asks: &'static str) -> Family {
    Family {
        name,
        shape,
        one_location: true,
        asks,
    }
}

/// The families that have names, small ones first. Three threads and more like those of `SB`,
/// `LB` and `2+2W` are called `3.SB`, `3.LB` and `3.2W`, and so on.
#[rustfmt::skip] // a table
pub const FAMILIES: [Family; 32] = [
    coherence("CoWW", "WW", "may a thread's two stores take effect the other way round?"),
    coherence("CoRW1", "RW", "may a load see its own thread's later store?"),
    coherence("CoWR0", "WR", "may a load miss its own thread's earlier store?"),
    coherence("CoRR", "W+RR", "may a thread see a new value, then the old one?"),
    coherence("CoRW2", "W+RW", "may a store come before the one that its thread has seen?"),
    coherence("CoWR", "W+WR", "may who stores last still see what was there at first?"),
    family("SB", "WR+WR", "store buffering: may both threads miss the other's store?"),
    family("MP", "WW+RR", "message passing: may the flag be seen without the message?"),
    family("LB", "RW+RW", "load buffering: may both threads see the other's later store?"),
    family("S", "WW+RW", "may a store by who has seen the flag come before the message?"),
    family("R", "WW+WR", "may a load after the last store miss one before the first?"),
    family("2+2W", "WW+WW", "may the first store of each thread come last?"),
    family("WRC", "W+RW+RR", "may who is told of a store by its reader miss it?"),
    family("RWC", "W+RR+WR", "may a store be seen by one thread, and missed after a store?"),
    family("WWC", "W+RW+RW", "may who is told of a store by its reader store before it?"),
    family("WRR+2W", "W+RR+WW", "may who sees the last store miss one before the first?"),
    family("WRW+WR", "W+RW+WR", "R, where who sees the first store makes the next"),
    family("WRW+2W", "W+RW+WW", "2+2W, where who sees the first store makes the next"),
    family("ISA2", "WW+RW+RR", "message passing through a third thread"),
    family("W+RWC", "WW+RR+WR", "RWC, where a flag tells of the first store"),
    family("Z6.0", "WW+RW+WR", "R, where who sees a flag makes the next store"),
    family("Z6.1", "WW+WW+RW", "S, through another thread's two stores"),
    family("Z6.2", "WW+RW+RW", "S, through another thread that passes the flag on"),
    family("Z6.3", "WW+WW+RR", "message passing, through another thread's two stores"),
    family("Z6.4", "WW+WR+WR", "store buffering, where one of three threads only stores"),
    family("Z6.5", "WW+WW+WR", "R, through another thread's two stores"),
    family("IRIW", "W+RR+W+RR", "may two readers see two stores in different orders?"),
    family("IRRWIW", "W+RR+W+RW", "IRIW, where one reader stores instead of its second load"),
    family("IRWIW", "W+RW+W+RW", "IRIW, where both readers store instead of the second load"),
    family("3.SB", "WR+WR+WR", "store buffering around three threads; 4.SB is around four"),
    family("3.LB", "RW+RW+RW", "load buffering around three threads; 4.LB is around four"),
    family("3.2W", "WW+WW+WW", "2+2W around three threads; 4.2W is around four"),
];

impl Family {
    /// Its cycle without fences, as it is written.
    #[must_use]
    pub fn cycle(&self) -> String {
        let threads = threads(self.shape).unwrap_or_default();
        let shape = Shape {
            threads,
            one_location: self.one_location,
        };
        parse::written(&shape.plain())
    }
}

/// What a family has in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// What each thread begins and ends with.
    pub(super) threads: Vec<Ends>,
    /// Whether all is about one location.
    pub(super) one_location: bool,
}

/// Threads that there can be any number of: how one begins and ends, and the end of the name.
const RINGS: [(Ends, &str); 3] = [(Ends::WR, ".SB"), (Ends::RW, ".LB"), (Ends::WW, ".2W")];

impl Shape {
    pub(super) fn of(cycle: &Cycle) -> Shape {
        Shape {
            threads: cycle.threads().map(Ends::of).collect(),
            one_location: !cycle.edges().iter().any(Edge::is_to_other_location),
        }
    }

    /// The family's name, or that of its threads.
    pub(super) fn name(&self) -> String {
        let threads: Vec<String> = self.threads.iter().map(ToString::to_string).collect();
        let shape = threads.join("+");
        let known =
            |family: &&Family| family.shape == shape && family.one_location <= self.one_location;
        // Those of one location come first.
        if let Some(family) = FAMILIES.iter().find(known) {
            return family.name.to_owned();
        }
        let ring = |(ends, _): &&(Ends, &str)| self.threads.iter().all(|thread| thread == ends);
        match RINGS.iter().find(ring) {
            Some((_, end)) if self.threads.len() > 2 => format!("{}{end}", self.threads.len()),
            _ => shape,
        }
    }

    /// The shape of this name, if it is one; threads can be anything that follows each other.
    pub(super) fn named(name: &str) -> Option<Shape> {
        if let Some(family) = FAMILIES.iter().find(|family| family.name == name) {
            return Some(Shape {
                threads: threads(family.shape)?,
                one_location: family.one_location,
            });
        }
        let ring = RINGS.iter().find_map(|&(ends, end)| {
            let count: usize = name.strip_suffix(end)?.parse().ok()?;
            (3..=limits::THREADS)
                .contains(&count)
                .then(|| vec![ends; count])
        });
        Some(Shape {
            threads: ring.or_else(|| threads(name))?,
            one_location: false,
        })
    }

    /// The edge from each thread to the next; none where two reads meet.
    pub(super) fn external(&self) -> Vec<Option<Edge>> {
        let next = self.threads.iter().cycle().skip(1);
        let edge = |(one, next): (&Ends, &Ends)| {
            let kind = Communication::between(one.last(), next.first())?;
            Some(Edge::Communication {
                kind,
                external: true,
            })
        };
        self.threads.iter().zip(next).map(edge).collect()
    }

    /// Its edges where threads with two events have nothing but program order between them.
    fn plain(&self) -> Vec<Edge> {
        let threads = self.threads.iter().zip(self.external());
        let edges = threads.flat_map(|(thread, external)| {
            let order = Edge::Order {
                fence: None,
                different: !self.one_location,
                from: thread.first(),
                to: thread.last(),
            };
            [thread.are_two().then_some(order), external]
        });
        edges.flatten().collect()
    }
}

/// The threads that are written like this.
fn threads(shape: &str) -> Option<Vec<Ends>> {
    let thread = |text: &str| Ends::ALL.into_iter().find(|ends| ends.to_string() == text);
    shape.split('+').map(thread).collect()
}

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.are_two() {
            true => write!(f, "{}{}", self.first(), self.last()),
            false => write!(f, "{}", self.first()),
        }
    }
}
