//! From a machine file to a configuration: its keys and their limits.

use super::{
    AllocatorConfig, BusTimes, CacheConfig, Config, CoreTimes, Forwards, InvalidationQueueConfig,
    NetworkTimes, NewMemory, StoreBufferConfig, StoreOrder, ThreadTimes, Topology, Vary,
};
use crate::diagnostic::Invalid;
use crate::memory::LineSize;
use crate::toml_file::{self, Problems, Section};

/// The most cores; each has a number that fits a byte, and its bit in a set of 64.
pub(super) const MAX_CORES: u32 = 64;
/// The longest time of any one part.
const MAX_CYCLES: u32 = 1_000_000;
/// The most bytes that the private caches hold together, and the shared one.
pub(super) const MAX_CACHE_BYTES: u64 = 1 << 30;
const MAX_STORE_BUFFER_DEPTH: u32 = 1024;
const MAX_INVALIDATION_QUEUE_DEPTH: u32 = 1024;
pub(super) const MAX_WAYS: u32 = 64;
pub(super) const MAX_SETS: u32 = 1 << 16;
const MAX_LAST_LEVEL_SETS: u32 = 1 << 20;

impl Config {
    /// Reads a machine file; `file` is the name that its problems carry.
    ///
    /// # Errors
    /// Everything that is wrong with the file. Whether its protocol exists is not seen here.
    pub fn parse(file: &str, text: &str) -> Result<Config, Invalid> {
        toml_file::read(file, text, config)
    }
}

fn config(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<Config> {
    let known = [
        "name",
        "protocol",
        "cores",
        "line_bytes",
        "single_copy_bytes",
        "core",
        "store_buffer",
        "invalidation_queue",
        "cache",
        "last_level",
        "bus",
        "network",
        "memory",
        "allocator",
        "threads",
        "vary",
    ];
    file.only(&known, problems);
    let name = file.name("name", problems);
    let protocol = file.name("protocol", problems);
    let cores = file.number("cores", 1..=MAX_CORES, problems);
    let line = line_bytes(file, problems);
    let largest_copy = line.unwrap_or(LineSize::MAX_BYTES as u32);
    let single_copy = file.power_of_two("single_copy_bytes", 1..=largest_copy, problems);
    let core = core(file, problems);
    let store_buffer = store_buffer(file, problems);
    let queued = file.has("invalidation_queue");
    let invalidation_queue = queued.then(|| invalidation_queue(file, problems));
    let private = Level {
        key: "cache",
        max_sets: MAX_SETS,
        copies: cores,
        line,
    };
    let cache = private.read(file, problems);
    let shared = Level {
        key: "last_level",
        max_sets: MAX_LAST_LEVEL_SETS,
        copies: Some(1),
        line,
    };
    let last_level = file.has("last_level").then(|| shared.read(file, problems));
    let bus = bus(file, problems);
    let network = file.has("network").then(|| network(file, problems));
    let memory_cycles = memory_cycles(file, problems);
    let allocator = match file.has("allocator") {
        true => allocator(file, problems),
        false => Some(USUAL_ALLOCATOR),
    };
    let threads = match file.has("threads") {
        true => threads(file, problems),
        false => Some(USUAL_TURNS),
    };
    let vary = vary(file, problems);
    Some(Config {
        name: name?.text.to_owned(),
        protocol: protocol?.text.to_owned(),
        cores: cores? as usize,
        line_size: LineSize::new(line?.into())?,
        single_copy_bytes: single_copy? as usize,
        core: core?,
        store_buffer: store_buffer?,
        invalidation_queue: match invalidation_queue {
            Some(read) => Some(read?),
            None => None,
        },
        network: match network {
            Some(read) => read?,
            None => as_fast_as_the_bus(bus?, cache?),
        },
        cache: cache?,
        last_level: match last_level {
            Some(read) => Some(read?),
            None => None,
        },
        bus: bus?,
        memory_cycles: memory_cycles?,
        allocator: allocator?,
        threads: threads?,
        vary: vary?,
    })
}

fn line_bytes(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<u32> {
    let range = LineSize::MIN_BYTES as u32..=LineSize::MAX_BYTES as u32;
    file.power_of_two("line_bytes", range, problems)
}

fn core(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<CoreTimes> {
    let keys = [
        "issue_cycles",
        "forward_cycles",
        "fence_cycles",
        "locked_cycles",
    ];
    let core = file.section("core", problems)?;
    let others = ["start_cycles", "allocation_cycles"];
    core.only(&[&keys[..], &others].concat(), problems);
    let [issue, forward, fence, locked] = keys.map(|key| cycles(&core, key, 0, problems));
    let start = cycles_or(&core, "start_cycles", 0, problems);
    let allocation = cycles_or(&core, "allocation_cycles", 30, problems);
    Some(CoreTimes {
        issue_cycles: issue?,
        forward_cycles: forward?,
        fence_cycles: fence?,
        locked_cycles: locked?,
        start_cycles: start?,
        allocation_cycles: allocation?,
    })
}

fn store_buffer(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<StoreBufferConfig> {
    let buffer = file.section("store_buffer", problems)?;
    let keys = [
        "depth",
        "drain_cycles",
        "commit_cycles",
        "order",
        "forwards",
        "fences",
    ];
    buffer.only(&keys, problems);
    let depth = buffer.number("depth", 0..=MAX_STORE_BUFFER_DEPTH, problems);
    let drain = between(&buffer, "drain_cycles", problems);
    let commit = match buffer.has("commit_cycles") {
        true => cycles(&buffer, "commit_cycles", 1, problems).map(Some),
        false => Some(None),
    };
    let orders = [
        ("program", StoreOrder::Program),
        ("location", StoreOrder::Location),
        ("none", StoreOrder::None),
    ];
    let order = one_of(&buffer, "order", &orders, problems);
    let forwards = [
        ("youngest", Forwards::Youngest),
        ("joined", Forwards::Joined),
        ("oldest", Forwards::Oldest),
    ];
    let forwards = one_of(&buffer, "forwards", &forwards, problems);
    let fences = [("wait", true), ("pass", false)];
    let fences = one_of(&buffer, "fences", &fences, problems);
    let (min_drain_cycles, max_drain_cycles) = drain?;
    Some(StoreBufferConfig {
        depth: depth? as usize,
        min_drain_cycles,
        max_drain_cycles,
        commit_cycles: commit?,
        order: order?,
        forwards: forwards?,
        fences_wait: fences?,
    })
}

fn invalidation_queue(
    file: &Section<'_>,
    problems: &mut Problems<'_>,
) -> Option<InvalidationQueueConfig> {
    let queue = file.section("invalidation_queue", problems)?;
    queue.only(&["depth", "apply_cycles"], problems);
    let depth = queue.number("depth", 1..=MAX_INVALIDATION_QUEUE_DEPTH, problems);
    let (min_apply_cycles, max_apply_cycles) = between(&queue, "apply_cycles", problems)?;
    Some(InvalidationQueueConfig {
        depth: depth? as usize,
        min_apply_cycles,
        max_apply_cycles,
    })
}

/// One of a few words; the first where the key is missing.
fn one_of<T: Copy>(
    section: &Section<'_>,
    key: &str,
    known: &[(&str, T)],
    problems: &mut Problems<'_>,
) -> Option<T> {
    if !section.has(key) {
        return known.first().map(|&(_, value)| value);
    }
    let word = section.text(key, problems)?;
    let found = known.iter().find(|(name, _)| *name == word.text);
    if found.is_none() {
        let names: Vec<String> = known
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let message = format!("unknown {key} `{}`", toml_file::shown(word.text));
        problems
            .at(section.place_of(key), message)
            .label(format!("expected {}", names.join(", ")));
    }
    found.map(|&(_, value)| value)
}

/// A time that the seed chooses: the least and the longest.
fn between(section: &Section<'_>, key: &str, problems: &mut Problems<'_>) -> Option<(u32, u32)> {
    let limits = section.section(key, problems)?;
    limits.only(&["min", "max"], problems);
    let min = cycles(&limits, "min", 0, problems);
    let max = cycles(&limits, "max", 0, problems);
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        problems
            .at(limits.place_of("min"), "`min` is greater than `max`")
            .label(format!("expected at most {max}"));
    }
    Some((min?, max?))
}

/// The allocator of a machine file that does not say.
const USUAL_ALLOCATOR: AllocatorConfig = AllocatorConfig {
    new_memory: NewMemory::Memory,
    first_cycles: (0, 0),
};

fn allocator(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<AllocatorConfig> {
    let allocator = file.section("allocator", problems)?;
    allocator.only(&["new_memory", "first_cycles"], problems);
    let new_memory = match allocator.has("new_memory") {
        true => new_memory(&allocator, problems),
        false => Some(USUAL_ALLOCATOR.new_memory),
    };
    let first_cycles = match allocator.has("first_cycles") {
        true => between(&allocator, "first_cycles", problems),
        false => Some(USUAL_ALLOCATOR.first_cycles),
    };
    Some(AllocatorConfig {
        new_memory: new_memory?,
        first_cycles: first_cycles?,
    })
}

fn new_memory(allocator: &Section<'_>, problems: &mut Problems<'_>) -> Option<NewMemory> {
    let word = allocator.text("new_memory", problems)?;
    match word.text {
        "memory" => Some(NewMemory::Memory),
        "cache" => Some(NewMemory::Cache),
        other => {
            let message = format!("unknown place `{}`", toml_file::shown(other));
            problems
                .at(allocator.place_of("new_memory"), message)
                .label("expected \"memory\" or \"cache\"");
            None
        }
    }
}

/// A level of caches, as far as it is known without its own table.
struct Level {
    key: &'static str,
    max_sets: u32,
    copies: Option<u32>,
    line: Option<u32>,
}

impl Level {
    fn read(&self, file: &Section<'_>, problems: &mut Problems<'_>) -> Option<CacheConfig> {
        let cache = file.section(self.key, problems)?;
        cache.only(&["sets", "ways", "hit_cycles"], problems);
        let sets = cache.power_of_two("sets", 1..=self.max_sets, problems);
        let ways = cache.number("ways", 1..=MAX_WAYS, problems);
        let hit_cycles = cycles(&cache, "hit_cycles", 1, problems);
        let (sets, ways) = (sets?, ways?);
        if let (Some(copies), Some(line)) = (self.copies, self.line) {
            let factors = [sets, ways, line, copies].map(u64::from);
            let bytes: u64 = factors.iter().product();
            if bytes > MAX_CACHE_BYTES {
                problems
                    .at(
                        cache.place_of("sets"),
                        format!("`{}` is too large", self.key),
                    )
                    .label(format!("{bytes} bytes in all; at most 1 GiB"))
                    .help(match copies {
                        1 => "sets × ways × line_bytes",
                        _ => "sets × ways × line_bytes × cores",
                    });
            }
        }
        Some(CacheConfig {
            sets: sets as usize,
            ways: ways as usize,
            hit_cycles: hit_cycles?,
        })
    }
}

fn bus(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<BusTimes> {
    let bus = file.section("bus", problems)?;
    let keys = [
        "request_cycles",
        "supply_cycles",
        "transfer_cycles",
        "lock_cycles",
    ];
    let holds = ["hold_cycles", "store_hold_cycles"];
    bus.only(&[&keys[..], &holds].concat(), problems);
    let request = cycles(&bus, keys[0], 1, problems);
    let [supply, transfer, lock] = [1, 2, 3].map(|key| cycles(&bus, keys[key], 0, problems));
    let [hold, store_hold] = holds.map(|key| cycles_or(&bus, key, 0, problems));
    Some(BusTimes {
        request_cycles: request?,
        supply_cycles: supply?,
        transfer_cycles: transfer?,
        lock_cycles: lock?,
        hold_cycles: hold?,
        store_hold_cycles: store_hold?,
    })
}

fn network(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<NetworkTimes> {
    let network = file.section("network", problems)?;
    let keys = ["hop_cycles", "controller_cycles", "transfer_cycles"];
    network.only(&["topology", keys[0], keys[1], keys[2]], problems);
    let topology = topology(&network, problems);
    let hop = cycles(&network, keys[0], 0, problems);
    let controller = cycles(&network, keys[1], 1, problems);
    let transfer = cycles(&network, keys[2], 0, problems);
    Some(NetworkTimes {
        topology: topology?,
        hop_cycles: hop?,
        controller_cycles: controller?,
        transfer_cycles: transfer?,
    })
}

fn topology(network: &Section<'_>, problems: &mut Problems<'_>) -> Option<Topology> {
    let word = network.text("topology", problems)?;
    let known = Topology::ALL.iter().find(|(_, name)| *name == word.text);
    if known.is_none() {
        let message = format!("unknown topology `{}`", toml_file::shown(word.text));
        problems
            .at(network.place_of("topology"), message)
            .label("expected \"crossbar\", \"ring\", \"mesh\" or \"bus\"");
    }
    known.map(|&(topology, _)| topology)
}

/// The network of a machine file that describes none.
fn as_fast_as_the_bus(bus: BusTimes, cache: CacheConfig) -> NetworkTimes {
    NetworkTimes {
        topology: Topology::Crossbar,
        hop_cycles: bus.request_cycles,
        controller_cycles: cache.hit_cycles,
        transfer_cycles: bus.transfer_cycles,
    }
}

fn memory_cycles(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<u32> {
    let memory = file.section("memory", problems)?;
    memory.only(&["latency_cycles"], problems);
    cycles(&memory, "latency_cycles", 0, problems)
}

fn vary(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<Vary> {
    let vary = file.section("vary", problems)?;
    let keys = ["start_skew_cycles", "latency_jitter_cycles"];
    let pauses = ["pause_every_cycles", "pause_cycles"];
    vary.only(&[keys, pauses].concat(), problems);
    let [skew, jitter] = keys.map(|key| cycles(&vary, key, 0, problems));
    let [every, pause] = pauses.map(|key| cycles_or(&vary, key, 0, problems));
    Some(Vary {
        start_skew_cycles: skew?,
        latency_jitter_cycles: jitter?,
        pause_every_cycles: every?,
        pause_cycles: pause?,
    })
}

/// The turns of a machine file that does not say. A Linux time slice is some milliseconds;
/// waking a sleeping thread on another core takes some microseconds.
const USUAL_TURNS: ThreadTimes = ThreadTimes {
    turn_cycles: 1_000_000,
    switch_cycles: 2000,
    wake_cycles: 5000,
};

fn threads(file: &Section<'_>, problems: &mut Problems<'_>) -> Option<ThreadTimes> {
    let threads = file.section("threads", problems)?;
    let keys = ["turn_cycles", "switch_cycles", "wake_cycles"];
    threads.only(&keys, problems);
    let turn = cycles_or(&threads, keys[0], USUAL_TURNS.turn_cycles, problems);
    let switch = cycles_or(&threads, keys[1], USUAL_TURNS.switch_cycles, problems);
    let wake = cycles_or(&threads, keys[2], USUAL_TURNS.wake_cycles, problems);
    Some(ThreadTimes {
        turn_cycles: turn?,
        switch_cycles: switch?,
        wake_cycles: wake?,
    })
}

/// A time that a file need not say.
fn cycles_or(
    section: &Section<'_>,
    key: &str,
    otherwise: u32,
    problems: &mut Problems<'_>,
) -> Option<u32> {
    match section.has(key) {
        true => cycles(section, key, 0, problems),
        false => Some(otherwise),
    }
}

fn cycles(
    section: &Section<'_>,
    key: &str,
    least: u32,
    problems: &mut Problems<'_>,
) -> Option<u32> {
    section.number(key, least..=MAX_CYCLES, problems)
}
