//! What the lock of a `sync.Map` protects: the dirty map, and how it takes the read map's place.

use super::entry::Store;
use super::{ReadOnly, SyncMap, map, read_only};
use crate::maps::go_classic::GoClassic;
use crate::maps::key::Key;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

impl SyncMap {
    /// The dirty map; the lock is held.
    pub(super) async fn dirty(&self, mem: &Mem) -> Addr {
        mem.load_addr(self.header + map::DIRTY).await
    }

    /// `store` once the read map alone did not do; the lock is held.
    pub(super) async fn store_locked(
        &self,
        mem: &Mem,
        key: &Key,
        value: Addr,
        store: Store,
    ) -> Fallible<bool> {
        let read = self.read_only(mem).await;
        if let Some(entry) = self.look_up(mem, read.map, key).await? {
            if self.unexpunge(mem, entry).await {
                self.insert(mem, key, entry).await?;
            }
            let stored = self.try_store(mem, entry, value, store).await;
            return Ok(stored.unwrap_or(false));
        }
        let dirty = self.dirty(mem).await;
        if let Some(entry) = self.look_up(mem, dirty, key).await? {
            let stored = self.try_store(mem, entry, value, store).await;
            if store == Store::IfAbsent {
                self.miss(mem).await;
            }
            return Ok(stored.unwrap_or(false));
        }
        if !read.amended {
            self.make_dirty(mem, read).await?;
            let amended = true;
            self.publish(mem, ReadOnly { amended, ..read }).await;
        }
        let entry = self.new_entry(mem, value).await;
        self.insert(mem, key, entry).await?;
        Ok(true)
    }

    /// `m.dirty[key] = entry`.
    async fn insert(&self, mem: &Mem, key: &Key, entry: Addr) -> Fallible<()> {
        let dirty = self.dirty(mem).await;
        match self.maps.at(dirty) {
            Some(dirty) => insert_into(mem, &dirty, key, entry).await,
            None => Ok(()), // an entry is expunged only while there is a dirty map
        }
    }

    /// `dirtyLocked`: a new map with all entries of the read one but those without a value.
    async fn make_dirty(&self, mem: &Mem, read: ReadOnly) -> Fallible<()> {
        if self.dirty(mem).await != Addr(0) {
            return Ok(());
        }
        let from = self.maps.at(read.map);
        let room = match &from {
            Some(from) => from.count(mem).await,
            None => 0,
        };
        let dirty = self.maps.make(mem, room).await;
        mem.store_addr(self.header + map::DIRTY, dirty.header())
            .await;
        let Some(from) = from else {
            return Ok(());
        };
        let Some(mut iteration) = from.begin_iteration(mem).await else {
            return Ok(());
        };
        while let Some(slot) = from.next_entry(mem, &mut iteration).await? {
            let key = from.load_key(mem, slot).await;
            let entry = mem.load_addr(from.elem_at(slot)).await;
            if let Some(key) = key
                && !self.try_expunge(mem, entry).await
            {
                insert_into(mem, &dirty, &key, entry).await?;
            }
        }
        Ok(())
    }

    /// `missLocked`: so many misses as the dirty map has entries have paid for a copy of it.
    pub(super) async fn miss(&self, mem: &Mem) {
        let misses = mem.load_u64(self.header + map::MISSES).await;
        let misses = misses.wrapping_add(1);
        mem.store_u64(self.header + map::MISSES, misses).await;
        let dirty = self.dirty(mem).await;
        let entries = match self.maps.at(dirty) {
            Some(dirty) => dirty.count(mem).await,
            None => 0,
        };
        if misses >= entries {
            self.promote(mem, dirty).await;
        }
    }

    /// The dirty map becomes the read one.
    async fn promote(&self, mem: &Mem, dirty: Addr) {
        let (map, amended) = (dirty, false);
        self.publish(mem, ReadOnly { map, amended }).await;
        mem.store_u64(self.header + map::DIRTY, 0).await;
        mem.store_u64(self.header + map::MISSES, 0).await;
    }

    async fn publish(&self, mem: &Mem, read: ReadOnly) {
        let place = mem.allocate(read_only::BYTES, "readOnly").await;
        mem.store_addr(place + read_only::MAP, read.map).await;
        let amended = place + read_only::AMENDED;
        mem.store_u8(amended, read.amended.into()).await;
        mem.exchange(self.header + map::READ, 8, place.0).await;
    }

    /// The read map with all keys in it, as `Range` begins.
    pub(super) async fn all(&self, mem: &Mem) -> Fallible<Addr> {
        let read = self.read_only(mem).await;
        if !read.amended {
            return Ok(read.map);
        }
        self.mutex().lock(mem).await;
        let mut read = self.read_only(mem).await;
        if read.amended {
            read.map = self.dirty(mem).await;
            self.promote(mem, read.map).await;
        }
        self.mutex().unlock(mem).await?;
        Ok(read.map)
    }

    /// `Clear` (Go 1.23).
    pub(super) async fn empty(&self, mem: &Mem) -> Fallible<()> {
        let read = self.read_only(mem).await;
        if self.is_clear(mem, read).await {
            return Ok(());
        }
        self.mutex().lock(mem).await;
        let read = self.read_only(mem).await;
        if !self.is_clear(mem, read).await {
            let (map, amended) = (Addr(0), false);
            self.publish(mem, ReadOnly { map, amended }).await;
        }
        let dirty = self.dirty(mem).await;
        if let Some(dirty) = self.maps.at(dirty) {
            dirty.empty(mem).await?;
        }
        mem.store_u64(self.header + map::MISSES, 0).await;
        self.mutex().unlock(mem).await?;
        Ok(())
    }

    async fn is_clear(&self, mem: &Mem, read: ReadOnly) -> bool {
        match self.maps.at(read.map) {
            Some(map) if map.count(mem).await > 0 => false,
            _ => !read.amended,
        }
    }
}

/// `map[key] = entry`.
async fn insert_into(mem: &Mem, map: &GoClassic, key: &Key, entry: Addr) -> Fallible<()> {
    let elem = map.assign(mem, key).await?;
    mem.store_addr(elem, entry).await;
    Ok(())
}
