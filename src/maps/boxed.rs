//! Values as `any`: an interface of two words, whose second one leads to an object that holds
//! the value and that nobody changes. A value that is an interface already is its own two words.
//!
//! Keys are `any` in Go as well; here they lie in maps as themselves, which saves a load for each
//! comparison.

use super::fields::{Field, Fields};
use super::mem::Mem;
use super::value::{ValueLayout, Words};
use super::walk::Peek;
use crate::memory::{Addr, WriteId};

/// Stands for the address of a type's description; nobody follows it.
const TYPE: u64 = 1;

/// How the values in interfaces are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Boxed(pub(super) ValueLayout);

impl Boxed {
    /// The size of an interface.
    pub(super) const BYTES: u64 = 16;

    /// What the words of an interface are called, in objects of this name.
    pub(super) fn fields(part: &'static str) -> Fields {
        Fields::of(part, &[Field::one(0, 8, "type"), Field::pointer(8, "data")])
    }

    /// Makes an interface of a value at `addr`, which only this thread knows.
    pub(super) async fn write(self, mem: &Mem, addr: Addr, value: Words) {
        if self.0 == ValueLayout::Interface {
            return self.0.write(mem, addr, value).await;
        }
        let data = mem.allocate(self.0.bytes(), "value").await;
        self.0.write(mem, data, value).await;
        mem.store_u64(addr, TYPE).await;
        mem.store_addr(addr + 8, data).await;
    }

    /// Reads the value of the interface at `addr`: its type is compared, then its data is loaded.
    pub(super) async fn read(self, mem: &Mem, addr: Addr) -> Words {
        if self.0 == ValueLayout::Interface {
            return self.0.read(mem, addr).await;
        }
        mem.load_u64(addr).await;
        let data = mem.load_addr(addr + 8).await;
        self.0.read(mem, data).await
    }

    /// The same without an access.
    pub(super) fn peek(self, memory: &Peek<'_>, addr: Addr) -> (Words, WriteId) {
        match self.0 {
            ValueLayout::Interface => memory.value(self.0, addr),
            _ => memory.value(self.0, memory.addr(addr + 8)),
        }
    }
}
