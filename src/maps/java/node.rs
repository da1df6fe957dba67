//! What a chain is made of, 32 bytes: `HashMap.Node` and `ConcurrentHashMap.Node` (offsets
//! read with `Unsafe` on JDK 17), and `HashMap.Entry` of JDK 7, whose fields of the same types
//! HotSpot puts at the same places.

use super::long::Sought;
use super::object::{Reference, at, reference};
use crate::maps::mem::{Mem, Part};
use crate::memory::Addr;

pub(super) const HASH: u64 = 12;
pub(super) const KEY: u64 = 16;
pub(super) const VALUE: u64 = 20;
pub(super) const NEXT: u64 = 24;
pub(super) const BYTES: u64 = 32;

/// A reference as a logical value: one word of 4 bytes.
pub(super) const WORD: Part = (0, 4);

/// `new Node(hash, key, value, next)`: the constructor's stores, in its order. The store of
/// the value is announced: it is what a put writes.
pub(super) async fn new_node(
    mem: &Mem,
    key: &Sought,
    value: Reference,
    next: Reference,
) -> Reference {
    let node = mem.allocate_next(BYTES, "Node").await;
    mem.store_u32(node + HASH, key.hash).await;
    mem.store_u32(node + KEY, key.boxed).await;
    let value = u64::from(value);
    mem.write_value(node + VALUE, [(WORD, value)]).await;
    mem.store_u32(node + NEXT, next).await;
    reference(node)
}

/// `e.hash == hash && ((k = e.key) == key || key.equals(k))`.
pub(super) async fn holds(mem: &Mem, node: Reference, key: &Sought) -> bool {
    let node = at(node);
    mem.load_u32(node + HASH).await == key.hash
        && key.equals(mem, mem.load_u32(node + KEY).await).await
}

/// `e.next`, where it is a plain field.
pub(super) async fn next(mem: &Mem, node: Reference) -> Reference {
    mem.load_u32(next_of(node)).await
}

/// Where a node's `next` is.
pub(super) fn next_of(node: Reference) -> Addr {
    at(node) + NEXT
}

/// Where a node's value is.
pub(super) fn value_of(node: Reference) -> Addr {
    at(node) + VALUE
}

/// `e.value`, as a plain field and the logical value that a call reads.
pub(super) async fn value(mem: &Mem, node: Reference) -> Reference {
    let [value] = mem.read_value(value_of(node), [WORD]).await;
    value as Reference
}

/// `oldValue = e.value; e.value = value`, as a plain field.
pub(super) async fn replace_value(mem: &Mem, node: Reference, value: Reference) {
    mem.load_u32(value_of(node)).await;
    let value = u64::from(value);
    mem.write_value(value_of(node), [(WORD, value)]).await;
}
