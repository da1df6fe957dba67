//! `resize`: a longer table, which the map shows while it is still empty. The nodes are then
//! taken from the old table and linked anew in place, bin by bin, each chain in its order.

use super::{HashMap, fields};
use crate::maps::java::node;
use crate::maps::java::object::{
    DEFAULT_CAPACITY, MAXIMUM_CAPACITY, NULL, Reference, at, bin, element, length_or_0, new_array,
    three_quarters,
};
use crate::maps::mem::Mem;
use crate::memory::Addr;

/// `Integer.MAX_VALUE`: a threshold that nothing reaches.
const NEVER: u32 = i32::MAX as u32;

impl HashMap {
    /// Makes the first table, or one twice as long: the new table.
    pub(super) async fn resize(&self, mem: &Mem) -> Reference {
        let old = mem.load_u32(self.field(fields::TABLE)).await;
        let old_length = length_or_0(mem, old).await;
        let old_threshold = mem.load_u32(self.field(fields::THRESHOLD)).await;
        if old_length >= MAXIMUM_CAPACITY {
            mem.store_u32(self.field(fields::THRESHOLD), NEVER).await;
            return old;
        }
        let mut threshold = 0;
        let new_length = if old_length > 0 {
            if old_length >= DEFAULT_CAPACITY && old_length * 2 < MAXIMUM_CAPACITY {
                threshold = old_threshold.wrapping_mul(2);
            }
            old_length * 2
        } else if old_threshold as i32 > 0 {
            old_threshold // the capacity that the constructor left there, or so it seems
        } else {
            threshold = three_quarters(DEFAULT_CAPACITY);
            DEFAULT_CAPACITY
        };
        if threshold == 0 {
            mem.load_u32(self.field(fields::LOAD_FACTOR)).await;
            threshold = match new_length < MAXIMUM_CAPACITY {
                true => three_quarters(new_length),
                false => NEVER,
            };
        }
        mem.store_u32(self.field(fields::THRESHOLD), threshold)
            .await;
        let new = new_array(mem, new_length, "Node[]").await;
        mem.store_u32(self.field(fields::TABLE), new).await;
        for index in 0..old_length {
            self.move_bin(mem, (old, old_length), index, (new, new_length))
                .await;
        }
        new
    }

    /// Moves what the bin of the old table holds; tables come with their lengths.
    async fn move_bin(
        &self,
        mem: &Mem,
        (old, old_length): (Reference, u32),
        index: u32,
        (new, new_length): (Reference, u32),
    ) {
        let from = element(old, index);
        let first = mem.load_u32(from).await;
        if first == NULL {
            return;
        }
        mem.store_u32(from, NULL).await;
        let next = node::next(mem, first).await;
        if next == NULL {
            let hash = mem.load_u32(at(first) + node::HASH).await;
            mem.store_u32(bin(new, new_length, hash), first).await;
            return;
        }
        let [low, high] = split(mem, first, next, old_length).await;
        let places = [element(new, index), element(new, index + old_length)];
        for (list, place) in [low, high].into_iter().zip(places) {
            list.end(mem, place).await;
        }
    }
}

/// A list of nodes under way: its head and its tail are locals of the thread, the nodes are not.
#[derive(Clone, Copy, Default)]
struct List {
    head: Reference,
    tail: Reference,
}

impl List {
    async fn append(&mut self, mem: &Mem, node: Reference) {
        match self.tail {
            NULL => self.head = node,
            tail => mem.store_u32(node::next_of(tail), node).await,
        }
        self.tail = node;
    }

    async fn end(self, mem: &Mem, place: Addr) {
        if self.tail != NULL {
            mem.store_u32(node::next_of(self.tail), NULL).await;
            mem.store_u32(place, self.head).await;
        }
    }
}

/// Parts a chain by the bit of the hash that the longer table also looks at.
async fn split(mem: &Mem, first: Reference, second: Reference, bit: u32) -> [List; 2] {
    let mut lists = [List::default(); 2];
    let (mut node, mut next) = (first, second);
    loop {
        let hash = mem.load_u32(at(node) + node::HASH).await;
        let list = usize::from(hash & bit != 0);
        lists[list].append(mem, node).await;
        if next == NULL {
            return lists;
        }
        node = next;
        next = node::next(mem, node).await;
    }
}
