//! Counts of everything that cores, caches and the bus did.

use std::ops::AddAssign;

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use crate::coherence::network::Message;
use crate::machine::{AccessKind, Core, Event, Observer, Stall, Supplier};
use crate::memory::{Line, Piece};
use crate::protocol::{self, State, Transaction};

/// What one core and its cache did. Counts unless another unit is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CoreCounters {
    /// Loads that completed.
    pub loads: u64,
    /// Stores that completed: those that entered the store buffer are complete.
    pub stores: u64,
    /// Locked operations that completed.
    pub locked: u64,
    /// Accesses that were performed in more than one part.
    pub split: u64,
    /// Parts of loads answered by the store buffer.
    pub forwards: u64,
    /// Times the core waited because the store buffer was full.
    pub stalls_full: u64,
    /// Times it waited for the store buffer to empty: fences and locked operations.
    pub stalls_draining: u64,
    /// Times a load waited for stores that hold only some of its bytes.
    pub stalls_partly_buffered: u64,
    /// Times the core waited for invalidations to be applied: fences and locked operations.
    #[serde(skip_serializing_if = "is_zero")]
    pub stalls_invalidating: u64,
    /// Parts of loads that read a line whose invalidation was not applied yet.
    #[serde(skip_serializing_if = "is_zero")]
    pub invalidated_reads: u64,
    /// Line accesses that the cache answered alone.
    pub hits: u64,
    /// Line accesses by loads that found no copy.
    pub load_misses: u64,
    /// Line accesses by stores that found no copy.
    pub store_misses: u64,
    /// Misses on lines that the cache never held.
    pub cold_misses: u64,
    /// Misses on lines that another core's write took away.
    pub coherence_misses: u64,
    /// Misses on lines that had to make room for others.
    pub replacement_misses: u64,
    /// Stores that found a copy and needed the bus to be allowed to write it.
    pub upgrades: u64,
    /// Stores that found a copy which became writable with nobody told.
    pub silent_upgrades: u64,
    /// Lines that this cache put on the bus for another.
    pub interventions: u64,
    /// Copies in other caches that this core's accesses took away.
    pub invalidations_sent: u64,
    /// Copies here that other cores' accesses took away.
    pub invalidations_received: u64,
    /// Lines that came from a core's cache: another's, or the own one where an owner on a split
    /// bus answers its own request.
    pub cache_to_cache: u64,
    /// Lines that came from the shared cache or memory.
    pub from_memory: u64,
    /// Lines that this cache wrote to memory.
    pub write_backs: u64,
    /// Times that written bytes went to memory with a line staying in this cache.
    pub write_throughs: u64,
    /// Transactions by kind, in the order of [`Transaction::ALL`].
    #[serde(serialize_with = "by_name")]
    pub transactions: [u64; Transaction::ALL.len()],
    /// Times the bus was locked for an operation across lines.
    pub bus_locks: u64,
    /// Messages that the controllers at this core sent.
    pub messages_sent: u64,
}

impl CoreCounters {
    /// Accesses that completed.
    #[must_use]
    pub fn accesses(&self) -> u64 {
        self.loads + self.stores + self.locked
    }

    /// Times the core waited for its store buffer or its invalidations.
    #[must_use]
    pub fn stalls(&self) -> u64 {
        self.stalls_full
            + self.stalls_draining
            + self.stalls_partly_buffered
            + self.stalls_invalidating
    }
}

impl AddAssign for CoreCounters {
    fn add_assign(&mut self, other: CoreCounters) {
        let pairs = [
            (&mut self.loads, other.loads),
            (&mut self.stores, other.stores),
            (&mut self.locked, other.locked),
            (&mut self.split, other.split),
            (&mut self.forwards, other.forwards),
            (&mut self.stalls_full, other.stalls_full),
            (&mut self.stalls_draining, other.stalls_draining),
            (
                &mut self.stalls_partly_buffered,
                other.stalls_partly_buffered,
            ),
            (&mut self.stalls_invalidating, other.stalls_invalidating),
            (&mut self.invalidated_reads, other.invalidated_reads),
            (&mut self.hits, other.hits),
            (&mut self.load_misses, other.load_misses),
            (&mut self.store_misses, other.store_misses),
            (&mut self.cold_misses, other.cold_misses),
            (&mut self.coherence_misses, other.coherence_misses),
            (&mut self.replacement_misses, other.replacement_misses),
            (&mut self.upgrades, other.upgrades),
            (&mut self.silent_upgrades, other.silent_upgrades),
            (&mut self.interventions, other.interventions),
            (&mut self.invalidations_sent, other.invalidations_sent),
            (
                &mut self.invalidations_received,
                other.invalidations_received,
            ),
            (&mut self.cache_to_cache, other.cache_to_cache),
            (&mut self.from_memory, other.from_memory),
            (&mut self.write_backs, other.write_backs),
            (&mut self.write_throughs, other.write_throughs),
            (&mut self.bus_locks, other.bus_locks),
            (&mut self.messages_sent, other.messages_sent),
        ];
        for (sum, count) in pairs {
            *sum += count;
        }
        for (sum, count) in self.transactions.iter_mut().zip(other.transactions) {
            *sum += count;
        }
    }
}

/// For counters that only some machines have.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Writes the counts of transactions as an object, by the names of their kinds.
fn by_name<S: Serializer>(
    counts: &[u64; Transaction::ALL.len()],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Transaction::ALL.iter().map(|kind| kind.name()).zip(counts))
}

/// Why a cache no longer has a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    TakenAway,
    Replaced,
}

/// Counts what each core does.
#[derive(Clone, Debug)]
pub struct Counters {
    /// The state of lines that are not in a cache.
    initial: State,
    cores: Vec<CoreCounters>,
    gone: FxHashMap<(Core, Line), Gone>,
    bus_busy_cycles: u64,
    /// By kind, up to the last that was sent.
    messages: Vec<u64>,
}

impl Counters {
    /// Zero for `cores` cores whose protocol calls a line that is not there `initial`.
    #[must_use]
    pub fn new(cores: usize, initial: State) -> Counters {
        Counters {
            initial,
            cores: vec![CoreCounters::default(); cores],
            gone: FxHashMap::default(),
            bus_busy_cycles: 0,
            messages: Vec::new(),
        }
    }

    /// The counters of each core.
    #[must_use]
    pub fn cores(&self) -> &[CoreCounters] {
        &self.cores
    }

    /// The sums over all cores.
    #[must_use]
    pub fn total(&self) -> CoreCounters {
        let mut total = CoreCounters::default();
        self.cores.iter().for_each(|&core| total += core);
        total
    }

    /// How long the bus was taken, in cycles.
    #[must_use]
    pub fn bus_busy_cycles(&self) -> u64 {
        self.bus_busy_cycles
    }

    /// How many messages of a kind all controllers sent.
    #[must_use]
    pub fn messages(&self, kind: usize) -> u64 {
        self.messages.get(kind).copied().unwrap_or(0)
    }

    fn sent(&mut self, core: Option<Core>, message: Message) {
        let kind = usize::from(message.kind);
        if self.messages.len() <= kind {
            self.messages.resize(kind + 1, 0);
        }
        self.messages[kind] += 1;
        if let Some(core) = core {
            self.cores[core.index()].messages_sent += 1;
        }
    }

    fn supplied(&mut self, core: Option<Core>, to_memory: bool, supplier: Supplier) {
        match (core, supplier) {
            (Some(core), Supplier::Cache(other)) => {
                // An owner can answer its own request, which others then see answered.
                self.cores[core.index()].cache_to_cache += 1;
                self.cores[other.index()].interventions += u64::from(other != core);
            }
            (Some(core), Supplier::LastLevel | Supplier::Memory) => {
                self.cores[core.index()].from_memory += 1;
            }
            (None, Supplier::Cache(other)) if to_memory => {
                self.cores[other.index()].write_backs += 1;
            }
            _ => {}
        }
    }

    fn missed(&mut self, core: Core, line: Line, event: protocol::Event) {
        let gone = self.gone.remove(&(core, line));
        let counters = &mut self.cores[core.index()];
        match event {
            protocol::Event::Load => counters.load_misses += 1,
            _ => counters.store_misses += 1,
        }
        match gone {
            None => counters.cold_misses += 1,
            Some(Gone::TakenAway) => counters.coherence_misses += 1,
            Some(Gone::Replaced) => counters.replacement_misses += 1,
        }
    }

    fn left(&mut self, core: Core, line: Line, event: protocol::Event, cause: Core) {
        if event == protocol::Event::Evict {
            self.gone.insert((core, line), Gone::Replaced);
            return;
        }
        self.gone.insert((core, line), Gone::TakenAway);
        self.cores[core.index()].invalidations_received += 1;
        self.cores[cause.index()].invalidations_sent += 1;
    }
}

impl<P: Piece> Observer<P> for Counters {
    fn observe(&mut self, event: &Event<'_, P>) {
        match *event {
            Event::Completed {
                core,
                access,
                parts,
                ..
            } => {
                let counters = &mut self.cores[core.index()];
                match access.kind {
                    AccessKind::Load => counters.loads += 1,
                    AccessKind::Store { .. } => counters.stores += 1,
                    AccessKind::Locked { .. } => counters.locked += 1,
                    AccessKind::Evict => return,
                }
                counters.split += u64::from(parts > 1);
            }
            Event::Hit {
                core,
                silently_changed,
                ..
            } => {
                self.cores[core.index()].hits += 1;
                self.cores[core.index()].silent_upgrades += u64::from(silently_changed);
            }
            Event::Transaction {
                core,
                line,
                event,
                kind,
                held,
                supplier,
                ..
            } => {
                if held {
                    self.cores[core.index()].upgrades += 1;
                } else {
                    self.missed(core, line, event);
                }
                let counters = &mut self.cores[core.index()];
                counters.transactions[kind as usize] += 1;
                match supplier {
                    Supplier::Nobody => {}
                    Supplier::Cache(_) => counters.cache_to_cache += 1,
                    Supplier::LastLevel | Supplier::Memory => counters.from_memory += 1,
                }
            }
            Event::WrittenThrough { core, .. } => self.cores[core.index()].write_throughs += 1,
            Event::Refused { core, kind, .. } => {
                self.cores[core.index()].transactions[kind as usize] += 1;
            }
            Event::Transition {
                core,
                line,
                event,
                to,
                cause,
                ..
            } if to == self.initial => {
                self.left(core, line, event, cause);
            }
            Event::Flushed {
                core,
                to_memory,
                cause,
                ..
            } => {
                let counters = &mut self.cores[core.index()];
                counters.interventions += u64::from(cause != core);
                counters.write_backs += u64::from(to_memory);
            }
            Event::Forwarded { core, .. } => self.cores[core.index()].forwards += 1,
            Event::ReadInvalidated { core, .. } => {
                self.cores[core.index()].invalidated_reads += 1;
            }
            Event::Stalled { core, stall } => {
                let counters = &mut self.cores[core.index()];
                match stall {
                    Stall::BufferFull => counters.stalls_full += 1,
                    Stall::Draining => counters.stalls_draining += 1,
                    Stall::PartlyBuffered => counters.stalls_partly_buffered += 1,
                    Stall::Invalidating => counters.stalls_invalidating += 1,
                }
            }
            Event::Missed {
                core,
                line,
                event,
                held,
            } => match held {
                true => self.cores[core.index()].upgrades += 1,
                false => self.missed(core, line, event),
            },
            Event::Sent { core, message, .. } => self.sent(core, message),
            Event::Supplied {
                core,
                to_memory,
                supplier,
                ..
            } => self.supplied(core, to_memory, supplier),
            Event::Changed {
                core: Some(core),
                line,
                cause,
                lost: true,
                ..
            } => {
                let cause = cause.unwrap_or(core);
                let event = match cause == core {
                    true => protocol::Event::Evict,
                    false => protocol::Event::Store,
                };
                self.left(core, line, event, cause);
            }
            Event::BusLocked { core } => self.cores[core.index()].bus_locks += 1,
            Event::BusBusy { cycles } => self.bus_busy_cycles += cycles,
            _ => {}
        }
    }
}
