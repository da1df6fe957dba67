//! The races that were found, each pair of places in the trace once.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::clock::Clock;
use super::record::{Record, Touch};
use crate::machine::{CallKind, Thread};
use crate::memory::Addr;

/// At most this many distinct races are kept; the others are only counted.
const KEPT: usize = 1000;

/// One of the two accesses of a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// Whose.
    pub thread: Thread,
    /// The line of the trace; 0 before the first.
    pub line: u32,
    /// What it did.
    pub touch: Touch,
    /// The first byte that both accesses touch.
    pub addr: Addr,
    /// How many bytes there are from there to the last that both touch.
    pub bytes: u64,
    /// In which cycle it was complete for its thread.
    pub cycle: u64,
    /// The map call under way.
    pub call: Option<CallKind>,
}

/// What is known of the order of two threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Missing {
    /// The later thread never took anything that the earlier one released.
    Everything,
    /// It did, but only what was released before the earlier access.
    Later,
}

/// Two accesses of different threads to the same bytes, at least one a store and not both
/// atomic, and nothing orders one before the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// The access that came first in this run.
    pub first: Side,
    /// The other.
    pub second: Side,
    /// The object that they touch, if it is known: what it is, and the offset in it.
    pub object: Option<(Cow<'static, str>, u64)>,
    /// What would have ordered them.
    pub missing: Missing,
    /// How often the same two lines raced in the same way.
    pub times: u64,
}

impl Race {
    /// What synchronisation is missing, in words.
    #[must_use]
    pub fn why(&self) -> String {
        let (first, second) = (&self.first, &self.second);
        let what = format!(
            "nothing orders {}'s {} after {}'s {}",
            second.thread,
            second.touch.name(),
            first.thread,
            first.touch.name()
        );
        let atomic = [first, second].into_iter().find(|s| s.touch.is_atomic());
        match (atomic, self.missing) {
            (Some(side), _) => {
                let other = if side == first { second } else { first };
                let (plain, atomic) = (other.touch.name(), side.touch.name());
                format!("{what}: the {plain} is plain, and the {atomic} orders atomic ones only")
            }
            (None, Missing::Everything) => format!("{what}: they share no lock or atomic"),
            (None, Missing::Later) => format!(
                "{what}: what {} last took from {} was released before that {}",
                second.thread,
                first.thread,
                first.touch.name()
            ),
        }
    }
}

/// What makes two races the same: for each side touch, line and call.
type Kind = [(Touch, u32, Option<CallKind>); 2];

/// Collects races.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    races: Vec<Race>,
    known: FxHashMap<Kind, usize>,
    count: u64,
}

impl Found {
    pub(super) fn races(&self) -> &[Race] {
        &self.races
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// A race at the word of `addr` between an earlier access and one by a thread with this
    /// clock; `object` is asked only where it is new.
    pub(super) fn add(
        &mut self,
        addr: Addr,
        [old, new]: [&Record; 2],
        clock: &Clock,
        object: impl FnOnce(Addr) -> Option<(Cow<'static, str>, u64)>,
    ) {
        self.count += 1;
        let kind = [old, new].map(|side| (side.touch(), side.line, side.call()));
        if let Some(&known) = self.known.get(&kind) {
            self.races[known].times += 1;
            return;
        }
        if self.races.len() >= KEPT {
            return;
        }
        let mask = old.mask(); // the bytes of both
        let from = mask.trailing_zeros().into();
        let addr = Addr(addr.0 & !7) + from;
        let bytes = u64::from(u8::BITS - mask.leading_zeros()) - from;
        let side = |record: &Record| Side {
            thread: Thread(record.epoch.thread() as u16),
            line: record.line,
            touch: record.touch(),
            addr,
            bytes,
            cycle: record.cycle(),
            call: record.call(),
        };
        self.known.insert(kind, self.races.len());
        self.races.push(Race {
            first: side(old),
            second: side(new),
            object: object(addr),
            missing: match clock.knows(old.epoch.thread()) {
                true => Missing::Later,
                false => Missing::Everything,
            },
            times: 1,
        });
    }
}
