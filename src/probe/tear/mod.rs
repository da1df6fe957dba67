//! Does a value tear? One thread alternates two values at a place, another reads the place; a read
//! that has bytes of both is torn. What was not seen is told with how often it could have been:
//! the number of times that the reader saw the value change.

mod measure;
mod pattern;
mod pauses;
mod simulate;
mod tally;

pub use simulate::{can_simulate, simulate};

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::access::Kind;
use super::pair::Pair;
use super::shared::PAGE_BYTES;
use super::statistics::Share;

/// The size of lines on all processors that are asked here. (Apple's have lines of 128 bytes, two of
/// these.)
pub const LINE_BYTES: usize = 64;

/// Where in memory a value begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the first line of a page.
    Line,
    /// In the last line of a page: what crosses the line crosses into another page.
    Page,
}

/// One question: does a value of this kind tear at this place?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// How it is written and read.
    pub kind: Kind,
    /// Where its line is.
    pub place: Place,
    /// Where in the line it begins, below [`LINE_BYTES`].
    pub offset: usize,
}

impl Cell {
    /// Whether the value has bytes in two lines.
    #[must_use]
    pub fn crosses(self) -> bool {
        self.offset + self.kind.bytes() > LINE_BYTES
    }

    /// Whether it is a locked operation on two lines, which holds up all other processors, and which
    /// some systems do not allow.
    #[must_use]
    pub fn is_split_lock(self) -> bool {
        matches!(self.kind, Kind::Locked(_)) && self.crosses()
    }

    /// Its first byte in the shared pages.
    fn at(self) -> usize {
        self.offset
            + match self.place {
                Place::Line => 0,
                Place::Page => PAGE_BYTES - LINE_BYTES,
            }
    }

    /// All cells of some kinds: every offset in a line, and those that cross into another page.
    #[must_use]
    pub fn all(kinds: &[Kind], offsets: &[usize]) -> Vec<Cell> {
        let mut cells = Vec::new();
        for &kind in kinds {
            for place in [Place::Line, Place::Page] {
                let cell = |&offset: &usize| Cell {
                    kind,
                    place,
                    offset,
                };
                let asked = |cell: &Cell| place == Place::Line || cell.crosses();
                cells.extend(offsets.iter().map(cell).filter(asked));
            }
        }
        cells
    }
}

/// How long to ask.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// A cell is over when the reader has seen the value change so often.
    pub changes: u64,
    /// Or after this time, with as many as there were.
    pub time: Duration,
    /// And all of them after this time: each has an equal share of what the others have left.
    pub all: Duration,
    /// What the pauses of both threads are chosen by.
    pub seed: u64,
}

/// What was seen of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// How it was written and read.
    pub kind: Kind,
    /// Where its line was.
    pub place: Place,
    /// Where in the line it began.
    pub offset: usize,
    /// How often it was read.
    pub reads: u64,
    /// How often what was read differed from the read before.
    pub changes: u64,
    /// How many of these were changes to a torn value.
    pub torn: Share,
    /// Where torn values changed from bytes of one value to bytes of the other, counted from the
    /// value's first byte, and how often.
    pub cuts: BTreeMap<usize, u64>,
    /// How many torn values began with bytes of the first value, and how many with the second's:
    /// both where two writes raced with one read, one alone where an order of moves hides the
    /// other.
    pub begins: [u64; 2],
    /// As many changes were seen as wanted.
    pub enough: bool,
    /// How long it took, in seconds; of a simulated machine nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

impl Seen {
    /// The cell.
    #[must_use]
    pub fn cell(&self) -> Cell {
        Cell {
            kind: self.kind,
            place: self.place,
            offset: self.offset,
        }
    }

    /// Whether this can be seen of any cell: offsets and cuts are where they can be, and the counts are
    /// of one another.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        let (bytes, torn) = (self.kind.bytes(), self.torn.of);
        let cut = |(cut, times): (&usize, &u64)| (1..bytes).contains(cut) && *times <= torn;
        self.offset < LINE_BYTES
            && torn <= self.torn.among
            && self.torn.among == self.changes
            && self.changes <= self.reads
            && self.cuts.iter().all(cut)
            && self.cuts.is_empty() == (torn == 0)
            && self.begins[0].checked_add(self.begins[1]) == Some(torn)
    }

    /// Whether every tear was where the next line begins.
    #[must_use]
    pub fn is_cut_at_the_line(&self) -> bool {
        self.cuts.keys().all(|cut| self.offset + cut == LINE_BYTES)
    }
}

/// Asks one cell after another. `each` is told of each when it is over; `stop` ends the last one.
///
/// # Errors
/// A thread could not be put on its processor, or a read gave bytes that nobody wrote; in words.
///
/// # Panics
/// When the processor has no such accesses ([`Kind::instructions`]), or an offset is not in a line.
pub fn ask(
    pair: Pair,
    cells: &[Cell],
    effort: &Effort,
    stop: &AtomicBool,
    mut each: impl FnMut(&Seen),
) -> Result<Vec<Seen>, String> {
    let mut seen = Vec::new();
    let start = Instant::now();
    for (nth, &cell) in cells.iter().enumerate() {
        assert!(cell.offset < LINE_BYTES, "an offset is one in a line");
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let share = effort.all.saturating_sub(start.elapsed()) / (cells.len() - nth) as u32;
        let effort = Effort {
            seed: effort.seed.wrapping_add(nth as u64),
            time: effort.time.min(share),
            ..*effort
        };
        let one = measure::measure(pair, cell, &effort, stop)?;
        each(&one);
        seen.push(one);
    }
    Ok(seen)
}
