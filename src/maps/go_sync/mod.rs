//! Go's locks in simulated memory (`sync/mutex.go`, `sync/rwmutex.go`, Go 1.19 to 1.24): the
//! words that they are made of, and the accesses to them. Threads that wait sleep.

mod mutex;
mod rwmutex;

pub use mutex::Mutex;
pub use rwmutex::RwMutex;

use super::fields::Fields;
use super::mem::{Fallible, Mem};
use super::walk::Peek;
use crate::memory::Addr;

/// A lock as maps and traces use it.
#[derive(Clone, Copy, Debug)]
pub enum Lock {
    /// One at a time.
    Mutex(Mutex),
    /// Readers together, or one writer.
    ReadWrite(RwMutex),
}

impl Lock {
    /// Locks it for a call that changes nothing.
    pub(super) async fn read_lock(&self, mem: &Mem) {
        match self {
            Lock::Mutex(mutex) => mutex.lock(mem).await,
            Lock::ReadWrite(lock) => lock.read_lock(mem).await,
        }
    }

    /// Unlocks it after such a call.
    pub(super) async fn read_unlock(&self, mem: &Mem) -> Fallible<()> {
        match self {
            Lock::Mutex(mutex) => mutex.unlock(mem).await,
            Lock::ReadWrite(lock) => lock.read_unlock(mem).await,
        }
    }

    /// Locks it for a call that changes something.
    pub(super) async fn lock(&self, mem: &Mem) {
        match self {
            Lock::Mutex(mutex) => mutex.lock(mem).await,
            Lock::ReadWrite(lock) => lock.lock(mem).await,
        }
    }

    /// Unlocks it after such a call.
    pub(super) async fn unlock(&self, mem: &Mem) -> Fallible<()> {
        match self {
            Lock::Mutex(mutex) => mutex.unlock(mem).await,
            Lock::ReadWrite(lock) => lock.unlock(mem).await,
        }
    }

    /// Where it lies, and its size in bytes.
    #[must_use]
    pub fn place(&self) -> (Addr, u64) {
        match self {
            Lock::Mutex(Mutex(addr)) => (*addr, Mutex::BYTES),
            Lock::ReadWrite(RwMutex(addr)) => (*addr, RwMutex::BYTES),
        }
    }

    /// Its fields, where it is called so.
    #[must_use]
    pub fn fields(&self, part: &'static str) -> Fields {
        match self {
            Lock::Mutex(_) => Fields::of(part, &Mutex::FIELDS),
            Lock::ReadWrite(_) => Fields::of(part, &RwMutex::FIELDS),
        }
    }

    /// Whether nobody holds it or waits for it.
    pub(super) fn is_free(&self, memory: &Peek<'_>) -> bool {
        match self {
            Lock::Mutex(mutex) => mutex.is_free(memory),
            Lock::ReadWrite(lock) => lock.is_free(memory),
        }
    }
}
