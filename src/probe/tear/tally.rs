//! What a reader has seen so far: how often the value changed, and how often to a torn one.

use std::collections::BTreeMap;

use super::pattern::{mixture, value};
use super::{Cell, Seen};
use crate::probe::shared::Own;
use crate::probe::statistics::Share;

/// What was read last.
#[derive(PartialEq, Eq)]
enum Last {
    First,
    Second,
    Torn(Box<Own>),
}

pub(super) struct Tally {
    cell: Cell,
    first: Own,
    second: Own,
    last: Last,
    pub(super) changes: u64,
    torn: u64,
    cuts: BTreeMap<usize, u64>,
    begins: [u64; 2],
}

impl Tally {
    /// The first value is there, and nothing was read yet.
    pub(super) fn new(cell: Cell) -> Tally {
        let bytes = cell.kind.bytes();
        Tally {
            cell,
            first: value(false, bytes),
            second: value(true, bytes),
            last: Last::First,
            changes: 0,
            torn: 0,
            cuts: BTreeMap::new(),
            begins: [0; 2],
        }
    }

    /// Counts what was read.
    ///
    /// # Errors
    /// It has a byte that nobody wrote there; in words.
    #[inline]
    pub(super) fn read(&mut self, own: &Own) -> Result<(), String> {
        if *own == self.first {
            self.changes += u64::from(self.last != Last::First);
            self.last = Last::First;
        } else if *own == self.second {
            self.changes += u64::from(self.last != Last::Second);
            self.last = Last::Second;
        } else {
            return self.torn(own);
        }
        Ok(())
    }

    fn torn(&mut self, own: &Own) -> Result<(), String> {
        if matches!(&self.last, Last::Torn(before) if **before == *own) {
            return Ok(());
        }
        let bytes = self.cell.kind.bytes();
        let mixture = mixture(own, bytes)
            .ok_or_else(|| format!("a read gave what nobody wrote: {:x?}", &own.0[..bytes]))?;
        self.changes += 1;
        self.torn += 1;
        self.begins[usize::from(mixture.begins_second)] += 1;
        for cut in mixture.cuts {
            *self.cuts.entry(cut).or_default() += 1;
        }
        self.last = Last::Torn(Box::new(*own));
        Ok(())
    }

    /// All of it, after so many reads in so many seconds, where so many changes were wanted.
    pub(super) fn seen(self, reads: u64, seconds: Option<f64>, wanted: u64) -> Seen {
        Seen {
            kind: self.cell.kind,
            place: self.cell.place,
            offset: self.cell.offset,
            reads,
            changes: self.changes,
            torn: Share::new(self.torn, self.changes),
            cuts: self.cuts,
            begins: self.begins,
            enough: self.changes >= wanted,
            seconds,
        }
    }
}
