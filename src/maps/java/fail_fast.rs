//! `HashMap.HashIterator`: a range over the entries that fails, as well as it can tell, when
//! the map's structure has changed under it.

use super::long::unboxed;
use super::node;
use super::object::{NULL, Reference, at, element, length};
use crate::machine::{Exit, Note};
use crate::maps::mem::{Fallible, Mem};
use crate::memory::Addr;

/// Where the fields are that an iterator looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) table: Addr,
    pub(super) mod_count: Addr,
}

/// An iterator between two entries.
pub(super) struct HashIterator {
    fields: Fields,
    expected_mod_count: u32,
    index: u32,
    next: Reference,
}

impl HashIterator {
    /// One that knows of no change after `expected_mod_count`, before its first entry.
    pub(super) fn new(fields: Fields, expected_mod_count: u32) -> HashIterator {
        HashIterator {
            fields,
            expected_mod_count,
            index: 0,
            next: NULL,
        }
    }

    /// `while (index < t.length && (next = t[index++]) == null);`
    pub(super) async fn advance(&mut self, mem: &Mem, table: Reference) {
        let length = length(mem, table).await;
        while self.next == NULL && self.index < length {
            self.next = mem.load_u32(element(table, self.index)).await;
            self.index += 1;
        }
    }

    /// Visits all that is left, as a for loop does that reads each key and each value: how
    /// many entries there were.
    pub(super) async fn visit_all(mut self, mem: &Mem) -> Fallible<u64> {
        let mut visited = 0;
        while self.next != NULL {
            let node = self.next_node(mem).await?;
            let key = mem.load_u32(at(node) + node::KEY).await;
            let key = unboxed(mem, key).await?;
            let value = node::value(mem, node).await;
            mem.note(Note::Visited { key }).await;
            unboxed(mem, value).await?;
            visited += 1;
        }
        Ok(visited)
    }

    /// `nextNode`, or `nextEntry` in JDK 7.
    async fn next_node(&mut self, mem: &Mem) -> Fallible<Reference> {
        if mem.load_u32(self.fields.mod_count).await != self.expected_mod_count {
            let thrown = "java.util.ConcurrentModificationException";
            return Err(Exit::Thrown(thrown));
        }
        let node = self.next;
        self.next = node::next(mem, node).await;
        if self.next == NULL {
            let table = mem.load_u32(self.fields.table).await;
            if table != NULL {
                self.advance(mem, table).await;
            }
        }
        Ok(node)
    }
}
