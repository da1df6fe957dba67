//! Go's `sync.Map` up to 1.23 (`sync/map.go`): a map that is only read, and beside it a dirty one
//! under a mutex, which holds the new keys as well and takes its place once it was needed often
//! enough.
//!
//! Both are classic maps of entries. An entry leads to its value by one atomic word, and both
//! maps share their entries, so a key that is in the read map is loaded, stored and deleted
//! without the lock. The first new key after a promotion copies the whole read map.
//!
//! Programs have no `len` and no `m[key]++` for it: they count by `Range`, and increment by
//! `Load` and `CompareAndSwap`, or `LoadOrStore` for a new key. This model does as they do.

mod dirty;
mod entry;

use std::rc::Rc;

use entry::Store;

use super::boxed::Boxed;
use super::fields::{Field, Fields};
use super::go_classic::{GoClassic, Maps};
use super::go_sync::Mutex;
use super::key::Key;
use super::map::{Calling, Map, Shape};
use super::mem::{Fallible, Mem};
use super::value::Words;
use super::walk::{Entry, Fault, Peek, Walk};
use crate::machine::{Machine, Note};
use crate::memory::{Addr, Arena, Bytes, HeapFull};

/// Offsets in `sync.Map`; its mutex is first.
mod map {
    pub(super) const READ: u64 = 8;
    pub(super) const DIRTY: u64 = 16;
    pub(super) const MISSES: u64 = 24;
    pub(super) const BYTES: u64 = 32;
}

/// Offsets in `readOnly`.
mod read_only {
    pub(super) const MAP: u64 = 0;
    pub(super) const AMENDED: u64 = 8;
    pub(super) const BYTES: u64 = 16;
}

struct SyncMap {
    header: Addr,
    /// The value of entries that are not in the dirty map.
    expunged: Addr,
    boxed: Boxed,
    /// The maps that it makes.
    maps: Maps,
}

/// `readOnly`: a map that nobody changes any more; without one it is empty.
#[derive(Clone, Copy)]
struct ReadOnly {
    map: Addr,
    /// The dirty map holds keys that this one does not.
    amended: bool,
}

/// `go-sync-map`.
///
/// # Errors
/// When the heap is full.
pub(super) fn create(machine: &mut Machine<Bytes>, shape: Shape) -> Result<Rc<dyn Map>, HeapFull> {
    let heap = machine.heap_mut();
    Ok(Rc::new(SyncMap {
        header: heap.allocate(Arena::SETUP, map::BYTES)?,
        expunged: heap.allocate(Arena::SETUP, Boxed::BYTES)?,
        boxed: Boxed(shape.value),
        maps: Maps::of_pointers(shape.key),
    }))
}

impl SyncMap {
    fn mutex(&self) -> Mutex {
        Mutex(self.header)
    }

    /// `loadReadOnly`.
    async fn read_only(&self, mem: &Mem) -> ReadOnly {
        let read = mem.load_addr_atomic(self.header + map::READ).await;
        if read == Addr(0) {
            let (map, amended) = (Addr(0), false);
            return ReadOnly { map, amended };
        }
        ReadOnly {
            map: mem.load_addr(read + read_only::MAP).await,
            amended: mem.load_u8(read + read_only::AMENDED).await != 0,
        }
    }

    /// `map[key]`: the entry.
    async fn look_up(&self, mem: &Mem, map: Addr, key: &Key) -> Fallible<Option<Addr>> {
        let Some(map) = self.maps.at(map) else {
            return Ok(None);
        };
        Ok(match map.access(mem, key).await? {
            Some(elem) => Some(mem.load_addr(elem).await),
            None => None,
        })
    }

    /// The entry of a key: in the read map, or else under the lock in the dirty one, from which
    /// it may be taken away.
    async fn entry(&self, mem: &Mem, key: &Key, remove: bool) -> Fallible<Option<Addr>> {
        let read = self.read_only(mem).await;
        let found = self.look_up(mem, read.map, key).await?;
        if found.is_some() || !read.amended {
            return Ok(found);
        }
        self.mutex().lock(mem).await;
        // The dirty map may have been promoted while this thread waited.
        let read = self.read_only(mem).await;
        let mut found = self.look_up(mem, read.map, key).await?;
        if found.is_none() && read.amended {
            let dirty = self.dirty(mem).await;
            found = self.look_up(mem, dirty, key).await?;
            if remove && let Some(dirty) = self.maps.at(dirty) {
                dirty.remove(mem, key).await?;
            }
            self.miss(mem).await;
        }
        self.mutex().unlock(mem).await?;
        Ok(found)
    }

    /// `Swap`, which `Store` is, and `LoadOrStore`: whether the value is there now.
    async fn store(&self, mem: &Mem, key: &Key, value: Words, store: Store) -> Fallible<bool> {
        let value = self.new_value(mem, value).await;
        let read = self.read_only(mem).await;
        if let Some(entry) = self.look_up(mem, read.map, key).await?
            && let Some(stored) = self.try_store(mem, entry, value, store).await
        {
            return Ok(stored);
        }
        self.mutex().lock(mem).await;
        let stored = self.store_locked(mem, key, value, store).await?;
        self.mutex().unlock(mem).await?;
        Ok(stored)
    }

    /// Calls `Load`, then `CompareAndSwap`, until nobody was in between.
    async fn add_one(&self, mem: &Mem, key: &Key) -> Fallible<()> {
        loop {
            mem.note(Note::Retried).await;
            let Some(entry) = self.entry(mem, key, false).await? else {
                if self.store(mem, key, [1, 0, 0], Store::IfAbsent).await? {
                    return Ok(());
                }
                continue;
            };
            let Some(old) = self.load_entry(mem, entry).await else {
                if self.store(mem, key, [1, 0, 0], Store::IfAbsent).await? {
                    return Ok(());
                }
                continue;
            };
            let [number, ..] = self.boxed.read(mem, old).await;
            let new = self.new_value(mem, [number.wrapping_add(1), 0, 0]).await;
            let Some(entry) = self.entry(mem, key, false).await? else {
                continue;
            };
            if mem.compare_exchange(entry, 8, old.0, new.0).await {
                return Ok(());
            }
        }
    }

    /// `Range`: the read map, once all keys are in it. Loads the values, too, if they are wanted.
    async fn walk_entries(&self, mem: &Mem, values: bool) -> Fallible<u64> {
        let map = self.all(mem).await?;
        let Some(map) = self.maps.at(map) else {
            return Ok(0);
        };
        let Some(mut iteration) = map.begin_iteration(mem).await else {
            return Ok(0);
        };
        let mut visited = 0;
        while let Some(slot) = map.next_entry(mem, &mut iteration).await? {
            let key = map.read_key(mem, slot).await;
            let entry = mem.load_addr(map.elem_at(slot)).await;
            let Some(value) = self.load_entry(mem, entry).await else {
                continue;
            };
            visited += 1;
            if values {
                self.boxed.read(mem, value).await;
                mem.note(Note::Visited { key }).await;
            }
        }
        Ok(visited)
    }

    /// The entries of one of its maps that have a value, without an access.
    fn live(&self, memory: &Peek<'_>, map: Option<GoClassic>, walk: &mut Walk) {
        let Some(map) = map else {
            return;
        };
        let inner = map.walk(memory);
        walk.faults.extend(inner.faults);
        for entry in inner.entries {
            let value = memory.addr(Addr(entry.value[0]));
            let known = walk.entries.iter().any(|known| known.key == entry.key);
            if value == Addr(0) || value == self.expunged || known {
                continue;
            }
            let (value, write) = self.boxed.peek(memory, value);
            walk.entries.push(Entry {
                value,
                write,
                ..entry
            });
        }
    }
}

impl Map for SyncMap {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(async move {
            self.store(mem, key, value, Store::Always).await?;
            Ok(())
        })
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            let Some(entry) = self.entry(mem, key, false).await? else {
                return Ok(None);
            };
            Ok(match self.load_entry(mem, entry).await {
                Some(value) => Some(self.boxed.read(mem, value).await),
                None => None,
            })
        })
    }

    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(self.add_one(mem, key))
    }

    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            if let Some(entry) = self.entry(mem, key, true).await? {
                self.delete_entry(mem, entry).await;
            }
            Ok(())
        })
    }

    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(self.walk_entries(mem, false))
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(self.walk_entries(mem, true))
    }

    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(self.empty(mem))
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        vec![
            (self.header, map::BYTES, "sync.Map"),
            (self.expunged, Boxed::BYTES, "expunged"),
        ]
    }

    fn fields(&self) -> Vec<Fields> {
        let mut own = Mutex::FIELDS.to_vec();
        own.extend([
            Field::pointer(map::READ, "read"),
            Field::pointer(map::DIRTY, "dirty"),
            Field::one(map::MISSES, 8, "misses"),
        ]);
        let read_only = [
            Field::pointer(read_only::MAP, "m"),
            Field::one(read_only::AMENDED, 1, "amended"),
        ];
        let mut all = self.maps.fields();
        all.push(Fields::of("sync.Map", &own));
        all.push(Fields::of("readOnly", &read_only));
        all.push(Fields::of("entry", &[Field::pointer(0, "p")]));
        all.push(Boxed::fields("interface"));
        all
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        let mut walk = Walk::default();
        let read = memory.addr(self.header + map::READ);
        let read_map = self.maps.at(memory.addr(read + read_only::MAP));
        self.live(memory, read_map.filter(|_| read != Addr(0)), &mut walk);
        if read != Addr(0) && memory.byte(read + read_only::AMENDED) != 0 {
            let dirty = self.maps.at(memory.addr(self.header + map::DIRTY));
            self.live(memory, dirty, &mut walk);
        }
        if !self.mutex().is_free(memory) {
            let mark = "the lock";
            walk.faults.push(Fault::LeftMarked { mark });
        }
        walk.len = walk.entries.len() as u64;
        walk.judged()
    }
}
