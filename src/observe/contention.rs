//! Traffic line by line: which lines the cores fight over.

use std::collections::BTreeMap;

use super::running::Running;
use crate::machine::{Core, Event, Observer, Supplier, Thread};
use crate::memory::{Addr, Line, LineSize, Piece, WriteId};
use crate::protocol::State;

/// What happened to one line. Counts unless another unit is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineTraffic {
    /// Accesses that a cache answered alone.
    pub hits: u64,
    /// Accesses that needed the bus or the network.
    pub transactions: u64,
    /// Copies that other cores' accesses took away.
    pub invalidations: u64,
    /// Times it came from another core's cache.
    pub cache_to_cache: u64,
    /// Times it was written to memory.
    pub write_backs: u64,
    /// The cores that accessed it, one bit each.
    pub cores: u64,
    /// The last write to it: by whom, which, the address, in which cycle.
    pub last_write: Option<(Thread, WriteId, Addr, u64)>,
}

/// Counts for each line that was touched.
#[derive(Clone, Debug)]
pub struct Contention {
    line_size: LineSize,
    initial: State,
    now: u64,
    running: Running,
    lines: BTreeMap<Line, LineTraffic>,
}

impl Contention {
    /// Nothing yet.
    #[must_use]
    pub fn new(line_size: LineSize, initial: State) -> Contention {
        Contention {
            line_size,
            initial,
            now: 0,
            running: Running::default(),
            lines: BTreeMap::new(),
        }
    }

    /// All touched lines, by address.
    #[must_use]
    pub fn lines(&self) -> &BTreeMap<Line, LineTraffic> {
        &self.lines
    }

    /// How large a line is.
    #[must_use]
    pub fn line_size(&self) -> LineSize {
        self.line_size
    }

    fn line(&mut self, line: Line) -> &mut LineTraffic {
        self.lines.entry(line).or_default()
    }
}

impl<P: Piece> Observer<P> for Contention {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.running.observe(event);
        match *event {
            Event::Hit { core, line, .. } => {
                let traffic = self.line(line);
                traffic.hits += 1;
                traffic.cores |= 1 << core.0;
            }
            Event::Transaction {
                core,
                line,
                supplier,
                ..
            } => {
                let traffic = self.line(line);
                traffic.transactions += 1;
                traffic.cores |= 1 << core.0;
                traffic.cache_to_cache += u64::from(matches!(supplier, Supplier::Cache(_)));
            }
            Event::Transition {
                core,
                line,
                to,
                cause,
                ..
            } if to == self.initial && cause != core => {
                self.line(line).invalidations += 1;
            }
            Event::Flushed {
                line,
                to_memory: true,
                ..
            } => self.line(line).write_backs += 1,
            Event::Missed { core, line, .. } => {
                let traffic = self.line(line);
                traffic.transactions += 1;
                traffic.cores |= 1 << core.0;
            }
            Event::Supplied {
                core,
                to_memory,
                line,
                supplier: Supplier::Cache(other),
            } => {
                let moved = core.is_some_and(|core| core != other);
                let traffic = self.line(line);
                traffic.cache_to_cache += u64::from(moved);
                traffic.write_backs += u64::from(to_memory);
            }
            Event::Changed {
                core: Some(core),
                line,
                cause: Some(cause),
                lost: true,
                ..
            } if cause != core => self.line(line).invalidations += 1,
            Event::Performed {
                core, write, addr, ..
            } if core != Core::SETUP => {
                let now = self.now;
                let line = self.line_size.line_of(addr);
                let thread = self.running.on(core);
                self.line(line).last_write = Some((thread, write, addr, now));
            }
            _ => {}
        }
    }

    fn clock(&mut self, cycle: u64) {
        self.now = cycle;
    }
}
