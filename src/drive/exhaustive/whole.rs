//! Visited states, whole.

use std::hint::black_box;
use std::ops::Range;

use super::packed::Packed;
use super::store::Store;
use super::table::Table;
use super::visited::{Visited, hash_in_part, part};

/// How many states are looked up side by side: enough for the processor to wait for many of
/// them at once, few enough to stay in its first cache.
pub(super) const BATCH: usize = 64;

/// Every state once, in the order of levels. So the level that is explored is a range of them,
/// and there is no queue.
pub(super) struct Whole<P> {
    states: Store<P>,
    table: Table,
    level: Range<usize>,
}

impl<P: Packed> Whole<P> {
    pub(super) fn get(&self, index: usize) -> &P {
        self.states.get(index)
    }

    /// Adds up to BATCH states, and calls `fresh` with the number of each that was not here.
    #[inline]
    pub(super) fn insert_batch(&mut self, batch: &[P], mut fresh: impl FnMut(usize)) {
        // Three passes. The look-ups of each do not wait for one another, so that the
        // processor fetches many lines at once; one state after the other would wait for
        // memory twice each. Nothing branches on what they read: a wrong guess would undo it.
        let mut hashes = [0; BATCH];
        for (state, hash) in batch.iter().zip(&mut hashes) {
            *hash = hash_in_part(state);
        }
        let mut known = [false; BATCH];
        if self.states.len() > 0 {
            let hashes = &hashes[..batch.len()];
            black_box(
                hashes
                    .iter()
                    .fold(0, |all, &hash| all ^ self.table.touch(hash)),
            );
            let mut likely = [0; BATCH];
            for (hash, likely) in hashes.iter().zip(&mut likely) {
                *likely = self.table.likely(*hash);
            }
            for ((state, likely), known) in batch.iter().zip(&likely).zip(&mut known) {
                *known = self.states.get(*likely as usize) == state;
            }
        }
        for (number, state) in batch.iter().enumerate() {
            if known[number] {
                continue;
            }
            let hash = hashes[number];
            let same = |index| self.states.get(index) == state;
            if let Err(vacant) = self.table.find(hash, same) {
                let index = self.states.len();
                self.table.put(&vacant, hash, index);
                self.states.push(*state);
                fresh(number);
                if self.table.is_full(index + 1) {
                    self.table.grow(self.states.iter().map(hash_in_part));
                }
            }
        }
    }
}

/// Where up to BATCH states are, all of them visited: their parts, and their indexes there.
pub(super) fn find_all<P: Packed>(parts: &[Whole<P>], states: &[P]) -> [(usize, usize); BATCH] {
    // In passes, for the same reason.
    let mut hashes = [0; BATCH];
    let mut places = [(0, 0); BATCH];
    for ((state, hash), place) in states.iter().zip(&mut hashes).zip(&mut places) {
        place.0 = part(Packed::hash(state));
        *hash = hash_in_part(state);
    }
    let hashes = &hashes[..states.len()];
    let touch =
        |all, (&hash, place): (&u64, &(usize, usize))| all ^ parts[place.0].table.touch(hash);
    black_box(hashes.iter().zip(&places).fold(0, touch));
    for (hash, place) in hashes.iter().zip(&mut places) {
        place.1 = parts[place.0].table.likely(*hash) as usize;
    }
    let mut found = [false; BATCH];
    for ((state, place), found) in states.iter().zip(&places).zip(&mut found) {
        *found = parts[place.0].states.get(place.1) == state;
    }
    for (number, state) in states.iter().enumerate() {
        if !found[number] {
            let part = &parts[places[number].0];
            let same = |index| part.states.get(index) == state;
            let index = part.table.find(hashes[number], same).ok();
            places[number].1 = index.expect("the state was visited");
        }
    }
    places
}

impl<P: Packed> Visited<P> for Whole<P> {
    fn new() -> Whole<P> {
        Whole {
            states: Store::new(),
            table: Table::new(),
            level: 0..0,
        }
    }

    fn insert(&mut self, states: &[P]) {
        for batch in states.chunks(BATCH) {
            self.insert_batch(batch, |_| ());
        }
    }

    fn len(&self) -> usize {
        self.states.len()
    }

    fn visited_bytes(&self) -> usize {
        self.states.bytes() + self.table.bytes()
    }

    fn frontier_bytes(&self) -> usize {
        0
    }

    fn level_len(&self) -> usize {
        self.level.len()
    }

    fn level_state(&self, index: usize) -> P {
        *self.states.get(self.level.start + index)
    }

    fn next_level(&mut self) {
        self.level = self.level.end..self.states.len();
    }
}
