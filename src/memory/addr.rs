//! Byte addresses and the lines that they lie in.

use std::fmt;
use std::ops::Add;

/// A byte address of simulated memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Addr(pub u64);

impl Add<u64> for Addr {
    type Output = Addr;

    /// Wraps at the end of the address space, as address arithmetic on a real core does.
    fn add(self, bytes: u64) -> Addr {
        Addr(self.0.wrapping_add(bytes))
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// The number of a line: its first byte's address divided by the line size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(pub u64);

/// The size of a cache line: a power of two from 16 to 256 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LineSize {
    shift: u32,
}

impl LineSize {
    /// The smallest line, in bytes.
    pub const MIN_BYTES: u64 = 16;
    /// The largest line, in bytes.
    pub const MAX_BYTES: u64 = 256;

    /// Lines of `bytes` bytes; none if that is not a power of two from 16 to 256.
    #[must_use]
    pub fn new(bytes: u64) -> Option<LineSize> {
        let fits = (Self::MIN_BYTES..=Self::MAX_BYTES).contains(&bytes) && bytes.is_power_of_two();
        fits.then(|| LineSize {
            shift: bytes.trailing_zeros(),
        })
    }

    /// The size in bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        1 << self.shift
    }

    /// The line that holds the byte at `addr`.
    #[must_use]
    pub fn line_of(self, addr: Addr) -> Line {
        Line(addr.0 >> self.shift)
    }

    /// Where in its line the byte at `addr` lies.
    #[must_use]
    pub fn offset_of(self, addr: Addr) -> usize {
        (addr.0 & (self.bytes() - 1)) as usize
    }

    /// The address of a line's first byte.
    #[must_use]
    pub fn base_of(self, line: Line) -> Addr {
        Addr(line.0 << self.shift)
    }
}
