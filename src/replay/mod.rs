//! A replay: a trace's threads on the cores of a machine, with its maps and variables laid
//! out in simulated memory. Once for a look, or many times for how often what comes.

mod explore;
mod heap_graph;
mod in_order;
mod measure;
mod minimise;
mod run;
mod seeds;
mod setup;
mod strategy;
mod verdict;
mod witness;

use std::io;
use std::sync::{Arc, OnceLock};

pub use explore::{Explored, explore};
pub use heap_graph::{HeapGraph, HeapLink, HeapObject};
pub use measure::{Measured, measure_all};
pub use minimise::{Minimised, Target, minimise};
pub use run::Ran;
pub use seeds::{Example, Reckoning, Tally, TornShape, run_seeds};
pub use setup::Place;
pub use strategy::Strategy;
pub use verdict::{Outcome, Verdict};
pub use witness::witness_trace;

use crate::coherence::network::MAX_NODES;
use crate::drive::Limits;
use crate::machine::config::Size;
use crate::machine::{Config, Machine};
use crate::maps::Kind;
use crate::memory::NoBytes;
use crate::observe::{Findings, Objects, Races};
use crate::protocol::Protocol;
use crate::trace::{Error, Schedule, Trace};

/// Everything that a replay needs, fixed; what is left open is the seed.
pub struct Replay {
    config: Arc<Config>,
    protocol: Protocol,
    trace: Arc<Trace>,
    /// The algorithm of each map of the trace.
    kinds: Vec<&'static Kind>,
    limits: Limits,
    checked: bool,
    schedule: Option<Arc<Schedule>>,
    strategy: Strategy,
    /// Whether data races are looked for.
    races: bool,
    /// Whether the steps of a run are kept.
    recording: bool,
    /// What lies where before the run, once that was asked.
    objects: OnceLock<Objects>,
    /// How many steps a run has, once that was tried.
    steps: OnceLock<u64>,
}

/// Where things lie in a run's memory.
pub type Places = Vec<Place>;

impl Replay {
    /// A replay of `trace` on a machine. All its maps use the algorithm `map`, if one is
    /// given, instead of what the trace says.
    ///
    /// # Errors
    /// When the protocol's controllers are too many on the machine.
    ///
    /// # Panics
    /// When the trace names a map that is not in [`KINDS`](crate::maps::KINDS); reading it has made sure.
    pub fn new(
        config: Arc<Config>,
        protocol: Protocol,
        trace: Arc<Trace>,
        map: Option<&'static Kind>,
    ) -> Result<Replay, Error> {
        if !Machine::<NoBytes>::can_run(config.cores, &protocol) {
            return Err(too_many_nodes(&config, &protocol).into());
        }
        let schedule = trace.header().schedule.clone().map(Arc::new);
        let maps = trace.header().maps.iter();
        let kinds = maps.map(|declared| map.or(Kind::named(&declared.kind)).expect("a known map"));
        Ok(Replay {
            kinds: kinds.collect(),
            config,
            protocol,
            trace,
            limits: Limits::default(),
            checked: false,
            schedule,
            strategy: Strategy::Timed,
            races: true,
            recording: false,
            objects: OnceLock::new(),
            steps: OnceLock::new(),
        })
    }

    /// The same, with the machine's properties checked after every step.
    #[must_use]
    pub fn checked(mut self, checked: bool) -> Replay {
        self.checked = checked;
        self
    }

    /// The same, with another way to choose what happens next. Unless that is by time, each
    /// thread gets a core of its own.
    ///
    /// # Errors
    /// When a machine of so many cores is impossible, or the protocol cannot run on it.
    pub fn choosing(mut self, strategy: Strategy) -> Result<Replay, Error> {
        let threads = self.trace.threads().len().max(1);
        if strategy != Strategy::Timed && self.config.cores < threads {
            let size = Size {
                cores: Some(threads as u32),
                ..Size::default()
            };
            let config = Config::clone(&self.config).resized(size);
            self.config = Arc::new(config.map_err(io::Error::other)?);
            if !Machine::<NoBytes>::can_run(threads, &self.protocol) {
                return Err(too_many_nodes(&self.config, &self.protocol).into());
            }
        }
        self.strategy = strategy;
        Ok(self)
    }

    /// The same, keeping the machine's steps, unless they follow time.
    #[must_use]
    pub fn recording(mut self) -> Replay {
        self.recording = true;
        self
    }

    /// The same, with or without looking for data races.
    #[must_use]
    pub fn racing(mut self, races: bool) -> Replay {
        self.races = races;
        self
    }

    /// Whether data races are looked for.
    #[must_use]
    pub fn looks_for_races(&self) -> bool {
        self.races
    }

    /// Observers for what can go wrong in a run.
    ///
    /// # Errors
    /// When what the trace declares finds no room.
    pub fn findings(&self) -> Result<Findings, Error> {
        let mut findings = Findings::default();
        if !self.races {
            return Ok(findings);
        }
        findings.races = Some(Races::knowing(self.objects()?));
        Ok(findings)
    }

    /// What lies where before the run, by name.
    ///
    /// # Errors
    /// When what the trace declares finds no room.
    pub fn objects(&self) -> Result<Objects, Error> {
        if self.objects.get().is_none() {
            let _ = self.objects.set(self.named_objects()?);
        }
        Ok(self.objects.get().cloned().unwrap_or_default())
    }

    /// How it is chosen what happens next.
    #[must_use]
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// The same, with this schedule instead of the trace's own.
    #[must_use]
    pub fn following(mut self, schedule: Option<Schedule>) -> Replay {
        self.schedule = schedule.map(Arc::new).or(self.schedule);
        self
    }

    /// The same, giving up earlier or later than usual.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Replay {
        self.limits = limits;
        self
    }

    /// Whether somebody wants no more of its runs.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.limits.is_stopped()
    }

    /// The machine.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The protocol.
    #[must_use]
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// The trace.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }
}

fn too_many_nodes(config: &Config, protocol: &Protocol) -> io::Error {
    let (cores, name) = (config.cores, protocol.name());
    io::Error::other(format!(
        "{cores} cores are too many for the protocol {name}: it may have {MAX_NODES} controllers in all"
    ))
}
