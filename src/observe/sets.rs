//! Observers that belong together.

use super::{
    Cells, Contention, Counters, History, LastWrites, Locksets, Named, Objects, Overlap, Races,
    Thrown, TornReads, Versions,
};
use crate::machine::{Config, Event, Observer};
use crate::maps::Walk;
use crate::memory::Piece;
use crate::protocol::Protocol;

/// What went wrong in a run, and what it was asked for: enough to judge it.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Torn reads.
    pub torn: TornReads,
    /// Wrong answers of maps.
    pub history: History,
    /// Named results.
    pub named: Named,
    /// Whether calls overlapped.
    pub overlap: Overlap,
    /// Exceptions that nobody caught.
    pub thrown: Thrown,
    /// Data races, if they are asked for.
    pub races: Option<Races>,
}

/// How much went on in a run.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// By core.
    pub counters: Counters,
    /// By cell of the protocol.
    pub cells: Cells,
    /// By line.
    pub contention: Contention,
}

/// What is looked into where one run is shown; for many it would take too long.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// What lies where.
    pub objects: Objects,
    /// How threads died.
    pub last_writes: LastWrites,
    /// Which locks protect what.
    pub locksets: Locksets,
    /// Versions of maps that are replaced as a whole.
    pub versions: Versions,
}

impl Details {
    /// Nothing yet; these objects are there before the run.
    #[must_use]
    pub fn new(objects: Objects) -> Details {
        Details {
            objects,
            ..Details::default()
        }
    }
}

impl Traffic {
    /// Nothing yet, on this machine with this protocol.
    #[must_use]
    pub fn new(config: &Config, protocol: &Protocol) -> Traffic {
        let initial = protocol.initial();
        Traffic {
            counters: Counters::new(config.cores, initial),
            cells: Cells::new(config.cores, protocol),
            contention: Contention::new(config.line_size, initial),
        }
    }
}

impl Findings {
    /// The same, data races included.
    #[must_use]
    pub fn with_races(mut self) -> Findings {
        self.races = Some(Races::default());
        self
    }
}

impl Findings {
    fn take_in<P: Piece>(&mut self, event: &Event<'_, P>) {
        self.torn.observe(event);
        self.history.observe(event);
        self.races.observe(event);
        match event {
            Event::Note { .. } | Event::Ended { .. } | Event::Scheduled { .. } => {
                self.named.observe(event);
                self.overlap.observe(event);
                self.thrown.observe(event);
            }
            _ => {} // they listen to nothing else
        }
    }

    /// What the maps hold after the run counts as a get of every key.
    pub fn look_over(&mut self, maps: &[Walk]) {
        for (map, walk) in (0..).zip(maps) {
            self.history.finish(map, &walk.entries);
        }
    }
}

impl<P: Piece> Observer<P> for Findings {
    #[inline]
    fn observe(&mut self, event: &Event<'_, P>) {
        if !event.is_traffic() {
            self.take_in(event);
        }
    }

    fn clock(&mut self, cycle: u64) {
        Observer::<P>::clock(&mut self.torn, cycle);
        Observer::<P>::clock(&mut self.history, cycle);
        Observer::<P>::clock(&mut self.thrown, cycle);
        Observer::<P>::clock(&mut self.races, cycle);
    }
}

impl<P: Piece> Observer<P> for Traffic {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.counters.observe(event);
        self.cells.observe(event);
        self.contention.observe(event);
    }

    fn clock(&mut self, cycle: u64) {
        Observer::<P>::clock(&mut self.contention, cycle);
    }
}

impl<P: Piece> Observer<P> for Details {
    fn observe(&mut self, event: &Event<'_, P>) {
        self.objects.observe(event);
        self.last_writes.observe(event, &self.objects);
        self.locksets.observe(event);
        self.versions.observe(event);
    }

    fn clock(&mut self, cycle: u64) {
        self.last_writes.clock(cycle);
        self.locksets.clock(cycle);
        self.versions.clock(cycle);
    }
}
