//! What Go's maps of all releases take from their runtime: random numbers, and the texts of the
//! errors that end a program.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::key::hash;
use super::mem::Mem;
use crate::machine::Machine;
use crate::memory::{Addr, Bytes, WriteId};

/// A writer finds another one, at its beginning or at its end.
pub(super) const CONCURRENT_WRITES: &str = "concurrent map writes";
/// A reader finds a writer.
pub(super) const CONCURRENT_READ: &str = "concurrent map read and map write";
/// A loop over a map finds a writer.
pub(super) const CONCURRENT_ITERATION: &str = "concurrent map iteration and map write";

/// Random numbers. The runtime has a generator for each thread, so no other thread's calls
/// change what one draws (`rand`, before Go 1.22 `fastrand`).
#[derive(Clone, Debug, Default)]
pub(super) struct Random {
    /// How many numbers each thread has drawn.
    drawn: Rc<RefCell<FxHashMap<u32, u64>>>,
}

impl Random {
    /// The thread's next number, for the map whose header is there.
    pub(super) fn next(&self, mem: &Mem, header: Addr) -> u64 {
        let mut drawn = self.drawn.borrow_mut();
        let drawn = drawn.entry(mem.thread()).or_default();
        *drawn = drawn.wrapping_add(1);
        hash(*drawn, header.0 ^ u64::from(mem.thread()))
    }
}

/// Writes the low `bytes` bytes of a number before the run.
pub(super) fn write(machine: &mut Machine<Bytes>, addr: Addr, bytes: usize, value: u64) {
    let memory = machine.memory_mut();
    memory.write(addr, bytes, value.into(), WriteId::INITIAL);
}
