//! Threads on processors of their own.

use rustix::io::Errno;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors that this process may use, in the order of their numbers; none if the system does
/// not say.
#[must_use]
pub fn allowed() -> Option<Vec<u32>> {
    let set = sched_getaffinity(None).ok()?;
    let numbers = 0..CpuSet::MAX_CPU;
    Some(
        numbers
            .filter(|&number| set.is_set(number))
            .map(|number| number as u32)
            .collect(),
    )
}

/// Keeps the calling thread on one processor.
///
/// # Errors
/// What the system says against it.
pub(super) fn pin(processor: u32) -> Result<(), Errno> {
    if processor as usize >= CpuSet::MAX_CPU {
        return Err(Errno::INVAL);
    }
    let mut set = CpuSet::new();
    set.set(processor as usize);
    sched_setaffinity(None, &set)
}
