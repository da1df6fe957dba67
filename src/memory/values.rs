//! Bytes without provenance: what a search compares states by.

use super::contents::{Contents, MAX_ACCESS_BYTES, Piece, WriteId, copy, low_bytes};

/// Bytes alone: what a search compares states by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Untagged {
    bytes: [u8; MAX_ACCESS_BYTES],
}

impl Piece for Untagged {
    fn fill(&mut self, at: usize, value: u128, len: usize, _: WriteId) {
        copy(&mut self.bytes[at..], &value.to_le_bytes(), len);
    }

    fn value(&self, len: usize) -> u128 {
        low_bytes(u128::from_le_bytes(self.bytes), len)
    }

    fn writers(&self, _: usize) -> &[WriteId] {
        &[]
    }
}

/// Lines with data, and without provenance: two writes of one value are the same to a search
/// for final states.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Values {
    line_bytes: usize,
    bytes: Vec<u8>,
}

impl Clone for Values {
    fn clone(&self) -> Values {
        Values {
            line_bytes: self.line_bytes,
            bytes: self.bytes.clone(),
        }
    }

    /// Uses what is allocated again.
    fn clone_from(&mut self, from: &Values) {
        self.line_bytes = from.line_bytes;
        self.bytes.clone_from(&from.bytes);
    }
}

impl Values {
    /// The bytes of line `index`.
    #[must_use]
    pub fn line(&self, index: u32) -> &[u8] {
        let start = index as usize * self.line_bytes;
        &self.bytes[start..start + self.line_bytes]
    }
}

impl Contents for Values {
    type Piece = Untagged;

    fn new(line_bytes: usize) -> Values {
        Values {
            line_bytes,
            bytes: Vec::new(),
        }
    }

    fn push(&mut self) -> u32 {
        let index = self.bytes.len() / self.line_bytes;
        self.bytes.resize(self.bytes.len() + self.line_bytes, 0);
        u32::try_from(index).expect("memory is limited to less than 2^32 lines")
    }

    fn read(&self, index: u32, offset: usize, len: usize, into: &mut Untagged, at: usize) {
        let from = index as usize * self.line_bytes + offset;
        copy(&mut into.bytes[at..], &self.bytes[from..], len);
    }

    fn write(&mut self, index: u32, offset: usize, value: u128, len: usize, _: WriteId) {
        let from = index as usize * self.line_bytes + offset;
        copy(&mut self.bytes[from..], &value.to_le_bytes(), len);
    }

    fn copy_line(&mut self, index: u32, source: &Values, source_index: u32) {
        let to = index as usize * self.line_bytes;
        let line = source.line(source_index);
        self.bytes[to..to + self.line_bytes].copy_from_slice(line);
    }

    fn copy_within(&mut self, index: u32, source_index: u32) {
        let (to, from) = (index as usize, source_index as usize);
        let from = from * self.line_bytes..(from + 1) * self.line_bytes;
        self.bytes.copy_within(from, to * self.line_bytes);
    }

    fn same_line(&self, index: u32, other: &Values, other_index: u32) -> bool {
        self.line(index) == other.line(other_index)
    }
}
