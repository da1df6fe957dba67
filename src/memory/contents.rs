//! What lines hold: bytes together with who wrote each one, or nothing at all for runs
//! that only count traffic. The choice is a type, so a run without data pays nothing.

use std::fmt::Debug;
use std::hash::Hash;

/// The widest access, in bytes.
pub const MAX_ACCESS_BYTES: usize = 16;

/// Which logical write put a byte where it is. Ids start at 1 and are unique in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriteId(pub u32);

impl WriteId {
    /// Memory as it was before the run.
    pub const INITIAL: WriteId = WriteId(0);
}

/// Up to [`MAX_ACCESS_BYTES`] bytes on their way between a core and a line.
pub trait Piece: Copy + Debug + Default + PartialEq + Eq + Hash {
    /// The low `len` bytes of `value`, little endian, all written by `write`.
    fn new(value: u128, len: usize, write: WriteId) -> Self;

    /// `len` bytes from byte `from` on, moved to the front.
    #[must_use]
    fn slice(&self, from: usize, len: usize) -> Self;

    /// Replaces the bytes from `at` on by the first `len` bytes of `other`.
    fn paste(&mut self, at: usize, other: &Self, len: usize);

    /// The first `len` bytes as a little-endian number; 0 where no data is carried.
    fn value(&self, len: usize) -> u128;

    /// Who wrote each of the first `len` bytes; empty where no data is carried.
    fn writers(&self, len: usize) -> &[WriteId];
}

/// The contents of many lines of one size, each found by its index.
pub trait Contents: Clone + Debug + PartialEq + Eq + Hash {
    /// What moves in and out.
    type Piece: Piece;

    /// No lines yet; each line will hold `line_bytes` bytes.
    fn new(line_bytes: usize) -> Self;

    /// Adds a line of zero bytes as they were before the run, and gives its index.
    fn push(&mut self) -> u32;

    /// `len` bytes of line `index` from `offset` on.
    fn read(&self, index: u32, offset: usize, len: usize) -> Self::Piece;

    /// Replaces `len` bytes of line `index` from `offset` on.
    fn write(&mut self, index: u32, offset: usize, piece: &Self::Piece, len: usize);

    /// Makes line `index` equal to line `source_index` of `source`.
    fn copy_line(&mut self, index: u32, source: &Self, source_index: u32);

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
    fn new(value: u128, len: usize, write: WriteId) -> Tagged {
        let mut piece = Tagged::default();
        piece.bytes[..len].copy_from_slice(&value.to_le_bytes()[..len]);
        piece.writers[..len].fill(write);
        piece
    }

    fn slice(&self, from: usize, len: usize) -> Tagged {
        let mut piece = Tagged::default();
        piece.bytes[..len].copy_from_slice(&self.bytes[from..from + len]);
        piece.writers[..len].copy_from_slice(&self.writers[from..from + len]);
        piece
    }

    fn paste(&mut self, at: usize, other: &Tagged, len: usize) {
        self.bytes[at..at + len].copy_from_slice(&other.bytes[..len]);
        self.writers[at..at + len].copy_from_slice(&other.writers[..len]);
    }

    fn value(&self, len: usize) -> u128 {
        let mut bytes = [0; MAX_ACCESS_BYTES];
        bytes[..len].copy_from_slice(&self.bytes[..len]);
        u128::from_le_bytes(bytes)
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

    fn read(&self, index: u32, offset: usize, len: usize) -> Tagged {
        let from = self.start(index) + offset;
        let mut piece = Tagged::default();
        piece.bytes[..len].copy_from_slice(&self.bytes[from..from + len]);
        piece.writers[..len].copy_from_slice(&self.writers[from..from + len]);
        piece
    }

    fn write(&mut self, index: u32, offset: usize, piece: &Tagged, len: usize) {
        let from = self.start(index) + offset;
        self.bytes[from..from + len].copy_from_slice(&piece.bytes[..len]);
        self.writers[from..from + len].copy_from_slice(&piece.writers[..len]);
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

    fn same_line(&self, index: u32, other: &Bytes, other_index: u32) -> bool {
        let (to, from, len) = (self.start(index), other.start(other_index), self.line_bytes);
        self.bytes[to..to + len] == other.bytes[from..from + len]
            && self.writers[to..to + len] == other.writers[from..from + len]
    }
}

impl Piece for () {
    fn new(_: u128, _: usize, _: WriteId) {}
    fn slice(&self, _: usize, _: usize) {}
    fn paste(&mut self, _: usize, (): &(), _: usize) {}
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

    fn read(&self, _: u32, _: usize, _: usize) {}
    fn write(&mut self, _: u32, _: usize, (): &(), _: usize) {}
    fn copy_line(&mut self, _: u32, _: &NoBytes, _: u32) {}
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
        lines.write(line, 4, &Tagged::new(0x1122_3344, 4, WriteId(7)), 4);
        lines.write(line, 6, &Tagged::new(0xffff, 2, WriteId(8)), 2);
        let read = lines.read(line, 3, 6);
        assert_eq!(read.value(6), 0x00ff_ff33_4400);
        let writers: Vec<u32> = read.writers(6).iter().map(|write| write.0).collect();
        assert_eq!(writers, [0, 7, 7, 8, 8, 0]);
    }

    #[test]
    fn pieces_are_cut_and_joined() {
        let mut joined = Tagged::new(0, 16, WriteId(1));
        joined.paste(6, &Tagged::new(0xabcd, 2, WriteId(2)).slice(1, 1), 1);
        assert_eq!(joined.value(16), 0xab << 48);
        assert_eq!(joined.writers(8)[6], WriteId(2));
    }
}
