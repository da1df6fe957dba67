//! The small steps that a machine takes, and what each one led to.

use super::access::Core;
use super::event::{Stall, Supplier};
use super::network::Act;
use crate::memory::Addr;

/// One atomic thing that a machine may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The core performs the next part of its access, as far as it can without waiting.
    Issue(Core),
    /// The core's oldest buffered store reaches its cache, or asks the bus for the line.
    Drain(Core),
    /// A buffered store, by its place from 1, becomes the next to leave; only where the machine's
    /// description lets stores leave in another order than the program's.
    Overtake(Core, usize),
    /// The core's oldest queued invalidation is applied: it reads the line's old bytes no more.
    Invalidate(Core),
    /// The bus serves a request; on a network, a request that could not be made is tried again.
    Deliver(Slot),
    /// A message of the network, by its number, reaches its receiver or is broadcast.
    Receive(u64),
    /// A controller of the network does something of itself.
    Act(Act),
}

/// A request that waits for the bus. A core has at most two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// Whose.
    pub core: Core,
    /// For what.
    pub port: Port,
}

/// The two ways from a core to its cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    /// The program's current access.
    Issue,
    /// The oldest store of the store buffer.
    Drain,
}

impl Port {
    /// Both of them.
    pub const BOTH: [Port; 2] = [Port::Issue, Port::Drain];
}

impl Slot {
    /// The core's other one.
    pub(super) fn other(self) -> Slot {
        let port = match self.port {
            Port::Issue => Port::Drain,
            Port::Drain => Port::Issue,
        };
        Slot { port, ..self }
    }
}

/// What a step led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing changed: the core must wait for its store buffer.
    Blocked(Stall),
    /// The request now waits for the bus, or for what the network will bring.
    Waits(Slot),
    /// A part of the access was performed; more are to come.
    Part(Cost),
    /// The access is complete.
    Done(Cost),
    /// A store has left the store buffer.
    Drained(Cost),
    /// Another store leaves next.
    Overtaken,
    /// An invalidation was applied.
    Invalidated,
    /// The access touches what was not allocated; the program cannot go on.
    Faulted(Addr, usize),
    /// The access is one that this machine cannot make; why.
    Unsupported(&'static str),
    /// A message arrived, or a controller acted.
    Arrived,
    /// The message, or the controller, has to wait.
    Held,
}

/// What a step took. How many cycles that is, a timed driver knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// A store entered the store buffer.
    Buffered,
    /// A load was answered by the store buffer.
    Forwarded,
    /// The cache answered.
    Hit,
    /// The cache answered a locked operation.
    Locked,
    /// A fence found nothing to wait for.
    Fence,
    /// The bus was needed.
    Bus(Service),
}

/// What the bus did for one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Requests that all caches heard; 0 if the line had come in the meantime.
    pub transactions: u32,
    /// Lines that other caches supplied.
    pub from_caches: u32,
    /// Lines that came from the shared cache in front of memory.
    pub from_last_level: u32,
    /// Lines that came from memory.
    pub from_memory: u32,
    /// Lines written back to make room, or before memory could answer.
    pub write_backs: u32,
    /// The last transaction broadcasts the bytes that are written next (`BusUpd`).
    pub broadcast: bool,
    /// Those bytes go to memory too.
    pub write_through: bool,
    /// The bus was locked for an operation that crosses lines.
    pub locked: bool,
    /// The operation itself is a locked one.
    pub read_modify_write: bool,
}

impl Service {
    pub(super) fn add(&mut self, supplier: Supplier) {
        match supplier {
            Supplier::Nobody => {}
            Supplier::Cache(_) => self.from_caches += 1,
            Supplier::LastLevel => self.from_last_level += 1,
            Supplier::Memory => self.from_memory += 1,
        }
    }
}
