//! Versions of maps that are replaced and never changed: how many there are at once, how old
//! those are that calls work on, and when the memory of old ones is used again.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::running::Running;
use crate::machine::{Core, Event, Note, Thread};
use crate::memory::Addr;

/// The versions of one map, the one that it has before the run among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapVersions {
    /// How many were published.
    pub published: u64,
    /// How many are in memory: published, and their memory not yet used again.
    pub kept: u64,
    /// The most that ever were.
    pub most_kept: u64,
    /// By how many versions a call was behind the latest when it ended, at most.
    pub most_behind: u64,
    /// How many calls ended behind the latest.
    pub calls_behind: u64,
    /// Objects that new versions replaced, and their bytes; only maps that use them again tell.
    pub retired: Amount,
    /// Those whose memory can be used again.
    pub reclaimed: Amount,
    /// The most that waited for it at once, in bytes.
    pub most_waiting_bytes: u64,
    /// How long they waited for it, together and at most, in cycles.
    pub waited_cycles: u64,
    /// The longest that one waited, in cycles.
    pub longest_wait_cycles: u64,
    /// The number of each version that is in memory.
    numbers: FxHashMap<Addr, u64>,
    waiting: FxHashMap<Addr, u64>,
}

/// A number of objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// How many.
    pub objects: u64,
    /// Their bytes together.
    pub bytes: u64,
}

/// Follows the versions of all maps of a run.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    now: u64,
    running: Running,
    maps: BTreeMap<u16, MapVersions>,
    calls: FxHashMap<Thread, Under>,
}

/// A call under way: to which map, and which version it works on.
#[derive(Clone, Copy, Debug)]
struct Under {
    map: u16,
    version: Option<u64>,
}

impl Amount {
    fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes += bytes;
    }
}

impl MapVersions {
    fn number(&mut self, version: Addr) -> u64 {
        match self.numbers.get(&version) {
            Some(number) => *number,
            None => self.keep(version, 0), // it was there before the run
        }
    }

    fn keep(&mut self, version: Addr, number: u64) -> u64 {
        self.numbers.insert(version, number);
        self.kept = self.numbers.len() as u64;
        self.most_kept = self.most_kept.max(self.kept);
        number
    }

    fn reclaim(&mut self, addr: Addr, bytes: u64, now: u64) {
        let Some(since) = self.waiting.remove(&addr) else {
            return;
        };
        self.reclaimed.add(bytes);
        self.waited_cycles += now - since;
        self.longest_wait_cycles = self.longest_wait_cycles.max(now - since);
        self.numbers.remove(&addr);
        self.kept = self.numbers.len() as u64;
    }
}

impl Versions {
    /// The maps that have versions, by their place among the trace's maps.
    pub fn maps(&self) -> impl Iterator<Item = (u16, &MapVersions)> {
        self.maps.iter().map(|(map, versions)| (*map, versions))
    }

    /// Takes in an event.
    pub fn observe<P>(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        match *event {
            Event::Note { core, note } if core != Core::SETUP => self.note(core, note),
            _ => {}
        }
    }

    /// The time of what follows.
    pub fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }

    fn note(&mut self, core: Core, note: &Note) {
        let thread = self.running.on(core);
        if let Note::CallBegun(call) = note {
            let map = call.map;
            self.calls.insert(thread, Under { map, version: None });
            return;
        }
        let Some(under) = self.calls.get_mut(&thread) else {
            return;
        };
        let is_version = matches!(note, Note::Took { .. } | Note::Published { .. });
        if !is_version && !self.maps.contains_key(&under.map) {
            return;
        }
        let map = self.maps.entry(under.map).or_default();
        match *note {
            Note::Took { version } => under.version = Some(map.number(version)),
            Note::Published { version } => {
                map.published += 1;
                under.version = Some(map.keep(version, map.published));
            }
            Note::Retired { addr, bytes } => {
                map.retired.add(bytes);
                map.waiting.insert(addr, self.now);
                let waiting = map.retired.bytes - map.reclaimed.bytes;
                map.most_waiting_bytes = map.most_waiting_bytes.max(waiting);
            }
            Note::Reclaimed { addr, bytes } => map.reclaim(addr, bytes, self.now),
            Note::CallEnded(_) => {
                let behind = under.version.map_or(0, |version| map.published - version);
                map.calls_behind += u64::from(behind > 0);
                map.most_behind = map.most_behind.max(behind);
            }
            _ => {}
        }
    }
}
