//! `synchronized (object)`. HotSpot locks an object by a compare-and-swap of its mark word and
//! makes a monitor beside it once two threads want it; here the monitor's state stays in the
//! mark word: whether it is locked, and how many threads sleep for it.

use crate::machine::Note;
use crate::maps::mem::Mem;
use crate::memory::Addr;

/// The mark word is the first 8 bytes of an object.
const LOCKED: u64 = 1;
const SLEEPER: u64 = 2;

/// So often a thread looks again before it sleeps, with so many cycles in between. Chosen:
/// HotSpot adapts both.
const SPINS: u32 = 10;
const SPIN_CYCLES: u32 = 40;

/// Locks the object; sleeps while another thread has it.
pub(super) async fn enter(mem: &Mem, object: Addr) {
    loop {
        for _ in 0..SPINS {
            let mark = mem.load_atomic(object, 8).await;
            let free = mark & LOCKED == 0;
            if free && mem.compare_exchange(object, 8, mark, mark | LOCKED).await {
                let (addr, shared) = (object, false);
                mem.note(Note::Locked { addr, shared }).await;
                return;
            }
            mem.spin(SPIN_CYCLES).await;
        }
        let mark = mem.load_atomic(object, 8).await;
        let more = mark.wrapping_add(SLEEPER);
        if mark & LOCKED != 0 && mem.compare_exchange(object, 8, mark, more).await {
            mem.acquire(object).await;
        }
    }
}

/// Unlocks the object and wakes one that sleeps for it.
pub(super) async fn exit(mem: &Mem, object: Addr) {
    let (addr, shared) = (object, false);
    mem.note(Note::Unlocking { addr, shared }).await;
    if mem.compare_exchange(object, 8, LOCKED, 0).await {
        return;
    }
    loop {
        let mark = mem.load_atomic(object, 8).await;
        let sleepers = mark & !LOCKED;
        let left = sleepers.saturating_sub(SLEEPER);
        if mem.compare_exchange(object, 8, mark, left).await {
            if sleepers > 0 {
                mem.release(object).await;
            }
            return;
        }
    }
}
