//! Arrays of buckets, and buckets that hang behind others when those are full
//! (`makeBucketArray`, `newoverflow`, `createOverflow`).

use super::{GoClassic, hmap, mapextra, mask, shift};
use crate::maps::mem::Mem;
use crate::memory::{Addr, SIZE_CLASSES};

/// An array of buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Array {
    /// How many buckets it has, those for overflow included.
    pub(super) buckets: u64,
    pub(super) bytes: u64,
    /// The first bucket for overflow, if there are some.
    pub(super) spare: Option<u64>,
}

/// The size classes beyond those that the heap knows (Go 1.19 to 1.23, `runtime/sizeclasses.go`).
const LARGE_CLASSES: [u64; 36] = [
    1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5120, 5376, 6144,
    6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072,
    20480, 21760, 24576, 27264, 28672, 32768,
];

/// Objects beyond the size classes have whole pages.
const PAGE_BYTES: u64 = 8192;

impl GoClassic {
    /// `makeBucketArray`: 2^`log_buckets` buckets. From 16 on they come with a sixteenth more for
    /// overflow, and with as many as the allocator's rounding has room for.
    pub(super) fn array(&self, log_buckets: u8) -> Array {
        let base = shift(log_buckets);
        let bytes = |buckets: u64| buckets.saturating_mul(self.bucket_bytes());
        let has_spare = log_buckets >= 4;
        let buckets = match has_spare {
            false => base,
            true => round_up(bytes(base + (base >> 4))) / self.bucket_bytes(),
        };
        Array {
            buckets,
            bytes: bytes(buckets),
            spare: has_spare.then_some(base),
        }
    }

    /// A new array, and its first bucket for overflow.
    pub(super) async fn make_array(&self, mem: &Mem, log_buckets: u8) -> (Addr, Option<Addr>) {
        let array = self.array(log_buckets);
        let buckets = mem.allocate(array.bytes, "buckets").await;
        (buckets, self.prepare_spare(mem, buckets, array).await)
    }

    /// The last spare bucket is marked by a link to the array's beginning.
    pub(super) async fn prepare_spare(
        &self,
        mem: &Mem,
        buckets: Addr,
        array: Array,
    ) -> Option<Addr> {
        let spare = array.spare?;
        let last = self.nth(buckets, array.buckets.wrapping_sub(1));
        mem.store_addr(self.overflow_of(last), buckets).await;
        Some(self.nth(buckets, spare))
    }

    /// Hangs a new bucket behind `bucket`, a spare one if there is one.
    pub(super) async fn new_overflow(&self, mem: &Mem, bucket: Addr) -> Addr {
        let overflow = match self.take_spare(mem).await {
            Some(spare) => spare,
            None => mem.allocate(self.bucket_bytes(), "overflow bucket").await,
        };
        self.count_overflow(mem).await;
        if self.is_pointer_free() {
            self.keep_alive(mem, overflow).await;
        }
        mem.store_addr(self.overflow_of(bucket), overflow).await;
        overflow
    }

    async fn take_spare(&self, mem: &Mem) -> Option<Addr> {
        let extra = mem.load_addr(self.header + hmap::EXTRA).await;
        if extra == Addr(0) {
            return None;
        }
        let next = mem.load_addr(extra + mapextra::NEXT_OVERFLOW).await;
        if next == Addr(0) {
            return None;
        }
        let after = match mem.load_addr(self.overflow_of(next)).await {
            Addr(0) => next + self.bucket_bytes(),
            _ => {
                mem.store_addr(self.overflow_of(next), Addr(0)).await;
                Addr(0)
            }
        };
        mem.store_addr(extra + mapextra::NEXT_OVERFLOW, after).await;
        Some(next)
    }

    /// `incrnoverflow`: exact below 2^16 buckets, then once in 2^(B-15) times.
    async fn count_overflow(&self, mem: &Mem) {
        let log_buckets = self.log_buckets(mem).await;
        let mask = mask(log_buckets.saturating_sub(15));
        if log_buckets < 16 || self.random(mem) & mask == 0 {
            let count = mem.load_u16(self.header + hmap::NOVERFLOW).await;
            mem.store_u16(self.header + hmap::NOVERFLOW, count.wrapping_add(1))
                .await;
        }
    }

    /// The collector does not look into buckets without pointers, so their links are kept in a
    /// slice: `*h.extra.overflow = append(*h.extra.overflow, overflow)`. The slice doubles where
    /// the runtime adds less to one of more than 256.
    async fn keep_alive(&self, mem: &Mem, overflow: Addr) {
        let slice = self.overflow_slice(mem).await;
        let mut items = mem.load_addr(slice).await;
        let len = mem.load_u64(slice + 8).await;
        let capacity = mem.load_u64(slice + 16).await;
        if len >= capacity {
            let larger = capacity.saturating_mul(2).clamp(1, 1 << 24);
            let new = mem.allocate(larger * 8, "overflow list").await;
            for at in 0..len.min(capacity) {
                let item = mem.load_u64(items + at * 8).await;
                mem.store_u64(new + at * 8, item).await;
            }
            items = new;
            mem.store_u64(slice + 16, larger).await;
            mem.store_addr(slice, items).await;
        }
        mem.store_u64(slice + 8, len.wrapping_add(1)).await;
        mem.store_addr(items + len.wrapping_mul(8), overflow).await;
    }

    /// `createOverflow`: where that slice is, made if need be.
    pub(super) async fn overflow_slice(&self, mem: &Mem) -> Addr {
        let extra = self.extra(mem).await;
        let slice = mem.load_addr(extra + mapextra::OVERFLOW).await;
        if slice != Addr(0) {
            return slice;
        }
        let slice = mem.allocate(24, "overflow slice").await;
        mem.store_addr(extra + mapextra::OVERFLOW, slice).await;
        slice
    }

    /// `h.extra`, made if need be.
    pub(super) async fn extra(&self, mem: &Mem) -> Addr {
        let extra = mem.load_addr(self.header + hmap::EXTRA).await;
        if extra != Addr(0) {
            return extra;
        }
        let extra = mem.allocate(mapextra::BYTES, "extra").await;
        mem.store_addr(self.header + hmap::EXTRA, extra).await;
        extra
    }
}

/// The size that the allocator gives for so many bytes (`roundupsize`).
fn round_up(bytes: u64) -> u64 {
    let mut classes = SIZE_CLASSES.iter().chain(&LARGE_CLASSES);
    let class = classes.find(|&&class| bytes <= class);
    class.copied().unwrap_or_else(|| {
        let pages = bytes.checked_next_multiple_of(PAGE_BYTES);
        pages.unwrap_or(u64::MAX)
    })
}
