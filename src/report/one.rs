//! The report of one replay: what it says, and under which names in JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::died::DiedReport;
use super::locks::LocksetReport;
use super::versions::VersionsReport;
use crate::observe::CoreCounters;

/// What one replay showed.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayReport {
    /// The version of this structure.
    pub version: u32,
    /// The trace's file.
    pub trace: String,
    /// The trace's title.
    pub title: String,
    /// The machine's name.
    pub machine: String,
    /// How many cores it has.
    pub cores: usize,
    /// The protocol's name.
    pub protocol: String,
    /// In which order the threads' operations were replayed: `time` or `trace`.
    pub order: &'static str,
    /// The seed; null in the order of the trace, which leaves nothing open.
    pub seed: Option<u64>,
    /// In which cycle the run ended. In the order of the trace, here and below, time is
    /// counted in operations.
    pub cycles: u64,
    /// What it showed; `ok` if nothing else.
    pub outcome: Vec<&'static str>,
    /// What it showed first that is wrong; null if nothing is.
    pub first: Option<FirstReport>,
    /// What ended the run before its end.
    pub ending: Option<Finding>,
    /// The runtime's fatal error.
    pub fatal: Option<FatalReport>,
    /// How many reads were torn.
    pub torn_reads: u64,
    /// The first of them.
    pub torn: Vec<TornReport>,
    /// How many of the oldest writes were forgotten before the end; reads that are torn
    /// because of them alone were not found.
    pub forgotten_writes: u64,
    /// How many map calls gave what no order of the calls explains.
    pub wrong_values: u64,
    /// The first of them.
    pub wrong: Vec<WrongReport>,
    /// Exceptions that nobody caught.
    pub exceptions: Vec<ExceptionReport>,
    /// What is wrong with the structure of the maps at the end.
    pub faults: Vec<FaultReport>,
    /// How many pairs of accesses nothing orders.
    pub data_races: u64,
    /// The first of them that differ.
    pub races: Vec<RaceReport>,
    /// What protects each map and variable, if anything was locked.
    pub locksets: Vec<LocksetReport>,
    /// There were too many words to watch all of them for that.
    pub locksets_bounded: bool,
    /// The versions of maps that are replaced as a whole.
    pub versions: Vec<VersionsReport>,
    /// The results that the trace gives names to, in hexadecimal; null where a map had no
    /// such key.
    pub results: BTreeMap<String, Option<String>>,
    /// How long the bus was taken, in cycles.
    pub bus_busy_cycles: u64,
    /// How many messages of each kind were sent; empty on a bus.
    pub messages: BTreeMap<String, u64>,
    /// The counters of all cores together.
    pub total: CounterReport,
    /// The counters of each core with a thread.
    pub per_core: Vec<CounterReport>,
    /// The lines with the most traffic.
    pub lines: Vec<LineReport>,
    /// The states of all lines in all caches at the end, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_states: Option<Vec<FinalState>>,
}

/// The state of a line in a cache at the end.
#[derive(Clone, Debug, Serialize)]
pub struct FinalState {
    /// Whose cache.
    pub core: u8,
    /// The line's first address, in hexadecimal.
    pub line: String,
    /// The state's name.
    pub state: String,
}

/// Something in words, where it has no numbers of its own.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Whose it is, if one thread's.
    pub thread: Option<u16>,
    /// What happened.
    pub what: String,
}

/// What a run showed first.
#[derive(Clone, Debug, Serialize)]
pub struct FirstReport {
    /// What.
    pub outcome: &'static str,
    /// In which cycle.
    pub cycle: u64,
}

/// An exception that nobody caught.
#[derive(Clone, Debug, Serialize)]
pub struct ExceptionReport {
    /// Whose.
    pub thread: u16,
    /// Its name.
    pub name: &'static str,
    /// The line of the trace that the thread was at.
    pub line: u32,
    /// What stands there.
    pub operation: String,
    /// In which cycle.
    pub cycle: u64,
    /// After which access, and who had written there.
    pub died: Option<DiedReport>,
}

/// Something that is wrong with a map's structure at the end.
#[derive(Clone, Debug, Serialize)]
pub struct FaultReport {
    /// The map's name.
    pub map: String,
    /// What, by name.
    pub kind: &'static str,
    /// The same in words.
    pub what: String,
}

/// Two accesses that nothing orders.
#[derive(Clone, Debug, Serialize)]
pub struct RaceReport {
    /// The one that came first.
    pub first: SideReport,
    /// The other.
    pub second: SideReport,
    /// The first byte that both touch.
    pub addr: String,
    /// How many.
    pub bytes: u64,
    /// The object that they lie in, and where, if it is known.
    pub object: Option<String>,
    /// What is missing, in words.
    pub why: String,
    /// How often the same lines raced in this way.
    pub times: u64,
    /// Go's `-race` would have reported these lines.
    pub seen_by_go: bool,
}

/// One of the two accesses of a race.
#[derive(Clone, Debug, Serialize)]
pub struct SideReport {
    /// Whose.
    pub thread: u16,
    /// The line of the trace.
    pub line: u32,
    /// What stands there.
    pub operation: String,
    /// `load`, `store` and so on.
    pub touch: &'static str,
    /// When it was complete for its thread.
    pub cycle: u64,
}

/// A runtime's fatal error.
#[derive(Clone, Debug, Serialize)]
pub struct FatalReport {
    /// In which thread.
    pub thread: u16,
    /// The runtime's text.
    pub text: &'static str,
    /// The line of the trace that the thread was at.
    pub line: u32,
    /// What stands there.
    pub operation: String,
    /// In which cycle.
    pub cycle: u64,
    /// After which access, and who had written there.
    pub died: Option<DiedReport>,
}

/// A torn read.
#[derive(Clone, Debug, Serialize)]
pub struct TornReport {
    /// Who read.
    pub thread: u16,
    /// The line of the trace.
    pub line: u32,
    /// What stands there.
    pub operation: String,
    /// The value's first byte.
    pub addr: String,
    /// Its name and place, if it has one.
    pub place: Option<String>,
    /// The value as a little-endian number, in hexadecimal.
    pub value: String,
    /// When it began.
    pub begun_cycle: u64,
    /// When it was over.
    pub cycle: u64,
    /// Who wrote which of its bytes.
    pub parts: Vec<TornPart>,
    /// At which of its bytes a cache line begins.
    pub line_begins_at: Vec<usize>,
}

/// A part of a torn read.
#[derive(Clone, Debug, Serialize)]
pub struct TornPart {
    /// The first byte.
    pub from: usize,
    /// After the last byte.
    pub to: usize,
    /// The bytes as a little-endian number, in hexadecimal.
    pub value: String,
    /// Who wrote them; null for what was there before the run.
    pub thread: Option<u16>,
    /// The line of the trace: an `init` line for what one put there, 0 for memory as it was.
    pub line: u32,
    /// What stands there.
    pub operation: String,
    /// When they were performed; null if they were still in the reader's own store buffer,
    /// or there from the beginning.
    pub cycle: Option<u64>,
}

/// A map call with a wrong answer.
#[derive(Clone, Debug, Serialize)]
pub struct WrongReport {
    /// Who called; none for the look at a map after the run.
    pub thread: Option<u16>,
    /// The line of the trace; 0 after the run.
    pub line: u32,
    /// What stands there.
    pub operation: String,
    /// When it ended.
    pub cycle: u64,
    /// What is wrong: `other key`, `never put`, `replaced`, `lost`, `resurrected`,
    /// `lost increment`, `duplicate`, `missed` or `wrong len`.
    pub kind: &'static str,
    /// The same in words.
    pub why: String,
}

/// Counters, flat. All are counts.
#[derive(Clone, Debug, Serialize)]
pub struct CounterReport {
    /// Which core; null for all.
    pub core: Option<u8>,
    /// Loads, stores and locked operations.
    pub accesses: u64,
    /// The other counters, by name.
    #[serde(flatten)]
    pub counters: CoreCounters,
    /// Changes of lines' states, by their names: `I to S`.
    pub state_changes: BTreeMap<String, u64>,
    /// What the protocol's file wants counted, by the names that it gives.
    pub tallies: BTreeMap<String, u64>,
}

/// Traffic of one line.
#[derive(Clone, Debug, Serialize)]
pub struct LineReport {
    /// Its first byte.
    pub addr: String,
    /// What lies there, as far as the trace gives names.
    pub holds: Vec<String>,
    /// The cores that accessed it.
    pub cores: Vec<u8>,
    /// Accesses that a cache answered alone.
    pub hits: u64,
    /// Accesses that needed the bus.
    pub transactions: u64,
    /// Copies that other cores' accesses took away.
    pub invalidations: u64,
    /// Times it came from another core's cache.
    pub cache_to_cache: u64,
    /// Times it was written to memory.
    pub write_backs: u64,
    /// Who wrote it last.
    pub last_writer: Option<Finding>,
}
