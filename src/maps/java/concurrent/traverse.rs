//! `Traverser`: a range that goes through each bin of the table that it began with, and where
//! a bin has moved, through both bins that it has become. It never fails and never visits a
//! node twice; of what changes meanwhile it shows some.

use super::{ConcurrentHashMap, FORWARDS_TO, MOVED, bin_at, fields, hash_of, next};
use crate::machine::Note;
use crate::maps::java::long::unboxed;
use crate::maps::java::node;
use crate::maps::java::object::{NULL, Reference, at, length_or_0};
use crate::maps::mem::{Fallible, Mem};

/// Where a traversal of a table was when it went on in the next one.
#[derive(Clone, Copy)]
struct Left {
    table: Reference,
    length: u32,
    index: u32,
}

/// A traversal between two nodes.
struct Traverser {
    table: Reference,
    next: Reference,
    stack: Vec<Left>,
    index: u32,
    base_index: u32,
    base_length: u32,
}

impl ConcurrentHashMap {
    /// Visits all entries, as a loop over `entrySet()` does that reads each key and each
    /// value: how many there were.
    pub(super) async fn iterate(&self, mem: &Mem) -> Fallible<u64> {
        let table = self.load(mem, fields::TABLE).await;
        let mut traverser = Traverser {
            table,
            next: NULL,
            stack: Vec::new(),
            index: 0,
            base_index: 0,
            base_length: length_or_0(mem, table).await,
        };
        traverser.advance(mem).await;
        let mut visited = 0;
        while traverser.next != NULL {
            let node = traverser.next;
            let key = mem.load_u32(at(node) + node::KEY).await;
            let value = mem.read_value_atomic(node::value_of(node), 4).await;
            traverser.advance(mem).await;
            let key = unboxed(mem, key).await?;
            mem.note(Note::Visited { key }).await;
            unboxed(mem, value as Reference).await?;
            visited += 1;
        }
        Ok(visited)
    }
}

impl Traverser {
    /// `advance`: goes on to the next node, if there is one.
    async fn advance(&mut self, mem: &Mem) {
        let mut node = match self.next {
            NULL => NULL,
            last => next(mem, last).await,
        };
        while node == NULL {
            let length = length_or_0(mem, self.table).await;
            if self.base_index >= self.base_length || self.index >= length {
                break;
            }
            node = bin_at(mem, self.table, self.index).await;
            if node != NULL && hash_of(mem, node).await == MOVED {
                self.stack.push(Left {
                    table: self.table,
                    length,
                    index: self.index,
                });
                self.table = mem.load_u32(at(node) + FORWARDS_TO).await;
                node = NULL;
                continue;
            }
            self.leave_bin(length);
        }
        self.next = node;
    }

    /// `recoverState`, where there is something to recover: on to the bin's other half, or
    /// back to the table that led here.
    fn leave_bin(&mut self, mut length: u32) {
        while let Some(&left) = self.stack.last() {
            self.index = self.index.saturating_add(left.length);
            if self.index < length {
                return;
            }
            length = left.length;
            self.index = left.index;
            self.table = left.table;
            self.stack.pop();
        }
        self.index = self.index.saturating_add(self.base_length);
        if self.index >= length {
            self.base_index += 1;
            self.index = self.base_index;
        }
    }
}
