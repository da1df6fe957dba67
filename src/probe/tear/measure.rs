//! The two threads of a cell, on real processors.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::pattern::value;
use super::pauses::Pauses;
use super::tally::Tally;
use super::{Cell, Effort, Seen};
use crate::probe::access::{MOST_BYTES, Moves};
use crate::probe::pair::Pair;
use crate::probe::shared::{Own, Shared};

/// So many accesses are made before a thread looks at anything else.
const AT_ONCE: u32 = 64;

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
    let ((), seen) = pair.run(
        || write(cell, moves, &shared, &over, Pauses::new(effort.seed)),
        || {
            let seen = read(cell, moves, &shared, effort, stop);
            over.0.store(true, Ordering::Relaxed);
            seen
        },
    )?;
    seen
}

fn write(cell: Cell, moves: Moves, shared: &Shared, over: &Over, mut pauses: Pauses) {
    let (at, bytes) = (cell.at(), cell.kind.bytes());
    let mut values = [value(false, bytes), value(true, bytes)];
    while !over.0.load(Ordering::Relaxed) {
        for _ in 0..AT_ONCE / 2 {
            for value in &mut values {
                shared.store(moves.store, value, at);
                pause(&mut pauses);
            }
        }
        pauses.round();
    }
}

/// Reads until enough changes were seen, or for too long.
fn read(
    cell: Cell,
    moves: Moves,
    shared: &Shared,
    effort: &Effort,
    stop: &AtomicBool,
) -> Result<Seen, String> {
    let mut own = Own([0; MOST_BYTES]);
    let (mut tally, mut pauses) = (Tally::new(cell), Pauses::new(!effort.seed));
    let (mut reads, start) = (0, Instant::now());
    while tally.changes < effort.changes
        && start.elapsed() < effort.time
        && !stop.load(Ordering::Relaxed)
    {
        for _ in 0..AT_ONCE {
            shared.load(moves.load, cell.at(), &mut own);
            tally.read(&own)?;
            pause(&mut pauses);
        }
        reads += u64::from(AT_ONCE);
        pauses.round();
    }
    let seconds = Some(start.elapsed().as_secs_f64());
    Ok(tally.seen(reads, seconds, effort.changes))
}

#[inline]
fn pause(pauses: &mut Pauses) {
    for turn in 0..pauses.next() {
        black_box(turn);
    }
}
