//! What a real processor is not asked: a loop that may never end, an access of which it is not certain
//! beforehand that it is in a location, and a locked operation across two lines, which stops all other
//! processors and which a system may punish (Intel SDM, volume 3A, section 10.1.2.3, "Features to Disable
//! Bus Locks"). Read from the instructions, without running them.

use super::accesses::{Accessed, cross};
use super::known::{Known, before};
use crate::litmus::{Base, Instruction, Layout, Test};
use crate::memory::Addr;

/// The size of lines on all processors with these instructions.
pub(super) const LINE_BYTES: u64 = 64;

/// Why the test is not asked, if it is not.
pub(super) fn refuse(test: &Test, layout: &Layout) -> Option<String> {
    let threads = 0..test.threads.len();
    threads
        .filter_map(|one| refuse_thread(test, one, layout))
        .next()
}

fn refuse_thread(test: &Test, thread: usize, layout: &Layout) -> Option<String> {
    let instructions = &test.threads[thread];
    for (at, instruction) in instructions.iter().enumerate() {
        if let Instruction::Jump { to, .. } = *instruction
            && usize::from(to) <= at
        {
            return Some(format!("P{thread} jumps back, so that it may never end"));
        }
    }
    let before = before(test, thread, layout);
    for (instruction, known) in instructions.iter().zip(&before) {
        if let (Some(accessed), Some(known)) = (Accessed::by(instruction), known)
            && let Some(why) = refuse_access(accessed, known, layout)
        {
            return Some(format!("P{thread} {why}"));
        }
    }
    None
}

/// Why an access must not be made. All others are in locations on whatever way a thread comes to them,
/// so that no memory of anyone else is ever touched.
fn refuse_access(accessed: Accessed, known: &Known, layout: &Layout) -> Option<String> {
    if let Base::Register(register) = accessed.memory.base {
        match known[register.index()] {
            None => {
                return Some("accesses memory at an address that only a run tells".to_owned());
            }
            Some(base) if base.addresses != 1 => {
                return Some("accesses memory at a number that is no address".to_owned());
            }
            Some(_) => {}
        }
    }
    let (first, last) = accessed.bytes(known, layout);
    let place = |addr: Addr| layout.location_of(addr);
    if place(first).is_none() || place(last).is_none() || last < first {
        let bytes = accessed.width.bytes();
        return Some(format!(
            "accesses {bytes} bytes at {first}, which are in no location"
        ));
    }
    (accessed.locked && cross((first, last))).then(|| {
        "has a locked operation across two lines, which would stop all processors".to_owned()
    })
}
