//! A simulated heap: which addresses a program may touch, and where objects are put.
//! It places objects as Go's allocator does and holds no data itself.

use std::collections::BTreeMap;
use std::fmt;

use super::Addr;

/// Sizes that small objects are rounded up to, in bytes: Go's size classes up to 1 KiB
/// (Go 1.19 to 1.24, `runtime/sizeclasses.go`). Larger objects are rounded up to 8 KiB pages.
pub const SIZE_CLASSES: [u64; 31] = [
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352,
    384, 416, 448, 480, 512, 576, 640, 704, 768, 1024,
];

/// The first address of the heap, where Go's arenas start on 64-bit systems.
const BASE: u64 = 0xc0_0000_0000;
/// Objects of one size class share spans of this many bytes.
const SPAN_BYTES: u64 = 8192;
/// Stands for a size class: that of objects with lines of their own.
const WHOLE_LINES: u64 = 0;
/// All objects together take at most this many bytes of address space.
const LIMIT_BYTES: u64 = 1 << 30;

/// The heap has no room for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapFull {
    /// The size that was asked for, in bytes.
    pub bytes: u64,
}

impl fmt::Display for HeapFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = LIMIT_BYTES >> 20;
        write!(
            f,
            "no room for {} bytes: the heap is limited to {limit} MiB",
            self.bytes
        )
    }
}

impl std::error::Error for HeapFull {}

/// Where objects lie.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Heap {
    /// The next span that nobody uses.
    top: u64,
    /// For each size class: the next free cell and the end of its current span.
    spans: BTreeMap<u64, (u64, u64)>,
    /// First byte and end of every object, by address.
    objects: Vec<(u64, u64)>,
    /// Whether every address may be touched, allocated or not.
    open: bool,
}

impl Heap {
    /// An empty heap: only allocated addresses may be touched.
    #[must_use]
    pub fn new() -> Heap {
        Heap {
            top: BASE,
            spans: BTreeMap::new(),
            objects: Vec::new(),
            open: false,
        }
    }

    /// A heap in which every address may be touched, for traces that bring raw addresses.
    #[must_use]
    pub fn open() -> Heap {
        Heap {
            open: true,
            ..Heap::new()
        }
    }

    /// A place for an object of `bytes` bytes, in the size class that a real allocator takes.
    ///
    /// # Errors
    /// When the heap is full.
    pub fn allocate(&mut self, bytes: u64) -> Result<Addr, HeapFull> {
        let Some(&class) = SIZE_CLASSES.iter().find(|&&class| bytes <= class) else {
            let start = self.grow(bytes)?;
            return Ok(self.insert(start, bytes));
        };
        let (next, end) = self.spans.get(&class).copied().unwrap_or((0, 0));
        let (start, end) = if next + class <= end {
            (next, end)
        } else {
            let span = self.grow(SPAN_BYTES)?;
            (span, span + SPAN_BYTES)
        };
        self.spans.insert(class, (start + class, end));
        Ok(self.insert(start, bytes))
    }

    /// A place for an object that shares no line of `line_bytes` bytes, a power of two of at
    /// most 256, with any other.
    ///
    /// # Errors
    /// When the heap is full.
    pub fn allocate_lines(&mut self, bytes: u64, line_bytes: u64) -> Result<Addr, HeapFull> {
        let size = bytes
            .max(1)
            .checked_next_multiple_of(line_bytes)
            .ok_or(HeapFull { bytes })?;
        let (next, end) = self.spans.get(&WHOLE_LINES).copied().unwrap_or((0, 0));
        let (start, end) = if size <= end - next {
            (next, end)
        } else {
            let start = self.grow(size)?;
            (start, start + size.next_multiple_of(SPAN_BYTES))
        };
        self.spans.insert(WHOLE_LINES, (start + size, end));
        Ok(self.insert(start, bytes))
    }

    /// A place for an object of `bytes` bytes whose address is `residue` modulo `modulus`:
    /// what packed structures, 32-bit builds or `unsafe` code give.
    ///
    /// # Errors
    /// When the heap is full.
    ///
    /// # Panics
    /// When `residue` is not below `modulus`.
    pub fn allocate_at(
        &mut self,
        bytes: u64,
        residue: u64,
        modulus: u64,
    ) -> Result<Addr, HeapFull> {
        assert!(residue < modulus, "an address modulo {modulus} is below it");
        let room = bytes.checked_add(modulus).ok_or(HeapFull { bytes })?;
        let start = self.grow(room)?;
        let skip = (residue + modulus - start % modulus) % modulus;
        Ok(self.insert(start + skip, bytes))
    }

    /// Whether all of `bytes` bytes from `addr` on were allocated, in one object.
    #[must_use]
    pub fn contains(&self, addr: Addr, bytes: u64) -> bool {
        let Some(stop) = addr.0.checked_add(bytes) else {
            return false;
        };
        if self.open {
            return true;
        }
        let after = self.objects.partition_point(|&(start, _)| start <= addr.0);
        let Some(&(_, end)) = after.checked_sub(1).and_then(|at| self.objects.get(at)) else {
            return false;
        };
        stop <= end
    }

    fn grow(&mut self, bytes: u64) -> Result<u64, HeapFull> {
        let pages = bytes.div_ceil(SPAN_BYTES).max(1);
        if pages > (LIMIT_BYTES - (self.top - BASE)) / SPAN_BYTES {
            return Err(HeapFull { bytes });
        }
        let start = self.top;
        self.top += pages * SPAN_BYTES;
        Ok(start)
    }

    fn insert(&mut self, start: u64, bytes: u64) -> Addr {
        let at = self.objects.partition_point(|&(other, _)| other < start);
        self.objects.insert(at, (start, start + bytes));
        Addr(start)
    }
}

impl Default for Heap {
    fn default() -> Heap {
        Heap::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_a_class_lie_side_by_side() {
        let mut heap = Heap::new();
        let headers: Vec<u64> = (0..4).map(|_| heap.allocate(48).unwrap().0 % 64).collect();
        assert_eq!(headers, [0, 48, 32, 16]);
    }

    #[test]
    fn only_allocated_bytes_may_be_touched() {
        let mut heap = Heap::new();
        let object = heap.allocate(20).unwrap();
        assert!(heap.contains(object, 20));
        assert!(!heap.contains(object + 16, 5));
        assert!(!heap.contains(Addr(0), 1));
        assert!(!heap.contains(Addr(u64::MAX), 2));
    }

    #[test]
    fn lines_are_not_shared() {
        let mut heap = Heap::new();
        let lines =
            [1, 64, 65, 9000, 0].map(|bytes| heap.allocate_lines(bytes, 64).unwrap().0 / 64);
        assert_eq!(lines.map(|line| line - lines[0]), [0, 1, 2, 128, 128 + 141]);
        assert!(heap.allocate_lines(u64::MAX, 64).is_err());
    }

    #[test]
    fn a_place_can_be_asked_for() {
        let mut heap = Heap::new();
        assert_eq!(heap.allocate_at(144, 52, 64).unwrap().0 % 64, 52);
        assert!(heap.allocate_at(u64::MAX, 1, 64).is_err());
        assert!(heap.allocate(10 << 30).is_err());
    }
}
