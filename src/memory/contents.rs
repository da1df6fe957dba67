//! What lines hold: bytes together with who wrote each one, or nothing at all for runs
//! that only count traffic. The choice is a type, so a run without data pays nothing.

use std::fmt::Debug;
use std::hash::Hash;

/// The widest access, in bytes.
pub const MAX_ACCESS_BYTES: usize = 16;

/// The low `bytes` bytes of a number; 1 to [`MAX_ACCESS_BYTES`].
#[must_use]
pub fn low_bytes(value: u128, bytes: usize) -> u128 {
    value & (u128::MAX >> (128 - 8 * bytes))
}

/// Copies the first `len` elements. The usual lengths are known to the compiler, which then
/// needs no call for them.
pub(super) fn copy<T: Copy>(to: &mut [T], from: &[T], len: usize) {
    match len {
        8 => to[..8].copy_from_slice(&from[..8]),
        4 => to[..4].copy_from_slice(&from[..4]),
        1 => to[0] = from[0],
        _ => to[..len].copy_from_slice(&from[..len]),
    }
}

/// Which logical write put a byte where it is. Ids start at 1 and are unique in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriteId(pub u32);

impl WriteId {
    /// Memory as it was before the run.
    pub const INITIAL: WriteId = WriteId(0);
}

/// Up to [`MAX_ACCESS_BYTES`] bytes that a core reads.
pub trait Piece: Copy + Debug + Default + PartialEq + Eq + Hash {
    /// Makes the bytes from `at` on the low `len` bytes of `value`, little endian, all
    /// written by `write`.
    fn fill(&mut self, at: usize, value: u128, len: usize, write: WriteId);

    /// The first `len` bytes as a little-endian number; 0 where no data is carried.
    fn value(&self, len: usize) -> u128;

    /// Who wrote each of the first `len` bytes; empty where no data is carried.
    fn writers(&self, len: usize) -> &[WriteId];
}

/// The contents of many lines of one size, each found by its index.
pub trait Contents: Clone + Debug + PartialEq + Eq + Hash {
    /// What is read from lines.
    type Piece: Piece;

    /// No lines yet; each line will hold `line_bytes` bytes.
    fn new(line_bytes: usize) -> Self;

    /// Adds a line of zero bytes as they were before the run, and gives its index.
    fn push(&mut self) -> u32;

    /// Reads `len` bytes of line `index` from `offset` on, to `into` from `at` on.
    fn read(&self, index: u32, offset: usize, len: usize, into: &mut Self::Piece, at: usize);

    /// Makes `len` bytes of line `index` from `offset` on the low bytes of `value`.
    fn write(&mut self, index: u32, offset: usize, value: u128, len: usize, write: WriteId);

    /// Makes line `index` equal to line `source_index` of `source`.
    fn copy_line(&mut self, index: u32, source: &Self, source_index: u32);

    /// Makes line `index` equal to line `source_index`.
    fn copy_within(&mut self, index: u32, source_index: u32);

    /// Whether line `index` equals line `other_index` of `other`.
    fn same_line(&self, index: u32, other: &Self, other_index: u32) -> bool;
}

/// Bytes with who wrote each one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tagged {
    bytes: [u8; MAX_ACCESS_BYTES],
    writers: [WriteId; MAX_ACCESS_BYTES],
}

impl Piece for Tagged {
    fn fill(&mut self, at: usize, value: u128, len: usize, write: WriteId) {
        copy(&mut self.bytes[at..], &value.to_le_bytes(), len);
        self.writers[at..at + len].fill(write);
    }

    fn value(&self, len: usize) -> u128 {
        low_bytes(u128::from_le_bytes(self.bytes), len)
    }

    fn writers(&self, len: usize) -> &[WriteId] {
        &self.writers[..len]
    }
}

/// Lines with data and provenance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bytes {
    line_bytes: usize,
    bytes: Vec<u8>,
    writers: Vec<WriteId>,
}

impl Bytes {
    fn start(&self, index: u32) -> usize {
        index as usize * self.line_bytes
    }
}

impl Contents for Bytes {
    type Piece = Tagged;

    fn new(line_bytes: usize) -> Bytes {
        Bytes {
            line_bytes,
            bytes: Vec::new(),
            writers: Vec::new(),
        }
    }

    fn push(&mut self) -> u32 {
        let index = self.bytes.len() / self.line_bytes;
        self.bytes.resize(self.bytes.len() + self.line_bytes, 0);
        self.writers.resize(self.bytes.len(), WriteId::INITIAL);
        u32::try_from(index).expect("memory is limited to less than 2^32 lines")
    }

    fn read(&self, index: u32, offset: usize, len: usize, into: &mut Tagged, at: usize) {
        let from = self.start(index) + offset;
        copy(&mut into.bytes[at..], &self.bytes[from..], len);
        copy(&mut into.writers[at..], &self.writers[from..], len);
    }

    fn write(&mut self, index: u32, offset: usize, value: u128, len: usize, write: WriteId) {
        let from = self.start(index) + offset;
        copy(&mut self.bytes[from..], &value.to_le_bytes(), len);
        self.writers[from..from + len].fill(write);
    }

    fn copy_line(&mut self, index: u32, source: &Bytes, source_index: u32) {
        let (to, from, len) = (
            self.start(index),
            source.start(source_index),
            self.line_bytes,
        );
        self.bytes[to..to + len].copy_from_slice(&source.bytes[from..from + len]);
        self.writers[to..to + len].copy_from_slice(&source.writers[from..from + len]);
    }

    fn copy_within(&mut self, index: u32, source_index: u32) {
        let (to, from) = (self.start(index), self.start(source_index));
        let from = from..from + self.line_bytes;
        self.bytes.copy_within(from.clone(), to);
        self.writers.copy_within(from, to);
    }

    fn same_line(&self, index: u32, other: &Bytes, other_index: u32) -> bool {
        let (to, from, len) = (self.start(index), other.start(other_index), self.line_bytes);
        self.bytes[to..to + len] == other.bytes[from..from + len]
            && self.writers[to..to + len] == other.writers[from..from + len]
    }
}

impl Piece for () {
    fn fill(&mut self, _: usize, _: u128, _: usize, _: WriteId) {}
    fn value(&self, _: usize) -> u128 {
        0
    }
    fn writers(&self, _: usize) -> &[WriteId] {
        &[]
    }
}

/// Lines without data, for runs that only count traffic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NoBytes;

impl Contents for NoBytes {
    type Piece = ();

    fn new(_: usize) -> NoBytes {
        NoBytes
    }

    fn push(&mut self) -> u32 {
        0
    }

    fn read(&self, _: u32, _: usize, _: usize, (): &mut (), _: usize) {}
    fn write(&mut self, _: u32, _: usize, _: u128, _: usize, _: WriteId) {}
    fn copy_line(&mut self, _: u32, _: &NoBytes, _: u32) {}
    fn copy_within(&mut self, _: u32, _: u32) {}
    fn same_line(&self, _: u32, _: &NoBytes, _: u32) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_keep_their_writers() {
        let mut lines = Bytes::new(16);
        let line = lines.push();
        lines.write(line, 4, 0x1122_3344, 4, WriteId(7));
        lines.write(line, 6, 0xffff, 2, WriteId(8));
        let mut read = Tagged::default();
        lines.read(line, 3, 6, &mut read, 0);
        assert_eq!(read.value(6), 0x00ff_ff33_4400);
        let writers: Vec<u32> = read.writers(6).iter().map(|write| write.0).collect();
        assert_eq!(writers, [0, 7, 7, 8, 8, 0]);
    }

    #[test]
    fn pieces_are_put_together() {
        let mut piece = Tagged::default();
        piece.fill(0, 0x1122, 2, WriteId(1));
        piece.fill(2, 0xff_abcd, 2, WriteId(2));
        assert_eq!(piece.value(16), 0xabcd_1122);
        assert_eq!(piece.writers(3)[2], WriteId(2));
    }
}
