//! Threads on processors of their own, which begin at the same time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};

use super::pin::{pin, stayed};
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

    /// Puts a thread on each of the first two, which does nothing.
    ///
    /// # Errors
    /// Why that cannot be, and so nothing be asked; in words.
    #[cfg(target_arch = "x86_64")]
    pub fn try_out(&self) -> Result<(), String> {
        self.run(2, |_| ()).map(|_| ())
    }

    /// Runs the same on the first so many processors, each with its number among them: what each gave.
    ///
    /// # Errors
    /// A thread could not be started, put on its processor or kept there; in words.
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
            let spawn = |(number, &processor)| begin.spawn(scope, processor, move || each(number));
            let threads: Vec<_> = processors.iter().enumerate().map(spawn).collect();
            threads.into_iter().map(ended).collect()
        })
    }
}

/// More than there are threads: one of them could not begin.
const FAILED: u32 = 1 << 16;

/// Where threads wait for each other before they begin.
pub(super) struct Begin {
    ready: AtomicU32,
    threads: u32,
    /// Why one of them could not begin.
    why: OnceLock<String>,
}

/// A thread that was started, or why it was not.
pub(super) type Started<'s, T> = Result<ScopedJoinHandle<'s, Result<T, String>>, String>;

impl Begin {
    pub(super) fn new(threads: u32) -> Begin {
        Begin {
            ready: AtomicU32::new(0),
            threads,
            why: OnceLock::new(),
        }
    }

    /// Starts a thread that works on its processor once all others are on theirs. If it cannot be
    /// started, none of them works, and none waits for it.
    pub(super) fn spawn<'s, T: Send + 's>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        processor: u32,
        work: impl FnOnce() -> T + Send + 's,
    ) -> Started<'s, T> {
        let begin = move || {
            self.on(processor)?;
            let done = work();
            stayed(processor).map(|()| done)
        };
        let started = thread::Builder::new().spawn_scoped(scope, begin);
        started.map_err(|error| self.fail(format!("a thread cannot be started: {error}")))
    }

    /// Puts the calling thread on its processor, and waits there until all others are on theirs.
    fn on(&self, processor: u32) -> Result<(), String> {
        if let Err(error) = pin(processor) {
            return Err(self.fail(format!(
                "a thread cannot be kept on processor {processor}: {error}"
            )));
        }
        self.ready.fetch_add(1, Ordering::AcqRel);
        loop {
            match self.ready.load(Ordering::Acquire) {
                ready if ready < self.threads => std::hint::spin_loop(),
                ready if ready == self.threads => return Ok(()),
                _ => return Err(self.why.get().expect("it is told before").clone()),
            }
        }
    }

    /// Lets no thread begin; the first reason, for all of them.
    fn fail(&self, why: String) -> String {
        let why = self.why.get_or_init(|| why).clone();
        self.ready.fetch_add(FAILED, Ordering::AcqRel);
        why
    }
}

/// What a thread gave.
///
/// # Panics
/// When it did.
pub(super) fn ended<T>(thread: Started<'_, T>) -> Result<T, String> {
    thread?.join().expect("the threads do not panic")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Pair, allowed};

    /// The others must neither wait for it for ever nor hide why.
    #[test]
    fn what_keeps_one_thread_from_beginning_is_what_all_tell() {
        let begin = Begin::new(2);
        assert_eq!(
            begin.fail("no thread is left".to_owned()),
            "no thread is left"
        );
        assert_eq!(begin.fail("another reason".to_owned()), "no thread is left");
        let here = allowed().and_then(|all| all.first().copied()).unwrap_or(0);
        let never = thread::scope(|scope| ended(begin.spawn(scope, here, || ())));
        assert_eq!(never, Err("no thread is left".to_owned()));
        for (writer, reader) in [(here, 70_000), (70_000, here)] {
            let why = Pair { writer, reader }.run(|| (), || ()).unwrap_err();
            let start = "a thread cannot be kept on processor 70000: ";
            assert!(why.starts_with(start), "{why}");
        }
    }
}
