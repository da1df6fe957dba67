//! Two threads on two processors, which begin at the same time.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::thread;

use serde::{Deserialize, Serialize};

use super::team::{Begin, Team, ended, usable};
use super::topology::Topology;

/// Two different processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The first thread's, which writes where only one does.
    pub writer: u32,
    /// The second thread's.
    pub reader: u32,
}

impl Pair {
    /// The two that are asked where nobody names them: the first that this process may use, and the
    /// first other one that is not the same core, if there is one. The processors that it may use are
    /// those of [`super::allowed`]; all, if that is not known.
    ///
    /// # Errors
    /// There are not two; in words.
    pub fn usual(topology: &Topology, allowed: Option<&[u32]>) -> Result<Pair, String> {
        let team = Team::usual(topology, allowed)?;
        Ok(Pair {
            writer: team.processors()[0],
            reader: team.processors()[1],
        })
    }

    /// Two processors by their numbers.
    ///
    /// # Errors
    /// They are the same, or one of them is switched off or not for this process; in words.
    pub fn of(
        topology: &Topology,
        allowed: Option<&[u32]>,
        writer: u32,
        reader: u32,
    ) -> Result<Pair, String> {
        Team::of(topology, allowed, &[writer, reader])?;
        Ok(Pair { writer, reader })
    }

    /// All pairs of the processors that may be used, each once, those with lower numbers first.
    ///
    /// # Errors
    /// There are not two; in words.
    pub fn all(topology: &Topology, allowed: Option<&[u32]>) -> Result<Vec<Pair>, String> {
        let usable = usable(topology, allowed)?;
        let mut pairs = Vec::with_capacity(usable.len() * (usable.len() - 1) / 2);
        for (at, &writer) in usable.iter().enumerate() {
            let others = usable[at + 1..].iter();
            pairs.extend(others.map(|&reader| Pair { writer, reader }));
        }
        Ok(pairs)
    }

    /// The pairs in an order in which each relation has its first pair before any has its second.
    #[must_use]
    pub fn by_turns(topology: &Topology, pairs: Vec<Pair>) -> Vec<Pair> {
        let (mut firsts, mut others) = (BTreeMap::new(), Vec::new());
        for pair in pairs {
            match firsts.entry(topology.relation(pair.writer, pair.reader)) {
                Entry::Vacant(none) => {
                    none.insert(pair);
                }
                Entry::Occupied(_) => others.push(pair),
            }
        }
        firsts.into_values().chain(others).collect()
    }

    /// Puts a thread on each, which does nothing.
    ///
    /// # Errors
    /// Why that cannot be, and so nothing be asked; in words.
    pub fn try_out(self) -> Result<(), String> {
        self.run(|| (), || ()).map(|_| ())
    }

    /// Runs one on each processor: what both gave.
    ///
    /// # Errors
    /// A thread could not be started, put on its processor or kept there; in words.
    ///
    /// # Panics
    /// When one of them does.
    pub(super) fn run<A: Send, B: Send>(
        self,
        writer: impl FnOnce() -> A + Send,
        reader: impl FnOnce() -> B + Send,
    ) -> Result<(A, B), String> {
        let begin = Begin::new(2);
        thread::scope(|scope| {
            let first = begin.spawn(scope, self.writer, writer);
            let second = begin.spawn(scope, self.reader, reader);
            let (first, second) = (ended(first), ended(second));
            Ok((first?, second?))
        })
    }
}

/// Runs on one processor: what that gave.
///
/// # Errors
/// The thread could not be started, put on the processor or kept there; in words.
pub(super) fn alone<A: Send>(processor: u32, work: impl FnOnce() -> A + Send) -> Result<A, String> {
    let begin = Begin::new(1);
    thread::scope(|scope| ended(begin.spawn(scope, processor, work)))
}
