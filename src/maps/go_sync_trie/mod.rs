//! Go's `sync.Map` since 1.24 (`internal/sync/hashtriemap.go`): a trie of 16 children a node, four
//! bits of the hash a level from the top. Readers follow atomic words and store nothing; a change
//! locks the one node whose child it changes.
//!
//! Entries are never changed but for the link to others of the same hash, so a value cannot tear:
//! a new value is a new entry. A node that a deletion leaves empty is marked dead under its
//! parent's lock and taken out, which is what the second look after locking is for.
//!
//! Programs have no `len` and no `m[key]++` for it: they count by `Range`, and increment by `Load`
//! and `CompareAndSwap`, or `LoadOrStore` for a new key. This model does as they do.

mod node;
mod update;
mod walk;

use std::rc::Rc;

use node::{BITS, CHILDREN, Entries, HASH_BITS, Indirect, is_entry, overflow};
use update::Change;

use super::boxed::Boxed;
use super::fields::{Field, Fields};
use super::go_sync::Mutex;
use super::key::{Key, hash};
use super::map::{Calling, Map, Shape};
use super::mem::{Fallible, Mem};
use super::value::Words;
use super::walk::{Peek, Walk};
use crate::machine::{Machine, Note};
use crate::memory::{Addr, Arena, Bytes, HeapFull};

/// Offsets in `HashTrieMap`. The addresses of two functions lie between root and seed.
mod trie {
    pub(super) const INITED: u64 = 0;
    pub(super) const INIT_MUTEX: u64 = 4;
    pub(super) const ROOT: u64 = 16;
    pub(super) const SEED: u64 = 40;
    pub(super) const BYTES: u64 = 48;
}

struct Trie {
    header: Addr,
    entries: Entries,
}

/// `go-sync-map-trie`.
///
/// # Errors
/// When the heap is full.
pub(super) fn create(machine: &mut Machine<Bytes>, shape: Shape) -> Result<Rc<dyn Map>, HeapFull> {
    let header = machine.heap_mut().allocate(Arena::SETUP, trie::BYTES)?;
    let (key, boxed) = (shape.key, Boxed(shape.value));
    let entries = Entries { key, boxed };
    Ok(Rc::new(Trie { header, entries }))
}

impl Trie {
    /// `init`, then the hash of a key.
    async fn hash(&self, mem: &Mem, key: &Key) -> Fallible<u64> {
        self.init(mem).await?;
        let seed = mem.load_u64(self.header + trie::SEED).await;
        mem.compute(key.hash_cycles()).await;
        Ok(key.hash(seed))
    }

    async fn init(&self, mem: &Mem) -> Fallible<()> {
        let inited = self.header + trie::INITED;
        if mem.load_atomic(inited, 4).await != 0 {
            return Ok(());
        }
        let mutex = Mutex(self.header + trie::INIT_MUTEX);
        mutex.lock(mem).await;
        if mem.load_atomic(inited, 4).await == 0 {
            self.new_root(mem).await;
            let seed = hash(self.header.0, mem.thread().into());
            mem.store_u64(self.header + trie::SEED, seed).await;
            mem.exchange(inited, 4, 1).await;
        }
        mutex.unlock(mem).await
    }

    async fn root(&self, mem: &Mem) -> Indirect {
        Indirect(mem.load_addr_atomic(self.header + trie::ROOT).await)
    }

    async fn new_root(&self, mem: &Mem) {
        let root = Indirect::new(mem, None).await;
        mem.exchange(self.header + trie::ROOT, 8, root.0.0).await;
    }

    /// `Load`: the entry.
    async fn find(&self, mem: &Mem, key: &Key) -> Fallible<Option<Addr>> {
        let hash = self.hash(mem, key).await?;
        let mut at = self.root(mem).await;
        let mut shift = HASH_BITS;
        while shift != 0 {
            shift -= BITS;
            let node = mem.load_addr_atomic(at.slot(hash, shift)).await;
            if node == Addr(0) {
                return Ok(None);
            }
            if is_entry(mem, node).await {
                return Ok(self.entries.look_up(mem, node, key).await);
            }
            at = Indirect(node);
        }
        Ok(None)
    }

    /// Calls `Load`, then `CompareAndSwap`, until nobody was in between.
    async fn add_one(&self, mem: &Mem, key: &Key) -> Fallible<()> {
        loop {
            mem.note(Note::Retried).await;
            let change = match self.find(mem, key).await? {
                None => Change::StoreIfAbsent([1, 0, 0]),
                Some(entry) => {
                    let [old, ..] = self.entries.read(mem, entry).await;
                    Change::CompareAndSwap(old, [old.wrapping_add(1), 0, 0])
                }
            };
            if self.change(mem, key, change).await? {
                return Ok(());
            }
        }
    }

    /// `Range`: how many entries there are. Loads the values, too, if they are wanted.
    async fn walk_entries(&self, mem: &Mem, values: bool) -> Fallible<u64> {
        self.init(mem).await?;
        let mut visited = 0;
        let mut left = vec![(self.root(mem).await, 0)];
        while let Some((node, index)) = left.pop() {
            if index + 1 < CHILDREN {
                left.push((node, index + 1));
            }
            let child = mem.load_addr_atomic(node.child(index)).await;
            if child == Addr(0) {
                continue;
            }
            if !is_entry(mem, child).await {
                left.push((Indirect(child), 0));
                continue;
            }
            let mut entry = child;
            while entry != Addr(0) {
                visited += 1;
                if values {
                    self.visit(mem, entry).await;
                }
                entry = overflow(mem, entry).await;
            }
        }
        Ok(visited)
    }

    async fn visit(&self, mem: &Mem, entry: Addr) {
        let bytes = self.entries.key.bytes().min(8) as usize;
        let key = mem.load(entry + node::entry::KEY, bytes).await as u64;
        self.entries.read(mem, entry).await;
        mem.note(Note::Visited { key }).await;
    }
}

impl Map for Trie {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(async move {
            self.change(mem, key, Change::Store(value)).await?;
            Ok(())
        })
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            Ok(match self.find(mem, key).await? {
                Some(entry) => Some(self.entries.read(mem, entry).await),
                None => None,
            })
        })
    }

    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(self.add_one(mem, key))
    }

    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            self.change(mem, key, Change::Delete).await?;
            Ok(())
        })
    }

    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(self.walk_entries(mem, false))
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(self.walk_entries(mem, true))
    }

    /// A new root: what hangs below the old one is forgotten.
    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(async move {
            self.init(mem).await?;
            self.new_root(mem).await;
            Ok(())
        })
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        vec![(self.header, trie::BYTES, "sync.Map")]
    }

    fn fields(&self) -> Vec<Fields> {
        let own = [
            Field::one(trie::INITED, 4, "inited"),
            Field::one(trie::INIT_MUTEX, 8, "initMu"),
            Field::pointer(trie::ROOT, "root"),
            Field::one(trie::SEED, 8, "seed"),
        ];
        let mut all = node::fields();
        all.push(Fields::of("sync.Map", &own));
        all
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        self.look_over(memory)
    }
}
