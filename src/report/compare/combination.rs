//! One combination of a comparison: what it is, and what its runs showed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::machine::CallKind;
use crate::protocol::{Protocol, Transaction};
use crate::replay::{Measured, Replay, Verdict};
use crate::report::many::{OutcomeRow, outcomes};
use crate::trace::generate::Share;

/// One combination: what is compared with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combination {
    /// The map's algorithm.
    pub map: &'static str,
    /// The machine, as the user named it.
    pub machine: String,
    /// The protocol, as the user named it or the machine does.
    pub protocol: String,
    /// How many cores.
    pub cores: u32,
    /// How many threads.
    pub threads: u16,
    /// How many of the calls are gets; none if a trace says what is called.
    pub reads: Option<Share>,
    /// The command that replays a run of it, up to the seed.
    pub replay: String,
}

/// What the runs of a combination showed. All numbers are sums over the runs that came to
/// their end, unless they are named otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct CombinationReport {
    /// The map's algorithm.
    pub map: &'static str,
    /// The machine.
    pub machine: String,
    /// The protocol.
    pub protocol: String,
    /// How many cores.
    pub cores: u32,
    /// How many threads.
    pub threads: u16,
    /// How many of the calls are gets, in percent; null if a trace says what is called.
    pub reads: Option<f64>,
    /// The command that replays a run of it, up to the seed.
    pub replay: String,
    /// Why there are no runs of it; null if there are.
    pub problem: Option<String>,
    /// How many runs were made.
    pub runs: u64,
    /// Those in which all threads came to their ends.
    pub finished: u64,
    /// All runs by what they showed; a run that shows several counts for each.
    pub outcomes: Vec<OutcomeRow>,
    /// What was done, and how fast.
    pub work: WorkReport,
    /// How long calls took, by their kind; kinds that were not called are left out.
    pub latency: Vec<CallRow>,
    /// What caches and their bus or network did.
    pub traffic: TrafficReport,
    /// What threads waited for.
    pub waiting: WaitingReport,
    /// Memory that calls allocated.
    pub heap: HeapReport,
    /// The above for one call, on average; null without a finished run.
    pub per_call: Option<PerCall>,
}

/// What was done, and how fast.
#[derive(Clone, Debug, Serialize)]
pub struct WorkReport {
    /// Calls that came to their ends.
    pub calls: u64,
    /// Those that can change the map.
    pub changes: u64,
    /// How long the runs took, in cycles.
    pub cycles: u64,
    /// Calls in 1000 cycles; null unless all runs came to their end: those that did among
    /// others that did not are the lucky ones.
    pub calls_per_1000_cycles: Option<f64>,
}

/// How long calls of one kind took, in cycles.
#[derive(Clone, Debug, Serialize)]
pub struct CallRow {
    /// The kind.
    pub call: &'static str,
    /// How many.
    pub count: u64,
    /// On average.
    pub mean: f64,
    /// At most so long in half of them: exact below 256, else at most a 128th too much.
    pub p50: u64,
    /// In 90 % of them.
    pub p90: u64,
    /// In 99 % of them.
    pub p99: u64,
    /// In all of them; exact.
    pub max: u64,
}

/// What caches and their bus or network did.
#[derive(Clone, Debug, Serialize)]
pub struct TrafficReport {
    /// Transactions of the bus by kind; all zero on a network.
    pub transactions: BTreeMap<&'static str, u64>,
    /// Messages of the network by kind; empty on a bus.
    pub messages: BTreeMap<String, u64>,
    /// How long the bus was taken, in cycles.
    pub bus_busy_cycles: u64,
    /// Stores that had a copy of the line and needed leave to write it.
    pub upgrades: u64,
    /// Copies in other caches that were taken away.
    pub invalidations: u64,
    /// Lines that came from another core's cache.
    pub cache_to_cache: u64,
    /// Lines that came from memory or the cache in front of it.
    pub from_memory: u64,
    /// Lines that went to memory.
    pub write_backs: u64,
    /// Bytes of a line.
    pub line_bytes: u64,
    /// Bytes that went to memory with the line staying in the cache.
    pub written_through_bytes: u64,
    /// Bytes of all lines above, and those written through.
    pub moved_bytes: u64,
    /// Copies taken away for each call that can change the map; null if there was none.
    pub invalidations_per_change: Option<f64>,
}

/// What threads waited for, in cycles of all threads.
#[derive(Clone, Debug, Serialize)]
pub struct WaitingReport {
    /// How often a thread went to sleep for a lock.
    pub sleeps: u64,
    /// How long threads slept for locks.
    pub asleep_cycles: u64,
    /// How long threads waited between two looks at a lock.
    pub spun_cycles: u64,
    /// Compare-and-swaps that found something else than expected, and so wrote nothing.
    pub lost_swaps: u64,
    /// How long cores waited for their store buffers.
    pub stalled_cycles: u64,
    /// The length of all runs times the number of threads.
    pub thread_cycles: u64,
}

/// Memory that calls allocated.
#[derive(Clone, Debug, Serialize)]
pub struct HeapReport {
    /// How many objects.
    pub allocations: u64,
    /// Their sizes together.
    pub bytes: u64,
}

/// Averages over calls.
#[derive(Clone, Debug, Serialize)]
pub struct PerCall {
    /// Transactions of the bus.
    pub transactions: f64,
    /// Messages of the network.
    pub messages: f64,
    /// Bytes moved.
    pub moved_bytes: f64,
    /// Objects allocated.
    pub allocations: f64,
    /// Bytes allocated.
    pub allocated_bytes: f64,
}

impl CombinationReport {
    /// The report of a combination whose runs were measured.
    #[must_use]
    pub fn new(
        combination: &Combination,
        replay: &Replay,
        measured: &Measured,
    ) -> CombinationReport {
        let calls = measured.calls();
        let rate = |sum: u64, whole: u64| (whole > 0).then(|| sum as f64 / whole as f64);
        let traffic = traffic(replay, measured);
        let of_calls = |sum: u64| sum as f64 / calls as f64;
        let cost = &measured.cost;
        let whole = (measured.finished == measured.tally.runs).then_some(());
        CombinationReport {
            runs: measured.tally.runs,
            finished: measured.finished,
            outcomes: outcomes(replay, &measured.tally),
            work: WorkReport {
                calls,
                changes: measured.changes(),
                cycles: measured.cycles,
                calls_per_1000_cycles: whole.and_then(|()| rate(1000 * calls, measured.cycles)),
            },
            latency: latency(measured),
            waiting: WaitingReport {
                sleeps: cost.sleeps,
                asleep_cycles: cost.asleep_cycles,
                spun_cycles: cost.spun_cycles,
                lost_swaps: cost.lost_swaps,
                stalled_cycles: cost.stalled_cycles,
                thread_cycles: measured.cycles * u64::from(combination.threads),
            },
            heap: HeapReport {
                allocations: cost.allocations,
                bytes: cost.allocated_bytes,
            },
            per_call: (calls > 0).then(|| PerCall {
                transactions: of_calls(traffic.transactions.values().sum()),
                messages: of_calls(traffic.messages.values().sum()),
                moved_bytes: of_calls(traffic.moved_bytes),
                allocations: of_calls(cost.allocations),
                allocated_bytes: of_calls(cost.allocated_bytes),
            }),
            traffic,
            ..CombinationReport::without_runs(combination)
        }
    }

    /// The report of a combination that cannot be run.
    #[must_use]
    pub fn impossible(combination: &Combination, why: String) -> CombinationReport {
        CombinationReport {
            problem: Some(why),
            ..CombinationReport::without_runs(combination)
        }
    }

    fn without_runs(combination: &Combination) -> CombinationReport {
        CombinationReport {
            map: combination.map,
            machine: combination.machine.clone(),
            protocol: combination.protocol.clone(),
            cores: combination.cores,
            threads: combination.threads,
            reads: combination.reads.map(Share::as_percent),
            replay: combination.replay.clone(),
            problem: None,
            runs: 0,
            finished: 0,
            outcomes: Vec::new(),
            work: WorkReport {
                calls: 0,
                changes: 0,
                cycles: 0,
                calls_per_1000_cycles: None,
            },
            latency: Vec::new(),
            traffic: TrafficReport {
                transactions: BTreeMap::new(),
                messages: BTreeMap::new(),
                bus_busy_cycles: 0,
                upgrades: 0,
                invalidations: 0,
                cache_to_cache: 0,
                from_memory: 0,
                write_backs: 0,
                line_bytes: 0,
                written_through_bytes: 0,
                moved_bytes: 0,
                invalidations_per_change: None,
            },
            waiting: WaitingReport {
                sleeps: 0,
                asleep_cycles: 0,
                spun_cycles: 0,
                lost_swaps: 0,
                stalled_cycles: 0,
                thread_cycles: 0,
            },
            heap: HeapReport {
                allocations: 0,
                bytes: 0,
            },
            per_call: None,
        }
    }

    /// How many runs did not come to their end.
    pub(super) fn ended_early(&self) -> u64 {
        self.runs.saturating_sub(self.finished)
    }

    /// Whether a run that came to its end went wrong.
    pub(super) fn went_wrong(&self) -> bool {
        self.seen().any(|(outcome, _)| {
            Verdict::named(outcome)
                .is_some_and(|verdict| verdict.is_wrong() && !verdict.is_noticed())
        })
    }

    /// The outcomes that came, most serious last: their names, and in how many runs.
    pub(super) fn seen(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let rows = self.outcomes.iter();
        let rows = rows.filter(|row| row.text.is_none() && row.runs > 0);
        rows.map(|row| (row.outcome, row.runs))
    }
}

fn latency(measured: &Measured) -> Vec<CallRow> {
    let rows = CallKind::ALL.iter().filter_map(|&kind| {
        let times = measured.latency.of(kind);
        Some(CallRow {
            call: kind.name(),
            count: times.count(),
            mean: times.mean()?,
            p50: times.percentile(50),
            p90: times.percentile(90),
            p99: times.percentile(99),
            max: times.max(),
        })
    });
    rows.collect()
}

fn traffic(replay: &Replay, measured: &Measured) -> TrafficReport {
    let counters = &measured.counters;
    let line_bytes = replay.config().line_size.bytes();
    let lines = counters.cache_to_cache + counters.from_memory + counters.write_backs;
    let transactions = Transaction::ALL.iter().zip(counters.transactions);
    let messages = match replay.protocol() {
        Protocol::Bus(_) => BTreeMap::new(),
        Protocol::Network(network) => {
            let names = network.kinds.iter().map(|kind| kind.name.clone());
            let counts = measured
                .messages
                .iter()
                .copied()
                .chain(std::iter::repeat(0));
            names.zip(counts).collect()
        }
    };
    let (invalidations, changes) = (counters.invalidations_sent, measured.changes());
    let written_through_bytes = measured.cost.written_through_bytes;
    TrafficReport {
        transactions: transactions
            .map(|(kind, count)| (kind.name(), count))
            .collect(),
        messages,
        bus_busy_cycles: measured.bus_busy_cycles,
        upgrades: counters.upgrades,
        invalidations,
        cache_to_cache: counters.cache_to_cache,
        from_memory: counters.from_memory,
        write_backs: counters.write_backs,
        line_bytes,
        written_through_bytes,
        moved_bytes: lines * line_bytes + written_through_bytes,
        invalidations_per_change: (changes > 0).then(|| invalidations as f64 / changes as f64),
    }
}
