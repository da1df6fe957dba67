//! The two threads of a cell. Both pause now and then for as long as dice say, so that they do not
//! fall into step: a writer that always comes at the same point of the reader's loop would show one
//! value, and no change.

use std::collections::BTreeMap;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::pattern::{mixture, value};
use super::{Cell, Effort, Seen};
use crate::dice::Dice;
use crate::probe::access::Moves;
use crate::probe::pair::Pair;
use crate::probe::shared::{Own, Shared};
use crate::probe::statistics::Share;

/// So many accesses are made before a thread looks at anything else.
const AT_ONCE: u32 = 64;
/// For so many rounds of them pauses stay of one size.
const ROUNDS: u32 = 16;
/// Pauses are up to so many turns of a loop, by turns: none at all to about a line's way.
const PAUSES: [u32; 4] = [0, 3, 15, 63];

/// On a line of its own: the writer looks at it often.
#[repr(align(128))]
struct Over(AtomicBool);

pub(super) fn measure(
    pair: Pair,
    cell: Cell,
    effort: &Effort,
    stop: &AtomicBool,
) -> Result<Seen, String> {
    let moves = cell.kind.moves().expect("the processor has it");
    let (shared, over) = (Shared::new(), Over(AtomicBool::new(false)));
    let mut first = value(false, cell.kind.bytes());
    shared.store(moves.store, &mut first, cell.at());
    let dice = Dice::new(effort.seed);
    let reader = Reader {
        cell,
        moves,
        effort,
        stop,
        shared: &shared,
        dice: Dice::new(!effort.seed),
    };
    let ((), seen) = pair.run(
        || write(cell, moves, &shared, &over, dice),
        || {
            let seen = reader.read();
            over.0.store(true, Ordering::Relaxed);
            seen
        },
    )?;
    seen
}

fn write(cell: Cell, moves: Moves, shared: &Shared, over: &Over, mut dice: Dice) {
    let (at, bytes) = (cell.at(), cell.kind.bytes());
    let mut values = [value(false, bytes), value(true, bytes)];
    let mut pauses = Pauses::default();
    while !over.0.load(Ordering::Relaxed) {
        for _ in 0..AT_ONCE / 2 {
            for value in &mut values {
                shared.store(moves.store, value, at);
                pauses.pause(&mut dice);
            }
        }
        pauses.round(&mut dice);
    }
}

struct Reader<'a> {
    cell: Cell,
    moves: Moves,
    effort: &'a Effort,
    stop: &'a AtomicBool,
    shared: &'a Shared,
    dice: Dice,
}

/// What was read last.
#[derive(PartialEq, Eq)]
enum Last {
    First,
    Second,
    Torn(Box<Own>),
}

impl Reader<'_> {
    /// Reads until enough changes were seen, or for too long.
    fn read(mut self) -> Result<Seen, String> {
        let (at, bytes) = (self.cell.at(), self.cell.kind.bytes());
        let (first, second) = (value(false, bytes), value(true, bytes));
        let mut own = Own([0; crate::probe::MOST_BYTES]);
        let mut last = Last::First;
        let (mut reads, mut changes, mut torn) = (0, 0, 0);
        let (mut cuts, mut begins) = (BTreeMap::new(), [0; 2]);
        let mut pauses = Pauses::default();
        let start = Instant::now();
        while changes < self.effort.changes
            && start.elapsed() < self.effort.time
            && !self.stop.load(Ordering::Relaxed)
        {
            for _ in 0..AT_ONCE {
                self.shared.load(self.moves.load, at, &mut own);
                if own == first {
                    changes += u64::from(last != Last::First);
                    last = Last::First;
                } else if own == second {
                    changes += u64::from(last != Last::Second);
                    last = Last::Second;
                } else if !matches!(&last, Last::Torn(before) if **before == own) {
                    let mixture = mixture(&own, bytes)
                        .ok_or_else(|| format!("a read gave what nobody wrote: {own:?}"))?;
                    changes += 1;
                    torn += 1;
                    begins[usize::from(mixture.begins_second)] += 1;
                    for cut in mixture.cuts {
                        *cuts.entry(cut).or_default() += 1;
                    }
                    last = Last::Torn(Box::new(own));
                }
                pauses.pause(&mut self.dice);
            }
            reads += u64::from(AT_ONCE);
            pauses.round(&mut self.dice);
        }
        Ok(Seen {
            kind: self.cell.kind,
            place: self.cell.place,
            offset: self.cell.offset,
            reads,
            changes,
            torn: Share::new(torn, changes),
            cuts,
            begins,
            enough: changes >= self.effort.changes,
            seconds: start.elapsed().as_secs_f64(),
        })
    }
}

/// Pauses whose size changes from time to time.
#[derive(Default)]
struct Pauses {
    most: u32,
    rounds: u32,
}

impl Pauses {
    fn pause(&mut self, dice: &mut Dice) {
        if self.most > 0 {
            for _ in 0..dice.up_to(self.most) {
                spin_loop();
            }
        }
    }

    /// After some rounds pauses get another size.
    fn round(&mut self, dice: &mut Dice) {
        self.rounds += 1;
        if self.rounds.is_multiple_of(ROUNDS) {
            self.most = PAUSES[dice.up_to(PAUSES.len() as u32 - 1) as usize];
        }
    }
}
