//! Maps in simulated memory: real algorithms, written as async code whose every access the
//! machine performs. Nothing here knows of caches, time or other cores.

mod boxed;
mod cow;
mod fields;
mod go_classic;
mod go_runtime;
mod go_swiss;
mod go_sync;
mod go_sync_map;
mod go_sync_trie;
mod java;
mod key;
mod locked;
mod map;
mod mem;
mod sharded;
mod thread;
mod value;
mod walk;

pub use fields::{Field, Fields, Link};
pub use go_sync::{Lock, Mutex, RwMutex};
pub use key::{Key, KeyLayout};
pub use map::{Calling, Create, KINDS, Kind, Map, Shape};
pub use mem::{AsyncProgram, Fallible, Mem, Part, WriteIds};
pub use thread::{PlacedMap, World, run_thread};
pub use value::{ValueLayout, Words};
pub use walk::{Entry, Fault, Peek, Walk};
