//! The counting rules of the courses' simulators as a plain program of its own, for traces
//! whose answers nobody published: one access at a time, all copies of a line in one list.

use std::collections::BTreeMap;

/// What one cache counted, by the suites' own names.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// Which protocol, with which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    Msi,
    MsiUpgrade,
    MsiNoInterventions,
    Mesi,
    Dragon,
    Mosi,
    Moesi,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    pub(crate) cores: usize,
    pub(crate) sets: u64,
    pub(crate) ways: usize,
    pub(crate) line_bytes: u64,
}

/// A line in a cache: its state's letter (`m` for Sm, `c` for Sc) and when it was last used.
#[derive(Clone, Copy, Debug)]
struct Copy {
    line: u64,
    state: char,
    used: u64,
}

struct Caches {
    rules: Rules,
    geometry: Geometry,
    /// For each core its ways, set after set; none is free.
    ways: Vec<Vec<Option<Copy>>>,
    counts: Vec<Counts>,
    now: u64,
}

/// Counts what `accesses` (core, is it a store, address) do.
pub(crate) fn count(
    rules: Rules,
    geometry: Geometry,
    accesses: &[(usize, bool, u64)],
) -> Vec<Counts> {
    let mut caches = Caches {
        rules,
        geometry,
        ways: vec![vec![None; geometry.sets as usize * geometry.ways]; geometry.cores],
        counts: vec![Counts::new(); geometry.cores],
        now: 0,
    };
    for &(core, store, address) in accesses {
        caches.access(core, store, address / geometry.line_bytes);
    }
    caches.counts
}

impl Caches {
    fn add(&mut self, core: usize, names: &[&'static str]) {
        for name in names {
            *self.counts[core].entry(name).or_default() += 1;
        }
    }

    fn find(&self, core: usize, line: u64) -> Option<usize> {
        let here = |way: &Option<Copy>| way.is_some_and(|copy| copy.line == line);
        self.ways[core].iter().position(here)
    }

    fn state(&self, core: usize, line: u64) -> char {
        let way = self.find(core, line);
        way.map_or('I', |way| self.ways[core][way].expect("it was found").state)
    }

    /// The states of the copies elsewhere.
    fn others(&self, core: usize, line: u64) -> Vec<(usize, char)> {
        let others = (0..self.ways.len()).filter(|&other| other != core);
        let states = others.map(|other| (other, self.state(other, line)));
        states.filter(|&(_, state)| state != 'I').collect()
    }

    fn set_state(&mut self, core: usize, line: u64, to: char) {
        let from = self.state(core, line);
        let way = self.find(core, line).expect("a copy changes its state");
        self.ways[core][way].as_mut().expect("it was found").state = to;
        if to == 'I' {
            self.ways[core][way] = None;
        }
        self.changed(core, from, to);
    }

    fn changed(&mut self, core: usize, from: char, to: char) {
        let name = match (from, to) {
            ('I', 'E') => "i2e",
            ('I', 'S') => "i2s",
            ('M', 'S') => "m2s",
            ('E', 'S') => "e2s",
            ('S', 'M') => "s2m",
            ('I', 'M') => "i2m",
            ('E', 'M') => "e2m",
            ('O', 'M') => "o2m",
            ('M', 'O') => "m2o",
            _ => return,
        };
        self.add(core, &[name]);
    }

    fn access(&mut self, core: usize, store: bool, line: u64) {
        self.now += 1;
        self.add(core, &[if store { "writes" } else { "reads" }]);
        let state = self.state(core, line);
        if state == 'I' {
            self.add(core, &[if store { "write_misses" } else { "read_misses" }]);
            self.miss(core, store, line);
        } else if store {
            self.store_hit(core, line, state);
        }
        let way = self.find(core, line).expect("the line has come");
        self.ways[core][way].as_mut().expect("it was found").used = self.now;
    }

    fn miss(&mut self, core: usize, store: bool, line: u64) {
        let way = self.make_room(core, line);
        let others = self.others(core, line);
        let is_there = |states: &str| others.iter().any(|&(_, state)| states.contains(state));
        let from_cache = match self.rules {
            Rules::Mesi => !others.is_empty(),
            Rules::Mosi | Rules::Moesi => is_there("MOE"),
            _ => false,
        };
        self.add(
            core,
            &[match from_cache {
                true => "cache_to_cache_transfers",
                false => "memory_transactions",
            }],
        );
        let alone = others.is_empty();
        let exclusive = store && self.rules != Rules::Dragon;
        if exclusive {
            self.add(core, &["busrdx"]);
            self.invalidate(core, line);
        } else {
            self.add(core, &["busrd"]);
            self.read_elsewhere(&others, line);
        }
        let state = match self.rules {
            Rules::Dragon if store && alone => 'M',
            Rules::Dragon if store => {
                for &(other, _) in &others {
                    self.set_state(other, line, 'c');
                }
                'm'
            }
            _ if store => 'M',
            Rules::Mesi | Rules::Moesi | Rules::Dragon if alone => 'E',
            Rules::Dragon => 'c',
            _ => 'S',
        };
        let used = self.now;
        self.ways[core][way] = Some(Copy { line, state, used });
        self.changed(core, 'I', state);
    }

    /// The lowest free way, else the least recently used.
    fn make_room(&mut self, core: usize, line: u64) -> usize {
        let first = (line % self.geometry.sets) as usize * self.geometry.ways;
        let set = first..first + self.geometry.ways;
        if let Some(free) = set.clone().find(|&way| self.ways[core][way].is_none()) {
            return free;
        }
        let used = |&way: &usize| self.ways[core][way].expect("no way is free").used;
        let way = set.min_by_key(used).expect("a set has ways");
        let victim = self.ways[core][way].take().expect("no way is free");
        if "MOm".contains(victim.state) {
            self.add(core, &["writebacks", "memory_transactions"]);
        }
        way
    }

    /// What the others do on a BusRd.
    fn read_elsewhere(&mut self, others: &[(usize, char)], line: u64) {
        let written_back = ["flushes", "writebacks", "memory_transactions"];
        for &(other, state) in others {
            match (self.rules, state) {
                (Rules::Dragon, 'M') => {
                    self.add(other, &["flushes", "interventions"]);
                    self.set_state(other, line, 'm');
                }
                (Rules::Dragon, 'm') => self.add(other, &["flushes"]),
                (Rules::Dragon, 'E') => {
                    self.add(other, &["interventions"]);
                    self.set_state(other, line, 'c');
                }
                (Rules::Mosi | Rules::Moesi, 'M') => {
                    self.add(other, &["flushes", "interventions"]);
                    self.set_state(other, line, 'O');
                }
                (Rules::Mosi | Rules::Moesi, 'O') => self.add(other, &["flushes"]),
                (Rules::Moesi, 'E') => self.set_state(other, line, 'S'),
                (Rules::Mesi, 'E') => {
                    self.add(other, &["interventions"]);
                    self.set_state(other, line, 'S');
                }
                (Rules::MsiNoInterventions, 'M') => {
                    self.add(other, &written_back);
                    self.set_state(other, line, 'S');
                }
                (_, 'M') => {
                    self.add(other, &written_back);
                    self.add(other, &["interventions"]);
                    self.set_state(other, line, 'S');
                }
                _ => {}
            }
        }
    }

    fn invalidate(&mut self, core: usize, line: u64) {
        for (other, state) in self.others(core, line) {
            self.add(other, &["invalidations"]);
            match (self.rules, state) {
                (Rules::Mosi | Rules::Moesi, 'M' | 'O') => self.add(other, &["flushes"]),
                (_, 'M') => self.add(other, &["flushes", "writebacks", "memory_transactions"]),
                _ => {}
            }
            self.set_state(other, line, 'I');
        }
    }

    fn store_hit(&mut self, core: usize, line: u64, state: char) {
        match (self.rules, state) {
            (_, 'M') => {}
            (_, 'E') => self.set_state(core, line, 'M'),
            (Rules::Dragon, _) => {
                let others = self.others(core, line);
                for &(other, _) in &others {
                    self.set_state(other, line, 'c');
                }
                let to = if others.is_empty() { 'M' } else { 'm' };
                self.set_state(core, line, to);
            }
            (Rules::Msi | Rules::MsiNoInterventions, _) => {
                self.add(core, &["busrdx", "memory_transactions"]);
                self.invalidate(core, line);
                self.set_state(core, line, 'M');
            }
            _ => {
                self.add(core, &["busupgr"]);
                self.upgrade(core, line);
                self.set_state(core, line, 'M');
            }
        }
    }

    /// Takes the other copies away without asking for the line.
    fn upgrade(&mut self, core: usize, line: u64) {
        for (other, _) in self.others(core, line) {
            self.add(other, &["invalidations"]);
            self.set_state(other, line, 'I');
        }
    }
}
