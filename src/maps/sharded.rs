//! A map in shards: many maps, each under a `sync.RWMutex` of its own, and the key's hash
//! (FNV-1a) says which. A shard is 32 bytes, the lock and the address of its map, so two of them
//! lie in one line of 64 bytes unless they are padded.

use std::rc::Rc;

use super::fields::{Field, Fields};
use super::go_sync::RwMutex;
use super::key::Key;
use super::locked::inner_kind;
use super::map::{Calling, Map, Shape};
use super::mem::Mem;
use super::value::Words;
use super::walk::{Fault, Peek, Walk};
use crate::machine::Machine;
use crate::memory::{Addr, Arena, Bytes, HeapFull, WriteId};

const USUAL_SHARDS: u32 = 32;
/// The lock, and the address of the map.
const SHARD_BYTES: u64 = RwMutex::BYTES + 8;
/// A byte's part of the hash: an exclusive or and a multiplication.
const BYTE_CYCLES: u32 = 4;

struct Sharded {
    shards: Addr,
    stride: u64,
    inner: Vec<Rc<dyn Map>>,
}

/// `sharded`, with the shards side by side unless the trace says `pad=`.
///
/// # Errors
/// When the heap is full.
pub(super) fn create(machine: &mut Machine<Bytes>, shape: Shape) -> Result<Rc<dyn Map>, HeapFull> {
    let stride = shape
        .pad
        .map_or(SHARD_BYTES, |pad| SHARD_BYTES.max(pad.into()));
    make(machine, shape, stride)
}

/// `sharded-padded`: each shard has a line of its own.
///
/// # Errors
/// When the heap is full.
pub(super) fn create_padded(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    let line_bytes = machine.config().line_size.bytes();
    let stride = shape.pad.map_or(line_bytes, u64::from);
    make(machine, shape, stride.max(SHARD_BYTES))
}

fn make(machine: &mut Machine<Bytes>, shape: Shape, stride: u64) -> Result<Rc<dyn Map>, HeapFull> {
    let count = shape.shards.unwrap_or(USUAL_SHARDS);
    let bytes = stride * u64::from(count);
    let line_bytes = machine.config().line_size.bytes();
    // So many bytes begin at a page, and with it at a line, in Go as well.
    let shards = match bytes > 1024 {
        true => machine.heap_mut().allocate(Arena::SETUP, bytes)?,
        false => machine.heap_mut().allocate_at(bytes, 0, line_bytes)?,
    };
    let share = Shape {
        room: shape.room / u64::from(count),
        ..shape
    };
    let mut inner = Vec::new();
    for shard in 0..count {
        let map = (inner_kind(&shape).create)(machine, share)?;
        let header = map.objects().first().map_or(Addr(0), |object| object.0);
        let at = shards + (u64::from(shard) * stride + RwMutex::BYTES);
        let memory = machine.memory_mut();
        memory.write(at, 8, header.0.into(), WriteId::INITIAL);
        inner.push(map);
    }
    Ok(Rc::new(Sharded {
        shards,
        stride,
        inner,
    }))
}

impl Sharded {
    /// The shard of a key: its lock, where the address of its map stands, and the map.
    async fn shard(&self, mem: &Mem, key: &Key) -> usize {
        let (hash, bytes) = match key {
            // Hashed as its 8 bytes, the lowest first.
            Key::Number(number) => (fnv(&number.to_le_bytes()), 8),
            Key::Text(_, text) => (fnv(text.as_bytes()), text.len()),
        };
        mem.compute(BYTE_CYCLES * bytes as u32).await;
        hash as usize % self.inner.len()
    }

    fn lock(&self, shard: usize) -> RwMutex {
        RwMutex(self.shards + shard as u64 * self.stride)
    }

    /// The shard's map, whose address is loaded as the program does under the lock.
    async fn map(&self, mem: &Mem, shard: usize) -> &dyn Map {
        mem.load_u64(self.lock(shard).0 + RwMutex::BYTES).await;
        &*self.inner[shard]
    }
}

/// FNV-1a, 32 bits.
fn fnv(bytes: &[u8]) -> u32 {
    let start = 2_166_136_261_u32;
    let step = |hash: u32, &byte: &u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    bytes.iter().fold(start, step)
}

impl Map for Sharded {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(async move {
            let shard = self.shard(mem, key).await;
            self.lock(shard).lock(mem).await;
            self.map(mem, shard).await.put(mem, key, value).await?;
            self.lock(shard).unlock(mem).await?;
            Ok(())
        })
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            let shard = self.shard(mem, key).await;
            self.lock(shard).read_lock(mem).await;
            let found = self.map(mem, shard).await.get(mem, key).await?;
            self.lock(shard).read_unlock(mem).await?;
            Ok(found)
        })
    }

    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            let shard = self.shard(mem, key).await;
            self.lock(shard).lock(mem).await;
            self.map(mem, shard).await.increment(mem, key).await?;
            self.lock(shard).unlock(mem).await?;
            Ok(())
        })
    }

    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            let shard = self.shard(mem, key).await;
            self.lock(shard).lock(mem).await;
            self.map(mem, shard).await.delete(mem, key).await?;
            self.lock(shard).unlock(mem).await?;
            Ok(())
        })
    }

    /// One shard after another: not the length at any one time.
    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move {
            let mut len = 0;
            for shard in 0..self.inner.len() {
                self.lock(shard).read_lock(mem).await;
                len += self.map(mem, shard).await.len(mem).await?;
                self.lock(shard).read_unlock(mem).await?;
            }
            Ok(len)
        })
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move {
            let mut visited = 0;
            for shard in 0..self.inner.len() {
                self.lock(shard).read_lock(mem).await;
                visited += self.map(mem, shard).await.range(mem).await?;
                self.lock(shard).read_unlock(mem).await?;
            }
            Ok(visited)
        })
    }

    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(async move {
            for shard in 0..self.inner.len() {
                self.lock(shard).lock(mem).await;
                self.map(mem, shard).await.clear(mem).await?;
                self.lock(shard).unlock(mem).await?;
            }
            Ok(())
        })
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        let bytes = self.stride * self.inner.len() as u64;
        let mut objects = vec![(self.shards, bytes, "shards")];
        objects.extend(self.inner.iter().flat_map(|map| map.objects()));
        objects
    }

    fn fields(&self) -> Vec<Fields> {
        let mut shard = RwMutex::FIELDS.to_vec();
        shard.push(Field::pointer(RwMutex::BYTES, "map"));
        let mut fields = self.inner.first().map_or(Vec::new(), |map| map.fields());
        fields.push(Fields {
            part: "shards",
            stride: self.stride,
            fields: shard,
        });
        fields
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        let mut all = Walk::default();
        for (shard, map) in self.inner.iter().enumerate() {
            let walk = map.walk(memory);
            all.entries.extend(walk.entries);
            all.faults.extend(walk.faults);
            all.len += walk.len;
            if !self.lock(shard).is_free(memory) {
                let mark = "a shard's lock";
                all.faults.push(Fault::LeftMarked { mark });
            }
        }
        all.judged()
    }
}
