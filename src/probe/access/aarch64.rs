//! The accesses of 64-bit Arm (Arm ARM, C6 and C7). With FEAT_LSE2 an access inside 16 aligned bytes
//! is single-copy atomic, without it one that is aligned to its own size (B2.2.1); a vector of 16 bytes is
//! two accesses either way, and a pair of registers is without it.
#![allow(
    unsafe_code,
    reason = "a racing or unaligned access has a meaning for the processor, and none in Rust: so it is \
              made in assembly"
)]

// By way of its parent, so that a test can read the instructions on another machine.
use super::asm;
use super::{Kind, Move, Moves};

pub(super) fn instructions(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Plain(_) => Some("ldr and str"),
        Kind::Vector(16) => Some("ldr and str of a vector register"),
        Kind::TwoWords => Some("ldp and stp"),
        Kind::Vector(_) | Kind::Locked(_) => None,
    }
}

pub(super) fn moves(kind: Kind) -> Option<Moves> {
    let each: Move = match kind {
        Kind::Plain(1) => plain_1,
        Kind::Plain(2) => plain_2,
        Kind::Plain(4) => plain_4,
        Kind::Plain(8) => plain_8,
        Kind::Vector(16) => vector_16,
        Kind::TwoWords => two_words,
        _ => return None,
    };
    Some(Moves {
        load: each,
        store: each,
    })
}

pub(super) const INCREMENTS: [&str; 2] = ["ldr, add, str", "ldxr, add, stxr"];

pub(super) unsafe fn increment_plain(counter: *mut u8) {
    // SAFETY: the caller has eight bytes there.
    unsafe {
        asm!(
            "ldr {value}, [{counter}]",
            "add {value}, {value}, 1",
            "str {value}, [{counter}]",
            counter = in(reg) counter,
            value = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
}

/// A load and a store that fails if another came between, until it does not.
pub(super) unsafe fn increment_locked(counter: *mut u8) {
    // SAFETY: as above.
    unsafe {
        asm!(
            "2: ldxr {value}, [{counter}]",
            "add {value}, {value}, 1",
            "stxr {failed:w}, {value}, [{counter}]",
            "cbnz {failed:w}, 2b",
            counter = in(reg) counter,
            value = out(reg) _,
            failed = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
}

/// Reads with one instruction and writes with one, through one register of a class.
macro_rules! move_by {
    ($name:ident, $class:ident, $load:literal, $store:literal, $register:literal) => {
        unsafe fn $name(from: *mut u8, to: *mut u8) {
            // SAFETY: the caller has so many bytes at both addresses.
            unsafe {
                asm!(
                    concat!($load, " {value", $register, "}, [{from}]"),
                    concat!($store, " {value", $register, "}, [{to}]"),
                    from = in(reg) from,
                    to = in(reg) to,
                    value = out($class) _,
                    options(nostack, preserves_flags),
                );
            }
        }
    };
}

move_by!(plain_1, reg, "ldrb", "strb", ":w");
move_by!(plain_2, reg, "ldrh", "strh", ":w");
move_by!(plain_4, reg, "ldr", "str", ":w");
move_by!(plain_8, reg, "ldr", "str", ":x");
move_by!(vector_16, vreg, "ldr", "str", ":q");

unsafe fn two_words(from: *mut u8, to: *mut u8) {
    // SAFETY: the caller has 16 bytes at both addresses.
    unsafe {
        asm!(
            "ldp {low}, {high}, [{from}]",
            "stp {low}, {high}, [{to}]",
            from = in(reg) from,
            to = in(reg) to,
            low = out(reg) _,
            high = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
}
