//! `sync.Mutex`: two words of 4 bytes, the state and the semaphore that waiters sleep for.
//!
//! Starvation is left out: in Go a waiter that slept for more than a millisecond makes the
//! next unlock hand the lock over, and nobody in these runs waits that long.

use crate::machine::{Exit, Note};
use crate::maps::fields::Field;
use crate::maps::mem::{Fallible, Mem};
use crate::maps::walk::Peek;
use crate::memory::Addr;

const LOCKED: u64 = 1;
const WOKEN: u64 = 2;
/// From this bit on the state counts waiters.
const WAITER: u64 = 8;
/// So many rounds a thread spins before it sleeps (`active_spin`).
const SPIN_ROUNDS: u32 = 4;
/// A round is 30 `PAUSE` instructions (`active_spin_cnt`) of 44 cycles each, between the 10 of
/// older processors and the 140 of Skylake.
const ROUND_CYCLES: u32 = 30 * 44;

/// A mutex at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutex(pub Addr);

impl Mutex {
    /// Its size.
    pub const BYTES: u64 = 8;

    /// Its fields.
    pub(in crate::maps) const FIELDS: [Field; 2] =
        [Field::one(0, 4, "state"), Field::one(4, 4, "sema")];

    fn semaphore(self) -> Addr {
        self.0 + 4
    }

    /// `Lock`.
    pub async fn lock(self, mem: &Mem) {
        self.lock_unnoted(mem).await;
        let (addr, shared) = (self.0, false);
        mem.note(Note::Locked { addr, shared }).await;
    }

    /// The same as a part of another lock, which says itself that it is locked.
    pub(super) async fn lock_unnoted(self, mem: &Mem) {
        if !mem.compare_exchange(self.0, 4, 0, LOCKED).await {
            self.lock_slow(mem).await;
        }
    }

    async fn lock_slow(self, mem: &Mem) {
        let mut awoke = false;
        let mut round = 0;
        let mut old = mem.load_atomic(self.0, 4).await;
        loop {
            if old & LOCKED != 0 && round < SPIN_ROUNDS {
                // So that an unlock wakes nobody else.
                if !awoke
                    && old & WOKEN == 0
                    && old >= WAITER
                    && mem.compare_exchange(self.0, 4, old, old | WOKEN).await
                {
                    awoke = true;
                }
                mem.spin(ROUND_CYCLES).await;
                round += 1;
                old = mem.load_atomic(self.0, 4).await;
                continue;
            }
            let mut new = old | LOCKED;
            if old & LOCKED != 0 {
                new += WAITER;
            }
            if awoke {
                new &= !WOKEN;
            }
            if !mem.compare_exchange(self.0, 4, old, new).await {
                old = mem.load_atomic(self.0, 4).await;
                continue;
            }
            if old & LOCKED == 0 {
                return;
            }
            mem.acquire(self.semaphore()).await;
            awoke = true;
            round = 0;
            old = mem.load_atomic(self.0, 4).await;
        }
    }

    /// `Unlock`.
    ///
    /// # Errors
    /// Go's fatal error when it is not locked.
    pub async fn unlock(self, mem: &Mem) -> Fallible<()> {
        let (addr, shared) = (self.0, false);
        mem.note(Note::Unlocking { addr, shared }).await;
        self.unlock_unnoted(mem).await
    }

    /// The same as a part of another lock.
    pub(super) async fn unlock_unnoted(self, mem: &Mem) -> Fallible<()> {
        let minus = u64::from(u32::MAX); // -LOCKED in 4 bytes
        let old = mem.fetch_add(self.0, 4, minus).await;
        if old & LOCKED == 0 {
            return Err(Exit::Fatal("sync: unlock of unlocked mutex"));
        }
        let mut old = old.wrapping_sub(LOCKED) & u64::from(u32::MAX);
        // Someone waits, nobody has the lock, and nobody was woken yet.
        while old >= WAITER && old & (LOCKED | WOKEN) == 0 {
            let new = (old - WAITER) | WOKEN;
            if mem.compare_exchange(self.0, 4, old, new).await {
                mem.release(self.semaphore()).await;
                break;
            }
            old = mem.load_atomic(self.0, 4).await;
        }
        Ok(())
    }

    /// Whether nobody holds it or waits for it.
    #[must_use]
    pub fn is_free(self, memory: &Peek<'_>) -> bool {
        let state = memory.load(self.0, 4).unwrap_or(0);
        state & !WOKEN == 0
    }
}
