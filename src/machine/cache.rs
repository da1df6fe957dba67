//! One set-associative cache: which lines it holds, in which states, with which contents,
//! and which one leaves next. What states mean is the protocol's business.

use super::config::CacheConfig;
use crate::memory::{Contents, Line};
use crate::protocol::State;

/// A line's place in a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The first entry of its set.
    set: usize,
    /// Its number in the set.
    nth: usize,
}

impl Way {
    fn entry(self) -> usize {
        self.set + self.nth
    }
}

/// Not there yet.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Entry {
    line: Line,
    state: State,
    /// Where its bytes are, once it has held a line.
    contents: u32,
}

/// A cache with true least-recently-used replacement.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Cache<C> {
    ways: usize,
    set_mask: u64,
    /// The state of a way that holds no line.
    initial: State,
    /// For each set where its ways begin in `entries`; [`NONE`] until a line needs it, so
    /// that a large cache costs no more than what is used of it.
    sets: Vec<u32>,
    entries: Vec<Entry>,
    /// For each entry's set its ways, the most recently used first.
    recency: Vec<u8>,
    contents: C,
}

impl<C: Clone> Clone for Cache<C> {
    fn clone(&self) -> Cache<C> {
        Cache {
            sets: self.sets.clone(),
            entries: self.entries.clone(),
            recency: self.recency.clone(),
            contents: self.contents.clone(),
            ..*self
        }
    }

    /// Uses what is allocated again.
    fn clone_from(&mut self, from: &Cache<C>) {
        let Cache {
            ways,
            set_mask,
            initial,
            sets,
            entries,
            recency,
            contents,
        } = from;
        (self.ways, self.set_mask, self.initial) = (*ways, *set_mask, *initial);
        self.sets.clone_from(sets);
        self.entries.clone_from(entries);
        self.recency.clone_from(recency);
        self.contents.clone_from(contents);
    }
}

impl<C: Contents> Cache<C> {
    /// An empty cache.
    ///
    /// # Panics
    /// When the number of sets is not a power of two, or there are more than 256 ways.
    #[must_use]
    pub fn new(config: CacheConfig, line_bytes: usize, initial: State) -> Cache<C> {
        assert!(config.sets.is_power_of_two(), "sets are a power of two");
        assert!(config.ways <= 256, "a way's number is a byte");
        Cache {
            ways: config.ways,
            set_mask: config.sets as u64 - 1,
            initial,
            sets: vec![NONE; config.sets],
            entries: Vec::new(),
            recency: Vec::new(),
            contents: C::new(line_bytes),
        }
    }

    /// The state of a way that holds no line.
    #[must_use]
    pub fn initial(&self) -> State {
        self.initial
    }

    /// Where the ways of `line`'s set begin, if it was ever used.
    fn set(&self, line: Line) -> Option<usize> {
        let set = self.sets[(line.0 & self.set_mask) as usize];
        (set != NONE).then_some(set as usize)
    }

    /// The same, made if need be.
    fn make_set(&mut self, line: Line) -> usize {
        if let Some(set) = self.set(line) {
            return set;
        }
        let empty = Entry {
            line: Line(0),
            state: self.initial,
            contents: NONE,
        };
        let set = self.entries.len();
        self.entries.resize(set + self.ways, empty);
        self.recency.extend((0..self.ways).map(|way| way as u8));
        let at = (line.0 & self.set_mask) as usize;
        self.sets[at] = u32::try_from(set).expect("a cache has less than 2^32 lines");
        set
    }

    /// Where `line` is, if it is here.
    #[must_use]
    pub fn find(&self, line: Line) -> Option<Way> {
        let set = self.set(line)?;
        let here = |entry: &Entry| entry.line == line && entry.state != self.initial;
        let recent = usize::from(self.recency[set]);
        if here(&self.entries[set + recent]) {
            return Some(Way { set, nth: recent });
        }
        let found = self.entries[set..set + self.ways].iter().position(here);
        found.map(|nth| Way { set, nth })
    }

    /// The state of `line`; the initial one if it is not here.
    #[must_use]
    pub fn state(&self, line: Line) -> State {
        self.find(line)
            .map_or(self.initial, |way| self.state_at(way))
    }

    /// The state of the line at `way`.
    #[must_use]
    pub fn state_at(&self, way: Way) -> State {
        self.entries[way.entry()].state
    }

    /// Gives the line at `way` another state; the initial one makes the way free.
    pub fn set_state(&mut self, way: Way, state: State) {
        self.entries[way.entry()].state = state;
    }

    /// Makes the line at `way` the most recently used of its set.
    pub fn touch(&mut self, way: Way) {
        let order = &mut self.recency[way.set..way.set + self.ways];
        let here = |&other: &u8| usize::from(other) == way.nth;
        if !here(&order[0]) {
            let at = order.iter().position(here);
            order[..=at.expect("every way has a place in the order")].rotate_right(1);
        }
    }

    /// The way that `line` would take: the lowest free one, else the least recently used,
    /// with the line and state that it holds.
    pub fn victim(&mut self, line: Line) -> (Way, Option<(Line, State)>) {
        let set = self.make_set(line);
        let ways = &self.entries[set..set + self.ways];
        if let Some(free) = ways.iter().position(|entry| entry.state == self.initial) {
            return (Way { set, nth: free }, None);
        }
        let oldest = usize::from(self.recency[set + self.ways - 1]);
        let entry = &self.entries[set + oldest];
        (Way { set, nth: oldest }, Some((entry.line, entry.state)))
    }

    /// The lines of the set that `line` belongs to, the least recently used first.
    pub fn by_age(&self, line: Line) -> impl Iterator<Item = (Line, State)> {
        let ways = self.set(line).map(|set| {
            let order = self.recency[set..set + self.ways].iter().rev();
            order.map(move |&way| &self.entries[set + usize::from(way)])
        });
        let held = |entry: &&Entry| entry.state != self.initial;
        ways.into_iter()
            .flatten()
            .filter(held)
            .map(|entry| (entry.line, entry.state))
    }

    /// Puts `line` into a free way, or gives the line that is there another state.
    pub fn place(&mut self, way: Way, line: Line, state: State) {
        let entry = &mut self.entries[way.entry()];
        assert!(
            entry.state == self.initial || entry.line == line,
            "a line goes to a free way"
        );
        (entry.line, entry.state) = (line, state);
    }

    /// All lines here with their ways and states.
    pub fn lines(&self) -> impl Iterator<Item = (Way, Line, State)> {
        let held = self.entries.iter().enumerate();
        held.filter(|(_, entry)| entry.state != self.initial)
            .map(|(at, entry)| {
                let nth = at % self.ways;
                let set = at - nth;
                (Way { set, nth }, entry.line, entry.state)
            })
    }

    /// The contents of all ways, and which of them belongs to `way`.
    #[must_use]
    pub fn contents(&self, way: Way) -> (&C, u32) {
        (&self.contents, self.entries[way.entry()].contents)
    }

    /// The same, to be changed. A free way's may be, too: its line is about to come.
    pub fn contents_mut(&mut self, way: Way) -> (&mut C, u32) {
        let index = &mut self.entries[way.entry()].contents;
        if *index == NONE {
            *index = self.contents.push();
        }
        (&mut self.contents, *index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::NoBytes;

    const FREE: State = State(0);
    const HELD: State = State(1);

    fn insert(cache: &mut Cache<NoBytes>, line: u64) -> Option<u64> {
        let (way, victim) = cache.victim(Line(line));
        cache.set_state(way, FREE);
        cache.place(way, Line(line), HELD);
        cache.touch(way);
        victim.map(|(line, _)| line.0)
    }

    #[test]
    fn the_least_recently_used_line_leaves() {
        let config = CacheConfig {
            sets: 2,
            ways: 2,
            hit_cycles: 1,
        };
        let mut cache = Cache::new(config, 64, FREE);
        assert_eq!([insert(&mut cache, 0), insert(&mut cache, 2)], [None, None]);
        cache.touch(cache.find(Line(0)).unwrap());
        assert_eq!(insert(&mut cache, 4), Some(2));
        assert_eq!(insert(&mut cache, 1), None, "another set");
        assert_eq!(cache.state(Line(2)), FREE);
        assert_eq!(insert(&mut cache, 6), Some(0));
    }
}
