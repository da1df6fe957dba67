//! Go's classic map (Go 1.23 and before, `runtime/map.go`, `map_fast32.go`, `map_fast64.go`,
//! `map_faststr.go`): header and buckets with their real offsets, and the functions that the
//! compiler calls on them, access by access.
//!
//! Reading order: here is how buckets lie in memory, and `header` what holds them; `access` and
//! `faststr` find a key, `assign` a place for one, `overflow` makes buckets longer, `grow` and
//! `evacuate` the table larger; `delete`, `iterate` and `clear` are what they say, and `create` and
//! `make` make maps before the run and in it. `walk` looks
//! at it from outside.
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
mod fields;
mod grow;
mod header;
mod iterate;
mod make;
mod overflow;
mod walk;

pub(super) use create::create;
use header::{ITERATOR, OLD_ITERATOR, SAME_SIZE_GROW, WRITING, hmap, mapextra, mask, shift};
pub(super) use make::Maps;

use super::fields::Fields;
use super::go_runtime::Random;
use super::key::{Key, KeyLayout};
use super::map::{Calling, Map};
use super::mem::Mem;
use super::value::{ValueLayout, Words};
use super::walk::{Peek, Walk};
use crate::memory::Addr;

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
pub(super) struct GoClassic {
    header: Addr,
    /// What else was made before the run: where, how many bytes, and what.
    made: Vec<(Addr, u64, &'static str)>,
    key: KeyLayout,
    value: ValueLayout,
    variant: Variant,
    random: Random,
}

/// A slot of a bucket.
pub(super) type Slot = (Addr, u64);

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

    pub(super) fn elem_at(&self, (bucket, slot): Slot) -> Addr {
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
        Box::pin(async move { Ok(self.count(mem).await) })
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

    fn fields(&self) -> Vec<Fields> {
        self.named_fields()
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        self.look_over(memory)
    }
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
