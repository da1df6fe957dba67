//! Where the objects of a map come from, and where those go that a new version replaces.

use super::epochs::Epochs;
use crate::maps::mem::Mem;
use crate::memory::Addr;

/// An object of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) addr: Addr,
    pub(super) bytes: u64,
}

/// What becomes of what is no longer part of the map.
pub(super) enum Store {
    /// It stays where it is: a collector takes it, but no run is long enough for one.
    Collected,
    /// It is used again when no call under way can have it.
    Epochs(Epochs),
}

/// What a writer did on the way to a new version.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// New objects, which are in the new version alone.
    pub(super) made: Vec<Object>,
    /// Objects that are in the old version alone.
    pub(super) replaced: Vec<Object>,
}

impl Store {
    /// A call begins.
    pub(super) async fn enter(&self, mem: &Mem) {
        if let Store::Epochs(epochs) = self {
            epochs.enter(mem).await;
        }
    }

    /// A call ends, and holds nothing any more.
    pub(super) async fn leave(&self, mem: &Mem) {
        if let Store::Epochs(epochs) = self {
            epochs.leave(mem).await;
        }
    }

    /// An object for which its maker writes every byte.
    pub(super) async fn allocate(&self, mem: &Mem, bytes: u64, name: &'static str) -> Addr {
        match self.again(mem, bytes) {
            Some(addr) => addr,
            None => mem.allocate(bytes, name).await,
        }
    }

    /// An object that is zero; `bytes` is a multiple of 8.
    pub(super) async fn allocate_zero(&self, mem: &Mem, bytes: u64, name: &'static str) -> Addr {
        let Some(addr) = self.again(mem, bytes) else {
            return mem.allocate(bytes, name).await;
        };
        for at in (0..bytes).step_by(8) {
            mem.store_u64(addr + at, 0).await;
        }
        addr
    }

    fn again(&self, mem: &Mem, bytes: u64) -> Option<Addr> {
        match self {
            Store::Collected => None,
            Store::Epochs(epochs) => epochs.free_one(mem, bytes),
        }
    }

    /// The new version is published.
    pub(super) async fn published(&self, mem: &Mem, changes: Changes) {
        if let Store::Epochs(epochs) = self {
            epochs.retire(mem, changes.replaced).await;
        }
    }

    /// Another writer was faster: nobody has seen the new version.
    pub(super) fn given_up(&self, mem: &Mem, changes: Changes) {
        if let Store::Epochs(epochs) = self {
            epochs.give_back(mem, changes.made);
        }
    }
}

impl Changes {
    /// Notes a new object.
    pub(super) fn made(&mut self, addr: Addr, bytes: u64) {
        self.made.push(Object { addr, bytes });
    }

    /// Notes an object that is replaced.
    pub(super) fn replaced(&mut self, addr: Addr, bytes: u64) {
        self.replaced.push(Object { addr, bytes });
    }
}
