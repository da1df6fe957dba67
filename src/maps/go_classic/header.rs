//! The header: its fields, its flags, and the few instructions that every function has in common.

use super::GoClassic;
use crate::machine::Exit;
use crate::maps::go_runtime::CONCURRENT_WRITES;
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};

/// Offsets in the header, `hmap`.
pub(super) mod hmap {
    pub(crate) const COUNT: u64 = 0;
    pub(crate) const FLAGS: u64 = 8;
    /// The binary logarithm of the number of buckets, `B`.
    pub(crate) const LOG_BUCKETS: u64 = 9;
    pub(crate) const NOVERFLOW: u64 = 10;
    pub(crate) const SEED: u64 = 12;
    pub(crate) const BUCKETS: u64 = 16;
    pub(crate) const OLD_BUCKETS: u64 = 24;
    pub(crate) const NEVACUATE: u64 = 32;
    pub(crate) const EXTRA: u64 = 40;
    pub(crate) const BYTES: u64 = 48;
}

/// Offsets in `mapextra`.
pub(super) mod mapextra {
    pub(crate) const OVERFLOW: u64 = 0;
    pub(crate) const OLD_OVERFLOW: u64 = 8;
    pub(crate) const NEXT_OVERFLOW: u64 = 16;
    pub(crate) const BYTES: u64 = 24;
}

/// Bits of the header's flags.
pub(super) const ITERATOR: u8 = 1;
pub(super) const OLD_ITERATOR: u8 = 2;
pub(super) const WRITING: u8 = 4;
pub(super) const SAME_SIZE_GROW: u8 = 8;

impl GoClassic {
    /// A random number.
    pub(super) fn random(&self, mem: &Mem) -> u64 {
        self.random.next(mem, self.header)
    }

    pub(super) async fn flags(&self, mem: &Mem) -> u8 {
        mem.load_u8(self.header + hmap::FLAGS).await
    }

    /// Fails if another goroutine has left its mark on the map.
    pub(super) async fn check_not_writing(&self, mem: &Mem, text: &'static str) -> Fallible<()> {
        match self.flags(mem).await & WRITING {
            0 => Ok(()),
            _ => Err(Exit::Fatal(text)),
        }
    }

    /// `h.flags ^= hashWriting`: a load, then a store.
    pub(super) async fn toggle_writing(&self, mem: &Mem) {
        let flags = self.flags(mem).await;
        mem.store_u8(self.header + hmap::FLAGS, flags ^ WRITING)
            .await;
    }

    /// Fails if another goroutine has wiped this one's mark away; else wipes it away:
    /// `h.flags &^= hashWriting`, a load, then a store.
    pub(super) async fn end_writing(&self, mem: &Mem) -> Fallible<()> {
        if self.flags(mem).await & WRITING == 0 {
            return Err(Exit::Fatal(CONCURRENT_WRITES));
        }
        let flags = self.flags(mem).await;
        mem.store_u8(self.header + hmap::FLAGS, flags & !WRITING)
            .await;
        Ok(())
    }

    pub(super) async fn hash(&self, mem: &Mem, key: &Key) -> u64 {
        let seed = mem.load_u32(self.header + hmap::SEED).await;
        mem.compute(key.hash_cycles()).await;
        key.hash(seed.into())
    }

    pub(super) async fn log_buckets(&self, mem: &Mem) -> u8 {
        mem.load_u8(self.header + hmap::LOG_BUCKETS).await
    }

    /// `INCQ` or `DECQ` of the count: one instruction, yet a load and then a store.
    pub(super) async fn add_to_count(&self, mem: &Mem, change: i64) -> u64 {
        let count = mem.load_u64(self.header + hmap::COUNT).await;
        let count = count.wrapping_add_signed(change);
        mem.store_u64(self.header + hmap::COUNT, count).await;
        count
    }
}

/// `bucketShift`, how many buckets there are: the runtime masks the shift.
pub(super) fn shift(log_buckets: u8) -> u64 {
    1 << (log_buckets & 63)
}

/// `bucketMask`.
pub(super) fn mask(log_buckets: u8) -> u64 {
    shift(log_buckets) - 1
}
