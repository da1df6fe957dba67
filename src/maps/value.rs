//! Values as a compiler lays them out, and the order in which its code stores and loads
//! their words (Go 1.19 to 1.24 on amd64, read from disassembly).

use crate::memory::Addr;

use super::mem::{Mem, Part};

/// How a map's values are made of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueLayout {
    /// One 8-byte word.
    Word,
    /// An 8-byte number on a 32-bit processor: two words of 4 bytes, the low one first.
    Halves,
    /// A Go string: the address of its bytes, then its length. The length is stored first,
    /// the address is loaded first.
    Text,
    /// A Go interface: the address of its type, then of its data; stored and loaded in
    /// this order.
    Interface,
    /// One word that is an address. Traces have no such values; maps are built on maps with them.
    Pointer,
    /// A Go slice: address, length, capacity. The address is stored last and loaded first.
    Slice,
    /// A struct of three words, stored and loaded in ascending order.
    Struct,
}

/// The words of a value; those that it does not have are 0.
pub type Words = [u64; 3];

const WORD: [Part; 3] = [(0, 8), (8, 8), (16, 8)];

impl ValueLayout {
    /// The size of a value.
    #[must_use]
    pub fn bytes(self) -> u64 {
        match self {
            ValueLayout::Word | ValueLayout::Halves | ValueLayout::Pointer => 8,
            ValueLayout::Text | ValueLayout::Interface => 16,
            ValueLayout::Slice | ValueLayout::Struct => 24,
        }
    }

    /// Whether a value holds addresses, which a garbage collector follows.
    #[must_use]
    pub fn has_pointers(self) -> bool {
        !matches!(
            self,
            ValueLayout::Word | ValueLayout::Halves | ValueLayout::Struct
        )
    }

    /// Loads the value at `addr` as compiled code does.
    pub async fn read(self, mem: &Mem, addr: Addr) -> Words {
        let [first, second, third] = WORD;
        match self {
            ValueLayout::Word | ValueLayout::Pointer => {
                let [word] = mem.read_value(addr, [first]).await;
                [word, 0, 0]
            }
            ValueLayout::Halves => {
                let [low, high] = mem.read_value(addr, [(0, 4), (4, 4)]).await;
                [low | high << 32, 0, 0]
            }
            ValueLayout::Text | ValueLayout::Interface => {
                let [one, two] = mem.read_value(addr, [first, second]).await;
                [one, two, 0]
            }
            ValueLayout::Slice | ValueLayout::Struct => {
                mem.read_value(addr, [first, second, third]).await
            }
        }
    }

    /// Stores a value at `addr` as compiled code does.
    pub async fn write(self, mem: &Mem, addr: Addr, [one, two, three]: Words) {
        let [first, second, third] = WORD;
        let (first, second, third) = ((first, one), (second, two), (third, three));
        match self {
            ValueLayout::Word | ValueLayout::Pointer => mem.write_value(addr, [first]).await,
            ValueLayout::Halves => {
                let (low, high) = (one & u64::from(u32::MAX), one >> 32);
                mem.write_value(addr, [((0, 4), low), ((4, 4), high)]).await;
            }
            ValueLayout::Text => mem.write_value(addr, [second, first]).await,
            ValueLayout::Interface => mem.write_value(addr, [first, second]).await,
            ValueLayout::Slice => mem.write_value(addr, [second, third, first]).await,
            ValueLayout::Struct => mem.write_value(addr, [first, second, third]).await,
        }
    }

    /// Zeroes the value at `addr`, words ascending, as clearing memory does.
    pub async fn clear(self, mem: &Mem, addr: Addr) {
        let [first, second, third] = WORD.map(|part| (part, 0));
        match self.bytes() {
            8 => mem.write_value(addr, [first]).await,
            16 => mem.write_value(addr, [first, second]).await,
            _ => mem.write_value(addr, [first, second, third]).await,
        }
    }

    /// Zeroes the value at `addr`, words ascending, as a runtime clears memory that it gives up
    /// in the middle of a call for another key: nobody has put what is read there then.
    pub async fn wipe(self, mem: &Mem, addr: Addr) {
        match self.bytes() {
            8 => mem.wipe_value(addr, [WORD[0]]).await,
            16 => mem.wipe_value(addr, [WORD[0], WORD[1]]).await,
            _ => mem.wipe_value(addr, WORD).await,
        }
    }

    /// Copies a value word by word, ascending, as a growing map moves it: what is copied keeps
    /// its origin.
    pub async fn copy(self, mem: &Mem, from: Addr, to: Addr) {
        let [first, second, third] = WORD;
        match self.bytes() {
            8 => mem.copy_value(from, to, [first]).await,
            16 => mem.copy_value(from, to, [first, second]).await,
            _ => mem.copy_value(from, to, [first, second, third]).await,
        }
    }

    /// `value++`, as compiled code does it: one instruction for a word, yet a load and then a
    /// store; the low and then the high half on 32 bits.
    pub async fn increment(self, mem: &Mem, addr: Addr) {
        let [word, ..] = self.read(mem, addr).await;
        self.write(mem, addr, [word.wrapping_add(1), 0, 0]).await;
    }
}
