//! Values as a compiler lays them out, and the order in which its code stores and loads
//! their words (Go 1.19 to 1.24 on amd64, read from disassembly).

use crate::memory::Addr;

use super::mem::Mem;

/// How a map's values are made of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueLayout {
    /// One 8-byte word.
    Word,
    /// A Go string: the address of its bytes, then its length. The length is stored first,
    /// the address is loaded first.
    Text,
    /// A Go interface: the address of its type, then of its data; stored and loaded in
    /// this order.
    Interface,
}

/// The words of a value; the second is 0 for a value of one word.
pub type Words = [u64; 2];

impl ValueLayout {
    /// The size of a value.
    #[must_use]
    pub fn bytes(self) -> u64 {
        match self {
            ValueLayout::Word => 8,
            ValueLayout::Text | ValueLayout::Interface => 16,
        }
    }

    /// Loads the value at `addr` as compiled code does.
    pub async fn read(self, mem: &Mem, addr: Addr) -> Words {
        match self {
            ValueLayout::Word => {
                let [word] = mem.read_value(addr, [(0, 8)]).await;
                [word, 0]
            }
            ValueLayout::Text | ValueLayout::Interface => {
                mem.read_value(addr, [(0, 8), (8, 8)]).await
            }
        }
    }

    /// Stores a value at `addr` as compiled code does.
    pub async fn write(self, mem: &Mem, addr: Addr, [first, second]: Words) {
        let (low, high) = (((0, 8), first), ((8, 8), second));
        match self {
            ValueLayout::Word => mem.write_value(addr, [low]).await,
            ValueLayout::Text => mem.write_value(addr, [high, low]).await,
            ValueLayout::Interface => mem.write_value(addr, [low, high]).await,
        }
    }

    /// Zeroes the value at `addr`, words ascending, as clearing memory does.
    pub async fn clear(self, mem: &Mem, addr: Addr) {
        match self {
            ValueLayout::Word => mem.write_value(addr, [((0, 8), 0)]).await,
            ValueLayout::Text | ValueLayout::Interface => {
                mem.write_value(addr, [((0, 8), 0), ((8, 8), 0)]).await;
            }
        }
    }
}
