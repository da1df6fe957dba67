//! What every map can do, whatever its algorithm, and the list of all of them.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use super::go_classic;
use super::mem::{Fallible, Mem};
use super::value::{ValueLayout, Words};
use crate::machine::Machine;
use crate::memory::{Addr, Bytes, HeapFull};

/// A call to a map, under way.
pub type Calling<'a, T> = Pin<Box<dyn Future<Output = Fallible<T>> + 'a>>;

/// A map in simulated memory. Its methods are the runtime's functions together with what the
/// compiler puts around a call: `put` also stores the value, `get` also loads it.
pub trait Map {
    /// `m[key] = value`.
    fn put<'a>(&'a self, mem: &'a Mem, key: u64, value: Words) -> Calling<'a, ()>;

    /// `value, ok := m[key]`.
    fn get<'a>(&'a self, mem: &'a Mem, key: u64) -> Calling<'a, Option<Words>>;

    /// `delete(m, key)`.
    fn delete<'a>(&'a self, mem: &'a Mem, key: u64) -> Calling<'a, ()>;

    /// `len(m)`.
    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64>;

    /// The objects that it is made of before the run: where, how large, and which part.
    fn objects(&self) -> Vec<(Addr, u64, &'static str)>;

    /// `for key, value := range m`: how many entries it visits.
    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64>;
}

/// What a trace says of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How its values are laid out.
    pub value: ValueLayout,
    /// How many buckets it has; a power of two.
    pub buckets: u32,
    /// Where in its cache line the first value slot begins; by default where the allocator
    /// puts it.
    pub line_offset: Option<u64>,
}

/// Makes an empty map in a machine's memory before the run.
pub type Create = fn(&mut Machine<Bytes>, Shape) -> Result<Rc<dyn Map>, HeapFull>;

/// A map algorithm.
pub struct Kind {
    /// What traces and `--map` call it.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Makes one.
    pub create: Create,
}

/// All map algorithms.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "go-classic",
        about: "Go's map up to 1.23, as compiled for integer keys (mapassign_fast64)",
        create: |machine, shape| go_classic::create(machine, shape, go_classic::Variant::Fast64),
    },
    Kind {
        name: "go-classic-generic",
        about: "Go's map up to 1.23, as compiled for keys of any type (mapassign)",
        create: |machine, shape| go_classic::create(machine, shape, go_classic::Variant::Generic),
    },
];
