//! Keys as a compiler lays them out, and how they are compared and hashed.

use std::sync::Arc;

use super::mem::Mem;
use super::walk::Peek;
use crate::memory::Addr;

/// How a map's keys are made of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLayout {
    /// One 8-byte word: `int`, `uint64`.
    Word,
    /// 4 bytes: `int32`, `uint32`.
    Half,
    /// A Go string: the address of its bytes, then its length.
    Text,
}

/// A key that a call is made with: it is in registers, and its text's bytes, if it has any,
/// are the program's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A number.
    Number(u64),
    /// A text, and where its bytes lie; equal texts lie in one place.
    Text(Addr, Arc<str>),
}

impl Key {
    /// What stands for it in notes: the number, or the address of the text.
    #[must_use]
    pub fn id(&self) -> u64 {
        match self {
            Key::Number(number) => *number,
            Key::Text(addr, _) => addr.0,
        }
    }

    /// Its words as they are stored: a number and 0, or an address and a length.
    #[must_use]
    pub fn words(&self) -> [u64; 2] {
        match self {
            Key::Number(number) => [*number, 0],
            Key::Text(addr, text) => [addr.0, text.len() as u64],
        }
    }

    /// Its hash with a seed.
    #[must_use]
    pub fn hash(&self, seed: u64) -> u64 {
        match self {
            Key::Number(number) => hash(*number, seed),
            Key::Text(_, text) => hash_bytes(text.as_bytes(), seed),
        }
    }

    /// Whether the text at `found`, which is as long as this key's, is the same: the address
    /// first, then the bytes.
    pub async fn has_bytes_at(&self, mem: &Mem, found: Addr) -> bool {
        match self {
            Key::Number(_) => false,
            Key::Text(at, text) => text_matches(mem, found, *at, text).await,
        }
    }

    /// The text at `addr` as an argument; none if it is no text, or longer than any can be.
    pub async fn load_text(mem: &Mem, addr: Addr, len: u64) -> Option<Key> {
        if len > MAX_TEXT_BYTES {
            return None;
        }
        let bytes = load_bytes(mem, addr, len).await;
        let text = String::from_utf8(bytes).ok()?;
        Some(Key::Text(addr, text.into()))
    }

    /// How long hashing takes, in cycles: an integer's hash, or the start of a string's and 16
    /// bytes a cycle after that.
    #[must_use]
    pub fn hash_cycles(&self) -> u32 {
        match self {
            Key::Number(_) => 6,
            Key::Text(_, text) => 12 + (text.len() / 16) as u32,
        }
    }
}

impl KeyLayout {
    /// The size of a key.
    #[must_use]
    pub fn bytes(self) -> u64 {
        match self {
            KeyLayout::Word => 8,
            KeyLayout::Half => 4,
            KeyLayout::Text => 16,
        }
    }

    /// Whether a key holds an address, which a garbage collector follows.
    #[must_use]
    pub fn has_pointers(self) -> bool {
        self == KeyLayout::Text
    }

    /// Whether the key at `addr` is this one: numbers by one load; texts by length, then by
    /// address, and only then by their bytes.
    pub async fn matches(self, mem: &Mem, addr: Addr, key: &Key) -> bool {
        match key {
            Key::Number(number) => {
                let bytes = self.bytes() as usize;
                mem.load(addr, bytes).await as u64 == *number
            }
            Key::Text(at, text) => {
                mem.load_u64(addr + 8).await == text.len() as u64
                    && text_matches(mem, mem.load_addr(addr).await, *at, text).await
            }
        }
    }

    /// Loads the key at `addr`: its id.
    pub async fn load_id(self, mem: &Mem, addr: Addr) -> u64 {
        let first = self.bytes().min(8) as usize;
        let key = mem.load(addr, first).await as u64;
        if self == KeyLayout::Text {
            mem.load_u64(addr + 8).await;
        }
        key
    }

    /// Loads the key at `addr` as an argument; none if it is torn and no text.
    pub async fn load(self, mem: &Mem, addr: Addr) -> Option<Key> {
        if self == KeyLayout::Text {
            let at = mem.load_addr(addr).await;
            let len = mem.load_u64(addr + 8).await;
            return Key::load_text(mem, at, len).await;
        }
        let number = mem.load(addr, self.bytes() as usize).await as u64;
        Some(Key::Number(number))
    }

    /// The id of the key at `addr`, and its hash, without an access.
    #[must_use]
    pub fn peek(self, memory: &Peek<'_>, addr: Addr, seed: u64) -> (u64, u64) {
        match self {
            KeyLayout::Word | KeyLayout::Half => {
                let number = memory.load(addr, self.bytes() as usize).unwrap_or(0);
                (number, hash(number, seed))
            }
            KeyLayout::Text => {
                let (at, len) = (memory.addr(addr), memory.word(addr + 8));
                let bytes = memory.bytes(at, len.min(MAX_TEXT_BYTES));
                (at.0, hash_bytes(&bytes, seed))
            }
        }
    }

    /// Whether the keys at two addresses are equal, without an access.
    #[must_use]
    pub fn same(self, memory: &Peek<'_>, one: Addr, two: Addr) -> bool {
        match self {
            KeyLayout::Word | KeyLayout::Half => {
                let bytes = self.bytes() as usize;
                memory.load(one, bytes) == memory.load(two, bytes)
            }
            KeyLayout::Text => {
                let text = |addr: Addr| {
                    let len = memory.word(addr + 8).min(MAX_TEXT_BYTES);
                    (len, memory.bytes(memory.addr(addr), len))
                };
                text(one) == text(two)
            }
        }
    }

    /// The hash of the key at `addr`, with its id.
    pub async fn hash_at(self, mem: &Mem, addr: Addr, seed: u64) -> (u64, u64) {
        match self {
            KeyLayout::Word | KeyLayout::Half => {
                let number = mem.load(addr, self.bytes() as usize).await as u64;
                mem.compute(Key::Number(number).hash_cycles()).await;
                (hash(number, seed), number)
            }
            KeyLayout::Text => {
                let at = mem.load_addr(addr).await;
                let len = mem.load_u64(addr + 8).await.min(MAX_TEXT_BYTES);
                let bytes = load_bytes(mem, at, len).await;
                mem.compute(12 + (len / 16) as u32).await;
                (hash_bytes(&bytes, seed), at.0)
            }
        }
    }
}

/// No text of a trace is longer; a torn length can be.
const MAX_TEXT_BYTES: u64 = 1 << 16;

/// Whether the text at `found` is `text`, whose own bytes are at `at`; the lengths are equal.
async fn text_matches(mem: &Mem, found: Addr, at: Addr, text: &str) -> bool {
    found == at || load_bytes(mem, found, text.len() as u64).await == text.as_bytes()
}

async fn load_bytes(mem: &Mem, addr: Addr, len: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < len {
        let size = [8, 4, 2, 1].into_iter().find(|&size| size <= len - at);
        let size = size.expect("something is left") as usize;
        let word = mem.load(addr + at, size).await as u64;
        bytes.extend_from_slice(&word.to_le_bytes()[..size]);
        at += size as u64;
    }
    bytes
}

/// Stands for a runtime's hash of a number; only its spread matters (the finaliser of
/// MurmurHash3).
pub(super) fn hash(number: u64, seed: u64) -> u64 {
    let mut hash = number ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// The same for bytes: each 8 of them are mixed in.
pub(super) fn hash_bytes(bytes: &[u8], seed: u64) -> u64 {
    let mut mixed = hash(bytes.len() as u64, seed);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mixed = hash(u64::from_le_bytes(word), mixed);
    }
    mixed
}
