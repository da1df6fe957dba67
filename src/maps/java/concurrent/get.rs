//! `get`: loads alone, whatever other threads are about.

use super::{ConcurrentHashMap, FORWARDS_TO, MOVED, bin_at, fields, hash, hash_of, next};
use crate::maps::java::long::{HASH_CYCLES, Sought};
use crate::maps::java::node;
use crate::maps::java::object::{NULL, Reference, at, length_or_0};
use crate::maps::key::Key;
use crate::maps::mem::Mem;

impl ConcurrentHashMap {
    /// The boxed value of a key, or null.
    pub(super) async fn value(&self, mem: &Mem, key: &Key) -> Reference {
        let key = self.longs.sought(key, hash);
        mem.compute(HASH_CYCLES).await;
        let table = self.load(mem, fields::TABLE).await;
        match find(mem, table, &key).await {
            NULL => NULL,
            node => {
                let value = mem.read_value_atomic(node::value_of(node), 4).await;
                value as Reference
            }
        }
    }
}

/// The node of a key, in this table or in those that it forwards to (`ForwardingNode.find`);
/// or null.
async fn find(mem: &Mem, mut table: Reference, key: &Sought) -> Reference {
    'tables: loop {
        let length = length_or_0(mem, table).await;
        if length == 0 {
            return NULL;
        }
        let mut node = bin_at(mem, table, (length - 1) & key.hash).await;
        while node != NULL {
            let hash = hash_of(mem, node).await;
            if hash == MOVED {
                table = mem.load_u32(at(node) + FORWARDS_TO).await;
                continue 'tables;
            }
            if hash == key.hash && node_has_key(mem, node, key).await {
                return node;
            }
            node = next(mem, node).await;
        }
        return NULL;
    }
}

/// `(k = e.key) == key || key.equals(k)`; the key of a node is final.
pub(super) async fn node_has_key(mem: &Mem, node: Reference, key: &Sought) -> bool {
    let stored = mem.load_u32(at(node) + node::KEY).await;
    key.equals(mem, stored).await
}
