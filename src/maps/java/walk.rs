//! Looking at a table of chains when no call is under way.

use rustc_hash::FxHashSet;

use super::long::{self, hash_code};
use super::node;
use super::object::{NULL, Reference, at, bin, element, peek_length};
use crate::maps::walk::{Entry, Fault, Peek, Walk};
use crate::memory::WriteId;

/// A table of chains in memory.
#[derive(Clone, Copy)]
pub(super) struct Chains<'a> {
    pub(super) memory: Peek<'a>,
    pub(super) table: Reference,
    /// How the map spreads hash codes.
    pub(super) spread: fn(u32) -> u32,
    /// The hash that a node has which only leads to another table, if there are such nodes,
    /// and where it keeps that table.
    pub(super) forwarding: Option<(u32, u64)>,
}

/// So many tables are gone through at most, one forwarding to the next.
const MOST_TABLES: u32 = 32;

impl Chains<'_> {
    /// What the table holds, in a map whose size is `len`.
    pub(super) fn walk(self, len: u64, faults: Vec<Fault>) -> Walk {
        let mut walk = Walk {
            len,
            faults,
            entries: Vec::new(),
        };
        let mut seen = FxHashSet::default();
        let mut nodes = Vec::new();
        for index in 0..self.length(self.table) {
            let first = self.field(element(self.table, index), 0);
            self.chain(first, index, MOST_TABLES, &mut seen, &mut nodes, &mut walk);
        }
        for &node in &nodes {
            let entry = self.entry(node, nodes.len());
            walk.entries.push(entry);
        }
        walk.judged()
    }

    /// Notes the nodes of one chain that no other chain had.
    fn chain(
        self,
        first: Reference,
        index: u32,
        tables: u32,
        seen: &mut FxHashSet<Reference>,
        nodes: &mut Vec<Reference>,
        walk: &mut Walk,
    ) {
        let mut own = FxHashSet::default();
        let mut node = first;
        while node != NULL {
            let Some(hash) = self.memory.load(at(node) + node::HASH, 4) else {
                let (to, addr) = ("node", at(node));
                walk.faults.push(Fault::Dangling { to, addr });
                return;
            };
            if !own.insert(node) {
                let of = "the nodes of a bin";
                walk.faults.push(Fault::Cycle { of });
                return;
            }
            if let Some(next) = self.forwarded(node, hash as u32) {
                let mark = "a forwarding node";
                walk.faults.push(Fault::LeftMarked { mark });
                let half = self.length(next) / 2;
                for index in [index, index.saturating_add(half)] {
                    if tables > 0 && index < self.length(next) {
                        let first = self.field(element(next, index), 0);
                        self.chain(first, index, tables - 1, seen, nodes, walk);
                    }
                }
                return;
            }
            if seen.insert(node) {
                nodes.push(node);
            }
            node = self.field(at(node), node::NEXT);
        }
    }

    fn entry(self, node: Reference, nodes: usize) -> Entry {
        let value = self.memory.written(at(node) + node::VALUE, 4);
        let (boxed, write) = value.unwrap_or((0, WriteId::INITIAL));
        let number = |boxed| self.memory.word(at(boxed) + long::VALUE);
        let key = number(self.field(at(node), node::KEY));
        Entry {
            key,
            value: [number(boxed as Reference), 0, 0],
            write,
            reachable: self.find(key, nodes) == node,
        }
    }

    /// The node that a look-up of the key finds, in a table of so many nodes.
    fn find(self, key: u64, nodes: usize) -> Reference {
        let hash = (self.spread)(hash_code(key));
        let mut table = self.table;
        for _ in 0..=MOST_TABLES {
            let mut node = match self.length(table) {
                0 => NULL,
                length => self.field(bin(table, length, hash), 0),
            };
            let found = self.field(at(node), node::HASH);
            if let Some(next) = self.forwarded(node, found) {
                table = next;
                continue;
            }
            for _ in 0..nodes {
                let boxed = self.field(at(node), node::KEY);
                let same_hash = self.field(at(node), node::HASH) == hash;
                if node == NULL || same_hash && self.memory.word(at(boxed) + long::VALUE) == key {
                    return node;
                }
                node = self.field(at(node), node::NEXT);
            }
            return NULL;
        }
        NULL
    }

    /// The table that a node leads to, if it does that.
    fn forwarded(self, node: Reference, hash: u32) -> Option<Reference> {
        let (moved, next_table) = self.forwarding?;
        (node != NULL && hash == moved).then(|| self.field(at(node), next_table))
    }

    fn length(self, table: Reference) -> u32 {
        match table {
            NULL => 0,
            table => peek_length(&self.memory, table).unwrap_or(0),
        }
    }

    fn field(self, object: crate::memory::Addr, offset: u64) -> u32 {
        self.memory.load(object + offset, 4).unwrap_or(0) as u32
    }
}
