//! The machine: cores with store buffers and caches on one bus. It knows which steps are
//! possible and what each one does; it has no clock, and when a step happens is a driver's
//! choice.

use std::sync::Arc;

use super::access::{Access, Core};
use super::cache::Cache;
use super::config::Config;
use super::core::{Activity, CoreState, Pending};
use super::event::Observer;
use super::memory::Memory;
use super::program::Response;
use super::step::{Port, Progress, Slot, Step};
use super::store_buffer::StoreBuffer;
use crate::coherence::Impossible;
use crate::memory::{Addr, Contents, Heap, HeapFull, Line, WriteId};
use crate::protocol::Table;

/// Cores, store buffers, caches, a bus and memory. `C` is what lines carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine<C: Contents> {
    pub(super) config: Arc<Config>,
    pub(super) table: Arc<Table>,
    pub(super) heap: Heap,
    pub(super) cores: Vec<CoreState<C::Piece>>,
    pub(super) caches: Vec<Cache<C>>,
    pub(super) memory: Memory<C>,
}

impl<C: Contents> Machine<C> {
    /// A machine at rest: caches and store buffers empty, memory zero.
    ///
    /// # Panics
    /// When the machine has more than 255 cores.
    #[must_use]
    pub fn new(config: Arc<Config>, table: Arc<Table>, heap: Heap) -> Machine<C> {
        assert!(config.cores < 256, "a core's number is a byte");
        let core = CoreState::new(config.store_buffer.depth);
        let line_bytes = config.line_size.bytes() as usize;
        let cache = Cache::new(config.cache, line_bytes, table.initial());
        Machine {
            heap,
            cores: vec![core; config.cores],
            caches: vec![cache; config.cores],
            memory: Memory::new(&config),
            config,
            table,
        }
    }

    /// The machine's description.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The protocol that its caches run.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Which addresses may be touched.
    pub fn heap_mut(&mut self) -> &mut Heap {
        &mut self.heap
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
        let addr = self
            .heap
            .allocate_lines(bytes, self.config.line_size.bytes())?;
        for (at, &byte) in (0..).zip(contents) {
            let write = WriteId::INITIAL;
            self.memory.write(addr + at, 1, u128::from(byte), write);
        }
        Ok(addr)
    }

    /// Gives an idle core its next access.
    pub fn begin(&mut self, core: Core, access: Access) {
        let pending = Pending {
            access,
            done: 0,
            parts: 0,
            waits: false,
        };
        self.cores[core.index()].value = C::Piece::default();
        self.start(core, Activity::Access(pending));
    }

    /// Lets an idle core wait until its earlier stores are performed.
    pub fn begin_fence(&mut self, core: Core) {
        self.start(core, Activity::Fence);
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
    pub fn steps(&self, steps: &mut Vec<Step>) {
        steps.clear();
        for core in self.cores() {
            let state = &self.cores[core.index()];
            let waits = matches!(&state.activity, Activity::Access(pending) if pending.waits);
            if waits {
                steps.push(Step::Deliver(Slot {
                    core,
                    port: Port::Issue,
                }));
            } else if state.activity != Activity::Idle
                && state.stall(self.config.single_copy_bytes).is_none()
            {
                steps.push(Step::Issue(core));
            }
            if state.drain_waits {
                steps.push(Step::Deliver(Slot {
                    core,
                    port: Port::Drain,
                }));
            } else if !state.buffer.is_empty() {
                steps.push(Step::Drain(core));
            }
        }
    }

    /// The line that a port needs next, if it needs one.
    #[must_use]
    pub fn wanted_line(&self, slot: Slot) -> Option<Line> {
        let state = &self.cores[slot.core.index()];
        let addr = match (slot.port, &state.activity) {
            (Port::Drain, _) => state.buffer.oldest()?.addr,
            (Port::Issue, Activity::Access(pending)) => pending.access.addr + pending.done as u64,
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
    ) -> Result<Progress, Box<Impossible>> {
        match step {
            Step::Issue(core) => self.issue(core, observer),
            Step::Drain(core) => self.drain(core, observer),
            Step::Deliver(slot) => match slot.port {
                Port::Issue => self.deliver(slot.core, observer),
                Port::Drain => self.deliver_drain(slot.core, observer),
            },
        }
    }
}
