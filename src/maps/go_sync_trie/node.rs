//! The nodes of the trie. What kind one is, its parent, an entry's key and its value never change
//! once it is published; children and the overflow entry are atomic words.

use crate::maps::boxed::Boxed;
use crate::maps::fields::{Field, Fields, Link};
use crate::maps::go_sync::Mutex;
use crate::maps::key::{Key, KeyLayout};
use crate::maps::mem::Mem;
use crate::maps::value::Words;
use crate::memory::Addr;

/// What both kinds of nodes begin with.
pub(super) const IS_ENTRY: u64 = 0;

/// Offsets in `indirect`.
pub(super) mod indirect {
    pub(crate) const DEAD: u64 = 4;
    pub(crate) const MUTEX: u64 = 8;
    pub(crate) const PARENT: u64 = 16;
    pub(crate) const CHILDREN: u64 = 24;
    pub(crate) const BYTES: u64 = 152;
}

/// Offsets in `entry`; key and value are interfaces.
pub(super) mod entry {
    pub(crate) const OVERFLOW: u64 = 8;
    pub(crate) const KEY: u64 = 16;
    pub(crate) const VALUE: u64 = 32;
    pub(crate) const BYTES: u64 = 48;
}

/// How many bits of the hash choose a child.
pub(super) const BITS: u32 = 4;
pub(super) const CHILDREN: u64 = 1 << BITS;
pub(super) const HASH_BITS: u32 = 64;

/// An indirect node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Indirect(pub(super) Addr);

impl Indirect {
    /// `newIndirectNode`.
    pub(super) async fn new(mem: &Mem, parent: Option<Indirect>) -> Indirect {
        let node = mem.allocate(indirect::BYTES, "indirect node").await;
        let parent = parent.map_or(Addr(0), |parent| parent.0);
        mem.store_addr(node + indirect::PARENT, parent).await;
        Indirect(node)
    }

    pub(super) fn mutex(self) -> Mutex {
        Mutex(self.0 + indirect::MUTEX)
    }

    /// The place of the child for a hash, of which `shift` bits are left below.
    pub(super) fn slot(self, hash: u64, shift: u32) -> Addr {
        self.child(hash.checked_shr(shift).unwrap_or(0) % CHILDREN)
    }

    pub(super) fn child(self, index: u64) -> Addr {
        self.0 + (indirect::CHILDREN + 8 * index)
    }

    pub(super) async fn is_dead(self, mem: &Mem) -> bool {
        mem.load_atomic(self.0 + indirect::DEAD, 4).await != 0
    }

    pub(super) async fn parent(self, mem: &Mem) -> Option<Indirect> {
        let parent = mem.load_addr(self.0 + indirect::PARENT).await;
        (parent != Addr(0)).then_some(Indirect(parent))
    }

    pub(super) async fn is_empty(self, mem: &Mem) -> bool {
        for index in 0..CHILDREN {
            if mem.load_addr_atomic(self.child(index)).await != Addr(0) {
                return false;
            }
        }
        true
    }
}

/// How entries are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entries {
    pub(super) key: KeyLayout,
    pub(super) boxed: Boxed,
}

impl Entries {
    /// `newEntryNode`.
    pub(super) async fn make(self, mem: &Mem, key: &Key, value: Words) -> Addr {
        let entry = mem.allocate(entry::BYTES, "entry").await;
        mem.store_u8(entry + IS_ENTRY, 1).await;
        let [first, second] = key.words();
        let bytes = self.key.bytes().min(8) as usize;
        mem.store(entry + entry::KEY, bytes, first.into()).await;
        if self.key == KeyLayout::Text {
            mem.store_u64(entry + entry::KEY + 8, second).await;
        }
        self.boxed.write(mem, entry + entry::VALUE, value).await;
        entry
    }

    pub(super) async fn has(self, mem: &Mem, entry: Addr, key: &Key) -> bool {
        self.key.matches(mem, entry + entry::KEY, key).await
    }

    pub(super) async fn read(self, mem: &Mem, entry: Addr) -> Words {
        self.boxed.read(mem, entry + entry::VALUE).await
    }

    /// `lookup`: the entry with this key among those of one hash.
    pub(super) async fn look_up(self, mem: &Mem, head: Addr, key: &Key) -> Option<Addr> {
        let mut entry = head;
        while entry != Addr(0) {
            if self.has(mem, entry, key).await {
                return Some(entry);
            }
            entry = overflow(mem, entry).await;
        }
        None
    }

    /// `swap`: puts `new` in the place of the entry `old` of the chain `head`, which it is in: the
    /// chain's head then.
    pub(super) async fn swap(self, mem: &Mem, head: Addr, old: Addr, new: Addr) -> Addr {
        let after = overflow(mem, old).await;
        if after != Addr(0) {
            mem.exchange(new + entry::OVERFLOW, 8, after.0).await;
        }
        self.replace(mem, head, old, new).await
    }

    /// `loadAndDelete`: the chain's head once `old` is not in it any more.
    pub(super) async fn remove(self, mem: &Mem, head: Addr, old: Addr) -> Addr {
        let after = overflow(mem, old).await;
        self.replace(mem, head, old, after).await
    }

    async fn replace(self, mem: &Mem, head: Addr, old: Addr, new: Addr) -> Addr {
        if head == old {
            return new;
        }
        let mut before = head;
        loop {
            let next = overflow(mem, before).await;
            if next == old || next == Addr(0) {
                mem.exchange(before + entry::OVERFLOW, 8, new.0).await;
                return head;
            }
            before = next;
        }
    }
}

/// What the fields of both kinds of nodes are called.
pub(super) fn fields() -> Vec<Fields> {
    let indirect = [
        Field::one(IS_ENTRY, 1, "isEntry"),
        Field::one(indirect::DEAD, 4, "dead"),
        Field::one(indirect::MUTEX, 8, "mu"),
        Field::pointer(indirect::PARENT, "parent"),
        Field::array(indirect::CHILDREN, 8, CHILDREN, "children").linking(Link::Address),
    ];
    let entry = [
        Field::one(IS_ENTRY, 1, "isEntry"),
        Field::pointer(entry::OVERFLOW, "overflow"),
        Field::one(entry::KEY, 16, "key"),
        Field::one(entry::VALUE, 16, "value"),
    ];
    vec![
        Fields::of("indirect node", &indirect),
        Fields::of("entry", &entry),
    ]
}

pub(super) async fn overflow(mem: &Mem, entry: Addr) -> Addr {
    mem.load_addr_atomic(entry + entry::OVERFLOW).await
}

pub(super) async fn is_entry(mem: &Mem, node: Addr) -> bool {
    mem.load_u8(node + IS_ENTRY).await != 0
}
