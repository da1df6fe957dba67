//! An atomic bus and one line: what a hit, a transaction and an eviction do to all copies. A
//! transaction is one step, from the request to the last byte. Written bytes are not seen
//! here: who writes does so when [`hit`] or [`transact`] has made the line writable.

use super::Impossible;
use crate::protocol::{Cell, Event, State, Table, Transaction};

/// Where the line's bytes can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In the cache with this number.
    Cache(usize),
    /// In memory.
    Memory,
}

/// All copies of one line.
pub trait Copies {
    /// How many caches there are.
    fn caches(&self) -> usize;

    /// The line's state in a cache; the initial one if it is not there.
    fn state(&self, cache: usize) -> State;

    /// Gives it another state; the initial one takes it out of the cache.
    fn set_state(&mut self, cache: usize, state: State);

    /// Moves the line's bytes. They come before the new cache's state says that it has them,
    /// and go before the old one's says that it has not.
    fn copy_line(&mut self, from: Place, to: Place);

    /// Told of everything that happens, when it has happened.
    fn observe(&mut self, _happened: &Happened) {}
}

/// What happened to one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The cache alone had what was needed.
    Hit {
        /// `Load` or `Store`.
        event: Event,
        /// The state before.
        from: State,
        /// The state after.
        to: State,
    },
    /// A cache that has the line met a transaction.
    Snooped {
        /// Which.
        cache: usize,
        /// What it met.
        event: Event,
        /// The state before.
        from: State,
    },
    /// A cache put the line on the bus.
    Flushed {
        /// Which.
        cache: usize,
        /// Memory took it.
        to_memory: bool,
    },
    /// A cache refused a transaction, which is made again.
    Refused {
        /// What was asked.
        kind: Transaction,
    },
    /// The line's state changed.
    Changed {
        /// In which cache.
        cache: usize,
        /// What it met.
        event: Event,
        /// The state before.
        from: State,
        /// The state after; never the same.
        to: State,
    },
    /// The bus served a transaction.
    Served {
        /// The access behind it: `Load` or `Store`.
        event: Event,
        /// The state before.
        from: State,
        /// What was asked.
        kind: Transaction,
        /// The requester had a copy already.
        held: bool,
        /// Where the line came from, if it was needed.
        supplier: Option<Place>,
    },
}

/// What the bus did for one access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Requests that all caches heard; 0 for a hit.
    pub transactions: u32,
    /// Lines that memory had to take before it could answer.
    pub write_backs: u32,
    /// The bytes that are written next go to all copies (`BusUpd`).
    pub broadcast: bool,
    /// They go to memory too.
    pub write_through: bool,
}

/// What the other caches answered to a transaction.
#[derive(Clone, Copy, Debug, Default)]
struct Snooped {
    /// One of them raised the shared wire.
    shared: bool,
    /// The first that put the line on the bus.
    supplier: Option<usize>,
    /// One of them refused.
    refused: bool,
}

/// Lets `event` meet the line in its own cache if that needs no bus: whether it does not.
///
/// # Errors
/// When the table has no cell for it.
#[inline]
pub fn hit(
    table: &Table,
    copies: &mut impl Copies,
    cache: usize,
    event: Event,
) -> Result<bool, Box<Impossible>> {
    let from = copies.state(cache);
    let cell = cell(table, cache, from, event)?;
    if cell.transaction.is_some() {
        return Ok(false);
    }
    let to = cell.next_alone;
    if to != from {
        copies.set_state(cache, to);
        changed(copies, cache, event, from, to);
    }
    copies.observe(&Happened::Hit { event, from, to });
    Ok(true)
}

/// Makes the bus transactions after which `event` is allowed in the cache, if there are any
/// to make. A cache without the line has room for it.
///
/// # Errors
/// When the table has no cell for what a cache meets.
pub fn transact(
    table: &Table,
    copies: &mut impl Copies,
    cache: usize,
    event: Event,
) -> Result<Served, Box<Impossible>> {
    let mut served = Served::default();
    // Since it asked, the core's other port may have brought the line.
    if hit(table, copies, cache, event)? {
        return Ok(served);
    }
    loop {
        let from = copies.state(cache);
        let cell = *cell(table, cache, from, event)?;
        let Some(kind) = cell.transaction else {
            copies.set_state(cache, cell.next_alone);
            changed(copies, cache, event, from, cell.next_alone);
            return Ok(served);
        };
        let held = from != table.initial();
        let snooped = ask(table, copies, cache, kind, &mut served)?;
        let supplier = snooped.supplier.map(Place::Cache);
        let supplier = supplier.or(kind.fetches().then_some(Place::Memory));
        // Who asks with a copy in hand keeps it: it is as new as memory's, or newer.
        if supplier == Some(Place::Memory) && !held {
            copies.copy_line(Place::Memory, Place::Cache(cache));
        }
        let to = match snooped.shared {
            true => cell.next_shared,
            false => cell.next_alone,
        };
        copies.set_state(cache, to);
        changed(copies, cache, event, from, to);
        copies.observe(&Happened::Served {
            event,
            from,
            kind,
            held,
            supplier,
        });
        if !cell.looks_again(event) {
            served.broadcast = kind == Transaction::BusUpd;
            served.write_through = cell.write_through;
            return Ok(served);
        }
    }
}

/// Makes one transaction, again and again while a cache refuses it.
fn ask(
    table: &Table,
    copies: &mut impl Copies,
    requester: usize,
    kind: Transaction,
    served: &mut Served,
) -> Result<Snooped, Box<Impossible>> {
    loop {
        served.transactions += 1;
        let snooped = snoop(table, copies, requester, kind, served)?;
        if !snooped.refused {
            return Ok(snooped);
        }
        copies.observe(&Happened::Refused { kind });
    }
}

/// Takes the line out of the cache, into memory if nobody else has its bytes: whether so.
///
/// # Errors
/// When the table has no cell for it.
pub fn evict(
    table: &Table,
    copies: &mut impl Copies,
    cache: usize,
) -> Result<bool, Box<Impossible>> {
    let from = copies.state(cache);
    let cell = *cell(table, cache, from, Event::Evict)?;
    if cell.flush {
        flush(copies, cache, true);
    }
    copies.set_state(cache, cell.next_alone);
    changed(copies, cache, Event::Evict, from, cell.next_alone);
    Ok(cell.flush)
}

/// Lets every other cache that holds the line meet the transaction.
fn snoop(
    table: &Table,
    copies: &mut impl Copies,
    requester: usize,
    kind: Transaction,
    served: &mut Served,
) -> Result<Snooped, Box<Impossible>> {
    let mut snooped = Snooped::default();
    let event = kind.event();
    for cache in (0..copies.caches()).filter(|&cache| cache != requester) {
        let from = copies.state(cache);
        if from == table.initial() {
            continue;
        }
        let cell = *cell(table, cache, from, event)?;
        copies.observe(&Happened::Snooped { cache, event, from });
        snooped.shared |= cell.shared;
        snooped.refused |= cell.retry;
        if cell.write_back {
            served.write_backs += 1;
            flush(copies, cache, true);
        } else if cell.flush || (cell.flush_opt && snooped.supplier.is_none()) {
            // Of several that would supply the line, the bus lets the first.
            if kind.fetches() && snooped.supplier.is_none() {
                copies.copy_line(Place::Cache(cache), Place::Cache(requester));
                snooped.supplier = Some(cache);
            }
            flush(copies, cache, cell.flush);
        }
        if cell.next_alone != from {
            copies.set_state(cache, cell.next_alone);
            changed(copies, cache, event, from, cell.next_alone);
        }
    }
    Ok(snooped)
}

fn flush(copies: &mut impl Copies, cache: usize, to_memory: bool) {
    if to_memory {
        copies.copy_line(Place::Cache(cache), Place::Memory);
    }
    copies.observe(&Happened::Flushed { cache, to_memory });
}

#[inline]
fn changed(copies: &mut impl Copies, cache: usize, event: Event, from: State, to: State) {
    if to != from {
        copies.observe(&Happened::Changed {
            cache,
            event,
            from,
            to,
        });
    }
}

#[inline]
fn cell(table: &Table, cache: usize, state: State, event: Event) -> Result<&Cell, Box<Impossible>> {
    let cell = table.cell(state, event);
    cell.ok_or_else(|| Impossible::new(table, cache, state, event))
}
