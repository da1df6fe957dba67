//! The state of one core between its program and its cache.

use super::access::{Access, AccessKind, Fence};
use super::config::StoreBufferConfig;
use super::event::Stall;
use super::store_buffer::{Lookup, StoreBuffer};
use crate::memory::{Addr, Piece};

/// What a core is about, and what it has stored that others do not see.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CoreState<P> {
    pub(super) activity: Activity,
    /// The bytes that the current access has read so far, or the last one read.
    pub(super) value: P,
    /// The last access gave a value that the program was not told yet.
    pub(super) answered: bool,
    pub(super) buffer: StoreBuffer,
    /// What the oldest buffered store waits for.
    pub(super) drain_waits: Waits,
}

/// What an access waits for that its core's cache could not perform at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Waits {
    /// Nothing.
    #[default]
    Nothing,
    /// The bus, or, on a network, that the core can ask.
    Turn,
    /// The core has asked. Its access is performed when the answer comes, or may ask again
    /// when its line's state changes.
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Activity {
    Idle,
    Fence(Fence),
    Access(Pending),
}

/// An access under way, performed part by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pending {
    pub(super) access: Access,
    /// How many of its bytes are performed.
    pub(super) done: usize,
    /// In how many parts.
    pub(super) parts: usize,
    /// What the next part waits for.
    pub(super) waits: Waits,
}

/// The part of an access that is performed next, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) addr: Addr,
    pub(super) bytes: usize,
    /// Where in the access it begins.
    pub(super) at: usize,
}

impl Pending {
    /// The next part: what lies in one block of `block` bytes, or all of a locked operation.
    pub(super) fn next_part(&self, block: usize) -> Part {
        let left = self.access.bytes - self.done;
        // As far as the block goes from the first byte that is left on, or from the last one back.
        let past = |addr: Addr| addr.0 as usize & (block - 1);
        let (at, bytes) = match self.access.kind {
            AccessKind::Locked { .. } => (0, left),
            _ if self.access.backward => {
                let last = self.access.addr + (left as u64 - 1);
                let bytes = left.min(past(last) + 1);
                (left - bytes, bytes)
            }
            _ => {
                let first = self.access.addr + self.done as u64;
                (self.done, left.min(block - past(first)))
            }
        };
        Part {
            addr: self.access.addr + at as u64,
            bytes,
            at,
        }
    }

    /// What is read of a load that is not done, as a number; `value` is what the core has of it.
    pub(super) fn read(&self, value: &impl Piece) -> u128 {
        let left = self.access.bytes - self.done;
        match self.access.backward {
            true => value.value(self.access.bytes) >> (8 * left),
            false => value.value(self.done),
        }
    }
}

impl<P: Copy> Clone for CoreState<P> {
    fn clone(&self) -> CoreState<P> {
        CoreState {
            buffer: self.buffer.clone(),
            ..*self
        }
    }

    /// Uses what is allocated again.
    fn clone_from(&mut self, from: &CoreState<P>) {
        let CoreState {
            activity,
            value,
            answered,
            buffer,
            drain_waits,
        } = from;
        (self.activity, self.value, self.answered) = (*activity, *value, *answered);
        self.buffer.clone_from(buffer);
        self.drain_waits = *drain_waits;
    }
}

impl<P: Piece> CoreState<P> {
    /// A core at rest.
    pub(super) fn new(buffer: StoreBufferConfig) -> CoreState<P> {
        CoreState {
            activity: Activity::Idle,
            value: P::default(),
            answered: false,
            buffer: StoreBuffer::new(buffer),
            drain_waits: Waits::Nothing,
        }
    }

    /// The access under way.
    pub(super) fn pending(&mut self) -> &mut Pending {
        match &mut self.activity {
            Activity::Access(pending) => pending,
            _ => panic!("the core has an access under way"),
        }
    }

    /// What the next part must wait for in the core's own store buffer, or, where its cache has
    /// invalidations to apply, in their queue.
    pub(super) fn stall(&self, block: usize, invalidations: bool) -> Option<Stall> {
        let applied = || invalidations.then_some(Stall::Invalidating);
        let drained = || match self.buffer.is_empty() {
            false => Some(Stall::Draining),
            true => applied(),
        };
        let pending = match &self.activity {
            Activity::Access(pending) => pending,
            Activity::Fence(Fence::Full) if self.buffer.holds_fences() => {
                return Some(Stall::Draining);
            }
            Activity::Fence(Fence::Full | Fence::Load) => return applied(),
            Activity::Fence(Fence::Store) | Activity::Idle => return None,
        };
        match pending.access.kind {
            AccessKind::Locked { .. } | AccessKind::Evict => drained(),
            AccessKind::Store { .. } => {
                let full = !self.buffer.is_absent() && self.buffer.is_full();
                full.then_some(Stall::BufferFull)
            }
            AccessKind::Load => {
                let part = pending.next_part(block);
                let lookup = self.buffer.lookup(part.addr, part.bytes);
                (lookup == Lookup::Wait).then_some(Stall::PartlyBuffered)
            }
        }
    }
}
