//! Go's classic map (Go 1.23 and before, `runtime/map.go`, `map_fast32.go`, `map_fast64.go`,
//! `map_faststr.go`): header and buckets with their real offsets, and the functions that the
//! compiler calls on them, access by access.
//!
//! Reading order: here is how it lies in memory; `access` and `faststr` find a key, `assign` a
//! place for one, `overflow` makes buckets longer, `grow` and `evacuate` the table larger;
//! `delete`, `iterate` and `clear` are what they say. `walk` looks at it from outside.
//!
//! Left out: values and keys beyond 128 bytes (which are kept behind a pointer), keys that differ
//! from themselves, and `maps.Clone`. Memory is copied and cleared word by word, where the
//! runtime's `memmove` and `memclr` take up to 32 bytes at once.

mod access;
mod assign;
mod clear;
mod create;
mod delete;
mod evacuate;
mod faststr;
mod grow;
mod iterate;
mod overflow;
mod walk;

use std::cell::RefCell;

use rustc_hash::FxHashMap;

pub(super) use create::create;

use super::key::{Key, KeyLayout, hash};
use super::map::{Calling, Map};
use super::mem::{Fallible, Mem};
use super::value::{ValueLayout, Words};
use super::walk::{Peek, Walk};
use crate::machine::Exit;
use crate::memory::Addr;

/// Offsets in the header, `hmap`.
mod hmap {
    pub(super) const COUNT: u64 = 0;
    pub(super) const FLAGS: u64 = 8;
    /// The binary logarithm of the number of buckets, `B`.
    pub(super) const LOG_BUCKETS: u64 = 9;
    pub(super) const NOVERFLOW: u64 = 10;
    pub(super) const SEED: u64 = 12;
    pub(super) const BUCKETS: u64 = 16;
    pub(super) const OLD_BUCKETS: u64 = 24;
    pub(super) const NEVACUATE: u64 = 32;
    pub(super) const EXTRA: u64 = 40;
    pub(super) const BYTES: u64 = 48;
}

/// Offsets in `mapextra`.
mod mapextra {
    pub(super) const OVERFLOW: u64 = 0;
    pub(super) const OLD_OVERFLOW: u64 = 8;
    pub(super) const NEXT_OVERFLOW: u64 = 16;
    pub(super) const BYTES: u64 = 24;
}

/// Bits of the header's flags.
const ITERATOR: u8 = 1;
const OLD_ITERATOR: u8 = 2;
const WRITING: u8 = 4;
const SAME_SIZE_GROW: u8 = 8;

/// Values of a slot's tophash that are no hash.
const EMPTY_REST: u8 = 0;
const EMPTY_ONE: u8 = 1;
const EVACUATED_X: u8 = 2;
const EVACUATED_Y: u8 = 3;
const EVACUATED_EMPTY: u8 = 4;
const MIN_TOP_HASH: u8 = 5;

const SLOTS: u64 = 8;
/// Where a bucket's keys begin: after its tophashes.
const KEYS: u64 = SLOTS;

const CONCURRENT_WRITES: &str = "concurrent map writes";

/// Which of the compiler's functions are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    /// `mapaccess1`, `mapassign`, `mapdelete`, for keys of any type.
    Generic,
    /// `mapaccess1_fast64` and so on, by the type of the key.
    Fast,
}

/// A map: where its header lies and how its buckets are laid out.
#[derive(Debug)]
struct GoClassic {
    header: Addr,
    /// What else was made before the run: where, how many bytes, and what.
    made: Vec<(Addr, u64, &'static str)>,
    key: KeyLayout,
    value: ValueLayout,
    variant: Variant,
    /// How many random numbers each thread has taken.
    drawn: RefCell<FxHashMap<u32, u64>>,
}

/// A slot of a bucket.
type Slot = (Addr, u64);

impl GoClassic {
    fn elems(&self) -> u64 {
        KEYS + SLOTS * self.key.bytes()
    }

    /// The size of a bucket: tophashes, keys, values, and the address of an overflow bucket.
    fn bucket_bytes(&self) -> u64 {
        self.elems() + SLOTS * self.value.bytes() + 8
    }

    fn key_at(&self, (bucket, slot): Slot) -> Addr {
        bucket + (KEYS + slot * self.key.bytes())
    }

    fn elem_at(&self, (bucket, slot): Slot) -> Addr {
        bucket + (self.elems() + slot * self.value.bytes())
    }

    fn overflow_of(&self, bucket: Addr) -> Addr {
        bucket + (self.bucket_bytes() - 8)
    }

    fn nth(&self, buckets: Addr, index: u64) -> Addr {
        buckets + index.wrapping_mul(self.bucket_bytes())
    }

    /// Whether a garbage collector has nothing to look for in buckets.
    fn is_pointer_free(&self) -> bool {
        !self.key.has_pointers() && !self.value.has_pointers()
    }

    /// A random number. The runtime takes it from a generator of the thread, so no other
    /// thread's calls change it (`rand`, before Go 1.22 `fastrand`).
    fn random(&self, mem: &Mem) -> u64 {
        let mut drawn = self.drawn.borrow_mut();
        let drawn = drawn.entry(mem.thread()).or_default();
        *drawn = drawn.wrapping_add(1);
        hash(*drawn, self.header.0 ^ u64::from(mem.thread()))
    }

    async fn flags(&self, mem: &Mem) -> u8 {
        mem.load_u8(self.header + hmap::FLAGS).await
    }

    /// Fails if another goroutine has left its mark on the map.
    async fn check_not_writing(&self, mem: &Mem, text: &'static str) -> Fallible<()> {
        match self.flags(mem).await & WRITING {
            0 => Ok(()),
            _ => Err(Exit::Fatal(text)),
        }
    }

    /// `h.flags ^= hashWriting`: a load, then a store.
    async fn toggle_writing(&self, mem: &Mem) {
        let flags = self.flags(mem).await;
        mem.store_u8(self.header + hmap::FLAGS, flags ^ WRITING)
            .await;
    }

    /// Fails if another goroutine has wiped this one's mark away; else wipes it away:
    /// `h.flags &^= hashWriting`, a load, then a store.
    async fn end_writing(&self, mem: &Mem) -> Fallible<()> {
        if self.flags(mem).await & WRITING == 0 {
            return Err(Exit::Fatal(CONCURRENT_WRITES));
        }
        let flags = self.flags(mem).await;
        mem.store_u8(self.header + hmap::FLAGS, flags & !WRITING)
            .await;
        Ok(())
    }

    async fn hash(&self, mem: &Mem, key: &Key) -> u64 {
        let seed = mem.load_u32(self.header + hmap::SEED).await;
        mem.compute(key.hash_cycles()).await;
        key.hash(seed.into())
    }

    async fn log_buckets(&self, mem: &Mem) -> u8 {
        mem.load_u8(self.header + hmap::LOG_BUCKETS).await
    }

    /// `INCQ` or `DECQ` of the count: one instruction, yet a load and then a store.
    async fn add_to_count(&self, mem: &Mem, change: i64) -> u64 {
        let count = mem.load_u64(self.header + hmap::COUNT).await;
        let count = count.wrapping_add_signed(change);
        mem.store_u64(self.header + hmap::COUNT, count).await;
        count
    }
}

impl Map for GoClassic {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(async move {
            let elem = self.assign(mem, key).await?;
            // The caller's code: the map's own function is over and its flag is clear.
            self.value.write(mem, elem, value).await;
            Ok(())
        })
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            let Some(elem) = self.access(mem, key).await? else {
                return Ok(None);
            };
            Ok(Some(self.value.read(mem, elem).await))
        })
    }

    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            let elem = self.assign(mem, key).await?;
            self.value.increment(mem, elem).await;
            Ok(())
        })
    }

    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(self.remove(mem, key))
    }

    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move { Ok(mem.load_u64(self.header + hmap::COUNT).await) })
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(self.iterate(mem))
    }

    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(self.empty(mem))
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        let header = (self.header, hmap::BYTES, "header");
        std::iter::once(header)
            .chain(self.made.iter().copied())
            .collect()
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        self.look_over(memory)
    }
}

/// `bucketShift`, how many buckets there are: the runtime masks the shift.
fn shift(log_buckets: u8) -> u64 {
    1 << (log_buckets & 63)
}

/// `bucketMask`.
fn mask(log_buckets: u8) -> u64 {
    shift(log_buckets) - 1
}

fn top_hash(hash: u64) -> u8 {
    let top = (hash >> 56) as u8;
    if top < MIN_TOP_HASH {
        top + MIN_TOP_HASH
    } else {
        top
    }
}

/// Whether a slot with this tophash is free.
fn is_empty(top: u8) -> bool {
    top <= EMPTY_ONE
}

/// Whether a bucket whose first tophash is this was evacuated.
fn is_evacuated(top: u8) -> bool {
    (EVACUATED_X..MIN_TOP_HASH).contains(&top)
}
