//! The directory: which table a hash belongs to, and how new tables come into it
//! (`directoryIndex`, `replaceTable`, `installTableSplit`).

use super::GoSwiss;
use super::header::map;
use super::table::fields;
use crate::machine::Exit;
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// `make` panics for larger slices; a directory of a sound map never comes near.
const MOST_ENTRIES: u64 = 1 << 32;

impl GoSwiss {
    /// The table of a hash, in a directory of `len` entries: the top bits of the hash say which.
    pub(super) async fn table_of(&self, mem: &Mem, len: u64, hash: u64) -> Addr {
        let index = match len {
            1 => 0,
            _ => {
                let shift = mem.load_u8(self.header + map::GLOBAL_SHIFT).await;
                hash >> (shift & 63)
            }
        };
        self.table_at(mem, index).await
    }

    /// The table that the directory has in a place.
    pub(super) async fn table_at(&self, mem: &Mem, index: u64) -> Addr {
        let directory = self.directory(mem).await;
        mem.load_addr(place(directory, index)).await
    }

    /// How many places in the directory a table has: the difference of the depths says it.
    pub(super) async fn places_of(&self, mem: &Mem, table: Addr) -> u64 {
        let global = self.global_depth(mem).await;
        let local = mem.load_u8(table + fields::LOCAL_DEPTH).await;
        let shift = u32::from(global.wrapping_sub(local));
        1_u64.checked_shl(shift).unwrap_or(0)
    }

    /// `replaceTable`: puts a table into all its places. From the first of these stores on other
    /// calls go to it.
    pub(super) async fn replace_table(&self, mem: &Mem, table: Addr) {
        let places = self.places_of(mem, table).await as i64;
        let mut at = 0;
        while at < places {
            let index = mem.load_u64(table + fields::INDEX).await;
            let directory = self.directory(mem).await;
            mem.store_addr(place(directory, index.wrapping_add(at as u64)), table)
                .await;
            at += 1;
        }
    }

    /// `installTableSplit`: puts the two halves of `old` into its places.
    pub(super) async fn install_split(
        &self,
        mem: &Mem,
        old: Addr,
        left: Addr,
        right: Addr,
    ) -> Fallible<()> {
        let local_depth = mem.load_u8(old + fields::LOCAL_DEPTH).await;
        if self.global_depth(mem).await == local_depth {
            self.double(mem).await?;
        }
        let index = mem.load_u64(old + fields::INDEX).await;
        mem.store_u64(left + fields::INDEX, index).await;
        self.replace_table(mem, left).await;
        let places = self.places_of(mem, left).await;
        let index = mem.load_u64(left + fields::INDEX).await;
        mem.store_u64(right + fields::INDEX, index.wrapping_add(places))
            .await;
        self.replace_table(mem, right).await;
        Ok(())
    }

    /// Makes the directory twice as long. Depth and shift change before the address and the
    /// length do: in between, other calls index the old directory with the new depth.
    async fn double(&self, mem: &Mem) -> Fallible<()> {
        let len = self.directory_len(mem).await.wrapping_mul(2);
        if len > MOST_ENTRIES {
            return Err(Exit::Fatal("makeslice: len out of range"));
        }
        let new = mem.allocate(len.max(1) * 8, "directory").await;
        let old_len = self.directory_len(mem).await;
        for index in 0..old_len {
            let table = self.table_at(mem, index).await;
            if 2 * index + 1 >= len {
                // Another thread has made it longer meanwhile.
                return Err(Exit::Fatal("index out of range"));
            }
            mem.store_addr(place(new, 2 * index), table).await;
            mem.store_addr(place(new, 2 * index + 1), table).await;
            // Its first place only: from there on its index is another.
            if mem.load_u64(table + fields::INDEX).await == index {
                mem.store_u64(table + fields::INDEX, 2 * index).await;
            }
        }
        let header = self.header;
        let depth = self.global_depth(mem).await;
        mem.store_u8(header + map::GLOBAL_DEPTH, depth.wrapping_add(1))
            .await;
        let shift = mem.load_u8(header + map::GLOBAL_SHIFT).await;
        mem.store_u8(header + map::GLOBAL_SHIFT, shift.wrapping_sub(1))
            .await;
        mem.store_addr(header + map::DIRECTORY, new).await;
        mem.store_u64(header + map::DIRECTORY_LEN, len).await;
        Ok(())
    }
}

/// A place in a directory.
pub(super) fn place(directory: Addr, index: u64) -> Addr {
    directory + index.wrapping_mul(8)
}
