//! Threads on processors of their own, which begin at the same time.

use std::sync::atomic::{AtomicU32, Ordering};
#[cfg(target_arch = "x86_64")]
use std::thread;

use super::pin::pin;
use super::topology::{Relation, Topology};

/// Different processors, at least two, one for each thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    processors: Vec<u32>,
}

impl Team {
    /// All that this process may use: one of each core first, so that a few threads are on different
    /// cores where that can be. The processors that it may use are those of [`super::allowed`]; all, if
    /// that is not known.
    ///
    /// # Errors
    /// There are not two; in words.
    pub fn usual(topology: &Topology, allowed: Option<&[u32]>) -> Result<Team, String> {
        let mut left = usable(topology, allowed)?;
        let mut processors: Vec<u32> = Vec::new();
        while !left.is_empty() {
            let mut others = Vec::new();
            let first = processors.len();
            for number in left {
                let same = |&of: &u32| topology.relation(of, number) == Some(Relation::Core);
                match processors[first..].iter().any(same) {
                    true => others.push(number),
                    false => processors.push(number),
                }
            }
            left = others;
        }
        Ok(Team { processors })
    }

    /// Processors by their numbers, in the order of the threads.
    ///
    /// # Errors
    /// There are not two, two are the same, or one is switched off or not for this process; in words.
    pub fn of(
        topology: &Topology,
        allowed: Option<&[u32]>,
        processors: &[u32],
    ) -> Result<Team, String> {
        let again = |at: usize| processors[..at].contains(&processors[at]);
        if processors.len() < 2 || (1..processors.len()).any(again) {
            return Err("two different processors are needed".to_owned());
        }
        let usable = topology.usable(allowed);
        for &number in processors {
            if topology.processor(number).is_none() {
                return Err(format!("processor {number} is switched off, or not there"));
            }
            if !usable.contains(&number) {
                return Err(format!("this process may not use processor {number}"));
            }
        }
        Ok(Team {
            processors: processors.to_vec(),
        })
    }

    /// Its processors, in the order of the threads.
    #[must_use]
    pub fn processors(&self) -> &[u32] {
        &self.processors
    }

    /// The least that any two of them share, if that is known.
    #[must_use]
    pub fn share(&self, topology: &Topology) -> Option<Relation> {
        let pairs = self.processors.iter().enumerate().flat_map(|(at, &one)| {
            let others = self.processors[at + 1..].iter();
            others.map(move |&other| topology.relation(one, other))
        });
        pairs.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Runs the same on the first so many processors, each with its number among them: what each gave.
    ///
    /// # Errors
    /// A thread could not be put on its processor; in words.
    ///
    /// # Panics
    /// When one of them does, or there are fewer processors.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn run<T: Send>(
        &self,
        threads: usize,
        each: impl Fn(usize) -> T + Sync,
    ) -> Result<Vec<T>, String> {
        let begin = Begin::new(threads as u32);
        let (begin, each) = (&begin, &each);
        let processors = &self.processors[..threads];
        thread::scope(|scope| {
            let spawn = |(number, &processor)| {
                scope.spawn(move || begin.on(processor).map(|()| each(number)))
            };
            let threads: Vec<_> = processors.iter().enumerate().map(spawn).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, _>| {
                thread.join().expect("the threads do not panic")
            };
            let all: Vec<Result<T, String>> = threads.into_iter().map(join).collect();
            all.into_iter().collect()
        })
    }
}

/// More than there are threads: one of them could not be put on its processor.
const FAILED: u32 = 1 << 16;

/// Where threads wait for each other before they begin.
pub(super) struct Begin {
    ready: AtomicU32,
    threads: u32,
}

impl Begin {
    pub(super) fn new(threads: u32) -> Begin {
        Begin {
            ready: AtomicU32::new(0),
            threads,
        }
    }

    /// Puts the calling thread on its processor, and waits there until all others are on theirs.
    pub(super) fn on(&self, processor: u32) -> Result<(), String> {
        if let Err(error) = pin(processor) {
            self.ready.fetch_add(FAILED, Ordering::AcqRel);
            return Err(format!(
                "a thread cannot be kept on processor {processor}: {error}"
            ));
        }
        self.ready.fetch_add(1, Ordering::AcqRel);
        loop {
            match self.ready.load(Ordering::Acquire) {
                ready if ready < self.threads => std::hint::spin_loop(),
                ready if ready == self.threads => return Ok(()),
                _ => return Err("another thread could not begin".to_owned()),
            }
        }
    }
}

/// The processors that are switched on and allowed, which are two at least.
pub(super) fn usable(topology: &Topology, allowed: Option<&[u32]>) -> Result<Vec<u32>, String> {
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
