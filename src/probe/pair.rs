//! Two threads on two processors, which begin at the same time.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use serde::Serialize;

use super::pin::pin;
use super::topology::{Relation, Topology};

/// Two different processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
        let usable = usable(topology, allowed)?;
        let writer = usable[0];
        let others = || usable[1..].iter().copied();
        let same_core = |&other: &u32| topology.relation(writer, other) == Some(Relation::Core);
        let reader = others().find(|other| !same_core(other));
        let reader = reader.or_else(|| others().next());
        Ok(Pair {
            writer,
            reader: reader.expect("there are two"),
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
        if writer == reader {
            return Err("two different processors are needed".to_owned());
        }
        let usable = topology.usable(allowed);
        for number in [writer, reader] {
            if topology.processor(number).is_none() {
                return Err(format!("processor {number} is switched off, or not there"));
            }
            if !usable.contains(&number) {
                return Err(format!("this process may not use processor {number}"));
            }
        }
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

    /// Runs one on each processor: what both gave.
    ///
    /// # Errors
    /// A thread could not be put on its processor; in words.
    ///
    /// # Panics
    /// When one of them does.
    pub(super) fn run<A: Send, B: Send>(
        self,
        writer: impl FnOnce() -> A + Send,
        reader: impl FnOnce() -> B + Send,
    ) -> Result<(A, B), String> {
        let ready = AtomicU32::new(0);
        thread::scope(|scope| {
            let ready = &ready;
            let first = scope.spawn(move || begin(self.writer, ready).map(|()| writer()));
            let second = scope.spawn(move || begin(self.reader, ready).map(|()| reader()));
            let first = first.join().expect("the writer does not panic");
            let second = second.join().expect("the reader does not panic");
            Ok((first?, second?))
        })
    }
}

/// Runs on one processor: what that gave.
///
/// # Errors
/// The thread could not be put on the processor; in words.
pub(super) fn alone<A: Send>(processor: u32, work: impl FnOnce() -> A + Send) -> Result<A, String> {
    thread::scope(|scope| {
        let worker = scope.spawn(move || match pin(processor) {
            Ok(()) => Ok(work()),
            Err(error) => Err(not_kept(processor, error)),
        });
        worker.join().expect("it does not panic")
    })
}

/// More than there are threads: one of them could not be put on its processor.
const FAILED: u32 = 1 << 16;

/// Waits on its processor until the other thread is on its own.
fn begin(processor: u32, ready: &AtomicU32) -> Result<(), String> {
    if let Err(error) = pin(processor) {
        ready.fetch_add(FAILED, Ordering::AcqRel);
        return Err(not_kept(processor, error));
    }
    ready.fetch_add(1, Ordering::AcqRel);
    loop {
        match ready.load(Ordering::Acquire) {
            0 | 1 => std::hint::spin_loop(),
            2 => return Ok(()),
            _ => return Err("the other thread could not begin".to_owned()),
        }
    }
}

fn not_kept(processor: u32, error: rustix::io::Errno) -> String {
    format!("a thread cannot be kept on processor {processor}: {error}")
}

/// The processors that are switched on and that this process may use: at least two.
fn usable(topology: &Topology, allowed: Option<&[u32]>) -> Result<Vec<u32>, String> {
    let usable = topology.usable(allowed);
    match usable.len() {
        0 | 1 => Err(format!(
            "two processors are needed, and this process may use {}",
            match usable.first() {
                Some(number) => format!("only processor {number}"),
                None => "none that is known".to_owned(),
            }
        )),
        _ => Ok(usable),
    }
}
