//! Where a test's locations lie in simulated memory, and what they hold at first.

use super::instruction::{Address, Base, Memory, Register};
use super::test::{Init, Test};
use crate::memory::{Addr, Heap, LineSize};

/// Where locations lie: each begins a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The first byte of each location.
    pub addrs: Vec<Addr>,
    /// What memory holds at first: for each location its bytes, with zeros to the end of its
    /// last line.
    pub contents: Vec<Vec<u8>>,
}

impl Layout {
    /// The test's locations on lines of this size, one after another.
    #[must_use]
    pub fn new(test: &Test, line_size: LineSize) -> Layout {
        let line_bytes = line_size.bytes();
        let mut next = Heap::BASE;
        let mut addrs = Vec::new();
        for location in &test.locations {
            addrs.push(next);
            let lines = (location.bytes() as u64).div_ceil(line_bytes).max(1);
            next = next + lines * line_bytes;
        }
        let layout = Layout {
            addrs,
            contents: Vec::new(),
        };
        let contents = test.locations.iter().map(|location| {
            let width = location.element.width.bytes();
            let numbers = location.init.iter().map(|&init| layout.number(init));
            let mut bytes: Vec<u8> = numbers
                .flat_map(|number| number.to_le_bytes().into_iter().take(width))
                .collect();
            bytes.resize(bytes.len().next_multiple_of(line_bytes as usize), 0);
            bytes
        });
        Layout {
            contents: contents.collect(),
            ..layout
        }
    }

    /// What a place holds at first, as a number.
    #[must_use]
    pub fn number(&self, init: Init) -> u64 {
        match init {
            Init::Number(number) => number,
            Init::Address(Address(location)) => self.addrs[usize::from(location)].0,
        }
    }

    /// The address of an operand, where `register` says what registers hold.
    pub fn addr(&self, memory: Memory, register: impl Fn(Register) -> u64) -> Addr {
        let base = match memory.base {
            Base::Location(location) => self.addrs[usize::from(location)].0,
            Base::Register(base) => register(base),
        };
        Addr(base.wrapping_add_signed(memory.displacement.into()))
    }

    /// The location that holds the byte at `addr`, if one does.
    #[must_use]
    pub fn location_of(&self, addr: Addr) -> Option<u16> {
        let at = self.addrs.partition_point(|&first| first <= addr);
        let at = at.checked_sub(1)?;
        let past = addr.0 - self.addrs[at].0;
        (past < self.contents[at].len() as u64).then_some(at as u16)
    }
}
