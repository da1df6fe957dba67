//! Memory that threads share without locks, and memory that instructions are run from.
#![allow(
    unsafe_code,
    reason = "bytes that assembled instructions access, never by a reference, and the call of these \
              instructions"
)]

use std::io;

use memmap2::{Mmap, MmapMut, MmapRaw};

/// Bytes that only assembled instructions access while threads run, and one thread at a time
/// otherwise. Zero at first.
pub(super) struct Pages(MmapRaw);

impl Pages {
    pub(super) fn new(bytes: usize) -> io::Result<Pages> {
        Ok(Pages(MmapMut::map_anon(bytes.max(1))?.into()))
    }

    /// The address of the byte there.
    pub(super) fn at(&self, at: usize) -> *mut u8 {
        assert!(at < self.0.len(), "inside the pages");
        // SAFETY: it is inside the pages.
        unsafe { self.0.as_mut_ptr().add(at) }
    }

    /// Copies bytes to a place.
    ///
    /// # Safety
    /// No other thread accesses them now.
    pub(super) unsafe fn write(&self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.0.len(), "inside the pages");
        // SAFETY: they are inside the pages, which no reference covers, and the caller says that
        // they are nobody else's now.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.at(at), bytes.len()) }
    }

    /// So many bytes at a place, at most 8, as a number.
    ///
    /// # Safety
    /// No other thread writes them now.
    pub(super) unsafe fn read(&self, at: usize, bytes: usize) -> u64 {
        assert!(bytes <= 8 && at + bytes <= self.0.len(), "inside the pages");
        let mut number = [0; 8];
        // SAFETY: as above; nobody writes them now.
        unsafe { std::ptr::copy_nonoverlapping(self.at(at), number.as_mut_ptr(), bytes) };
        u64::from_le_bytes(number)
    }
}

/// A thread's instructions, ready to run.
pub(super) struct Code {
    pages: Mmap,
}

impl Code {
    /// Puts the bytes of a function where they can be run, and can be written no more.
    pub(super) fn new(bytes: &[u8]) -> io::Result<Code> {
        let mut pages = MmapMut::map_anon(bytes.len())?;
        pages.copy_from_slice(bytes);
        Ok(Code {
            pages: pages.make_exec()?,
        })
    }

    /// Runs the thread on an instance whose first location is at `first`; what is read back of its
    /// registers goes to `results`.
    ///
    /// # Safety
    /// The bytes are those of [`assemble`](super::assemble::assemble), all that the thread can access
    /// from `first` on and all that is read back at `results` is in pages that no reference covers.
    #[inline]
    pub(super) unsafe fn run(&self, first: *mut u8, results: *mut u8) {
        // SAFETY: the bytes are a function of this type, and stay where they are as long as `self`.
        let function: unsafe extern "sysv64" fn(*mut u8, *mut u8) =
            unsafe { std::mem::transmute(self.pages.as_ptr()) };
        // SAFETY: the caller says so.
        unsafe { function(first, results) }
    }
}
