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

/// Whose part of the heap an object is placed in: allocators give each thread its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arena(pub u16);

impl Arena {
    /// What is there before the run.
    pub const SETUP: Arena = Arena(u16::MAX);
}

/// What shares a span: the objects of an arena that are placed alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Sharing {
    /// Objects of one size class.
    Class(u64),
    /// Objects of any size, one after another.
    Bump,
    /// Objects with lines of their own.
    WholeLines,
}

/// Where objects lie.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Heap {
    /// The next span that nobody uses.
    top: u64,
    /// For each kind of span: the next free byte and the end of the current one.
    spans: BTreeMap<(Arena, Sharing), (u64, u64)>,
    /// For each page from the first, in order of address: what lies in it.
    pages: Vec<Page>,
    /// How many objects there are, and their bytes.
    allocated: (u64, u64),
    /// Whether every address may be touched, allocated or not.
    open: bool,
}

/// A page of the heap, of [`SPAN_BYTES`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Page {
    /// First byte and end of the objects that begin here, in order of address; objects of a
    /// page are placed in that order, too.
    objects: Vec<(u64, u64)>,
    /// The page that the object across its first byte begins in; itself if there is none.
    begun_before: u64,
}

impl Page {
    /// The last object of this page that begins at or before `addr`.
    fn begun_until(&self, addr: u64) -> Option<usize> {
        let (first, last) = (self.objects.first()?.0, self.objects.last()?.0);
        let past = addr.checked_sub(first)?;
        if addr >= last {
            return Some(self.objects.len() - 1);
        }
        // Objects of one size class lie evenly; any others are searched for.
        let even = past * (self.objects.len() as u64 - 1) / (last - first);
        let (begin, end) = self.objects[even as usize];
        if (begin..end).contains(&addr) {
            return Some(even as usize);
        }
        let after = self.objects.partition_point(|&(start, _)| start <= addr);
        after.checked_sub(1)
    }
}

impl Heap {
    /// The first address of all heaps.
    pub const BASE: Addr = Addr(BASE);

    /// An empty heap: only allocated addresses may be touched.
    #[must_use]
    pub fn new() -> Heap {
        Heap {
            top: BASE,
            spans: BTreeMap::new(),
            pages: Vec::new(),
            allocated: (0, 0),
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

    /// How many objects were allocated.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.allocated.0
    }

    /// How many bytes they have.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.allocated.1
    }

    /// A place for an object of `bytes` bytes, in the size class that a real allocator takes.
    ///
    /// # Errors
    /// When the heap is full.
    pub fn allocate(&mut self, arena: Arena, bytes: u64) -> Result<Addr, HeapFull> {
        match SIZE_CLASSES.iter().find(|&&class| bytes <= class) {
            Some(&class) => self.share(arena, Sharing::Class(class), class, bytes),
            None => {
                let start = self.grow(bytes)?;
                Ok(self.insert(start, bytes))
            }
        }
    }

    /// A place for an object of `bytes` bytes right after the last one, aligned to 8 bytes.
    ///
    /// # Errors
    /// When the heap is full.
    pub fn allocate_next(&mut self, arena: Arena, bytes: u64) -> Result<Addr, HeapFull> {
        let size = bytes.checked_next_multiple_of(8);
        let size = size.ok_or(HeapFull { bytes })?.max(8);
        self.share(arena, Sharing::Bump, size, bytes)
    }

    /// A place for an object that shares no line of `line_bytes` bytes, a power of two of at
    /// most 256, with any other.
    ///
    /// # Errors
    /// When the heap is full.
    pub fn allocate_lines(&mut self, bytes: u64, line_bytes: u64) -> Result<Addr, HeapFull> {
        let size = bytes.max(1).checked_next_multiple_of(line_bytes);
        let size = size.ok_or(HeapFull { bytes })?;
        self.share(Arena::SETUP, Sharing::WholeLines, size, bytes)
    }

    /// A place of `size` bytes for an object of `bytes` bytes in a span that it shares.
    fn share(
        &mut self,
        arena: Arena,
        sharing: Sharing,
        size: u64,
        bytes: u64,
    ) -> Result<Addr, HeapFull> {
        let known = self.spans.get(&(arena, sharing)).copied();
        let (start, end) = match known {
            Some((next, end)) if size <= end - next => (next, end),
            _ => {
                let start = self.grow(size)?;
                (start, start + size.next_multiple_of(SPAN_BYTES))
            }
        };
        self.spans.insert((arena, sharing), (start + size, end));
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
        self.open || self.object(addr).is_some_and(|(_, end)| stop <= end)
    }

    /// The object that the byte at `addr` is in: its first byte and its end.
    #[must_use]
    pub fn object(&self, addr: Addr) -> Option<(u64, u64)> {
        let number = addr.0.checked_sub(BASE)? / SPAN_BYTES;
        let page = self.pages.get(number as usize)?;
        let object = match page.begun_until(addr.0) {
            Some(at) => page.objects.get(at),
            None => self.pages[page.begun_before as usize].objects.last(),
        };
        object
            .copied()
            .filter(|&(start, end)| (start..end).contains(&addr.0))
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
        let page = |addr: u64| (addr - BASE) / SPAN_BYTES;
        let (first, last) = (page(start), page(start + bytes.saturating_sub(1)));
        while self.pages.len() as u64 <= last {
            let begun_before = self.pages.len() as u64;
            self.pages.push(Page {
                begun_before,
                ..Page::default()
            });
        }
        for later in first + 1..=last {
            self.pages[later as usize].begun_before = first;
        }
        self.pages[first as usize]
            .objects
            .push((start, start + bytes));
        self.allocated = (self.allocated.0 + 1, self.allocated.1 + bytes);
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
        let headers: Vec<u64> = (0..4)
            .map(|_| heap.allocate(Arena::SETUP, 48).unwrap().0 % 64)
            .collect();
        assert_eq!(headers, [0, 48, 32, 16]);
    }

    #[test]
    fn only_allocated_bytes_may_be_touched() {
        let mut heap = Heap::new();
        let object = heap.allocate(Arena::SETUP, 20).unwrap();
        assert!(heap.contains(object, 20));
        assert!(!heap.contains(object + 16, 5));
        assert!(!heap.contains(Addr(0), 1));
        assert!(!heap.contains(Addr(u64::MAX), 2));
    }

    #[test]
    fn each_arena_has_its_own_spans() {
        let mut heap = Heap::new();
        let mut page = |arena, bytes| heap.allocate(Arena(arena), bytes).unwrap().0 / SPAN_BYTES;
        assert_eq!(page(0, 48), page(0, 48));
        assert_ne!(page(0, 48), page(1, 48));
        let next = |heap: &mut Heap, bytes| heap.allocate_next(Arena(2), bytes).unwrap().0;
        let first = next(&mut heap, 12);
        assert_eq!(next(&mut heap, 32), first + 16);
        assert_eq!((heap.objects(), heap.bytes()), (6, 48 * 4 + 44));
    }

    #[test]
    fn large_objects_reach_over_pages() {
        let mut heap = Heap::new();
        heap.allocate(Arena(0), 100).unwrap();
        let large = heap.allocate(Arena(0), 3 * SPAN_BYTES + 7).unwrap();
        assert!(heap.contains(large + (3 * SPAN_BYTES - 1), 8));
        assert!(!heap.contains(large + (3 * SPAN_BYTES), 8));
        assert_eq!(heap.object(large + 2 * SPAN_BYTES).unwrap().0, large.0);
        assert!(heap.object(large + 5 * SPAN_BYTES).is_none());
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
        assert!(heap.allocate(Arena::SETUP, 10 << 30).is_err());
    }
}
