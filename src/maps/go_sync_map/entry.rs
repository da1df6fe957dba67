//! An entry of a `sync.Map`: one word that leads to its value, an interface that nobody changes.
//! No value is there while it is nil; while it is `expunged`, the entry is not in the dirty map
//! either, and only the lock's holder may bring it back.

use super::SyncMap;
use crate::maps::boxed::Boxed;
use crate::maps::mem::Mem;
use crate::maps::value::Words;
use crate::memory::Addr;

/// When a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Store {
    /// `Store`.
    Always,
    /// `LoadOrStore`.
    IfAbsent,
}

const NIL: Addr = Addr(0);

impl SyncMap {
    /// `newEntry`.
    pub(super) async fn new_entry(&self, mem: &Mem, value: Addr) -> Addr {
        let entry = mem.allocate(8, "entry").await;
        mem.exchange(entry, 8, value.0).await;
        entry
    }

    /// The interface that a call stores, made when it begins.
    pub(super) async fn new_value(&self, mem: &Mem, value: Words) -> Addr {
        let place = mem.allocate(Boxed::BYTES, "interface").await;
        self.boxed.write(mem, place, value).await;
        place
    }

    /// `entry.load`: the interface that is there now.
    pub(super) async fn load_entry(&self, mem: &Mem, entry: Addr) -> Option<Addr> {
        let value = mem.load_addr_atomic(entry).await;
        (value != NIL && value != self.expunged).then_some(value)
    }

    /// `entry.trySwap` and `entry.tryLoadOrStore`: whether `value` is there now; none if the
    /// entry is expunged.
    pub(super) async fn try_store(
        &self,
        mem: &Mem,
        entry: Addr,
        value: Addr,
        store: Store,
    ) -> Option<bool> {
        loop {
            let old = mem.load_addr_atomic(entry).await;
            if old == self.expunged {
                return None;
            }
            if store == Store::IfAbsent && old != NIL {
                return Some(false);
            }
            if mem.compare_exchange(entry, 8, old.0, value.0).await {
                return Some(true);
            }
        }
    }

    /// `entry.delete`.
    pub(super) async fn delete_entry(&self, mem: &Mem, entry: Addr) {
        while let Some(old) = self.load_entry(mem, entry).await {
            if mem.compare_exchange(entry, 8, old.0, NIL.0).await {
                return;
            }
        }
    }

    /// `entry.unexpungeLocked`: whether it was expunged.
    pub(super) async fn unexpunge(&self, mem: &Mem, entry: Addr) -> bool {
        mem.compare_exchange(entry, 8, self.expunged.0, NIL.0).await
    }

    /// `entry.tryExpungeLocked`: whether it is expunged.
    pub(super) async fn try_expunge(&self, mem: &Mem, entry: Addr) -> bool {
        let mut value = mem.load_addr_atomic(entry).await;
        while value == NIL {
            let expunged = self.expunged.0;
            if mem.compare_exchange(entry, 8, NIL.0, expunged).await {
                return true;
            }
            value = mem.load_addr_atomic(entry).await;
        }
        value == self.expunged
    }
}
