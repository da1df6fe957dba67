//! Logical values: several accesses that belong together, told to observers as one read or write.

use super::{Mem, Part};
use crate::machine::{Access, Note, Update};
use crate::memory::{Addr, Piece, WriteId};

impl Mem {
    /// Reads one logical value by a load for each part, in the order given.
    pub async fn read_value<const N: usize>(&self, addr: Addr, parts: [Part; N]) -> [u64; N] {
        let bytes = extent(&parts);
        self.note(Note::ReadBegun { addr, bytes }).await;
        let mut words = [0; N];
        for (word, (at, len)) in words.iter_mut().zip(parts) {
            *word = self.ask_word(Access::load(addr + at, len)).await;
        }
        self.note(Note::ReadEnded).await;
        words
    }

    /// Writes one logical value by a store for each part, in the order given.
    pub async fn write_value<const N: usize>(&self, addr: Addr, parts: [(Part, u64); N]) {
        let write = self.new_write();
        let bytes = extent(&parts.map(|(part, _)| part));
        self.note(Note::WriteBegun { write, addr, bytes }).await;
        for ((at, len), word) in parts {
            self.store_part(addr + at, len, word.into(), write).await;
        }
    }

    /// Reads one logical value by the language's atomic load.
    pub async fn read_value_atomic(&self, addr: Addr, bytes: usize) -> u64 {
        let begun = Note::ReadBegun {
            addr,
            bytes: bytes as u64,
        };
        self.note(begun).await;
        let value = self.load_atomic(addr, bytes).await;
        self.note(Note::ReadEnded).await;
        value
    }

    /// Writes one logical value by `LOCK XCHG`, as an atomic store of Go or Java.
    pub async fn exchange_value(&self, addr: Addr, bytes: usize, value: u64) {
        let write = self.new_write();
        let begun = Note::WriteBegun {
            write,
            addr,
            bytes: bytes as u64,
        };
        self.note(begun).await;
        let update = Update::Exchange(value.into());
        self.ask_piece(Access::locked(addr, bytes, update, write))
            .await;
    }

    /// Zeroes one logical value by a store for each part, in the order given, as memory that is
    /// given up: the zeros count as memory that nobody wrote.
    pub async fn wipe_value<const N: usize>(&self, addr: Addr, parts: [Part; N]) {
        let write = self.new_write();
        let bytes = extent(&parts);
        self.note(Note::WriteBegun { write, addr, bytes }).await;
        let of = Some(WriteId::INITIAL);
        self.note(Note::Copied { write, of }).await;
        for (at, len) in parts {
            self.store_part(addr + at, len, 0, write).await;
        }
    }

    /// Copies one logical value part by part, in the order given. The copy counts as written
    /// by who wrote the original; copying a torn value is reading it.
    pub async fn copy_value<const N: usize>(&self, from: Addr, to: Addr, parts: [Part; N]) {
        let bytes = extent(&parts);
        let write = self.new_write();
        self.note(Note::ReadBegun { addr: from, bytes }).await;
        let mut words = [0; N];
        let mut of = None;
        let mut mixed = false;
        for (word, (at, len)) in words.iter_mut().zip(parts) {
            let piece = self.ask_piece(Access::load(from + at, len)).await;
            *word = piece.value(len);
            for &writer in piece.writers(len) {
                mixed |= of.is_some_and(|of| of != writer);
                of = Some(writer);
            }
        }
        self.note(Note::ReadEnded).await;
        self.note(Note::WriteBegun {
            write,
            addr: to,
            bytes,
        })
        .await;
        let of = of.filter(|_| !mixed);
        self.note(Note::Copied { write, of }).await;
        for ((at, len), word) in parts.into_iter().zip(words) {
            self.store_part(to + at, len, word, write).await;
        }
    }
}

fn extent(parts: &[Part]) -> u64 {
    parts
        .iter()
        .map(|&(at, len)| at + len as u64)
        .max()
        .unwrap_or(0)
}
