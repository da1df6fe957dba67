//! Shadow memory: for each word of 8 bytes the accesses that a later one can race with. As in
//! FastTrack two of them suffice as a rule (the last store and the last load), and a word that
//! needs more, for loads that nothing orders or parts with histories of their own, has a list.

use rustc_hash::FxHashMap;

use super::clock::Clock;
use super::record::Record;
use crate::memory::{Addr, Heap};

const PAGE_BYTES: u64 = 1024;
const WORDS: usize = (PAGE_BYTES / 8) as usize;
/// At most so many pages of 1 KiB are watched; their shadows take four times as much.
const MOST_PAGES: usize = 1 << 18;
/// Pages of the heap are found by their number, all others in a hash map.
const HEAP_PAGES: u64 = 1 << 20;
/// In the place of the first record's bytes: there is a list, and the line is its number.
const IN_LIST: u64 = u64::MAX;

/// What is remembered of a word.
#[derive(Clone, Copy, Debug, Default)]
struct Word([Record; 2]);

impl Word {
    fn list(&self) -> Option<usize> {
        (self.0[0].is_link()).then_some(self.0[0].line as usize)
    }
}

/// All that is remembered.
#[derive(Clone, Debug, Default)]
pub(super) struct Shadow {
    pages: Vec<Box<[Word; WORDS]>>,
    /// For each page of the heap its place among the pages, from 1; 0 for none.
    of_heap: Vec<u32>,
    of_others: FxHashMap<u64, u32>,
    lists: Vec<Vec<Record>>,
    free: Vec<u32>,
    unwatched: u64,
}

impl Shadow {
    /// How many words were touched that are not watched, for there are too many.
    pub(super) fn unwatched(&self) -> u64 {
        self.unwatched
    }

    /// An access to some bytes of the word at `addr`, by a thread with this clock. Earlier ones
    /// that race with it are pushed to `races`.
    #[inline]
    pub(super) fn touch(
        &mut self,
        addr: Addr,
        new: Record,
        clock: &Clock,
        races: &mut Vec<Record>,
    ) {
        let Some(page) = self.page(addr) else {
            self.unwatched += 1;
            return;
        };
        let at = (addr.0 / 8) as usize % WORDS;
        let word = &mut self.pages[page][at];
        if word.0[0].has(&new) || word.0[1].has(&new) {
            return;
        }
        match word.list() {
            None => {
                let [one, two] = &mut word.0;
                one.meet(&new, clock, races);
                two.meet(&new, clock, races);
                if one.mask() == 0 {
                    *one = new;
                } else if two.mask() == 0 {
                    *two = new;
                } else {
                    let all = vec![*one, *two, new];
                    self.make_list(page, at, all);
                }
            }
            Some(list) => self.touch_list(page, at, list, new, clock, races),
        }
    }

    #[cold]
    fn make_list(&mut self, page: usize, at: usize, all: Vec<Record>) {
        let number = match self.free.pop() {
            Some(free) => {
                self.lists[free as usize] = all;
                free
            }
            None => {
                self.lists.push(all);
                (self.lists.len() - 1) as u32
            }
        };
        self.pages[page][at] = Word([Record::link(number), Record::default()]);
    }

    fn touch_list(
        &mut self,
        page: usize,
        at: usize,
        number: usize,
        new: Record,
        clock: &Clock,
        races: &mut Vec<Record>,
    ) {
        let list = &mut self.lists[number];
        if list.iter().any(|record| record.has(&new)) {
            return;
        }
        list.retain_mut(|record| {
            record.meet(&new, clock, races);
            record.mask() != 0
        });
        list.push(new);
        if let [only] = list[..] {
            self.pages[page][at] = Word([only, Record::default()]);
            list.clear();
            self.free.push(number as u32);
        }
    }

    /// The place of the page that an address lies in.
    #[inline]
    fn page(&mut self, addr: Addr) -> Option<usize> {
        let offset = addr.0.wrapping_sub(Heap::BASE.0) / PAGE_BYTES;
        match self.of_heap.get(offset as usize) {
            Some(&page) if page > 0 => Some(page as usize - 1),
            _ => self.other_page(addr, offset),
        }
    }

    #[cold]
    fn other_page(&mut self, addr: Addr, offset: u64) -> Option<usize> {
        let page = if offset < HEAP_PAGES {
            if self.of_heap.len() <= offset as usize {
                self.of_heap.resize(offset as usize + 1, 0);
            }
            &mut self.of_heap[offset as usize]
        } else {
            self.of_others.entry(addr.0 / PAGE_BYTES).or_default()
        };
        if *page == 0 {
            if self.pages.len() >= MOST_PAGES {
                return None;
            }
            self.pages.push(Box::new([Word::default(); WORDS]));
            *page = self.pages.len() as u32;
        }
        Some(*page as usize - 1)
    }
}

impl Record {
    /// Stands for the list of this number.
    fn link(number: u32) -> Record {
        Record::marked(number, IN_LIST)
    }

    fn is_link(&self) -> bool {
        self.marks() == IN_LIST
    }

    /// A later access comes: it races with this one, or stands for it from now on, or neither.
    /// Where it races it may stand for it as well: the race is told already.
    #[inline]
    fn meet(&mut self, new: &Record, clock: &Clock, races: &mut Vec<Record>) {
        let both = self.mask() & new.mask();
        if both == 0 {
            return;
        }
        let ordered = self.epoch.is_before(clock);
        let conflicts = self.touch().conflicts(new.touch());
        if conflicts && !ordered {
            races.push(self.with_mask(both));
        }
        if (ordered || conflicts) && new.touch().stands_for(self.touch()) {
            *self = self.with_mask(self.mask() & !both);
        }
    }
}
