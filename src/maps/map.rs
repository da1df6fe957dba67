//! What every map can do, whatever its algorithm, and the list of all of them.

use std::future::{Future, ready};
use std::pin::Pin;
use std::rc::Rc;

use super::fields::Fields;
use super::java;
use super::key::{Key, KeyLayout};
use super::mem::{Fallible, Mem};
use super::value::{ValueLayout, Words};
use super::walk::{Peek, Walk};
use super::{cow, go_classic, go_swiss, go_sync_map, go_sync_trie, locked, sharded};
use crate::machine::{Exit, Machine};
use crate::memory::{Addr, Bytes, HeapFull};

/// A call to a map, under way.
pub type Calling<'a, T> = Pin<Box<dyn Future<Output = Fallible<T>> + 'a>>;

/// A map in simulated memory. Its methods are the runtime's functions together with what the
/// compiler puts around a call: `put` also stores the value, `get` also loads it.
pub trait Map {
    /// `m[key] = value`.
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()>;

    /// `value, ok := m[key]`.
    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>>;

    /// `m[key]++`, for values that are numbers.
    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()>;

    /// `delete(m, key)`.
    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()>;

    /// `len(m)`.
    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64>;

    /// `for key, value := range m`: how many entries it visits. Each is noted
    /// ([`Note::Visited`](crate::machine::Note::Visited)) once its value is read.
    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64>;

    /// `clear(m)`.
    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()>;

    /// What it does by itself when it is full, though it is not: Java programs reach
    /// `HashMap.resize` by reflection. Only a map whose model has this can.
    fn grow<'a>(&'a self, _: &'a Mem) -> Calling<'a, ()> {
        let what = "a map that is asked to grow; `java-hashmap` does".to_owned();
        Box::pin(ready(Err(Exit::Unsupported(what))))
    }

    /// The objects that it is made of before the run: where, how large, and which part.
    fn objects(&self) -> Vec<(Addr, u64, &'static str)>;

    /// What the fields of its objects are called, for reports; none where nobody named them.
    fn fields(&self) -> Vec<Fields> {
        Vec::new()
    }

    /// What it holds when no call is under way, and what is wrong with its structure. No
    /// access is made.
    fn walk(&self, memory: &Peek<'_>) -> Walk;
}

/// What a trace says of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How its keys are laid out.
    pub key: KeyLayout,
    /// How its values are laid out.
    pub value: ValueLayout,
    /// For how many entries it has room from the start.
    pub room: u64,
    /// How many buckets it has from the start, if the trace says so; a power of two.
    pub buckets: Option<u32>,
    /// Where in its cache line the first value slot begins; by default where the allocator
    /// puts it.
    pub line_offset: Option<u64>,
    /// Into how many parts it is divided, if the trace says so; a power of two.
    pub shards: Option<u32>,
    /// How many bytes of their own such parts have at least, if the trace says so.
    pub pad: Option<u32>,
    /// The map that it is built on, if the trace says so.
    pub over: Option<&'static Kind>,
}

/// Makes an empty map in a machine's memory before the run.
pub type Create = fn(&mut Machine<Bytes>, Shape) -> Result<Rc<dyn Map>, HeapFull>;

/// A map algorithm.
#[derive(Debug)]
pub struct Kind {
    /// What traces and `--map` call it.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// The keys that it can have.
    pub keys: &'static [KeyLayout],
    /// The values that it can have.
    pub values: &'static [ValueLayout],
    /// Several threads may call it at once.
    pub safe: bool,
    /// Makes one.
    pub create: Create,
}

impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        self.name == other.name
    }
}

impl Eq for Kind {}

impl Kind {
    /// The map algorithm of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.name == name)
    }
}

/// All keys that Go's maps can have.
const GO_KEYS: &[KeyLayout] = &[KeyLayout::Word, KeyLayout::Half, KeyLayout::Text];
/// And all values.
const GO_VALUES: &[ValueLayout] = &[
    ValueLayout::Word,
    ValueLayout::Halves,
    ValueLayout::Text,
    ValueLayout::Interface,
    ValueLayout::Slice,
    ValueLayout::Struct,
];

/// All map algorithms.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "go-classic",
        about: "Go's map up to 1.23, as compiled for numbers and strings (mapassign_fast64)",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: false,
        create: |machine, shape| go_classic::create(machine, shape, go_classic::Variant::Fast),
    },
    Kind {
        name: "go-classic-generic",
        about: "Go's map up to 1.23, as compiled for keys of any type (mapassign)",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: false,
        create: |machine, shape| go_classic::create(machine, shape, go_classic::Variant::Generic),
    },
    Kind {
        name: "go-swiss",
        about: "Go's map since 1.24: Swiss tables, found by the top bits of a key's hash",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: false,
        create: go_swiss::create,
    },
    Kind {
        name: "java-hashmap",
        about: "Java's HashMap since JDK 8, which nothing protects",
        keys: &[KeyLayout::Word],
        values: &[ValueLayout::Word],
        safe: false,
        create: java::hashmap::create,
    },
    Kind {
        name: "java-hashmap7",
        about: "Java's HashMap in JDK 7, whose chains two growing threads can close to a circle",
        keys: &[KeyLayout::Word],
        values: &[ValueLayout::Word],
        safe: false,
        create: java::hashmap7::create,
    },
    Kind {
        name: "java-concurrent",
        about: "Java's ConcurrentHashMap since JDK 8",
        keys: &[KeyLayout::Word],
        values: &[ValueLayout::Word],
        safe: true,
        create: java::concurrent::create,
    },
    Kind {
        name: "go-mutex",
        about: "A map under one sync.Mutex",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: true,
        create: locked::with_mutex,
    },
    Kind {
        name: "go-rwmutex",
        about: "A map under one sync.RWMutex",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: true,
        create: locked::with_rwmutex,
    },
    Kind {
        name: "go-sync-map",
        about: "Go's sync.Map up to 1.23: a map to read, and a dirty one under a lock",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: true,
        create: go_sync_map::create,
    },
    Kind {
        name: "go-sync-map-trie",
        about: "Go's sync.Map since 1.24: a trie of hashes, a lock in each node for writers",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: true,
        create: go_sync_trie::create,
    },
    Kind {
        name: "sharded",
        about: "32 maps (`shards=`), each under a sync.RWMutex, two of them in a line",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: true,
        create: sharded::create,
    },
    Kind {
        name: "sharded-padded",
        about: "The same with a line for each",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: true,
        create: sharded::create_padded,
    },
    Kind {
        name: "cow",
        about: "Versions that share all but the way to what changed, behind one pointer",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: true,
        create: cow::create_path,
    },
    Kind {
        name: "cow-epoch",
        about: "The same, whose old versions are used again once no call can have them",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: true,
        create: cow::create_epoch,
    },
    Kind {
        name: "cow-epoch-unfenced",
        about: "The same with calls that announce themselves by a plain store, which can be late",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: false,
        create: cow::create_epoch_unfenced,
    },
    Kind {
        name: "cow-flat",
        about: "Versions with a table of their own, behind one pointer",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: true,
        create: cow::create_flat,
    },
    Kind {
        name: "cow-flat-set",
        about: "The same published without a look at what came between: it loses puts",
        keys: GO_KEYS,
        values: GO_VALUES,
        safe: false,
        create: cow::create_flat_set,
    },
];
