//! The header, `Map`: its fields, its flag, and the few instructions that every function has in
//! common.

use super::GoSwiss;
use crate::machine::Exit;
use crate::maps::go_runtime::CONCURRENT_WRITES;
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// Offsets in the header.
pub(super) mod map {
    /// How many entries there are.
    pub(crate) const USED: u64 = 0;
    pub(crate) const SEED: u64 = 8;
    /// The directory, or the only group of a small map.
    pub(crate) const DIRECTORY: u64 = 16;
    /// How many entries the directory has; 0 in a small map.
    pub(crate) const DIRECTORY_LEN: u64 = 24;
    /// The binary logarithm of that.
    pub(crate) const GLOBAL_DEPTH: u64 = 32;
    /// How far a hash is shifted to give an index in the directory.
    pub(crate) const GLOBAL_SHIFT: u64 = 33;
    /// 1 while somebody writes, 0 otherwise: toggled at both ends of a call.
    pub(crate) const WRITING: u64 = 34;
    /// How often the map was cleared.
    pub(crate) const CLEAR_SEQ: u64 = 40;
    pub(crate) const BYTES: u64 = 48;
}

impl GoSwiss {
    /// A random number.
    pub(super) fn random(&self, mem: &Mem) -> u64 {
        self.random.next(mem, self.header)
    }

    pub(super) async fn used(&self, mem: &Mem) -> u64 {
        mem.load_u64(self.header + map::USED).await
    }

    /// `INCQ` or `DECQ` of the count: one instruction, yet a load and then a store.
    pub(super) async fn add_to_used(&self, mem: &Mem, change: i64) {
        let used = self.used(mem).await.wrapping_add_signed(change);
        mem.store_u64(self.header + map::USED, used).await;
    }

    pub(super) async fn directory(&self, mem: &Mem) -> Addr {
        mem.load_addr(self.header + map::DIRECTORY).await
    }

    pub(super) async fn directory_len(&self, mem: &Mem) -> u64 {
        mem.load_u64(self.header + map::DIRECTORY_LEN).await
    }

    pub(super) async fn global_depth(&self, mem: &Mem) -> u8 {
        mem.load_u8(self.header + map::GLOBAL_DEPTH).await
    }

    async fn writing(&self, mem: &Mem) -> u8 {
        mem.load_u8(self.header + map::WRITING).await
    }

    /// Fails if the mark is set, whoever has left it.
    pub(super) async fn check_not_writing(&self, mem: &Mem, text: &'static str) -> Fallible<()> {
        match self.writing(mem).await {
            0 => Ok(()),
            _ => Err(Exit::Fatal(text)),
        }
    }

    /// `m.writing ^= 1`: a load, then a store.
    pub(super) async fn toggle_writing(&self, mem: &Mem) {
        let writing = self.writing(mem).await;
        mem.store_u8(self.header + map::WRITING, writing ^ 1).await;
    }

    /// Fails if the mark is gone; else toggles it. Where another thread's toggle has come in
    /// between, this one sets the mark, and nobody takes it away again.
    pub(super) async fn end_writing(&self, mem: &Mem) -> Fallible<()> {
        if self.writing(mem).await == 0 {
            return Err(Exit::Fatal(CONCURRENT_WRITES));
        }
        self.toggle_writing(mem).await;
        Ok(())
    }

    pub(super) async fn seed(&self, mem: &Mem) -> u64 {
        mem.load_u64(self.header + map::SEED).await
    }

    pub(super) async fn hash(&self, mem: &Mem, key: &Key) -> u64 {
        let seed = self.seed(mem).await;
        mem.compute(key.hash_cycles()).await;
        key.hash(seed)
    }

    /// An emptied map gets a new seed, so that nobody can keep collisions in store.
    pub(super) async fn reseed(&self, mem: &Mem) {
        let seed = self.random(mem);
        mem.store_u64(self.header + map::SEED, seed).await;
    }
}
