//! The same two threads on a simulated machine.

use std::cell::{Cell as Flag, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::pattern::value;
use super::pauses::Pauses;
use super::tally::Tally;
use super::{Cell, Effort, Seen};
use crate::drive::{Ending, Limits, Timed};
use crate::machine::{Access, Config, Exit, Machine, Program, Request, Response, Update};
use crate::memory::{Addr, Heap, MAX_ACCESS_BYTES, Piece, Untagged, Values, WriteId};
use crate::probe::access::{Kind, MOST_BYTES};
use crate::probe::shared::Own;
use crate::protocol::Protocol;

/// So many reads are made for each change that is wanted before a cell is given up.
const READS_FOR_A_CHANGE: u64 = 1000;
/// Accesses between two sizes of pauses.
const ROUND: u64 = 64;

/// Whether the simulator's machines have such an access.
#[must_use]
pub fn can_simulate(kind: Kind) -> bool {
    match kind {
        Kind::Vector(bytes) => bytes <= MAX_ACCESS_BYTES,
        Kind::Plain(_) | Kind::TwoWords | Kind::Locked(_) => true,
    }
}

/// Asks a simulated machine about a cell. Its time plays no part: only the changes that are wanted.
///
/// # Errors
/// What ended the run, or a read gave bytes that nobody wrote; in words.
///
/// # Panics
/// When the simulator has no such accesses ([`can_simulate`]), or the machine has less than two
/// cores.
pub fn simulate(
    config: &Arc<Config>,
    protocol: &Protocol,
    cell: Cell,
    effort: &Effort,
) -> Result<Seen, String> {
    assert!(config.cores >= 2, "two threads need two cores");
    let mut machine = Machine::<Values>::new(Arc::clone(config), protocol, Heap::open());
    // A page begins at a multiple of its size on both.
    let addr = Addr(Heap::BASE.0 + cell.at() as u64);
    for (at, &byte) in (0..).zip(&value(false, cell.kind.bytes()).0[..cell.kind.bytes()]) {
        let memory = machine.memory_mut();
        memory.write(addr + at, 1, byte.into(), WriteId::INITIAL);
    }
    let over = Rc::new(Flag::new(false));
    let reading = Rc::new(RefCell::new(Reading {
        tally: Tally::new(cell),
        reads: 0,
        wrong: None,
    }));
    let common = |seed| Common {
        kind: cell.kind,
        addr,
        over: Rc::clone(&over),
        pauses: Pauses::new(seed),
        paused: true,
        accesses: 0,
    };
    let threads = vec![
        Thread::Writer(common(effort.seed)),
        Thread::Reader(
            common(!effort.seed),
            Reader {
                wanted: effort.changes,
                own: Own([0; MOST_BYTES]),
                reading: Rc::clone(&reading),
            },
        ),
    ];
    let limits = Limits {
        accesses_per_operation: u64::MAX,
        ..Limits::default()
    };
    let timed = Timed::new(machine, threads, effort.seed, ()).limited(limits);
    let (ended, ..) = timed.run();
    if ended.ending != Ending::Finished {
        return Err(format!("the simulated run ended early: {:?}", ended.ending));
    }
    let reading = Rc::into_inner(reading).expect("the programs are gone");
    let Reading {
        tally,
        reads,
        wrong,
    } = reading.into_inner();
    match wrong {
        Some(wrong) => Err(wrong),
        None => Ok(tally.seen(reads, None, effort.changes)),
    }
}

/// What the reader has seen so far.
struct Reading {
    tally: Tally,
    reads: u64,
    wrong: Option<String>,
}

/// What both threads have.
struct Common {
    kind: Kind,
    addr: Addr,
    over: Rc<Flag<bool>>,
    pauses: Pauses,
    /// The pause before the next whole value is over.
    paused: bool,
    /// Those that were begun.
    accesses: u64,
}

struct Reader {
    wanted: u64,
    own: Own,
    reading: Rc<RefCell<Reading>>,
}

enum Thread {
    Writer(Common),
    Reader(Common, Reader),
}

impl Common {
    /// How many accesses move a whole value, and how many bytes each.
    fn parts(&self) -> (u64, usize) {
        match self.kind {
            Kind::TwoWords => (2, 8),
            kind => (1, kind.bytes()),
        }
    }

    /// Which part of a value the next access moves.
    fn part(&self) -> usize {
        (self.accesses % self.parts().0) as usize
    }

    /// The pause before a whole value, if it is not over.
    fn pause(&mut self) -> Option<Request> {
        if self.part() > 0 || std::mem::replace(&mut self.paused, true) {
            return None;
        }
        if self.accesses.is_multiple_of(ROUND) {
            self.pauses.round();
        }
        Some(Request::Compute(self.pauses.next()))
    }

    /// The next access, for which it is to be known what is stored.
    fn access(&mut self, store: Option<&Own>) -> Request {
        let (part, (parts, bytes)) = (self.part(), self.parts());
        let addr = self.addr + (part * bytes) as u64;
        self.accesses += 1;
        self.paused = !self.accesses.is_multiple_of(parts);
        let locked = matches!(self.kind, Kind::Locked(_));
        let write = WriteId::INITIAL;
        let stored = store.map(|own| {
            let mut value = [0; MAX_ACCESS_BYTES];
            value[..bytes].copy_from_slice(&own.0[part * bytes..][..bytes]);
            u128::from_le_bytes(value)
        });
        Request::Access(match (stored, locked) {
            (Some(value), false) => Access::store(addr, bytes, value, write),
            (Some(value), true) => Access::locked(addr, bytes, Update::Exchange(value), write),
            (None, false) => Access::load(addr, bytes),
            (None, true) => Access::locked(addr, bytes, Update::Add(0), write),
        })
    }
}

impl Reader {
    /// Takes what the last access read: whether that is enough.
    fn take(&mut self, common: &Common, piece: &Untagged) -> bool {
        let (parts, bytes) = common.parts();
        let part = ((common.accesses - 1) % parts) as usize;
        let value = piece.value(bytes).to_le_bytes();
        self.own.0[part * bytes..][..bytes].copy_from_slice(&value[..bytes]);
        if part + 1 < parts as usize {
            return false;
        }
        let reading = &mut *self.reading.borrow_mut();
        reading.reads += 1;
        if let Err(wrong) = reading.tally.read(&self.own) {
            reading.wrong = Some(wrong);
            return true;
        }
        reading.tally.changes >= self.wanted
            || reading.reads >= self.wanted.saturating_mul(READS_FOR_A_CHANGE)
    }
}

impl Program<Untagged> for Thread {
    fn resume(&mut self, last: &Response<Untagged>) -> Request {
        match self {
            Thread::Writer(common) if common.over.get() && common.part() == 0 => {
                Request::Exit(Exit::Finished)
            }
            Thread::Writer(common) => match common.pause() {
                Some(pause) => pause,
                None => {
                    let second = common.accesses / common.parts().0 % 2 == 0;
                    let value = value(second, common.kind.bytes());
                    common.access(Some(&value))
                }
            },
            Thread::Reader(common, reader) => {
                if let Response::Value(piece) = last
                    && reader.take(common, piece)
                {
                    common.over.set(true);
                    return Request::Exit(Exit::Finished);
                }
                common.pause().unwrap_or_else(|| common.access(None))
            }
        }
    }
}
