//! `transfer`: several threads move a table's bins to one twice as long. Each claims stretches
//! of bins from the end, moves each bin under its lock, and leaves a node behind that leads to
//! the new table. The last one out looks over all bins and shows the new table.

use super::resize::stamp;
use super::{
    ConcurrentHashMap, FORWARDS_TO, MOVED, bin_at, fields, hash_of, next, set_bin, threshold,
};
use crate::maps::java::object::{NULL, Reference, at, element, length, new_array, reference};
use crate::maps::java::{monitor, node};
use crate::maps::mem::Mem;

/// A thread claims at least so many bins at once.
const MIN_TRANSFER_STRIDE: u32 = 16;

/// A table with its length, the one that it moves to, and the node that leads there.
struct Move {
    from: Reference,
    length: u32,
    to: Reference,
    forwarding: Reference,
}

impl ConcurrentHashMap {
    /// Takes part in moving `table`, until no bin is left to claim. Begins it if there is no
    /// next table yet.
    pub(super) async fn transfer(&self, mem: &Mem, table: Reference, mut next_table: Reference) {
        let length = length(mem, table).await;
        let stride = match self.cores {
            0 | 1 => length,
            cores => (length >> 3) / cores,
        };
        let stride = i64::from(stride.max(MIN_TRANSFER_STRIDE));
        if next_table == NULL {
            next_table = new_array(mem, length.wrapping_mul(2), "Node[]").await;
            self.store(mem, fields::NEXT_TABLE, next_table).await;
            self.store(mem, fields::TRANSFER_INDEX, length).await;
        }
        let moved = Move {
            from: table,
            length,
            to: next_table,
            forwarding: new_forwarding_node(mem, next_table).await,
        };
        let (mut index, mut bound) = (0_i64, 0_i64);
        loop {
            index -= 1;
            if index < bound {
                (index, bound) = self.claim(mem, stride).await;
            }
            let bin = u32::try_from(index).ok();
            let Some(bin) = bin.filter(|&bin| bin < length) else {
                return self.leave(mem, &moved).await;
            };
            while !move_bin(mem, &moved, bin).await {}
        }
    }

    /// Claims the next stretch of bins from the end: its last index and its first; -1 if none
    /// is left.
    async fn claim(&self, mem: &Mem, stride: i64) -> (i64, i64) {
        loop {
            let end = self.load(mem, fields::TRANSFER_INDEX).await;
            if end as i32 <= 0 {
                return (-1, 0);
            }
            let first = (i64::from(end) - stride).max(0);
            if self
                .compare_and_set(mem, fields::TRANSFER_INDEX, end, first as u32)
                .await
            {
                return (i64::from(end) - 1, first);
            }
        }
    }

    /// No bin is left to claim; the last thread looks over all of them and ends it.
    async fn leave(&self, mem: &Mem, moved: &Move) {
        let last = loop {
            let size_ctl = self.load(mem, fields::SIZE_CTL).await;
            let left = size_ctl.wrapping_sub(1);
            if self
                .compare_and_set(mem, fields::SIZE_CTL, size_ctl, left)
                .await
            {
                break size_ctl.wrapping_sub(2) == stamp(moved.length);
            }
        };
        if !last {
            return;
        }
        for bin in (0..moved.length).rev() {
            while !move_bin(mem, moved, bin).await {}
        }
        self.store(mem, fields::NEXT_TABLE, NULL).await;
        self.store(mem, fields::TABLE, moved.to).await;
        let size_ctl = threshold(moved.length.wrapping_mul(2));
        self.store(mem, fields::SIZE_CTL, size_ctl).await;
    }
}

/// `new ForwardingNode(nextTable)`.
async fn new_forwarding_node(mem: &Mem, next_table: Reference) -> Reference {
    let node = mem.allocate_next(node::BYTES, "ForwardingNode").await;
    mem.store_u32(node + node::HASH, MOVED).await;
    mem.store_u32(node + FORWARDS_TO, next_table).await;
    reference(node)
}

/// Moves one bin unless that is done: whether it is now.
async fn move_bin(mem: &Mem, moved: &Move, index: u32) -> bool {
    let first = bin_at(mem, moved.from, index).await;
    if first == NULL {
        let bin = element(moved.from, index);
        return mem
            .compare_exchange(bin, 4, 0, moved.forwarding.into())
            .await;
    }
    if hash_of(mem, first).await == MOVED {
        return true;
    }
    monitor::enter(mem, at(first)).await;
    let still_first = bin_at(mem, moved.from, index).await == first;
    if still_first {
        let [low, high] = split(mem, first, moved.length).await;
        set_bin(mem, moved.to, index, low).await;
        set_bin(mem, moved.to, index.wrapping_add(moved.length), high).await;
        set_bin(mem, moved.from, index, moved.forwarding).await;
    }
    monitor::exit(mem, at(first)).await;
    still_first
}

/// Parts a chain by the bit of the hash that the longer table also looks at. Readers may be
/// on it, so nodes are copied, but for the last ones that stay together. What is copied comes
/// in front, in turned order.
async fn split(mem: &Mem, first: Reference, bit: u32) -> [Reference; 2] {
    let list = |hash: u32| usize::from(hash & bit != 0);
    let mut run = (list(hash_of(mem, first).await), first);
    let mut node = next(mem, first).await;
    while node != NULL {
        let of = list(hash_of(mem, node).await);
        if of != run.0 {
            run = (of, node);
        }
        node = next(mem, node).await;
    }
    let mut lists = [NULL; 2];
    lists[run.0] = run.1;
    let mut node = first;
    while node != run.1 && node != NULL {
        let hash = hash_of(mem, node).await;
        let of = list(hash);
        lists[of] = copy(mem, node, hash, lists[of]).await;
        node = next(mem, node).await;
    }
    lists
}

/// `new Node(p.hash, p.key, p.val, next)`: the value keeps its origin.
async fn copy(mem: &Mem, node: Reference, hash: u32, next: Reference) -> Reference {
    let key = mem.load_u32(at(node) + node::KEY).await;
    let new = mem.allocate_next(node::BYTES, "Node").await;
    mem.store_u32(new + node::HASH, hash).await;
    mem.store_u32(new + node::KEY, key).await;
    mem.copy_value(node::value_of(node), new + node::VALUE, [node::WORD])
        .await;
    mem.store_u32(new + node::NEXT, next).await;
    reference(new)
}
