//! Looking a trie over from outside.

use super::node::{BITS, CHILDREN, HASH_BITS, IS_ENTRY, Indirect, entry, indirect};
use super::{Trie, trie};
use crate::maps::walk::{Entry, Fault, Peek, Walk};
use crate::memory::Addr;

/// No more entries of one hash than this are looked at.
const MOST_IN_CHAIN: usize = 1 << 12;

impl Trie {
    pub(super) fn look_over(&self, memory: &Peek<'_>) -> Walk {
        let mut walk = Walk::default();
        let root = memory.addr(self.header + trie::ROOT);
        if root != Addr(0) {
            self.look_below(memory, Indirect(root), (0, HASH_BITS), &mut walk);
        }
        walk.len = walk.entries.len() as u64;
        walk.judged()
    }

    /// Looks at what hangs below a node whose hashes begin like this, above so many bits.
    fn look_below(
        &self,
        memory: &Peek<'_>,
        node: Indirect,
        (path, shift): (u64, u32),
        walk: &mut Walk,
    ) {
        let Some(shift) = shift.checked_sub(BITS) else {
            let of = "nodes";
            return walk.faults.push(Fault::Cycle { of });
        };
        let dead = memory.load(node.0 + indirect::DEAD, 4) != Some(0);
        if dead || !node.mutex().is_free(memory) {
            let mark = "the lock or the death of a node";
            walk.faults.push(Fault::LeftMarked { mark });
        }
        for index in 0..CHILDREN {
            let child = memory.addr(node.child(index));
            let path = path | index << shift;
            if child == Addr(0) {
                continue;
            }
            match memory.byte(child + IS_ENTRY) {
                0 => self.look_below(memory, Indirect(child), (path, shift), walk),
                _ => self.look_at_chain(memory, child, (path, shift), walk),
            }
        }
    }

    fn look_at_chain(
        &self,
        memory: &Peek<'_>,
        head: Addr,
        (path, shift): (u64, u32),
        walk: &mut Walk,
    ) {
        let seed = memory.word(self.header + trie::SEED);
        let mut at = head;
        let mut left = MOST_IN_CHAIN;
        while at != Addr(0) {
            let Some(fewer) = left.checked_sub(1) else {
                let of = "entries of one hash";
                return walk.faults.push(Fault::Cycle { of });
            };
            left = fewer;
            let layout = self.entries.key;
            let (key, hash) = layout.peek(memory, at + entry::KEY, seed);
            let (value, write) = self.entries.boxed.peek(memory, at + entry::VALUE);
            walk.entries.push(Entry {
                key,
                value,
                write,
                reachable: (hash ^ path) >> shift == 0,
            });
            at = memory.addr(at + entry::OVERFLOW);
        }
    }
}
