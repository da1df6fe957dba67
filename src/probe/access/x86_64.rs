//! The accesses of x86-64 (Intel SDM, volume 2).
#![allow(
    unsafe_code,
    reason = "a racing or unaligned access has a meaning for the processor, and none in Rust: so it is \
              made in assembly"
)]

use super::asm;
use super::{Kind, Move, Moves};

pub(super) fn instructions(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Plain(_) => Some("mov"),
        Kind::Vector(16) => Some("movdqu"),
        Kind::Vector(32) => is_x86_feature_detected!("avx").then_some("vmovdqu"),
        Kind::Vector(_) => is_x86_feature_detected!("avx512f").then_some("vmovdqu64"),
        Kind::TwoWords => Some("mov and mov"),
        Kind::Locked(_) => Some("xchg and lock xadd"),
    }
}

pub(super) fn moves(kind: Kind) -> Option<Moves> {
    let (load, store): (Move, Move) = match kind {
        Kind::Plain(1) => (plain_1, plain_1),
        Kind::Plain(2) => (plain_2, plain_2),
        Kind::Plain(4) => (plain_4, plain_4),
        Kind::Plain(8) => (plain_8, plain_8),
        Kind::Vector(16) => (vector_16, vector_16),
        Kind::Vector(32) => (vector_32, vector_32),
        Kind::Vector(64) => (vector_64, vector_64),
        Kind::TwoWords => (two_words, two_words),
        Kind::Locked(2) => (load_locked_2, store_locked_2),
        Kind::Locked(4) => (load_locked_4, store_locked_4),
        Kind::Locked(8) => (load_locked_8, store_locked_8),
        _ => return None,
    };
    Some(Moves { load, store })
}

pub(super) const INCREMENTS: [&str; 2] = ["mov, add, mov", "lock add"];

pub(super) unsafe fn increment_plain(counter: *mut u8) {
    // SAFETY: the caller has eight bytes there.
    unsafe {
        asm!(
            "mov {value}, [{counter}]",
            "add {value}, 1",
            "mov [{counter}], {value}",
            counter = in(reg) counter,
            value = out(reg) _,
            options(nostack),
        );
    }
}

pub(super) unsafe fn increment_locked(counter: *mut u8) {
    // SAFETY: as above.
    unsafe {
        asm!(
            "lock add qword ptr [{counter}], 1",
            counter = in(reg) counter,
            options(nostack),
        );
    }
}

/// Reads with one instruction and writes with one, through one register of a class.
macro_rules! move_by {
    ($name:ident, $class:ident, $instruction:literal, $register:literal) => {
        unsafe fn $name(from: *mut u8, to: *mut u8) {
            // SAFETY: the caller has so many bytes at both addresses.
            unsafe {
                asm!(
                    concat!($instruction, " {value", $register, "}, [{from}]"),
                    concat!($instruction, " [{to}], {value", $register, "}"),
                    from = in(reg) from,
                    to = in(reg) to,
                    value = out($class) _,
                    options(nostack, preserves_flags),
                );
            }
        }
    };
}

move_by!(plain_1, reg_byte, "mov", "");
move_by!(plain_2, reg, "mov", ":x");
move_by!(plain_4, reg, "mov", ":e");
move_by!(plain_8, reg, "mov", ":r");
move_by!(vector_16, xmm_reg, "movdqu", "");

/// The same through a wider register, named: a class of them would want the processor to have them
/// at compile time. All upper halves are cleared, so that code that comes later pays nothing for
/// them (Intel optimization manual, "Mixing AVX code with SSE code"): where this is made a part of a
/// function that has wide values of its own, these must not be in any of the registers.
macro_rules! move_by_wide {
    ($name:ident, $instruction:literal, $register:literal) => {
        unsafe fn $name(from: *mut u8, to: *mut u8) {
            // SAFETY: the caller has so many bytes at both addresses, and has seen that the
            // processor has the instructions.
            unsafe {
                asm!(
                    concat!($instruction, " ", $register, "0, [{from}]"),
                    concat!($instruction, " [{to}], ", $register, "0"),
                    "vzeroupper",
                    from = in(reg) from,
                    to = in(reg) to,
                    out("xmm0") _,
                    clobber_abi("sysv64"),
                    options(nostack, preserves_flags),
                );
            }
        }
    };
}

move_by_wide!(vector_32, "vmovdqu", "ymm");
move_by_wide!(vector_64, "vmovdqu64", "zmm");

/// The lower word first, as compilers copy a Go string or interface.
unsafe fn two_words(from: *mut u8, to: *mut u8) {
    // SAFETY: the caller has 16 bytes at both addresses.
    unsafe {
        asm!(
            "mov {low}, [{from}]",
            "mov {high}, [{from} + 8]",
            "mov [{to}], {low}",
            "mov [{to} + 8], {high}",
            from = in(reg) from,
            to = in(reg) to,
            low = out(reg) _,
            high = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
}

/// A locked operation that reads: it adds nothing.
macro_rules! load_locked {
    ($name:ident, $register:literal) => {
        unsafe fn $name(from: *mut u8, to: *mut u8) {
            // SAFETY: the caller has so many bytes at both addresses, and may write both.
            unsafe {
                asm!(
                    concat!("lock xadd [{from}], {value", $register, "}"),
                    concat!("mov [{to}], {value", $register, "}"),
                    from = in(reg) from,
                    to = in(reg) to,
                    value = inout(reg) 0_u64 => _,
                    options(nostack),
                );
            }
        }
    };
}

load_locked!(load_locked_2, ":x");
load_locked!(load_locked_4, ":e");
load_locked!(load_locked_8, ":r");

/// A locked operation that writes.
macro_rules! store_locked {
    ($name:ident, $register:literal) => {
        unsafe fn $name(from: *mut u8, to: *mut u8) {
            // SAFETY: the caller has so many bytes at both addresses.
            unsafe {
                asm!(
                    concat!("mov {value", $register, "}, [{from}]"),
                    concat!("xchg [{to}], {value", $register, "}"),
                    from = in(reg) from,
                    to = in(reg) to,
                    value = out(reg) _,
                    options(nostack, preserves_flags),
                );
            }
        }
    };
}

store_locked!(store_locked_2, ":x");
store_locked!(store_locked_4, ":e");
store_locked!(store_locked_8, ":r");

#[cfg(test)]
mod tests {
    use super::*;
    use std::arch::x86_64::{_mm256_add_pd, _mm256_loadu_pd, _mm256_storeu_pd};
    use std::hint::black_box;

    /// A wide value that was made before both moves, as it is after them.
    #[target_feature(enable = "avx")]
    fn kept(from: *mut u8, to: *mut u8) -> [f64; 4] {
        let mut kept = black_box([1.5; 4]);
        // SAFETY: four numbers are there, and the caller has 64 bytes at both addresses.
        unsafe {
            let value = _mm256_loadu_pd(kept.as_ptr());
            let value = _mm256_add_pd(value, value);
            vector_32(from, to);
            if is_x86_feature_detected!("avx512f") {
                vector_64(from, to);
            }
            _mm256_storeu_pd(kept.as_mut_ptr(), value);
        }
        kept
    }

    #[test]
    fn wide_moves_leave_other_wide_values_alone() {
        if !is_x86_feature_detected!("avx") {
            println!("skipped: no AVX");
            return;
        }
        let (mut from, mut to) = ([7; 64], [0; 64]);
        // SAFETY: the processor has AVX.
        let kept = unsafe { kept(from.as_mut_ptr(), to.as_mut_ptr()) };
        assert_eq!(kept, [3.0; 4]);
        assert_eq!(to[..32], from[..32]);
    }
}
