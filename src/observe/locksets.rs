//! Which locks protect what: for each word of 4 bytes those that were held at every plain access
//! since more than one thread touches it (Savage et al., Eraser, ACM TOCS 15(4), 1997). If none
//! is left and the word is written, no lock protects it, whether or not that has gone wrong here.
//!
//! Atomic accesses are not looked at: they need no lock. What is ordered in other ways, by
//! atomics or by who starts whom, is found all the same, for all that counts here are locks; a
//! data race is something else.

mod sets;
mod word;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use sets::{EMPTY, Set, Sets};
use word::{Seen, State, Word};

use super::objects::Objects;
use super::running::Running;
use crate::machine::{Access, AccessKind, Core, Event, Note, Thread};
use crate::memory::Addr;

/// So many bytes has a word, as in the paper.
const WORD_BYTES: u64 = 4;
/// At most so many words are watched.
const MOST_WORDS: usize = 1 << 20;

/// What protects an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protection {
    /// No lock, for some of its words.
    None,
    /// A lock for each word, but not the same for all.
    Divided,
    /// The same locks for all words that several threads touch and someone writes.
    Consistent,
    /// It needs none: it is only read, once several threads touch it.
    OnlyRead,
    /// It needs none: each word is one thread's.
    OneThread,
}

/// An access without the lock that another one was made under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprotected {
    /// Whose.
    pub thread: Thread,
    /// The line of the trace.
    pub line: u32,
    /// It was a store.
    pub is_write: bool,
    /// The first byte.
    pub addr: Addr,
    /// When it was complete for its thread.
    pub cycle: u64,
    /// The locks that the thread had.
    pub held: Vec<Addr>,
}

/// What is known of a map or variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lockset {
    /// Its name in the trace.
    pub name: String,
    /// What protects it.
    pub protection: Protection,
    /// The locks: those of all words, or if it is divided, those of any.
    pub locks: Vec<Addr>,
    /// How many of its words several threads touch and someone writes.
    pub shared_words: u64,
    /// How many of these no lock protects.
    pub unprotected_words: u64,
    /// Where that was seen first: the last access before of another thread, and the one at which
    /// no lock was left.
    pub first: Option<[Unprotected; 2]>,
}

/// What a thread has locked.
#[derive(Clone, Debug, Default)]
struct Held {
    line: u32,
    /// Where the lock lies, and whether others may have it, too.
    locks: Vec<(Addr, bool)>,
    all: Set,
    alone: Set,
}

/// Follows locks and accesses.
#[derive(Clone, Debug, Default)]
pub struct Locksets {
    now: u64,
    running: Running,
    threads: Vec<Held>,
    sets: Sets,
    words: FxHashMap<u64, Word>,
    is_used: bool,
    bounded: bool,
}

impl Locksets {
    /// Whether any thread has locked anything.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.is_used
    }

    /// Whether some words were not watched because there are too many.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.bounded
    }

    /// What protects each map and variable that was touched, in the order of `objects`.
    #[must_use]
    pub fn of(&self, objects: &Objects) -> Vec<Lockset> {
        let mut owners: BTreeMap<usize, (&str, Vec<&Word>)> = BTreeMap::new();
        let mut words: Vec<(&u64, &Word)> = self.words.iter().collect();
        words.sort_unstable_by_key(|(word, _)| **word);
        for (word, known) in words {
            if let Some((owner, name)) = objects.owner(Addr(word.wrapping_mul(WORD_BYTES))) {
                let (_, words) = owners.entry(owner).or_insert((name, Vec::new()));
                words.push(known);
            }
        }
        let owners = owners.into_values();
        owners
            .map(|(name, words)| self.lockset(name, &words))
            .collect()
    }

    fn lockset(&self, name: &str, words: &[&Word]) -> Lockset {
        let modified = || {
            let words = words.iter().copied();
            words.filter(|word| word.state == State::SharedModified)
        };
        let sets: BTreeSet<Set> = modified().map(|word| word.candidates).collect();
        let locks =
            |set: &Set| -> BTreeSet<Addr> { self.sets.locks(*set).iter().copied().collect() };
        let common = sets.iter().map(locks).reduce(|one, two| &one & &two);
        let any = sets.iter().flat_map(locks).collect();
        let (protection, locks) = match common {
            None if words.iter().any(|word| word.state == State::Shared) => {
                (Protection::OnlyRead, BTreeSet::new())
            }
            None => (Protection::OneThread, BTreeSet::new()),
            Some(common) if !common.is_empty() => (Protection::Consistent, common),
            Some(_) if sets.contains(&EMPTY) => (Protection::None, any),
            Some(_) => (Protection::Divided, any),
        };
        let broken = modified().filter_map(|word| word.broken);
        let first = broken.min_by_key(|[_, seen]| (seen.cycle, seen.addr));
        Lockset {
            name: name.to_owned(),
            protection,
            locks: locks.into_iter().collect(),
            shared_words: modified().count() as u64,
            unprotected_words: modified().filter(|word| word.candidates == EMPTY).count() as u64,
            first: first.map(|pair| pair.map(|seen| self.unprotected(&seen))),
        }
    }

    fn unprotected(&self, seen: &Seen) -> Unprotected {
        Unprotected {
            thread: seen.thread,
            line: seen.line,
            is_write: seen.is_write,
            addr: seen.addr,
            cycle: seen.cycle,
            held: self.sets.locks(seen.held).to_vec(),
        }
    }

    /// The thread on a core; none for what is done before the run.
    fn held(&mut self, core: Core) -> Option<&mut Held> {
        let thread = match self.running.on(core) {
            Thread::SETUP => return None,
            Thread(thread) => usize::from(thread),
        };
        if self.threads.len() <= thread {
            self.threads.resize_with(thread + 1, Held::default);
        }
        self.threads.get_mut(thread)
    }

    fn lock(&mut self, core: Core, addr: Addr, shared: bool) {
        let Some(held) = self.held(core) else {
            return;
        };
        held.locks.push((addr, shared));
        self.is_used = true;
        let thread = usize::from(self.running.on(core).0);
        self.renumber(thread);
    }

    /// Any thread may unlock what another one has locked, as in Go.
    fn unlock(&mut self, core: Core, addr: Addr, shared: bool) {
        let own = usize::from(self.running.on(core).0);
        let others = (0..self.threads.len()).filter(|&thread| thread != own);
        for thread in std::iter::once(own).chain(others) {
            let Some(held) = self.threads.get_mut(thread) else {
                continue;
            };
            let at = held.locks.iter().rposition(|lock| *lock == (addr, shared));
            if let Some(at) = at {
                held.locks.remove(at);
                self.renumber(thread);
                return;
            }
        }
    }

    fn renumber(&mut self, thread: usize) {
        let held = &mut self.threads[thread];
        let locks = || held.locks.iter();
        let all = locks().map(|(addr, _)| *addr).collect();
        let alone = locks().filter(|(_, shared)| !shared);
        let alone = alone.map(|(addr, _)| *addr).collect();
        held.all = self.sets.number(all);
        held.alone = self.sets.number(alone);
    }

    fn completed(&mut self, core: Core, access: &Access) {
        let is_write = match access.kind {
            AccessKind::Load => false,
            AccessKind::Store { .. } => true,
            AccessKind::Locked { .. } | AccessKind::Evict => return,
        };
        let (now, thread) = (self.now, self.running.on(core));
        let Some(held) = self.held(core).filter(|_| !access.atomic) else {
            return;
        };
        let seen = Seen {
            thread,
            line: held.line,
            addr: access.addr,
            is_write,
            cycle: now,
            held: held.all,
            protecting: if is_write { held.alone } else { held.all },
        };
        let first = access.addr.0 / WORD_BYTES;
        let within = access.addr.0 % WORD_BYTES + access.bytes as u64;
        for word in (0..within.div_ceil(WORD_BYTES)).map(|word| first.wrapping_add(word)) {
            if let Some(known) = self.words.get_mut(&word) {
                known.touch(seen, &mut self.sets);
            } else if self.words.len() < MOST_WORDS {
                self.words.insert(word, Word::new(seen));
            } else {
                self.bounded = true;
            }
        }
    }

    /// Takes in an event.
    pub(super) fn observe<P>(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        match *event {
            Event::Completed { core, access, .. } => self.completed(core, access),
            Event::Note { core, note } => match *note {
                Note::OperationBegun { line } => {
                    if let Some(held) = self.held(core) {
                        held.line = line;
                    }
                }
                Note::Locked { addr, shared } => self.lock(core, addr, shared),
                Note::Unlocking { addr, shared } => self.unlock(core, addr, shared),
                _ => {}
            },
            _ => {}
        }
    }

    /// What happens from now on happens in this cycle.
    pub(super) fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
