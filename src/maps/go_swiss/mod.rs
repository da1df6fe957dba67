//! Go's map since 1.24 (`internal/runtime/maps`: `map.go`, `table.go`, `group.go` and
//! `runtime_fast*_swiss.go` of Go 1.24.11): a Swiss table in extendible hashing. Order and number
//! of accesses are those of the code that its compiler makes for amd64: where the source loads a
//! word twice with nothing in between, the compiler loads it once.
//!
//! Reading order: here is how groups lie in memory, `header` is what holds them, `control` how
//! eight control bytes are compared at once, and `table` a table and the way through its groups.
//! `access` and `faststr` find a key, `assign` a place for one, `grow` makes tables and
//! `directory` puts them where calls find them; `delete`, `iterate` and `clear` are what they say,
//! and `create` makes a map before the run. `walk` looks at it from outside.
//!
//! Left out: values and keys beyond 128 bytes (which are kept behind a pointer), keys that differ
//! from themselves, write barriers, and what came with Go 1.25, which takes some tombstones away
//! without growing. Memory is copied and cleared word by word, where the runtime's `memmove` and
//! `memclr` take up to 32 bytes at once.

mod access;
mod assign;
mod clear;
mod control;
mod create;
mod delete;
mod directory;
mod faststr;
mod fields;
mod grow;
mod header;
mod iterate;
mod table;
mod walk;

pub(super) use create::create;

use control::{CONTROL_BYTES, SLOTS};
use header::map;

use super::fields::Fields;
use super::go_runtime::Random;
use super::key::{Key, KeyLayout};
use super::map::{Calling, Map};
use super::mem::Mem;
use super::value::{ValueLayout, Words};
use super::walk::{Peek, Walk};
use crate::machine::Note;
use crate::memory::Addr;

/// A map: where its header lies and how its groups are laid out.
#[derive(Debug)]
struct GoSwiss {
    header: Addr,
    /// What else was made before the run: where, how many bytes, and what.
    made: Vec<(Addr, u64, &'static str)>,
    key: KeyLayout,
    value: ValueLayout,
    random: Random,
}

/// A slot: its group, and which of the group's eight.
type Slot = (Addr, u64);

impl GoSwiss {
    /// Where in a slot the value is: after the key, aligned.
    fn elem_offset(&self) -> u64 {
        let alignment = match self.value {
            ValueLayout::Halves => 4,
            _ => 8,
        };
        self.key.bytes().next_multiple_of(alignment)
    }

    /// The size of a slot: a key and its value.
    fn slot_bytes(&self) -> u64 {
        self.elem_offset() + self.value.bytes()
    }

    /// The size of a group: the control word, then eight slots. Groups lie one behind the other.
    fn group_bytes(&self) -> u64 {
        CONTROL_BYTES + SLOTS * self.slot_bytes()
    }

    fn key_at(&self, (group, slot): Slot) -> Addr {
        group + (CONTROL_BYTES + slot * self.slot_bytes())
    }

    fn elem_at(&self, slot: Slot) -> Addr {
        self.key_at(slot) + self.elem_offset()
    }

    fn nth(&self, groups: Addr, index: u64) -> Addr {
        groups + index.wrapping_mul(self.group_bytes())
    }

    /// Whether the compiled code compares numbers itself. It calls a function for strings, and
    /// what it has loaded before that it loads again.
    fn compares_inline(&self) -> bool {
        self.key != KeyLayout::Text
    }

    async fn holds(&self, mem: &Mem, slot: Slot, key: &Key) -> bool {
        self.key.matches(mem, self.key_at(slot), key).await
    }
}

impl Map for GoSwiss {
    fn put<'a>(&'a self, mem: &'a Mem, key: &'a Key, value: Words) -> Calling<'a, ()> {
        Box::pin(async move {
            let slot = self.assign(mem, key).await?;
            // The caller's code: the map's own function is over and its flag is toggled back.
            self.value.write(mem, self.elem_at(slot), value).await;
            Ok(())
        })
    }

    fn get<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, Option<Words>> {
        Box::pin(async move {
            let Some(slot) = self.access(mem, key).await? else {
                return Ok(None);
            };
            Ok(Some(self.value.read(mem, self.elem_at(slot)).await))
        })
    }

    fn increment<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(async move {
            let slot = self.assign(mem, key).await?;
            self.value.increment(mem, self.elem_at(slot)).await;
            Ok(())
        })
    }

    fn delete<'a>(&'a self, mem: &'a Mem, key: &'a Key) -> Calling<'a, ()> {
        Box::pin(self.remove(mem, key))
    }

    fn len<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(async move {
            mem.note(Note::HeaderRead(self.header)).await;
            Ok(self.used(mem).await)
        })
    }

    fn range<'a>(&'a self, mem: &'a Mem) -> Calling<'a, u64> {
        Box::pin(self.iterate(mem))
    }

    fn clear<'a>(&'a self, mem: &'a Mem) -> Calling<'a, ()> {
        Box::pin(self.empty(mem))
    }

    fn objects(&self) -> Vec<(Addr, u64, &'static str)> {
        let header = (self.header, map::BYTES, "header");
        std::iter::once(header)
            .chain(self.made.iter().copied())
            .collect()
    }

    fn fields(&self) -> Vec<Fields> {
        self.named_fields()
    }

    fn walk(&self, memory: &Peek<'_>) -> Walk {
        self.look_over(memory)
    }
}
