//! What stands in one place of memory, by name, in the course of a run: which value follows which,
//! who makes it so, and who reads it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::objects::{Objects, Site};
use super::running::Running;
use crate::machine::{AccessKind, Core, Event, Observer, Thread};
use crate::memory::{Addr, Piece};

/// At most so many values and ways between them are told apart.
const MOST: usize = 10_000;
/// At most so many names of other places are remembered.
const MOST_NAMES: usize = 200;

/// How often a thread's store made one value of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// What was there.
    pub from: u128,
    /// What was stored.
    pub to: u128,
    /// Whose store it was.
    pub thread: Thread,
}

/// Follows the places of a name. Where several objects have a field of that name, all are
/// followed, each for itself, and counted together.
#[derive(Clone, Debug)]
pub struct PlaceValues {
    name: String,
    objects: Objects,
    running: Running,
    /// What stands at each address of the name.
    now: FxHashMap<Addr, u128>,
    first: BTreeSet<u128>,
    loads: BTreeMap<u128, u64>,
    ways: BTreeMap<Way, u64>,
    other: BTreeSet<String>,
    /// Cores whose load is answered by their own store buffer, in whole or in part.
    forwarded: BTreeSet<Core>,
    bounded: bool,
}

impl PlaceValues {
    /// Follows what is called `name`: a variable, or an object and its field or offset, as in
    /// `m header flags` and `m header+8`.
    #[must_use]
    pub fn new(name: &str, objects: Objects) -> PlaceValues {
        PlaceValues {
            name: name.to_owned(),
            objects,
            running: Running::default(),
            now: FxHashMap::default(),
            first: BTreeSet::new(),
            loads: BTreeMap::new(),
            ways: BTreeMap::new(),
            other: BTreeSet::new(),
            forwarded: BTreeSet::new(),
            bounded: false,
        }
    }

    /// Whether anything of the name was accessed.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !self.now.is_empty()
    }

    /// Names of other places that were accessed, in order; not all if they are very many.
    pub fn others(&self) -> impl Iterator<Item = &str> {
        self.other.iter().map(String::as_str)
    }

    /// The values that stood there first.
    #[must_use]
    pub fn first(&self) -> &BTreeSet<u128> {
        &self.first
    }

    /// How often each value was loaded, by cores whose own store buffer did not have it.
    #[must_use]
    pub fn loads(&self) -> &BTreeMap<u128, u64> {
        &self.loads
    }

    /// How often each store became visible, by what it replaced.
    #[must_use]
    pub fn ways(&self) -> &BTreeMap<Way, u64> {
        &self.ways
    }

    /// Whether some values were left out because they are too many.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.bounded
    }

    /// Whether a place is one of the name.
    fn is_meant(&mut self, addr: Addr) -> bool {
        let Some(site) = self.objects.site(addr) else {
            return false;
        };
        let names = names(&site);
        if names.contains(&self.name) {
            return true;
        }
        if self.other.len() < MOST_NAMES {
            let [name, ..] = names;
            self.other.insert(name);
        }
        false
    }

    fn load(&mut self, addr: Addr, value: u128) {
        if !self.is_meant(addr) {
            return;
        }
        if !self.now.contains_key(&addr) {
            self.begin(addr, value);
        }
        count(&mut self.loads, value, &mut self.bounded);
    }

    fn store(&mut self, core: Core, addr: Addr, value: u128) {
        if !self.is_meant(addr) {
            return;
        }
        let thread = self.running.on(core);
        match self.now.insert(addr, value) {
            _ if thread == Thread::SETUP => self.begin(addr, value),
            // New memory is zero, and what was there before is read before it is written.
            before => {
                let from = before.unwrap_or(0);
                if before.is_none() {
                    self.first.insert(from);
                }
                let to = value;
                count(&mut self.ways, Way { from, to, thread }, &mut self.bounded);
            }
        }
    }

    fn begin(&mut self, addr: Addr, value: u128) {
        self.now.insert(addr, value);
        self.first.clear();
        self.first.extend(self.now.values());
    }
}

/// By what names a place goes: without its offset if its field has a name, and by its offset.
fn names(site: &Site) -> [String; 2] {
    let Site {
        object,
        offset,
        field,
    } = site;
    let by_offset = match offset {
        0 => object.clone(),
        offset => format!("{object}+{offset}"),
    };
    match field {
        Some(field) => [format!("{object} {field}"), by_offset],
        None => [by_offset.clone(), by_offset],
    }
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, bounded: &mut bool) {
    match counts.len() < MOST || counts.contains_key(&key) {
        true => *counts.entry(key).or_default() += 1,
        false => *bounded = true,
    }
}

impl<P: Piece> Observer<P> for PlaceValues {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        self.objects.observe(event);
        match *event {
            Event::Performed {
                core, addr, value, ..
            } => self.store(core, addr, value),
            Event::Forwarded { core, .. } => {
                self.forwarded.insert(core);
            }
            Event::Completed {
                core,
                access,
                value,
                ..
            } => {
                let forwarded = self.forwarded.remove(&core);
                if access.kind == AccessKind::Load && !forwarded {
                    self.load(access.addr, value.value(access.bytes));
                }
            }
            _ => {}
        }
    }
}
