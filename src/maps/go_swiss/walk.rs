//! Looking a map over from outside: its entries in all tables, and what is wrong with it.

use rustc_hash::FxHashSet;

use super::control::{CONTROL_BYTES, Control};
use super::directory::place;
use super::faststr::LONG;
use super::header::map;
use super::table::{Probe, fields};
use super::{GoSwiss, Slot};
use crate::maps::key::KeyLayout;
use crate::maps::walk::{Entry, Fault, Peek, Walk};
use crate::memory::Addr;

/// No more groups than this are looked at, no more in one table, and no longer directory.
const MOST_GROUPS: u64 = 1 << 20;
const MOST_IN_TABLE: u64 = 1 << 10;
const MOST_TABLES: u64 = 1 << 16;

/// One that has so many faults is not looked over further.
const MOST_FAULTS: usize = 100;

/// The header as it stands.
struct Header {
    used: u64,
    seed: u64,
    directory: Addr,
    len: u64,
    shift: u8,
}

impl GoSwiss {
    pub(super) fn look_over(&self, memory: &Peek<'_>) -> Walk {
        let header = Header {
            used: memory.word(self.header + map::USED),
            seed: memory.word(self.header + map::SEED),
            directory: memory.addr(self.header + map::DIRECTORY),
            len: memory.word(self.header + map::DIRECTORY_LEN),
            shift: memory.byte(self.header + map::GLOBAL_SHIFT),
        };
        let mut walk = Walk {
            len: header.used,
            ..Walk::default()
        };
        if memory.byte(self.header + map::WRITING) != 0 {
            let mark = "the writing flag";
            walk.faults.push(Fault::LeftMarked { mark });
        }
        if header.directory != Addr(0) {
            if header.len == 0 {
                self.look_at_group(memory, &header, header.directory, &mut walk);
            } else {
                self.look_at_tables(memory, &header, &mut walk);
            }
        }
        walk.judged()
    }

    fn look_at_tables(&self, memory: &Peek<'_>, header: &Header, walk: &mut Walk) {
        let mut seen = FxHashSet::default();
        let mut left = MOST_GROUPS;
        for index in 0..header.len.min(MOST_TABLES) {
            let table = memory.addr(place(header.directory, index));
            if !seen.insert(table) {
                continue;
            }
            if memory.load(table + fields::LENGTH_MASK, 8).is_none() {
                let (to, addr) = ("table", table);
                walk.faults.push(Fault::Dangling { to, addr });
                continue;
            }
            let groups = memory.addr(table + fields::GROUPS);
            let mask = memory.word(table + fields::LENGTH_MASK);
            for group in 0..=mask.min(MOST_IN_TABLE) {
                if walk.faults.len() > MOST_FAULTS || left == 0 {
                    return;
                }
                left -= 1;
                self.look_at_group(memory, header, self.nth(groups, group), walk);
            }
        }
    }

    fn look_at_group(&self, memory: &Peek<'_>, header: &Header, group: Addr, walk: &mut Walk) {
        let end = group + (self.group_bytes() - 1);
        let (Some(control), Some(_)) = (
            memory.load(group, CONTROL_BYTES as usize),
            memory.load(end, 1),
        ) else {
            let (to, addr) = ("group", group);
            walk.faults.push(Fault::Dangling { to, addr });
            return;
        };
        let full = Control(control).full();
        walk.entries
            .extend(full.map(|slot| self.entry(memory, header, (group, slot))));
    }

    fn entry(&self, memory: &Peek<'_>, header: &Header, slot: Slot) -> Entry {
        let place = self.key_at(slot);
        let (key, hash) = self.key.peek(memory, place, header.seed);
        let (value, write) = memory.value(self.value, self.elem_at(slot));
        let found = match header.len {
            0 => self.find_in_small(memory, header, hash, place),
            _ => self.find_in_tables(memory, header, hash, place),
        };
        Entry {
            key,
            value,
            write,
            reachable: header.used > 0 && found == Some(slot),
        }
    }

    /// Looks the key that lies at `key` up in a small map as a call would. Numbers and long
    /// strings are not hashed there.
    fn find_in_small(
        &self,
        memory: &Peek<'_>,
        header: &Header,
        hash: u64,
        key: Addr,
    ) -> Option<Slot> {
        let group = header.directory;
        let control = Control(memory.word(group));
        let unhashed = match self.key {
            KeyLayout::Text => memory.word(key + 8) > LONG as u64,
            _ => true,
        };
        let mut candidates = match unhashed {
            true => control.full(),
            false => control.with(hash),
        };
        let found = candidates.find(|&slot| self.key.same(memory, self.key_at((group, slot)), key));
        found.map(|slot| (group, slot))
    }

    fn find_in_tables(
        &self,
        memory: &Peek<'_>,
        header: &Header,
        hash: u64,
        key: Addr,
    ) -> Option<Slot> {
        let index = match header.len {
            1 => 0,
            _ => hash >> (header.shift & 63),
        };
        let table = memory.addr(place(header.directory, index));
        let groups = memory.addr(table + fields::GROUPS);
        let mask = memory.word(table + fields::LENGTH_MASK);
        let mut probe = Probe::new(hash, mask);
        for _ in 0..=mask.min(MOST_IN_TABLE) {
            let group = self.nth(groups, probe.group);
            let control = Control(memory.word(group));
            let same = |&slot: &u64| self.key.same(memory, self.key_at((group, slot)), key);
            if let Some(slot) = control.with(hash).find(same) {
                return Some((group, slot));
            }
            if !control.empty().is_empty() {
                return None;
            }
            probe.advance();
        }
        None
    }
}
