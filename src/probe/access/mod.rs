//! One access of the real processor: an instruction, or a fixed few, that moves bytes. Written in
//! assembly, so that an access to unaligned or racing bytes is the processor's business and none of
//! Rust's memory model.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
use aarch64 as machine;
#[cfg(target_arch = "x86_64")]
use x86_64 as machine;

use std::arch::asm;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The most bytes that one kind of access moves.
pub const MOST_BYTES: usize = 64;

/// How bytes are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One plain move of 1, 2, 4 or 8 bytes.
    Plain(usize),
    /// One move of a vector register: 16 bytes (SSE, or NEON), 32 (AVX), 64 (AVX-512).
    Vector(usize),
    /// Two plain moves of 8 bytes, the lower first: how Go copies a string or an interface.
    TwoWords,
    /// One locked operation of 2, 4 or 8 bytes: an exchange that writes, and one that adds nothing
    /// and reads.
    Locked(usize),
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 11] = [
        Kind::Plain(1),
        Kind::Plain(2),
        Kind::Plain(4),
        Kind::Plain(8),
        Kind::Vector(16),
        Kind::Vector(32),
        Kind::Vector(64),
        Kind::TwoWords,
        Kind::Locked(2),
        Kind::Locked(4),
        Kind::Locked(8),
    ];

    /// How many bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Kind::Plain(bytes) | Kind::Vector(bytes) | Kind::Locked(bytes) => bytes,
            Kind::TwoWords => 16,
        }
    }

    /// What it is called on the command line.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Kind::Plain(bytes) | Kind::Vector(bytes) => bytes.to_string(),
            Kind::TwoWords => "two-words".to_owned(),
            Kind::Locked(bytes) => format!("locked-{bytes}"),
        }
    }

    /// The kind that is called so.
    #[must_use]
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Which instructions make it on this processor, in words; none if it has no such instructions.
    #[must_use]
    pub fn instructions(self) -> Option<&'static str> {
        machine::instructions(self)
    }

    /// The two functions that make it, if the processor has the instructions.
    pub(super) fn moves(self) -> Option<Moves> {
        self.instructions()?;
        machine::moves(self)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        let name = String::deserialize(deserializer)?;
        Kind::named(&name).ok_or_else(|| de::Error::custom(format!("no kind is called `{name}`")))
    }
}

/// How a counter is incremented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Increment {
    /// A load, an addition and a store, each an instruction: what a compiler makes of `m[k]++` once
    /// it has the value's address.
    Plain,
    /// One locked operation.
    Locked,
}

impl Increment {
    /// Both of them.
    pub const ALL: [Increment; 2] = [Increment::Plain, Increment::Locked];

    /// Which instructions make it, in words.
    #[must_use]
    pub fn instructions(self) -> &'static str {
        machine::INCREMENTS[self as usize]
    }

    /// The function that makes it, on eight aligned bytes.
    pub(super) fn function(self) -> unsafe fn(*mut u8) {
        match self {
            Increment::Plain => machine::increment_plain,
            Increment::Locked => machine::increment_locked,
        }
    }
}

/// Copies the bytes of one access from the first address to the second.
pub(super) type Move = unsafe fn(*mut u8, *mut u8);

/// How an access reads bytes that another thread writes, and how it writes them.
#[derive(Clone, Copy)]
pub(super) struct Moves {
    /// From shared bytes to the thread's own.
    pub(super) load: Move,
    /// From the thread's own to shared ones.
    pub(super) store: Move,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "it calls the moves, on bytes of its own")]
    fn every_kind_moves_its_bytes_and_no_others() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(&kind.name()), Some(kind));
            let Some(moves) = kind.moves() else {
                println!("{} is not to be had here", kind.name());
                continue;
            };
            let from: Vec<u8> = (1..=128).collect();
            for each in [moves.load, moves.store] {
                let mut source = from.clone();
                let mut to = vec![0_u8; 128];
                // SAFETY: both have more than 64 bytes after those that are skipped.
                unsafe { each(source.as_mut_ptr().add(3), to.as_mut_ptr().add(5)) };
                let bytes = kind.bytes();
                assert_eq!(to[5..5 + bytes], from[3..3 + bytes], "{}", kind.name());
                let mut others = to[..5].iter().chain(&to[5 + bytes..]);
                assert!(others.all(|&byte| byte == 0), "{}", kind.name());
                assert_eq!(source, from, "{} changes what it reads", kind.name());
            }
        }
    }
}
