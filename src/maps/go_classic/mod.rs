//! Go's classic map (Go 1.23 and before, `runtime/map.go` and `map_fast64.go`): header and
//! buckets with their real offsets, and the functions that the compiler calls on them.
//! Growth is left out: a put that needs it ends the run and says so.

mod access;
mod assign;
mod delete;
mod iterate;

use std::rc::Rc;

use super::key::{Key, KeyLayout, hash};
use super::map::{Calling, Map, Shape};
use super::mem::{Fallible, Mem};
use super::value::{ValueLayout, Words};
use super::walk::{Peek, Walk};
use crate::machine::{Exit, Machine};
use crate::memory::{Addr, Arena, Bytes, HeapFull, WriteId};

/// Offsets in the header, `hmap`; it is 48 bytes long.
mod hmap {
    pub(super) const COUNT: u64 = 0;
    pub(super) const FLAGS: u64 = 8;
    pub(super) const LOG_BUCKETS: u64 = 9;
    pub(super) const NOVERFLOW: u64 = 10;
    pub(super) const SEED: u64 = 12;
    pub(super) const BUCKETS: u64 = 16;
    pub(super) const OLD_BUCKETS: u64 = 24;
    pub(super) const BYTES: u64 = 48;
}

/// Bits of the header's flags.
const ITERATOR: u8 = 1;
const OLD_ITERATOR: u8 = 2;
const WRITING: u8 = 4;

/// Values of a slot's tophash that are no hash.
const EMPTY_REST: u8 = 0;
const EMPTY_ONE: u8 = 1;
const MIN_TOP_HASH: u8 = 5;

const SLOTS: u64 = 8;
const KEYS: u64 = SLOTS;

/// Which of the compiler's functions are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    /// `mapaccess1`, `mapassign`, `mapdelete`: probe by tophash.
    Generic,
    /// `mapaccess1_fast64` and so on, by the type of the key.
    Fast,
}

/// A map: where its header lies and how its buckets are laid out.
#[derive(Clone, Debug)]
struct GoClassic {
    header: Addr,
    /// The bucket array as it was made, with its size in bytes.
    made: (Addr, u64),
    key: KeyLayout,
    value: ValueLayout,
    variant: Variant,
}

/// Makes an empty map with its buckets allocated, as `make(map[int]V, hint)` does.
///
/// # Errors
/// When the heap is full.
pub(super) fn create(
    machine: &mut Machine<Bytes>,
    shape: Shape,
    variant: Variant,
) -> Result<Rc<dyn Map>, HeapFull> {
    let line_bytes = machine.config().line_size.bytes();
    let header = machine.heap_mut().allocate(Arena::SETUP, hmap::BYTES)?;
    let buckets = shape.buckets.unwrap_or(1);
    let bytes = bucket_bytes(shape.key, shape.value) * u64::from(buckets);
    let log_buckets = u128::from(buckets.trailing_zeros());
    let buckets = match shape.line_offset {
        None => machine.heap_mut().allocate(Arena::SETUP, bytes)?,
        Some(offset) => {
            let before = elems(shape.key) % line_bytes;
            let residue = (offset % line_bytes + line_bytes - before) % line_bytes;
            machine.heap_mut().allocate_at(bytes, residue, line_bytes)?
        }
    };
    let seed = u128::from(hash(header.0, 0) as u32);
    for (offset, size, value) in [
        (hmap::LOG_BUCKETS, 1, log_buckets),
        (hmap::SEED, 4, seed),
        (hmap::BUCKETS, 8, u128::from(buckets.0)),
    ] {
        machine
            .memory_mut()
            .write(header + offset, size, value, WriteId::INITIAL);
    }
    let made = (buckets, bytes);
    Ok(Rc::new(GoClassic {
        header,
        made,
        key: shape.key,
        value: shape.value,
        variant,
    }))
}

/// Eight tophashes, keys and values, and the address of an overflow bucket.
fn bucket_bytes(key: KeyLayout, value: ValueLayout) -> u64 {
    elems(key) + SLOTS * value.bytes() + 8
}

fn elems(key: KeyLayout) -> u64 {
    KEYS + SLOTS * key.bytes()
}

impl GoClassic {
    fn elem(&self, bucket: Addr, slot: u64) -> Addr {
        bucket + (elems(self.key) + slot * self.value.bytes())
    }

    fn overflow(&self, bucket: Addr) -> Addr {
        self.elem(bucket, SLOTS)
    }

    fn bucket_bytes(&self) -> u64 {
        bucket_bytes(self.key, self.value)
    }

    /// Fails if another goroutine has left its mark on the map.
    async fn check_not_writing(&self, mem: &Mem, text: &'static str) -> Fallible<()> {
        let flags = mem.load_u8(self.header + hmap::FLAGS).await;
        if flags & WRITING != 0 {
            return Err(Exit::Fatal(text));
        }
        Ok(())
    }

    /// Fails if another goroutine has wiped this one's mark away.
    async fn check_writing(&self, mem: &Mem) -> Fallible<()> {
        let flags = mem.load_u8(self.header + hmap::FLAGS).await;
        if flags & WRITING == 0 {
            return Err(Exit::Fatal(CONCURRENT_WRITES));
        }
        Ok(())
    }

    /// `h.flags ^= hashWriting`: a load, then a store.
    async fn toggle_writing(&self, mem: &Mem) {
        let flags = mem.load_u8(self.header + hmap::FLAGS).await;
        mem.store_u8(self.header + hmap::FLAGS, flags ^ WRITING)
            .await;
    }

    /// `h.flags &^= hashWriting`: a load, then a store.
    async fn clear_writing(&self, mem: &Mem) {
        let flags = mem.load_u8(self.header + hmap::FLAGS).await;
        mem.store_u8(self.header + hmap::FLAGS, flags & !WRITING)
            .await;
    }

    async fn hash(&self, mem: &Mem, key: &Key) -> u64 {
        let seed = mem.load_u32(self.header + hmap::SEED).await;
        mem.compute(key.hash_cycles()).await;
        key.hash(seed.into())
    }

    /// The bucket that `hash` belongs to.
    async fn bucket(&self, mem: &Mem, hash: u64) -> Fallible<Addr> {
        let log_buckets = mem.load_u8(self.header + hmap::LOG_BUCKETS).await;
        let buckets = mem.load_addr(self.header + hmap::BUCKETS).await;
        self.check_not_growing(mem).await?;
        let mask = 1_u64
            .checked_shl(log_buckets.into())
            .unwrap_or(0)
            .wrapping_sub(1);
        Ok(buckets + (hash & mask).wrapping_mul(self.bucket_bytes()))
    }

    async fn check_not_growing(&self, mem: &Mem) -> Fallible<()> {
        match mem.load_u64(self.header + hmap::OLD_BUCKETS).await {
            0 => Ok(()),
            _ => Err(growth_is_left_out()),
        }
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

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        let (buckets, bytes) = self.made;
        vec![
            (self.header, hmap::BYTES, "header"),
            (buckets, bytes, "buckets"),
        ]
    }

    fn clear<'a>(&'a self, _: &'a Mem) -> Calling<'a, ()> {
        Box::pin(async { Err(growth_is_left_out()) })
    }

    fn walk(&self, _: &Peek<'_>) -> Walk {
        Walk::default()
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(self.iterate(mem))
    }
}

const CONCURRENT_WRITES: &str = "concurrent map writes";

fn growth_is_left_out() -> Exit {
    let why = "the map would grow here and this model does not: give it more `buckets=`";
    Exit::Unsupported(why.to_owned())
}

fn top_hash(hash: u64) -> u8 {
    let top = (hash >> 56) as u8;
    if top < MIN_TOP_HASH {
        top + MIN_TOP_HASH
    } else {
        top
    }
}
