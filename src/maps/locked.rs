//! A map under one lock: `sync.Mutex` or `sync.RWMutex` and a map beside it, as in most Go
//! programs. Every call locks, and the value is loaded or stored inside, too.

use std::rc::Rc;

use super::fields::Fields;
use super::go_sync::{Lock, Mutex, RwMutex};
use super::key::Key;
use super::map::{Calling, Kind, Map, Shape};
use super::mem::Mem;
use super::value::Words;
use super::walk::{Fault, Peek, Walk};
use crate::machine::Machine;
use crate::memory::{Addr, Arena, Bytes, HeapFull};

/// The map that cures are built on unless the trace says otherwise.
pub(super) const USUAL_INNER: &str = "go-classic";

struct Locked {
    lock: Lock,
    /// Where the lock lies, and its size.
    place: (Addr, u64),
    inner: Rc<dyn Map>,
}

/// The kind of map that a cure is built on.
pub(super) fn inner_kind(shape: &Shape) -> &'static Kind {
    let usual = || Kind::named(USUAL_INNER).expect("it is listed");
    shape.over.unwrap_or_else(usual)
}

/// `go-mutex`.
///
/// # Errors
/// When the heap is full.
pub(super) fn with_mutex(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    create(machine, shape, Mutex::BYTES, |addr| {
        Lock::Mutex(Mutex(addr))
    })
}

/// `go-rwmutex`.
///
/// # Errors
/// When the heap is full.
pub(super) fn with_rwmutex(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    create(machine, shape, RwMutex::BYTES, |addr| {
        Lock::ReadWrite(RwMutex(addr))
    })
}

fn create(
    machine: &mut Machine<Bytes>,
    shape: Shape,
    bytes: u64,
    lock: impl Fn(Addr) -> Lock,
) -> Result<Rc<dyn Map>, HeapFull> {
    let addr = machine.heap_mut().allocate(Arena::SETUP, bytes)?;
    let inner = (inner_kind(&shape).create)(machine, shape)?;
    Ok(Rc::new(Locked {
        lock: lock(addr),
        place: (addr, bytes),
        inner,
    }))
}

impl Map for Locked {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(async move {
            self.lock.lock(mem).await;
            self.inner.put(mem, key, value).await?;
            self.lock.unlock(mem).await?;
            Ok(())
        })
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            self.lock.read_lock(mem).await;
            let found = self.inner.get(mem, key).await?;
            self.lock.read_unlock(mem).await?;
            Ok(found)
        })
    }

    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            self.lock.lock(mem).await;
            self.inner.increment(mem, key).await?;
            self.lock.unlock(mem).await?;
            Ok(())
        })
    }

    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            self.lock.lock(mem).await;
            self.inner.delete(mem, key).await?;
            self.lock.unlock(mem).await?;
            Ok(())
        })
    }

    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move {
            self.lock.read_lock(mem).await;
            let len = self.inner.len(mem).await?;
            self.lock.read_unlock(mem).await?;
            Ok(len)
        })
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move {
            self.lock.read_lock(mem).await;
            let visited = self.inner.range(mem).await?;
            self.lock.read_unlock(mem).await?;
            Ok(visited)
        })
    }

    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(async move {
            self.lock.lock(mem).await;
            self.inner.clear(mem).await?;
            self.lock.unlock(mem).await?;
            Ok(())
        })
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        let (addr, bytes) = self.place;
        let mut objects = vec![(addr, bytes, "lock")];
        objects.extend(self.inner.objects());
        objects
    }

    fn fields(&self) -> Vec<Fields> {
        let mut fields = self.inner.fields();
        fields.push(self.lock.fields("lock"));
        fields
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        let mut walk = self.inner.walk(memory);
        if !self.lock.is_free(memory) {
            let mark = "the lock";
            walk.faults.push(Fault::LeftMarked { mark });
        }
        walk
    }
}
