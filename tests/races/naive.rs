//! Happens-before the plain way: a full vector clock for each access, and all pairs compared.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tearline::machine::{Access, AccessKind, Update};
use tearline::memory::{Addr, Piece as _, WriteId};
use tearline::observe::Races;

use crate::common::feed::Feed;

const THREADS: usize = 4;
const BASE: u64 = 0xc0_0000_03f8; // the words lie in two pages of a shadow
const SEMAPHORE: u64 = 0xc0_0000_3000;

type Clock = [u32; THREADS];

/// A step of a random program.
#[derive(Clone, Copy, Debug)]
enum Step {
    Plain {
        at: u64,
        bytes: usize,
        store: bool,
    },
    LoadAtomic {
        word: u64,
    },
    StoreAtomic {
        word: u64,
    },
    Exchange {
        word: u64,
    },
    /// Succeeds if the word is 0.
    CompareExchange {
        word: u64,
    },
    Release,
    Acquire,
    Drain,
}

fn arb_step() -> impl Strategy<Value = (u8, Step)> {
    let word = || 0..3_u64;
    let plain = (0..24_u64, 0..4_u32, any::<bool>()).prop_map(|(at, log, store)| Step::Plain {
        at,
        bytes: 1 << log,
        store,
    });
    let step = prop_oneof![
        8 => plain,
        2 => word().prop_map(|word| Step::LoadAtomic { word }),
        2 => word().prop_map(|word| Step::StoreAtomic { word }),
        1 => word().prop_map(|word| Step::Exchange { word }),
        1 => word().prop_map(|word| Step::CompareExchange { word }),
        2 => Just(Step::Release),
        2 => Just(Step::Acquire),
        2 => Just(Step::Drain),
    ];
    (0..THREADS as u8, step)
}

/// An access that was made, in its place of the order.
struct Made {
    thread: usize,
    clock: Clock,
    at: u64,
    bytes: u64,
    writes: bool,
    atomic: bool,
}

impl Made {
    fn races_with(&self, later: &Made) -> bool {
        self.thread != later.thread
            && (self.writes || later.writes)
            && !(self.atomic && later.atomic)
            && self.clock[self.thread] > later.clock[self.thread]
    }

    fn bytes(&self) -> BTreeSet<u64> {
        (0..self.bytes)
            .map(|byte| self.at.wrapping_add(byte))
            .collect()
    }
}

fn join(clock: &mut Clock, other: &Clock) {
    for (own, &other) in clock.iter_mut().zip(other) {
        *own = (*own).max(other);
    }
}

/// Runs a program with the detector, and gives all accesses with their clocks.
fn run(program: &[(u8, Step)], buffered: bool) -> (Races, Vec<Made>) {
    let mut feed = Feed::new(Races::default());
    let mut clocks = [[0; THREADS]; THREADS];
    let mut released: BTreeMap<WriteId, Clock> = BTreeMap::new();
    let mut semaphore: Option<Clock> = None;
    let mut made: Vec<Made> = Vec::new();
    for &(core, step) in program {
        let thread = usize::from(core);
        // Each step is a moment of its own.
        clocks[thread][thread] += 1;
        let write = feed.new_write();
        let locked = |word, update| Access::locked(Addr(BASE + 8 * word), 8, update, write);
        let access = match step {
            Step::Plain {
                at,
                bytes,
                store: true,
            } => Access::store(Addr(BASE + at), bytes, 1, write),
            Step::Plain { at, bytes, .. } => Access::load(Addr(BASE + at), bytes),
            Step::LoadAtomic { word } => Access::load(Addr(BASE + 8 * word), 8).atomic(),
            Step::StoreAtomic { word } => {
                Access::store(Addr(BASE + 8 * word), 8, 1, write).atomic()
            }
            Step::Exchange { word } => locked(word, Update::Exchange(0)),
            Step::CompareExchange { word } => {
                let update = Update::CompareExchange {
                    expected: 0,
                    new: 2,
                };
                locked(word, update)
            }
            Step::Release => {
                let mut all = semaphore.unwrap_or_default();
                join(&mut all, &clocks[thread]);
                semaphore = Some(all);
                feed.release(core, SEMAPHORE);
                continue;
            }
            Step::Acquire => {
                if let Some(all) = &semaphore {
                    join(&mut clocks[thread], all);
                    feed.acquire(core, SEMAPHORE);
                }
                continue;
            }
            Step::Drain => {
                feed.drain(core);
                continue;
            }
        };
        feed.line(core, made.len() as u32 + 1);
        let read = feed.access(core, access, buffered);
        let writes = match access.kind {
            AccessKind::Locked { update, .. } => update.apply(read.value(8), 8).is_some(),
            kind => kind != AccessKind::Load,
        };
        let is_store = matches!(access.kind, AccessKind::Store { .. });
        if access.atomic && !is_store {
            for write in read.writers(8) {
                if let Some(other) = released.get(write) {
                    join(&mut clocks[thread], other);
                }
            }
        }
        if access.atomic && writes {
            released.insert(write, clocks[thread]);
        }
        made.push(Made {
            thread,
            clock: clocks[thread],
            at: access.addr.0,
            bytes: access.bytes as u64,
            writes,
            atomic: access.atomic,
        });
    }
    (feed.observer, made)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn races_are_those_of_the_plain_definition(
        program in prop::collection::vec(arb_step(), 1..40),
        buffered in any::<bool>(),
    ) {
        let (found, made) = run(&program, buffered);
        let mut told = BTreeSet::new();
        for race in found.found() {
            let [first, second] = [&race.first, &race.second].map(|side| &made[side.line as usize - 1]);
            prop_assert!(first.races_with(second), "{race:?}");
            let both: BTreeSet<u64> = &first.bytes() & &second.bytes();
            prop_assert!(both.contains(&race.first.addr.0), "{race:?}");
            // Raced in several words at once, it is told with the bytes of the first.
            let told_of = race.first.addr.0..race.first.addr.0 + race.first.bytes;
            told.extend(both.into_iter().filter(|byte| race.times > 1 || told_of.contains(byte)));
        }
        let mut racy = BTreeSet::new();
        for (at, later) in made.iter().enumerate() {
            for first in made[..at].iter().filter(|first| first.races_with(later)) {
                racy.extend(&first.bytes() & &later.bytes());
            }
        }
        prop_assert_eq!(told, racy);
    }
}
