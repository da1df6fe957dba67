//! Litmus tests from critical cycles of relaxations, as diy makes them: each edge of a cycle says
//! what one event has to do with the next, and no sequentially consistent run can go all the way
//! around (Alglave, Maranget and Tautschnig, "Herding cats", TOPLAS 36(2), 2014; the manual of
//! herdtools7 on diy).
//!
//! Reading order: `edge` is an edge and how it is written, `check` which edges make a cycle and
//! where it begins, `events` what the events of a cycle access, and `build` the test, with the
//! lines that `info` tells of it. `family` and `label` are the two parts of a test's name, `name`
//! and `named` lead from a cycle to its name and back. Whether a machine shows the cycle is not
//! asked here.

mod build;
mod check;
mod edge;
mod events;
mod family;
mod info;
mod label;
mod name;
mod named;
mod parse;

pub use check::Wrong;
pub use edge::{Communication, Direction, Edge};
pub use family::{FAMILIES, Family};

/// What a cycle may have at most, so that the tests that are made of them can be read.
pub mod limits {
    /// Edges of a cycle.
    pub const EDGES: usize = 64;
    /// Threads: edges from one thread to another.
    pub const THREADS: usize = 16;
    /// Edges of one thread: as many as there are registers to read into.
    pub const THREAD_EDGES: usize = 15;
}

/// A cycle that a test can be made of: the edges meet, each thread's part ends with an edge to
/// another thread, and the final state tells in which order locations were written. Of all the
/// places where it could begin it begins at the one that diy's names begin at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cycle {
    edges: Vec<Edge>,
}

impl Cycle {
    /// Its edges, those of the first thread first.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The edges of each thread; the last of them leads to the next thread.
    pub fn threads(&self) -> impl ExactSizeIterator<Item = &[Edge]> {
        let threads: Vec<&[Edge]> = self.edges.split_inclusive(Edge::is_external).collect();
        threads.into_iter()
    }
}
