//! What a trace costs: many replays of it, their times and their traffic added up.

use super::{Ran, Replay, Tally};
use crate::drive::Ending;
use crate::machine::CallKind;
use crate::observe::{CoreCounters, Cost, Counters, Latency};
use crate::protocol::Protocol;
use crate::trace::Error;

/// What came of some runs, and what they cost. Only runs in which all threads came to their
/// ends are measured: one that a runtime's check ended has not done its work.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// How often what came, in all runs.
    pub tally: Tally,
    /// Runs that were measured.
    pub finished: u64,
    /// How long they took, in cycles.
    pub cycles: u64,
    /// The times of their calls.
    pub latency: Latency,
    /// Waiting and memory.
    pub cost: Cost,
    /// Traffic of all cores.
    pub counters: CoreCounters,
    /// How long the bus was taken, in cycles.
    pub bus_busy_cycles: u64,
    /// Messages by kind, in the order of the protocol's file.
    pub messages: Vec<u64>,
}

impl Measured {
    /// Calls that came to their ends.
    #[must_use]
    pub fn calls(&self) -> u64 {
        CallKind::ALL
            .iter()
            .map(|&kind| self.latency.of(kind).count())
            .sum()
    }

    /// Those of them that can change the map.
    #[must_use]
    pub fn changes(&self) -> u64 {
        let changes = CallKind::ALL.iter().filter(|kind| kind.changes());
        changes.map(|&kind| self.latency.of(kind).count()).sum()
    }

    /// Both together.
    #[must_use]
    pub fn merge(mut self, other: Measured) -> Measured {
        self.tally = self.tally.merge(other.tally);
        self.finished += other.finished;
        self.cycles += other.cycles;
        self.latency.merge(&other.latency);
        self.cost += &other.cost;
        self.counters += other.counters;
        self.bus_busy_cycles += other.bus_busy_cycles;
        if self.messages.len() < other.messages.len() {
            self.messages.resize(other.messages.len(), 0);
        }
        for (count, more) in self.messages.iter_mut().zip(other.messages) {
            *count += more;
        }
        self
    }
}

impl Replay {
    /// What a run with this seed shows and costs.
    ///
    /// # Errors
    /// As [`Replay::run`].
    pub fn measure(&self, seed: u64) -> Result<Measured, Error> {
        let counters = Counters::new(self.config().cores, self.protocol().initial());
        let costs = (counters, (Latency::default(), Cost::default()));
        let ran = self.run_whole(seed, (self.findings()?, costs))?;
        let (findings, (counters, (latency, cost))) = ran.observer;
        let ended = ran.ended.clone();
        let ran = Ran {
            ended: ran.ended,
            observer: findings,
            maps: ran.maps,
            steps: ran.steps,
            machine: ran.machine,
        };
        let tally = self.tally_of(seed, ran);
        if ended.ending != Ending::Finished {
            return Ok(Measured {
                tally,
                ..Measured::default()
            });
        }
        let kinds = match self.protocol() {
            Protocol::Bus(_) => 0,
            Protocol::Network(network) => network.kinds.len(),
        };
        Ok(Measured {
            tally,
            finished: 1,
            cycles: ended.cycle,
            latency,
            cost,
            counters: counters.total(),
            bus_busy_cycles: counters.bus_busy_cycles(),
            messages: (0..kinds).map(|kind| counters.messages(kind)).collect(),
        })
    }

    /// The same with the seeds from 0 to `seeds` - 1.
    fn measure_seeds(&self, seeds: u64, finished: &(impl Fn() + Sync)) -> Result<Measured, Error> {
        let one = |seed: u64| {
            if self.is_stopped() {
                return Ok(Measured::default());
            }
            let measured = self.measure(seed);
            finished();
            measured
        };
        #[cfg(feature = "parallel")]
        {
            use rayon::iter::{IntoParallelIterator, ParallelIterator};
            (0..seeds)
                .into_par_iter()
                .map(one)
                .try_reduce(Measured::default, |a, b| Ok(a.merge(b)))
        }
        #[cfg(not(feature = "parallel"))]
        (0..seeds).try_fold(Measured::default(), |all, seed| Ok(all.merge(one(seed)?)))
    }
}

/// Measures each of `replays` with the seeds from 0 to `seeds` - 1, in parallel where that is
/// built in, and calls `finished` after each run. When they are stopped, what was measured until
/// then is given. What is measured does not depend on the number of threads.
pub fn measure_all(
    replays: &[Replay],
    seeds: u64,
    finished: impl Fn() + Sync,
) -> Vec<Result<Measured, Error>> {
    let one = |replay: &Replay| replay.measure_seeds(seeds, &finished);
    #[cfg(feature = "parallel")]
    {
        use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
        replays.par_iter().map(one).collect()
    }
    #[cfg(not(feature = "parallel"))]
    replays.iter().map(one).collect()
}
