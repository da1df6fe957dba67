//! Bytes that two threads access at once, by moves of the processor alone.
#![allow(
    unsafe_code,
    reason = "memory that is shared without locks, and never by a reference"
)]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::sync::atomic::AtomicU64;

use super::access::{MOST_BYTES, Move};

/// The size of the pages that its bytes lie in. Larger pages of the system contain such ones.
pub(super) const PAGE_BYTES: usize = 4096;
const BYTES: usize = 4 * PAGE_BYTES;

/// Whole pages, zero at first.
pub(super) struct Shared {
    first: *mut u8,
}

/// Bytes of a thread's own, as many as an access can move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct Own(pub(super) [u8; MOST_BYTES]);

// SAFETY: its bytes are only accessed in assembly and as atomics, which may race.
unsafe impl Sync for Shared {}
// SAFETY: it owns what it points to.
unsafe impl Send for Shared {}

impl Shared {
    pub(super) fn new() -> Shared {
        // SAFETY: the layout has a size.
        let first = unsafe { alloc_zeroed(layout()) };
        if first.is_null() {
            handle_alloc_error(layout());
        }
        Shared { first }
    }

    /// Moves as many bytes as the access has between the thread's own and those from `at` on.
    pub(super) fn load(&self, load: Move, at: usize, own: &mut Own) {
        assert!(at <= BYTES - MOST_BYTES, "inside the pages");
        // SAFETY: both have 64 bytes there, and the shared ones are no reference's but an atomic's.
        unsafe { load(self.first.add(at), own.0.as_mut_ptr()) }
    }

    /// The other way round.
    pub(super) fn store(&self, store: Move, own: &mut Own, at: usize) {
        assert!(at <= BYTES - MOST_BYTES, "inside the pages");
        // SAFETY: as above.
        unsafe { store(own.0.as_mut_ptr(), self.first.add(at)) }
    }

    /// The address of a byte, for assembly that moves up to 8 from there on.
    pub(super) fn pointer(&self, at: usize) -> *mut u8 {
        assert!(at <= BYTES - 8, "inside the pages");
        // SAFETY: it is inside.
        unsafe { self.first.add(at) }
    }

    /// Eight aligned bytes as a word that threads may share.
    pub(super) fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(8), "aligned as the pages are");
        // SAFETY: they are inside and aligned, live as long as the pages, and are accessed as an
        // atomic or in assembly alone.
        unsafe { AtomicU64::from_ptr(self.pointer(at).cast()) }
    }
}

impl Shared {
    /// Increments the eight bytes at the beginning.
    pub(super) fn increment(&self, increment: unsafe fn(*mut u8)) {
        // SAFETY: they are inside the pages, and no reference's.
        unsafe { increment(self.first) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout, and no thread has it any more.
        unsafe { dealloc(self.first, layout()) }
    }
}

fn layout() -> Layout {
    Layout::from_size_align(BYTES, PAGE_BYTES).expect("a power of two")
}
