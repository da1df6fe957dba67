//! Calls on a whole map, judged by what is certain of each key: ranges, lengths, and the look at
//! a map after the run.

use rustc_hash::FxHashMap;

use super::History;
use super::call::{Open, Read};
use super::key::Standing;
use super::outcome::Value;
use super::writes::Source;
use super::wrong::WrongWhy;
use crate::machine::{Answer, Call, CallKind, Thread};
use crate::maps::Entry;
use crate::memory::WriteId;

impl History {
    /// What a walk over a map after the run found counts as a get of every key.
    pub fn finish(&mut self, map: u16, entries: &[Entry]) {
        let mut held: FxHashMap<u64, WriteId> = FxHashMap::default();
        for entry in entries.iter().rev().filter(|entry| entry.reachable) {
            held.insert(entry.key, entry.write);
            if !self.places.contains_key(&(map, entry.key)) {
                self.walked(map, entry.key, Some(entry.write));
            }
        }
        let keys = self.maps.get(usize::from(map));
        for place in keys.map_or_else(Vec::new, |map| map.keys.clone()) {
            let key = self.keys[place as usize].key;
            self.walked(map, key, held.get(&key).copied());
        }
    }

    /// A get of a key after the run.
    fn walked(&mut self, map: u16, key: u64, write: Option<WriteId>) {
        let kind = CallKind::Get;
        let caller = self.caller(Thread::SETUP);
        self.callers[caller].line = 0;
        self.begin(caller, Call { kind, map, key });
        if let Some(open) = &mut self.callers[caller].open {
            open.read = write.map_or(Read::Nothing, Read::Of);
        }
        let answer = match write {
            Some(_) => Answer::Present,
            None => Answer::Absent,
        };
        self.end(caller, answer);
    }

    /// A range has come to a key and read its value.
    pub(super) fn visit(&mut self, caller: usize, key: u64) {
        let Some(mut open) = self.callers[caller].open.take() else {
            return;
        };
        open.visits += 1;
        let map = open.call.map;
        let why = match self.value_of(open.read, map, key) {
            Err(why) => Some(why),
            Ok(Some(Value::Put(first, _))) => self.replaced_before(first, open.begun),
            Ok(_) => None,
        };
        open.read = Read::Nothing;
        if let Some(why) = why {
            let call = Call { key, ..open.call };
            self.tell_call(&open, call, why);
        }
        open.visited.extend(self.places.get(&(map, key)));
        self.callers[caller].open = Some(open);
    }

    /// Why nothing that began at `begun` can read this put, if that is so.
    fn replaced_before(&self, first: WriteId, begun: u64) -> Option<WrongWhy> {
        let Source::Put(_, put) = self.writes.source(first) else {
            return None;
        };
        let key = &self.keys[put.key as usize];
        if !key.replaced_before(first, begun) {
            return None;
        }
        let (old, new) = (put.line, key.put_line);
        Some(match key.presence() {
            Standing::Absent => WrongWhy::Resurrected {
                put: old,
                delete: key.delete_line,
            },
            _ => WrongWhy::Replaced { old, new },
        })
    }

    /// A length is known.
    pub(super) fn judge_len(&mut self, open: &Open, answer: Answer) {
        let Some(map) = self.maps.get(usize::from(open.call.map)) else {
            return;
        };
        let Answer::Count(says) = answer else {
            return;
        };
        let certain = map.uncertain == 0 && !map.incomplete;
        let still = map.changing == 0 && open.changes == Some(map.changes);
        let holds = map.present;
        if certain && still && says != holds {
            self.tell(open, WrongWhy::WrongLen { says, holds });
        }
    }

    /// A range is at its end.
    pub(super) fn judge_range(&mut self, open: &Open, answer: Answer) {
        let mut visited = open.visited.clone();
        visited.sort_unstable();
        let mut wrong = Vec::new();
        for pair in visited.windows(2).filter(|pair| pair[0] == pair[1]) {
            let key = &self.keys[pair[0] as usize];
            if !key.deleted_since(open.begun) {
                wrong.push(WrongWhy::Duplicate { key: key.key });
            }
        }
        // A map that does not tell which keys it comes to cannot be asked which it misses.
        let told = answer == Answer::Count(open.visits);
        let map = self.maps.get(usize::from(open.call.map));
        for &place in map.iter().flat_map(|map| &map.keys).filter(|_| told) {
            let key = &self.keys[place as usize];
            if key.present_since < open.begun && visited.binary_search(&place).is_err() {
                let (key, put) = (key.key, key.put_line);
                wrong.push(WrongWhy::Missed { key, put });
            }
        }
        for why in wrong {
            self.tell(open, why);
        }
    }
}
