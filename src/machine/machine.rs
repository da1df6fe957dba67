//! The machine: cores with store buffers and caches on one bus. It knows which steps are
//! possible and what each one does; it has no clock, and when a step happens is a driver's
//! choice.

use std::sync::Arc;

use super::access::{Access, AccessKind, Core, Fence};
use super::cache::Cache;
use super::config::{Config, NewMemory};
use super::core::{Activity, CoreState, Pending, Waits};
use super::event::Observer;
use super::invalidation_queue::InvalidationQueue;
use super::memory::{Memory, parts};
use super::network::Network;
use super::program::Allocator;
use super::program::Response;
use super::step::{Port, Progress, Slot, Step};
use super::store_buffer::{Lookup, StoreBuffer};
use super::violation::Violation;
use crate::coherence::network::{Controllers, MAX_NODES};
use crate::memory::{Addr, Arena, Contents, Heap, HeapFull, Line, WriteId};
use crate::protocol::{self, Protocol, State, Table};

/// What is between caches and memory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fabric<C> {
    /// Nothing: there are no caches, and every access reaches memory at once.
    Memory,
    /// An atomic bus, and the table that all caches run.
    Bus(Arc<Table>),
    /// Controllers with messages between them.
    Network(Box<Network<C>>),
}

/// Cores, store buffers, caches, a bus or a network, and memory. `C` is what lines carry.
#[derive(Debug, PartialEq, Eq)]
pub struct Machine<C: Contents> {
    pub(super) config: Arc<Config>,
    pub(super) fabric: Fabric<C>,
    /// Shared by the machines of a search, none of which allocates.
    pub(super) heap: Arc<Heap>,
    pub(super) cores: Vec<CoreState<C::Piece>>,
    pub(super) caches: Vec<Cache<C>>,
    /// One for each core, or none at all.
    pub(super) invalidations: Vec<InvalidationQueue<C>>,
    pub(super) memory: Memory<C>,
}

impl<C: Contents> Clone for Machine<C> {
    fn clone(&self) -> Machine<C> {
        Machine {
            config: Arc::clone(&self.config),
            fabric: self.fabric.clone(),
            heap: Arc::clone(&self.heap),
            cores: self.cores.clone(),
            caches: self.caches.clone(),
            invalidations: self.invalidations.clone(),
            memory: self.memory.clone(),
        }
    }

    /// Uses what is allocated again: a search does little else.
    fn clone_from(&mut self, from: &Machine<C>) {
        let Machine {
            config,
            fabric,
            heap,
            cores,
            caches,
            invalidations,
            memory,
        } = from;
        if !Arc::ptr_eq(&self.config, config) {
            self.config.clone_from(config);
        }
        if !Arc::ptr_eq(&self.heap, heap) {
            self.heap.clone_from(heap);
        }
        self.fabric.clone_from(fabric);
        self.cores.clone_from(cores);
        self.caches.clone_from(caches);
        self.invalidations.clone_from(invalidations);
        self.memory.clone_from(memory);
    }
}

impl<C: Contents> Clone for Fabric<C> {
    fn clone(&self) -> Fabric<C> {
        match self {
            Fabric::Memory => Fabric::Memory,
            Fabric::Bus(table) => Fabric::Bus(Arc::clone(table)),
            Fabric::Network(network) => Fabric::Network(network.clone()),
        }
    }

    fn clone_from(&mut self, from: &Fabric<C>) {
        match (&mut *self, from) {
            (Fabric::Network(network), Fabric::Network(from)) => network.clone_from(from),
            (Fabric::Bus(table), Fabric::Bus(from)) if Arc::ptr_eq(table, from) => {}
            _ => *self = from.clone(),
        }
    }
}

impl<C: Contents> Machine<C> {
    /// A machine at rest: caches and store buffers empty, memory zero.
    ///
    /// # Panics
    /// When the machine has more than 255 cores, or more than [`Machine::can_run`] allows.
    #[must_use]
    pub fn new(config: Arc<Config>, protocol: impl Into<Protocol>, heap: Heap) -> Machine<C> {
        assert!(config.cores < 256, "a core's number is a byte");
        let protocol = protocol.into();
        let initial = protocol.initial();
        let core = CoreState::new(config.store_buffer);
        let line_bytes = config.line_size.bytes() as usize;
        let cache = Cache::new(config.cache, line_bytes, initial);
        let queue = config.invalidation_queue.map(|queue| queue.depth);
        let queue = queue.map(|depth| InvalidationQueue::new(depth, line_bytes));
        let invalidations = queue.map_or_else(Vec::new, |queue| vec![queue; config.cores]);
        Machine {
            heap: Arc::new(heap),
            cores: vec![core; config.cores],
            caches: vec![cache; config.cores],
            invalidations,
            memory: Memory::new(&config),
            fabric: match protocol {
                Protocol::Bus(table) => Fabric::Bus(table),
                Protocol::Network(network) => {
                    let controllers = Controllers::new(network, config.cores);
                    let controllers = controllers.expect("a node's number is below 64");
                    Fabric::Network(Box::new(Network::new(controllers, line_bytes)))
                }
            },
            config,
        }
    }

    /// A machine at rest whose cores have no caches: an access, or a store that leaves its buffer,
    /// reaches memory at once (the abstract machine of Sewell et al., CACM 53(7), 2010).
    ///
    /// # Panics
    /// When the machine has more than 255 cores.
    #[must_use]
    pub fn without_caches(config: Arc<Config>, heap: Heap) -> Machine<C> {
        assert!(config.cores < 256, "a core's number is a byte");
        Machine {
            heap: Arc::new(heap),
            cores: vec![CoreState::new(config.store_buffer); config.cores],
            caches: Vec::new(),
            invalidations: Vec::new(),
            memory: Memory::new(&config),
            fabric: Fabric::Memory,
            config,
        }
    }

    /// Whether a machine of so many cores can run the protocol: all its controllers together
    /// are at most [`MAX_NODES`].
    #[must_use]
    pub fn can_run(cores: usize, protocol: &Protocol) -> bool {
        match protocol {
            Protocol::Bus(_) => true,
            Protocol::Network(network) => network.nodes(cores).count() <= MAX_NODES,
        }
    }

    /// The machine's description.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The table that its caches run, if they are on a bus.
    #[must_use]
    pub fn table(&self) -> Option<&Table> {
        match &self.fabric {
            Fabric::Bus(table) => Some(table),
            Fabric::Network(_) | Fabric::Memory => None,
        }
    }

    /// The controllers, if there is a network between them.
    #[must_use]
    pub fn controllers(&self) -> Option<&Arc<Controllers>> {
        match &self.fabric {
            Fabric::Bus(_) | Fabric::Memory => None,
            Fabric::Network(network) => Some(&network.controllers),
        }
    }

    /// Whether its cores have caches.
    #[must_use]
    pub fn has_caches(&self) -> bool {
        !matches!(self.fabric, Fabric::Memory)
    }

    /// Whether there is a network.
    #[must_use]
    pub fn on_network(&self) -> bool {
        matches!(self.fabric, Fabric::Network(_))
    }

    /// The table, where there is a bus.
    pub(super) fn bus_table(&self) -> &Table {
        self.table().expect("there is a bus")
    }

    pub(super) fn network(&self) -> &Network<C> {
        match &self.fabric {
            Fabric::Network(network) => network,
            _ => panic!("there is a network"),
        }
    }

    pub(super) fn network_mut(&mut self) -> &mut Network<C> {
        match &mut self.fabric {
            Fabric::Network(network) => network,
            _ => panic!("there is a network"),
        }
    }

    pub(super) fn network_and_memory(&mut self) -> (&mut Network<C>, &mut Memory<C>) {
        match &mut self.fabric {
            Fabric::Network(network) => (network, &mut self.memory),
            _ => panic!("there is a network"),
        }
    }

    pub(super) fn network_and_cache(&mut self, core: Core) -> (&mut Network<C>, &mut Cache<C>) {
        match &mut self.fabric {
            Fabric::Network(network) => (network, &mut self.caches[core.index()]),
            _ => panic!("there is a network"),
        }
    }

    /// Which addresses may be touched.
    pub fn heap_mut(&mut self) -> &mut Heap {
        Arc::make_mut(&mut self.heap)
    }

    /// Memory, for setting a run up and for looking at what it left.
    pub fn memory_mut(&mut self) -> &mut Memory<C> {
        &mut self.memory
    }

    /// Memory, to be looked at.
    #[must_use]
    pub fn memory(&self) -> &Memory<C> {
        &self.memory
    }

    /// A core's cache.
    #[must_use]
    pub fn cache(&self, core: Core) -> &Cache<C> {
        &self.caches[core.index()]
    }

    /// A core's store buffer.
    #[must_use]
    pub fn store_buffer(&self, core: Core) -> &StoreBuffer {
        &self.cores[core.index()].buffer
    }

    /// All cores.
    pub fn cores(&self) -> impl Iterator<Item = Core> + use<C> {
        (0..self.cores.len()).map(|core| Core(core as u8))
    }

    /// Puts a new object into the heap and its first bytes into memory. It has lines of its
    /// own, so no cache can have a copy that would now be stale.
    ///
    /// # Errors
    /// When the heap is full.
    pub fn place(&mut self, bytes: u64, contents: &[u8]) -> Result<Addr, HeapFull> {
        let line_bytes = self.config.line_size.bytes();
        let addr = self.heap_mut().allocate_lines(bytes, line_bytes)?;
        for (at, &byte) in (0..).zip(contents) {
            let write = WriteId::INITIAL;
            self.memory.write(addr + at, 1, u128::from(byte), write);
        }
        Ok(addr)
    }

    /// A place for a new object in a thread's part of the heap, for the thread on `core`. Its
    /// memory is zero. Where it is, the configuration says.
    ///
    /// # Errors
    /// When the heap is full.
    pub fn allocate(
        &mut self,
        core: Core,
        arena: Arena,
        allocator: Allocator,
        bytes: u64,
    ) -> Result<Addr, HeapFull> {
        let addr = match allocator {
            Allocator::SizeClasses => self.heap_mut().allocate(arena, bytes),
            Allocator::Bump => self.heap_mut().allocate_next(arena, bytes),
        }?;
        let cached = self.config.allocator.new_memory == NewMemory::Cache;
        if cached && core != Core::SETUP && !self.on_network() {
            self.claim(core, addr, bytes);
        }
        Ok(addr)
    }

    /// The bytes that a load would give now if its core had nothing buffered: those of a
    /// readable copy, else memory's. Nothing changes by it. None outside of what was allocated.
    #[must_use]
    pub fn peek(&self, addr: Addr, bytes: usize) -> Option<C::Piece> {
        if !self.heap.contains(addr, bytes as u64) {
            return None;
        }
        let line_size = self.config.line_size;
        let mut value = C::Piece::default();
        for (at, addr, len) in parts(addr, bytes, line_size.bytes()) {
            let (line, offset) = (line_size.line_of(addr), line_size.offset_of(addr));
            let copy = self.caches.iter().find_map(|cache| {
                let way = cache.find(line)?;
                let readable = self.is_readable(cache.state_at(way));
                readable.then(|| cache.contents(way))
            });
            if let Some((contents, index)) = copy.or_else(|| self.memory.peek(line)) {
                contents.read(index, offset, len, &mut value, at);
            }
        }
        Some(value)
    }

    /// Whether a cache whose line is in this state may load from it.
    pub(super) fn is_readable(&self, state: State) -> bool {
        match &self.fabric {
            Fabric::Bus(table) => table.may_load(state),
            Fabric::Network(network) => {
                let front = network.controllers.network().front();
                front.may_load(state.0)
            }
            Fabric::Memory => unreachable!("no cache has a line"),
        }
    }

    /// Gives an idle core its next access.
    pub fn begin(&mut self, core: Core, access: Access) {
        let pending = Pending {
            access,
            done: 0,
            parts: 0,
            waits: Waits::Nothing,
        };
        self.cores[core.index()].value = C::Piece::default();
        self.start(core, Activity::Access(pending));
    }

    /// Lets an idle core order what it did with what it is going to do.
    pub fn begin_fence(&mut self, core: Core, fence: Fence) {
        self.start(core, Activity::Fence(fence));
    }

    fn start(&mut self, core: Core, activity: Activity) {
        let state = &mut self.cores[core.index()];
        assert!(
            state.activity == Activity::Idle,
            "a core does one access at a time"
        );
        state.activity = activity;
        state.answered = false;
    }

    /// What to tell the core's program of its last request; tells it once.
    pub fn answer(&mut self, core: Core) -> Response<C::Piece> {
        let state = &mut self.cores[core.index()];
        match std::mem::take(&mut state.answered) {
            true => Response::Value(state.value),
            false => Response::Done,
        }
    }

    /// Everything that may happen next, in a fixed order.
    pub fn steps(&mut self, steps: &mut Vec<Step>) {
        steps.clear();
        for core in self.cores() {
            self.core_steps(core, steps);
        }
        if self.on_network() {
            self.network_steps(steps);
        }
    }

    /// Adds what may happen next for a core's own accesses.
    pub fn core_steps(&mut self, core: Core, steps: &mut Vec<Step>) {
        for port in Port::BOTH {
            let slot = Slot { core, port };
            let state = &self.cores[core.index()];
            match (self.waits(slot), port) {
                (Waits::Nothing, Port::Issue) => {
                    let free = self.stall(core).is_none();
                    if state.activity != Activity::Idle && free {
                        steps.push(Step::Issue(core));
                    }
                }
                (Waits::Nothing, Port::Drain) => {
                    if !state.buffer.is_empty() {
                        steps.push(Step::Drain(core));
                    }
                    let overtakes = |place| Step::Overtake(core, place);
                    steps.extend(state.buffer.overtakers().map(overtakes));
                }
                (Waits::Turn, _) => {
                    if !self.on_network() || self.may_serve(slot) {
                        steps.push(Step::Deliver(slot));
                    }
                }
                (Waits::Answer, _) => {}
            }
        }
        if self.has_invalidations(core) {
            steps.push(Step::Invalidate(core));
        }
    }

    /// What a port's access waits for.
    pub(super) fn waits(&self, slot: Slot) -> Waits {
        let state = &self.cores[slot.core.index()];
        match (slot.port, &state.activity) {
            (Port::Drain, _) => state.drain_waits,
            (Port::Issue, Activity::Access(pending)) => pending.waits,
            (Port::Issue, _) => Waits::Nothing,
        }
    }

    /// Whether a port's access waits for the bus or the network.
    #[must_use]
    pub fn is_waiting(&self, slot: Slot) -> bool {
        self.waits(slot) != Waits::Nothing
    }

    /// The access that a core has under way.
    #[must_use]
    pub fn access_under_way(&self, core: Core) -> Option<Access> {
        match self.cores[core.index()].activity {
            Activity::Access(pending) => Some(pending.access),
            Activity::Idle | Activity::Fence(_) => None,
        }
    }

    /// Whether a core's access is a locked operation.
    #[must_use]
    pub fn is_locked(&self, core: Core) -> bool {
        let activity = &self.cores[core.index()].activity;
        matches!(activity, Activity::Access(pending) if matches!(pending.access.kind, AccessKind::Locked { .. }))
    }

    /// Whether a core has neither an access nor a fence under way.
    #[must_use]
    pub fn is_idle(&self, core: Core) -> bool {
        self.cores[core.index()].activity == Activity::Idle
    }

    /// Whether an issue or a drain would do nothing but ask for the bus. Served, it finds
    /// whatever has changed in the meantime. On a network, whether it would do nothing but send
    /// requests for which it does not matter what has happened in the meantime, unless its own
    /// core accesses the same line.
    #[must_use]
    pub fn only_asks(&self, step: Step) -> bool {
        let table = match &self.fabric {
            Fabric::Bus(table) => table,
            Fabric::Memory => return false,
            Fabric::Network(_) => {
                let (core, port) = match step {
                    Step::Drain(core) => (core, Port::Drain),
                    Step::Issue(core) if self.reaches_cache(core) => (core, Port::Issue),
                    _ => return false,
                };
                return self.only_sends(Slot { core, port });
            }
        };
        let (core, event) = match step {
            Step::Drain(core) => (core, protocol::Event::Store),
            Step::Issue(core) => match self.access_under_way(core).map(|access| access.kind) {
                Some(AccessKind::Load) => (core, protocol::Event::Load),
                Some(AccessKind::Store { .. } | AccessKind::Locked { .. }) => {
                    (core, protocol::Event::Store)
                }
                Some(AccessKind::Evict) | None => return false,
            },
            _ => return false,
        };
        if matches!(step, Step::Issue(_)) && !self.reaches_cache(core) {
            return false;
        }
        let slot = match step {
            Step::Drain(_) => Port::Drain,
            _ => Port::Issue,
        };
        let line = self.wanted_line(Slot { core, port: slot });
        let cache = &self.caches[core.index()];
        let Some(way) = line.and_then(|line| cache.find(line)) else {
            return true;
        };
        let cell = table.cell(cache.state_at(way), event);
        cell.is_some_and(|cell| cell.transaction.is_some())
    }

    /// Whether the next part of the core's access is for its cache, not for its store buffer.
    fn reaches_cache(&self, core: Core) -> bool {
        let state = &self.cores[core.index()];
        let Activity::Access(pending) = &state.activity else {
            return false;
        };
        match pending.access.kind {
            AccessKind::Load => {
                let part = pending.next_part(self.config.single_copy_bytes);
                state.buffer.lookup(part.addr, part.bytes) == Lookup::Absent
                    && self.invalidated(core, part).is_none()
            }
            AccessKind::Store { .. } => state.buffer.is_absent(),
            AccessKind::Locked { .. } | AccessKind::Evict => true,
        }
    }

    /// The line that a port needs next, if it needs one.
    #[must_use]
    pub fn wanted_line(&self, slot: Slot) -> Option<Line> {
        let state = &self.cores[slot.core.index()];
        let addr = match (slot.port, &state.activity) {
            (Port::Drain, _) => state.buffer.oldest()?.addr,
            (Port::Issue, Activity::Access(pending)) => {
                pending.next_part(self.config.single_copy_bytes).addr
            }
            (Port::Issue, _) => return None,
        };
        Some(self.config.line_size.line_of(addr))
    }

    /// Makes one step happen.
    ///
    /// # Errors
    /// When the protocol has no cell for what happened.
    ///
    /// # Panics
    /// When the step is not possible now.
    pub fn perform<O: Observer<C::Piece>>(
        &mut self,
        step: Step,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        match step {
            Step::Issue(core) => self.issue(core, observer),
            Step::Drain(core) => self.drain(core, observer),
            Step::Overtake(core, place) => {
                self.cores[core.index()].buffer.overtake(place);
                Ok(Progress::Overtaken)
            }
            Step::Invalidate(core) => Ok(self.invalidate(core, observer)),
            Step::Deliver(slot) if !self.on_network() => match slot.port {
                Port::Issue => self.deliver(slot.core, observer),
                Port::Drain => self.deliver_drain(slot.core, observer),
            },
            step => self.perform_on_network(step, observer),
        }
    }

    #[inline(never)]
    fn perform_on_network<O: Observer<C::Piece>>(
        &mut self,
        step: Step,
        observer: &mut O,
    ) -> Result<Progress, Box<Violation>> {
        match step {
            Step::Issue(_) | Step::Drain(_) | Step::Overtake(..) | Step::Invalidate(_) => {
                unreachable!("a core's own step")
            }
            Step::Deliver(slot) => self.try_again(slot, observer),
            Step::Receive(id) => self.arrive(id, observer).map(arrived),
            Step::Act(act) => self.act(act, observer).map(arrived),
        }
    }
}

fn arrived(arrived: bool) -> Progress {
    match arrived {
        true => Progress::Arrived,
        false => Progress::Held,
    }
}
