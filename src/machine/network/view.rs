//! One line in the machine's controllers, as coherence reads and changes it.

use super::{InFlight, NONE, Network};
use crate::coherence::network::{self, Message, Met};
use crate::machine::access::Core;
use crate::machine::bus::Held;
use crate::machine::event::{Event, Observer, Supplier};
use crate::machine::machine::Machine;
use crate::machine::step::{Port, Progress};
use crate::memory::{Contents, Line};
use crate::protocol::network::{Order, StateId};
use crate::protocol::{self, State};

/// One line while an event is met.
pub(in crate::machine) struct View<'a, C: Contents, O> {
    machine: &'a mut Machine<C>,
    observer: O,
    line: Line,
    record: usize,
    /// The bytes in the message that is met, and where they come from.
    carried: Option<(u32, Supplier)>,
    /// What is met is a message.
    by_message: bool,
    /// No later step can read the node's line.
    clears: bool,
    /// How far an access got that was performed.
    pub(super) progress: Option<(Port, Progress)>,
}

impl<'a, C: Contents, O: Observer<C::Piece>> View<'a, C, O> {
    pub(in crate::machine) fn new(
        machine: &'a mut Machine<C>,
        line: Line,
        observer: O,
    ) -> View<'a, C, O> {
        let record = machine.network_mut().record(line);
        View {
            machine,
            observer,
            line,
            record,
            carried: None,
            by_message: false,
            clears: false,
            progress: None,
        }
    }

    /// Executes a cell for what is met, and reports what changed.
    pub(in crate::machine) fn execute(
        &mut self,
        met: &Met<'_>,
        carried: Option<&InFlight>,
        cause: Option<Core>,
    ) {
        self.carried = carried.and_then(|message| Some((message.contents?, message.supplier)));
        self.by_message = carried.is_some();
        self.clears = met.cell.clears_line;
        self.observer.observe(&Event::Met {
            node: met.node as u8,
            line: self.line,
            event: met.event,
            from: met.state,
            to: met.cell.next,
        });
        let controllers = self.network().controllers.clone();
        controllers.execute(self, met);
        if met.cell.next == met.state {
            return;
        }
        let index = controllers.controller(met.node);
        let controller = &controllers.network().controllers[index];
        let core = controllers.core(met.node).map(|core| Core(core as u8));
        let reads = |state| index == 0 && controller.may_load(state);
        if index == 0 {
            let core = Core(met.node as u8);
            self.machine.may_ask_again(core, self.line);
        }
        self.observer.observe(&Event::Changed {
            core,
            node: met.node as u8,
            line: self.line,
            event: met.event,
            from: met.state,
            to: met.cell.next,
            cause: cause.or(core),
            lost: reads(met.state) && !reads(met.cell.next),
        });
    }

    fn network(&mut self) -> &mut Network<C> {
        self.machine.network_mut()
    }

    /// The core whose front controller a node is.
    fn front(&self, node: usize) -> Option<Core> {
        (node < self.machine.caches.len()).then_some(Core(node as u8))
    }

    /// Where a core's front controller has its bytes.
    pub(super) fn held(&mut self, core: Core) -> Held {
        match self.machine.caches[core.index()].find(self.line) {
            Some(way) => Held::Way(way),
            None => Held::Apart(self.apart(core.index())),
        }
    }

    /// Where a node keeps bytes that are neither in a cache nor in memory.
    fn apart(&mut self, node: usize) -> u32 {
        let at = self.record * self.network().controllers.nodes() + node;
        let network = self.network();
        if network.apart[at] == NONE {
            network.apart[at] = network.take_contents();
        }
        network.apart[at]
    }

    /// Copies a line inside the network's own store from, or to, where a node has its bytes.
    fn copy(&mut self, node: usize, index: u32, to_node: bool) {
        let memory = self.network().controllers.memory();
        let held = match self.front(node) {
            Some(core) => self.held(core),
            None if node == memory => {
                let (line, machine) = (self.line, &mut *self.machine);
                let (network, memory) = machine.network_and_memory();
                let (bytes, at) = memory.line(line);
                return match to_node {
                    true => bytes.copy_line(at, &network.contents, index),
                    false => network.contents.copy_line(index, bytes, at),
                };
            }
            None => Held::Apart(self.apart(node)),
        };
        match held {
            Held::Way(way) => {
                let (network, cache) = self.machine.network_and_cache(Core(node as u8));
                let (bytes, at) = cache.contents_mut(way);
                match to_node {
                    true => bytes.copy_line(at, &network.contents, index),
                    false => network.contents.copy_line(index, bytes, at),
                }
            }
            Held::Memory => unreachable!("there are caches"),
            Held::Apart(at) => {
                let contents = &mut self.network().contents;
                let (to, from) = if to_node { (at, index) } else { (index, at) };
                contents.copy_within(to, from);
            }
        }
    }

    /// Before the line gets another state at a core: if a message takes it away the core reads it
    /// for a while, and if it comes back the core does not read what it was.
    #[cold]
    fn queue_invalidation(&mut self, core: Core, state: State) {
        let line = self.line;
        let (cache, at) = (&self.machine.caches[core.index()], core.index());
        let held = cache.find(line);
        let reads = |state| self.machine.is_readable(state);
        match held {
            _ if reads(state) => self.machine.invalidations[at].apply_through(line),
            Some(way) if self.by_message && reads(cache.state_at(way)) => {
                self.machine.invalidations[at].push(line, cache.contents(way));
                let queued = Event::InvalidationQueued { core, line };
                self.observer.observe(&queued);
            }
            _ => {}
        }
    }

    fn perform(&mut self, node: usize, event: protocol::Event) {
        let controllers = &self.machine.network().controllers;
        let core = controllers.core(node).expect("only cores have accesses");
        let core = Core(core as u8);
        let held = match self.front(node) {
            Some(core) => self.held(core),
            None => Held::Apart(self.apart(node)),
        };
        if let Held::Way(way) = held {
            self.machine.caches[core.index()].touch(way);
        }
        let performed =
            self.machine
                .perform_waiting(core, self.line, event, held, &mut self.observer);
        self.progress = self.progress.or(performed);
    }
}

impl<C: Contents, O: Observer<C::Piece>> network::Line for View<'_, C, O> {
    fn state(&self, node: usize) -> StateId {
        match self.machine.caches.get(node) {
            Some(cache) => cache.state(self.line).0,
            None => {
                let network = self.machine.network();
                network.words[self.record * network.stride + node] as StateId
            }
        }
    }

    fn set_state(&mut self, node: usize, state: StateId) {
        let Some(core) = self.front(node) else {
            let at = self.record * self.network().stride + node;
            self.network().words[at] = u64::from(state);
            return;
        };
        if !self.machine.invalidations.is_empty() {
            self.queue_invalidation(core, State(state));
        }
        let clears = self.clears;
        let cache = &mut self.machine.caches[core.index()];
        let initial = cache.initial();
        match cache.find(self.line) {
            Some(_) if State(state) == initial && !clears => {
                let index = self.apart(node);
                self.copy(node, index, false);
                let cache = &mut self.machine.caches[core.index()];
                let way = cache.find(self.line).expect("it was there");
                cache.set_state(way, State(state));
            }
            Some(way) => cache.set_state(way, State(state)),
            None if State(state) == initial => {}
            None => {
                let (way, victim) = cache.victim(self.line);
                assert!(victim.is_none(), "a line comes where there is room");
                cache.place(way, self.line, State(state));
                cache.touch(way);
                let _ = cache.contents_mut(way);
                let at = self.record * self.network().controllers.nodes() + node;
                let index = std::mem::replace(&mut self.network().apart[at], NONE);
                if index != NONE {
                    self.copy(node, index, true);
                    self.network().free.push(index);
                }
            }
        }
    }

    fn variable(&self, node: usize, variable: u8) -> u64 {
        let network = self.machine.network();
        let at = network.variables[node] as usize + usize::from(variable);
        network.words[self.record * network.stride + at]
    }

    fn set_variable(&mut self, node: usize, variable: u8, value: u64) {
        let record = self.record;
        let network = self.network();
        let at = network.variables[node] as usize + usize::from(variable);
        network.words[record * network.stride + at] = value;
    }

    fn wire(&self, channel: u8) -> bool {
        let network = self.machine.network();
        network.raised.contains(&(channel, self.line))
    }

    fn raise(&mut self, channel: u8) {
        let line = self.line;
        let raised = &mut self.network().raised;
        if !raised.contains(&(channel, line)) {
            raised.push((channel, line));
        }
    }

    fn has_room(&self, channel: u8, from: usize, to: usize) -> bool {
        let network = self.machine.network();
        let capacity = network.controllers.network().channels[usize::from(channel)].capacity;
        capacity.is_none_or(|capacity| {
            let same = |other: &&InFlight| {
                let message = other.message;
                (usize::from(message.from), usize::from(message.to)) == (from, to)
                    && network.order(message).0 == channel
            };
            network.in_flight.iter().filter(same).count() < usize::from(capacity)
        })
    }

    fn send(&mut self, message: Message) {
        let (line, from) = (self.line, usize::from(message.from));
        let controllers = &self.machine.network().controllers;
        let core = controllers.core(from).map(|core| Core(core as u8));
        let carries = controllers.network().kinds[usize::from(message.kind)].line;
        let at_memory = from == controllers.memory();
        let (mut supplier, mut contents) = (Supplier::Nobody, None);
        if carries {
            let index = self.network().take_contents();
            self.copy(from, index, false);
            contents = Some(index);
            supplier = match core {
                Some(core) => Supplier::Cache(core),
                None if at_memory => self.machine.memory.touch(line),
                None => Supplier::Nobody,
            };
        }
        let network = self.network();
        let id = network.next_id;
        network.next_id += 1;
        let broadcast = network.order(message).1 == Order::Broadcast;
        network.in_flight.push(InFlight {
            id,
            line,
            message,
            supplier,
            contents,
        });
        self.observer.observe(&Event::Sent {
            core,
            line,
            message,
            broadcast,
        });
    }

    fn take_line(&mut self, node: usize) {
        let Some((index, supplier)) = self.carried else {
            return;
        };
        self.copy(node, index, true);
        let controllers = &self.machine.network().controllers;
        let (core, at_memory) = (controllers.core(node), node == controllers.memory());
        if at_memory {
            self.machine.memory.touch(self.line);
        }
        self.observer.observe(&Event::Supplied {
            core: core.map(|core| Core(core as u8)),
            to_memory: at_memory,
            line: self.line,
            supplier,
        });
    }

    fn clear_line(&mut self, node: usize) {
        let at = self.record * self.network().controllers.nodes() + node;
        let network = self.network();
        let index = std::mem::replace(&mut network.apart[at], NONE);
        if index != NONE {
            network.free.push(index);
        }
    }

    fn load(&mut self, node: usize) {
        self.perform(node, protocol::Event::Load);
    }

    fn store(&mut self, node: usize) {
        self.perform(node, protocol::Event::Store);
    }
}
