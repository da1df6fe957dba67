//! `sync.RWMutex`: a mutex for writers, two semaphores, and two counts of readers. Every reader
//! changes the first count twice, so readers on several cores take its line from each other.

use super::Mutex;
use crate::machine::{Exit, Note};
use crate::maps::fields::Field;
use crate::maps::mem::{Fallible, Mem};
use crate::maps::walk::Peek;
use crate::memory::Addr;

/// What a writer takes from the count of readers, so that new readers see it below 0.
const MOST_READERS: i32 = 1 << 30;

/// A reader/writer lock at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RwMutex(pub Addr);

impl RwMutex {
    /// Its size.
    pub const BYTES: u64 = 24;

    /// Its fields.
    pub(in crate::maps) const FIELDS: [Field; 6] = [
        Field::one(0, 4, "w.state"),
        Field::one(4, 4, "w.sema"),
        Field::one(8, 4, "writerSem"),
        Field::one(12, 4, "readerSem"),
        Field::one(16, 4, "readerCount"),
        Field::one(20, 4, "readerWait"),
    ];

    fn writers(self) -> Mutex {
        Mutex(self.0)
    }

    fn writer_semaphore(self) -> Addr {
        self.0 + 8
    }

    fn reader_semaphore(self) -> Addr {
        self.0 + 12
    }

    /// `RLock`.
    pub async fn read_lock(self, mem: &Mem) {
        if self.add_readers(mem, 1).await < 0 {
            mem.acquire(self.reader_semaphore()).await;
        }
        let (addr, shared) = (self.0, true);
        mem.note(Note::Locked { addr, shared }).await;
    }

    /// `RUnlock`.
    ///
    /// # Errors
    /// Go's fatal error when it is not locked by a reader.
    pub async fn read_unlock(self, mem: &Mem) -> Fallible<()> {
        let (addr, shared) = (self.0, true);
        mem.note(Note::Unlocking { addr, shared }).await;
        let readers = self.add_readers(mem, -1).await;
        if readers >= 0 {
            return Ok(());
        }
        if readers == -1 || readers == -MOST_READERS - 1 {
            return Err(Exit::Fatal("sync: RUnlock of unlocked RWMutex"));
        }
        if self.add_awaited(mem, -1).await == 0 {
            mem.release(self.writer_semaphore()).await;
        }
        Ok(())
    }

    /// `Lock`.
    pub async fn lock(self, mem: &Mem) {
        self.writers().lock_unnoted(mem).await;
        let readers = self.add_readers(mem, -MOST_READERS).await;
        let readers = readers.wrapping_add(MOST_READERS);
        if readers != 0 && self.add_awaited(mem, readers).await != 0 {
            mem.acquire(self.writer_semaphore()).await;
        }
        let (addr, shared) = (self.0, false);
        mem.note(Note::Locked { addr, shared }).await;
    }

    /// `Unlock`.
    ///
    /// # Errors
    /// Go's fatal error when it is not locked.
    pub async fn unlock(self, mem: &Mem) -> Fallible<()> {
        let (addr, shared) = (self.0, false);
        mem.note(Note::Unlocking { addr, shared }).await;
        let readers = self.add_readers(mem, MOST_READERS).await;
        if readers >= MOST_READERS {
            return Err(Exit::Fatal("sync: Unlock of unlocked RWMutex"));
        }
        for _ in 0..readers {
            mem.release(self.reader_semaphore()).await;
        }
        self.writers().unlock_unnoted(mem).await
    }

    /// `readerCount.Add`: the new count.
    async fn add_readers(self, mem: &Mem, change: i32) -> i32 {
        add(mem, self.0 + 16, change).await
    }

    /// `readerWait.Add`: the new count.
    async fn add_awaited(self, mem: &Mem, change: i32) -> i32 {
        add(mem, self.0 + 20, change).await
    }

    /// Whether nobody holds it or waits for it.
    #[must_use]
    pub fn is_free(self, memory: &Peek<'_>) -> bool {
        let counts = memory.load(self.0 + 16, 8).unwrap_or(0);
        self.writers().is_free(memory) && counts == 0
    }
}

/// `LOCK XADD` of 4 bytes: the new value.
async fn add(mem: &Mem, addr: Addr, change: i32) -> i32 {
    let old = mem.fetch_add(addr, 4, u64::from(change as u32)).await;
    (old as u32 as i32).wrapping_add(change)
}
