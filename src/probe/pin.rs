//! Threads on processors of their own.

use rustix::io::Errno;
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

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

/// Whether the calling thread is still on the processor on which it was to be kept: others may change
/// that at any time (taskset, a processor that is switched off), and what it saw is then of other
/// processors than is said.
///
/// # Errors
/// That it was moved; in words.
pub(super) fn stayed(processor: u32) -> Result<(), String> {
    match sched_getcpu() {
        now if now == processor as usize => Ok(()),
        now => Err(format!(
            "a thread was moved from processor {processor} to processor {now} meanwhile"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_was_moved_says_so() {
        let Some(&[first, second, ..]) = allowed().as_deref() else {
            println!("skipped: only one processor");
            return;
        };
        std::thread::spawn(move || {
            pin(first).expect("it is allowed");
            assert_eq!(stayed(first), Ok(()));
            pin(second).expect("it is allowed");
            let why = stayed(first).unwrap_err();
            assert!(
                why.contains(&format!("{first} to processor {second}")),
                "{why}"
            );
        })
        .join()
        .expect("it does not panic");
    }
}
