//! What a machine is made of and how long its parts take: the contents of a machine file.

mod file;
mod size;

pub use size::Size;

use crate::memory::LineSize;

/// A machine's description. All times are in cycles of the cores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The machine's name, for reports.
    pub name: String,
    /// The protocol that its caches run unless the user names another.
    pub protocol: String,
    /// How many cores it has.
    pub cores: usize,
    /// The size of a line in all its caches.
    pub line_size: LineSize,
    /// An access inside one naturally aligned block of this many bytes is performed whole.
    /// One that crosses such a block is performed in a part for each block.
    pub single_copy_bytes: usize,
    /// How long the core itself takes.
    pub core: CoreTimes,
    /// The store buffer of each core.
    pub store_buffer: StoreBufferConfig,
    /// The invalidation queue of each core; none on x86.
    pub invalidation_queue: Option<InvalidationQueueConfig>,
    /// The private cache of each core.
    pub cache: CacheConfig,
    /// A cache in front of memory that all cores share, if there is one.
    pub last_level: Option<CacheConfig>,
    /// How long the bus takes.
    pub bus: BusTimes,
    /// How long a network takes, under a protocol whose controllers send messages.
    pub network: NetworkTimes,
    /// How long memory takes to answer.
    pub memory_cycles: u32,
    /// How new memory reaches a thread.
    pub allocator: AllocatorConfig,
    /// How threads take turns on cores.
    pub threads: ThreadTimes,
    /// What the seed varies.
    pub vary: Vary,
}

/// How long a core takes, besides waiting for caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreTimes {
    /// To put a store into the store buffer.
    pub issue_cycles: u32,
    /// To answer a load from the store buffer.
    pub forward_cycles: u32,
    /// For a fence once the store buffer is empty.
    pub fence_cycles: u32,
    /// For a locked operation once the line is there to write.
    pub locked_cycles: u32,
    /// Before it begins with its first access.
    pub start_cycles: u32,
    /// For the allocator to find fresh memory for an object of up to 64 bytes; a quarter of it
    /// more for every 64 bytes.
    pub allocation_cycles: u32,
}

/// How new memory reaches a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocatorConfig {
    /// Where the bytes of a new object are.
    pub new_memory: NewMemory,
    /// What a thread's first allocation takes besides: the thread has no part of the heap yet,
    /// and gets one. The least and the longest time; between the two the seed chooses.
    pub first_cycles: (u32, u32),
}

/// Where the bytes of a new object are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewMemory {
    /// In memory: nobody has touched them.
    Memory,
    /// In the cache of the core that asks, which may write them: it has cleared them, or used
    /// them for something else. On a network they are in memory all the same.
    Cache,
}

impl CoreTimes {
    /// How long an allocation of so many bytes takes.
    #[must_use]
    pub fn allocation_cycles(&self, bytes: u64) -> u32 {
        let more = u64::from(self.allocation_cycles) * (bytes.saturating_sub(1) / 64) / 4;
        self.allocation_cycles + u32::try_from(more).unwrap_or(u32::MAX / 2)
    }
}

/// How threads take turns on cores when there are more of them, or when they sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadTimes {
    /// How long a thread may stay on a core while others wait for one.
    pub turn_cycles: u32,
    /// To put another thread on a core.
    pub switch_cycles: u32,
    /// From the release of a semaphore until the thread that slept for it is on a free core.
    pub wake_cycles: u32,
}

/// In which order stores leave a store buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreOrder {
    /// In the program's: first in, first out (x86-TSO, SPARC TSO).
    Program,
    /// Stores that share a byte in the program's order, others in any (SPARC PSO: SPARC
    /// Architecture Manual, version 8, appendix K).
    Location,
    /// In any: no processor does that, for a core would lose its own later value to an earlier.
    None,
}

/// Which buffered store answers a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Forwards {
    /// The youngest that overlaps it, as in every processor.
    Youngest,
    /// The same where that store has all bytes of the load. Else each byte comes from the youngest
    /// store that has it, and from the cache if none has: the load waits for nothing.
    Joined,
    /// The oldest: a fault to be found.
    Oldest,
}

/// A store buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreBufferConfig {
    /// How many stores it holds; a store takes one place for each part it is performed in.
    /// 0: stores go to the cache at once, and the core is sequentially consistent.
    pub depth: usize,
    /// The least time a store stays in it.
    pub min_drain_cycles: u32,
    /// The longest time before it tries to leave; between the two the seed chooses.
    pub max_drain_cycles: u32,
    /// How long the oldest store takes to leave for a line that is there; none: a hit's time.
    pub commit_cycles: Option<u32>,
    /// In which order stores leave it.
    pub order: StoreOrder,
    /// Which store answers a load.
    pub forwards: Forwards,
    /// Whether a fence waits until it is empty; a machine on which it does not is faulty.
    pub fences_wait: bool,
}

/// A queue of lines that a cache gives up at once as far as others can tell, and that its core
/// reads until their invalidations are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvalidationQueueConfig {
    /// How many invalidations it holds, at least one. When it is full the oldest is applied before
    /// another is acknowledged.
    pub depth: usize,
    /// The least time an invalidation stays in it.
    pub min_apply_cycles: u32,
    /// The longest time before it is applied; between the two the seed chooses.
    pub max_apply_cycles: u32,
}

/// A set-associative cache with least-recently-used replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// How many sets; a power of two.
    pub sets: usize,
    /// How many lines in a set.
    pub ways: usize,
    /// How long a hit takes.
    pub hit_cycles: u32,
}

/// An atomic bus: one transaction at a time, from request to the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusTimes {
    /// To put a request on the bus and hear all caches' answers.
    pub request_cycles: u32,
    /// For another cache to find the line that it supplies.
    pub supply_cycles: u32,
    /// To move one line.
    pub transfer_cycles: u32,
    /// Added when the bus is locked for an operation that crosses lines.
    pub lock_cycles: u32,
    /// How long a cache keeps a line that a locked operation has brought: no other core's request for
    /// it is served before. On a network never.
    pub hold_cycles: u32,
    /// The same for a line that a buffered store has brought, but only as long as the oldest store in
    /// the buffer is to that line.
    pub store_hold_cycles: u32,
}

/// A network with a node for each core; a line's home is at one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkTimes {
    /// How its nodes are connected.
    pub topology: Topology,
    /// From one node to the next; onto a bus.
    pub hop_cycles: u32,
    /// For a controller to answer a message; not on a bus.
    pub controller_cycles: u32,
    /// Added for a message that carries a line.
    pub transfer_cycles: u32,
}

/// How the nodes of a network are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// Each node with every other.
    Crossbar,
    /// In a circle; messages take the shorter way.
    Ring,
    /// In rows of equal length, as many as a square of them needs.
    Mesh,
    /// By one bus with a clock: all hear a message at once, and what falls in the same cycle
    /// has an order.
    Bus,
}

impl Topology {
    /// All of them, with their names in machine files.
    pub const ALL: [(Topology, &'static str); 4] = [
        (Topology::Crossbar, "crossbar"),
        (Topology::Ring, "ring"),
        (Topology::Mesh, "mesh"),
        (Topology::Bus, "bus"),
    ];

    /// How many hops it is from one of `nodes` nodes to another.
    #[must_use]
    pub fn hops(self, nodes: usize, from: usize, to: usize) -> u32 {
        let hops = match self {
            Topology::Crossbar => usize::from(from != to),
            Topology::Bus => 1,
            Topology::Ring => {
                let way = from.abs_diff(to);
                way.min(nodes - way)
            }
            Topology::Mesh => {
                let mut width = nodes.isqrt();
                width += usize::from(width * width < nodes);
                (from % width).abs_diff(to % width) + (from / width).abs_diff(to / width)
            }
        };
        hops as u32
    }
}

/// What is free in real hardware, and therefore left to the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vary {
    /// Each core starts up to this much later than the first possible cycle.
    pub start_skew_cycles: u32,
    /// Each bus transaction, and each message of a network, takes up to this much longer.
    pub latency_jitter_cycles: u32,
    /// Something else, like the operating system, takes a core away every so often, on
    /// average; 0: never.
    pub pause_every_cycles: u32,
    /// For up to this long.
    pub pause_cycles: u32,
}
