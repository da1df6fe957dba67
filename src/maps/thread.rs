//! A thread of a trace as a program: performs one operation after another, with maps and
//! variables where they lie in simulated memory.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::go_sync::Lock;
use super::key::Key;
use super::map::Map;
use super::mem::{Fallible, Mem};
use super::value::{ValueLayout, Words};
use super::walk::{Peek, Walk};
use crate::machine::{Answer, Call, CallKind, Exit, Note, Update};
use crate::memory::Addr;
use crate::trace::{self, Base, Boxed, Literal, Op, Operation, Place, Rmw};

/// A map in memory, and how its values are laid out.
pub type PlacedMap = (Rc<dyn Map>, ValueLayout);

/// What the threads of a trace share.
pub struct World {
    /// Where each variable lies.
    pub variables: Vec<Addr>,
    /// Each lock.
    pub locks: Vec<Lock>,
    /// Each map.
    pub maps: Vec<PlacedMap>,
    /// Where each literal's bytes lie, once it was used.
    literals: RefCell<FxHashMap<Literal, Words>>,
    /// Where each text's bytes lie, once it was used.
    texts: RefCell<FxHashMap<Arc<str>, Addr>>,
    /// The addresses of the type descriptors of `int` and `string`.
    types: [Addr; 2],
}

impl World {
    /// Variables, locks and maps that lie in memory already, and two objects to stand for types.
    #[must_use]
    pub fn new(
        variables: Vec<Addr>,
        locks: Vec<Lock>,
        maps: Vec<PlacedMap>,
        types: [Addr; 2],
    ) -> World {
        World {
            variables,
            locks,
            maps,
            literals: RefCell::default(),
            texts: RefCell::default(),
            types,
        }
    }

    fn addr(&self, place: Place) -> Addr {
        match place.base {
            Base::Absolute => Addr(place.offset),
            Base::Variable(variable) => self.variables[usize::from(variable)] + place.offset,
        }
    }

    /// The words of a literal. Its bytes are static data: placed once, without an access.
    async fn words(&self, mem: &Mem, literal: &Literal) -> Words {
        if let &Literal::Number(number) = literal {
            return [number, 0, 0];
        }
        if let Some(&words) = self.literals.borrow().get(literal) {
            return words;
        }
        let words = match literal {
            Literal::Number(number) => [*number, 0, 0],
            Literal::Struct(words) => *words,
            Literal::Text(text) => {
                let [at, len] = self.text_words(mem, text).await;
                // The capacity that a slice of the same bytes has.
                [at, len, len]
            }
            Literal::Boxed(Boxed::Number(number)) => {
                let data = mem.place(8, number.to_le_bytes().into()).await;
                [self.types[0].0, data.0, 0]
            }
            Literal::Boxed(Boxed::Text(text)) => {
                let [bytes, len] = self.text_words(mem, text).await.map(u64::to_le_bytes);
                let data = mem.place(16, [bytes, len].concat().into()).await;
                [self.types[1].0, data.0, 0]
            }
        };
        self.literals.borrow_mut().insert(literal.clone(), words);
        words
    }

    /// The address of a text's bytes, and their number. They are static data: placed once.
    async fn text_words(&self, mem: &Mem, text: &Arc<str>) -> [u64; 2] {
        let len = text.len() as u64;
        let known = self.texts.borrow().get(text).copied();
        if let Some(at) = known {
            return [at.0, len];
        }
        let at = mem.place(len, text.as_bytes().into()).await;
        self.texts.borrow_mut().insert(Arc::clone(text), at);
        [at.0, len]
    }

    async fn key(&self, mem: &Mem, key: &trace::Key) -> Key {
        match key {
            trace::Key::Number(number) => Key::Number(*number),
            trace::Key::Text(text) => {
                let [at, _] = self.text_words(mem, text).await;
                Key::Text(Addr(at), Arc::clone(text))
            }
        }
    }

    fn lock(&self, lock: u16) -> Lock {
        self.locks[usize::from(lock)]
    }

    fn map(&self, map: u16) -> &dyn Map {
        &*self.maps[usize::from(map)].0
    }

    async fn put(&self, mem: &Mem, map: u16, key: &Key, value: &Literal) -> Fallible<()> {
        let words = self.words(mem, value).await;
        call(mem, CallKind::Put, map, key.id()).await;
        self.map(map).put(mem, key, words).await?;
        mem.note(Note::CallEnded(Answer::Nothing)).await;
        Ok(())
    }

    async fn get(&self, mem: &Mem, map: u16, key: &Key) -> Fallible<Option<u128>> {
        let layout = self.maps[usize::from(map)].1;
        call(mem, CallKind::Get, map, key.id()).await;
        let found = self.map(map).get(mem, key).await?;
        let answer = if found.is_some() {
            Answer::Present
        } else {
            Answer::Absent
        };
        mem.note(Note::CallEnded(answer)).await;
        let join = |[low, high, _]: Words| match layout {
            ValueLayout::Word | ValueLayout::Halves => u128::from(low),
            _ => u128::from(low) | u128::from(high) << 64,
        };
        Ok(found.map(join))
    }

    /// What each map holds, in memory as all cores agree on it.
    #[must_use]
    pub fn walk(&self, memory: &Peek<'_>) -> Vec<Walk> {
        let maps = self.maps.iter();
        maps.map(|(map, _)| map.walk(memory)).collect()
    }

    /// Performs one operation: the value that it gives, if it gives one.
    async fn perform(&self, mem: &Mem, op: &Op) -> Fallible<Option<u128>> {
        match op {
            Op::Load(place) => {
                let (addr, bytes) = (self.addr(*place), usize::from(place.bytes));
                mem.note(Note::ReadBegun {
                    addr,
                    bytes: bytes as u64,
                })
                .await;
                let value = mem.load(addr, bytes).await;
                mem.note(Note::ReadEnded).await;
                return Ok(Some(value));
            }
            Op::Store(place, value) => {
                let (addr, bytes) = (self.addr(*place), usize::from(place.bytes));
                let write = mem.new_write();
                mem.note(Note::WriteBegun {
                    write,
                    addr,
                    bytes: bytes as u64,
                })
                .await;
                mem.store_part(addr, bytes, *value, write).await;
            }
            Op::Rmw(place, rmw) => {
                let update = match *rmw {
                    Rmw::Exchange(new) => Update::Exchange(new),
                    Rmw::Add(addend) => Update::Add(addend),
                    Rmw::CompareExchange { expected, new } => {
                        Update::CompareExchange { expected, new }
                    }
                };
                let (addr, bytes) = (self.addr(*place), usize::from(place.bytes));
                return Ok(Some(mem.locked(addr, bytes, update).await));
            }
            Op::Evict(place) => mem.evict(self.addr(*place)).await,
            Op::Fence => mem.fence().await,
            Op::Compute(cycles) => mem.compute(*cycles).await,
            Op::Clock => mem.note(Note::ClockRead).await,
            Op::Lock(lock) => self.lock(*lock).lock(mem).await,
            Op::Unlock(lock) => self.lock(*lock).unlock(mem).await?,
            Op::ReadLock(lock) => self.lock(*lock).read_lock(mem).await,
            Op::ReadUnlock(lock) => self.lock(*lock).read_unlock(mem).await?,
            Op::Put { map, key, value } => {
                let key = self.key(mem, key).await;
                self.put(mem, *map, &key, value).await?;
            }
            Op::Get { map, key } => {
                let key = self.key(mem, key).await;
                return self.get(mem, *map, &key).await;
            }
            Op::Increment { map, key } => {
                let key = self.key(mem, key).await;
                call(mem, CallKind::Increment, *map, key.id()).await;
                self.map(*map).increment(mem, &key).await?;
                mem.note(Note::CallEnded(Answer::Nothing)).await;
            }
            Op::Delete { map, key } => {
                let key = self.key(mem, key).await;
                call(mem, CallKind::Delete, *map, key.id()).await;
                self.map(*map).delete(mem, &key).await?;
                mem.note(Note::CallEnded(Answer::Nothing)).await;
            }
            Op::Clear { map } => {
                call(mem, CallKind::Clear, *map, 0).await;
                self.map(*map).clear(mem).await?;
                mem.note(Note::CallEnded(Answer::Nothing)).await;
            }
            Op::Grow { map } => {
                call(mem, CallKind::Grow, *map, 0).await;
                self.map(*map).grow(mem).await?;
                mem.note(Note::CallEnded(Answer::Nothing)).await;
            }
            Op::Len { map } => {
                call(mem, CallKind::Len, *map, 0).await;
                let count = self.map(*map).len(mem).await?;
                mem.note(Note::CallEnded(Answer::Count(count))).await;
                return Ok(Some(count.into()));
            }
            Op::Range { map } => {
                call(mem, CallKind::Range, *map, 0).await;
                let count = self.map(*map).range(mem).await?;
                mem.note(Note::CallEnded(Answer::Count(count))).await;
                return Ok(Some(count.into()));
            }
        }
        Ok(None)
    }
}

async fn call(mem: &Mem, kind: CallKind, map: u16, key: u64) {
    mem.note(Note::CallBegun(Call { kind, map, key })).await;
}

/// The program of a thread; `next` gives its operations one after another, `Err` when the
/// trace cannot be read on.
pub async fn run_thread<E>(
    mem: Mem,
    world: Rc<World>,
    mut next: impl FnMut() -> Result<Option<Operation>, E>,
) -> Exit {
    loop {
        let operation = match next() {
            Ok(Some(operation)) => operation,
            Ok(None) => return Exit::Finished,
            Err(_) => return Exit::BadInput,
        };
        mem.note(Note::OperationBegun {
            line: operation.line,
        })
        .await;
        let value = match world.perform(&mem, &operation.op).await {
            Ok(value) => value,
            Err(exit) => return exit,
        };
        if let Some(name) = operation.result {
            mem.note(Note::Named { name, value }).await;
        }
    }
}
