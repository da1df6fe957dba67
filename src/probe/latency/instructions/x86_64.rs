//! x86-64. Time stamps stand between two `lfence`, so that what comes before is over and what comes
//! after has not begun (Intel SDM, volume 2, RDTSC and LFENCE; on AMD processors Linux makes LFENCE
//! wait likewise: "Software techniques for managing speculation on AMD processors", G-2).
#![allow(
    unsafe_code,
    reason = "what is timed has to be these instructions and no others"
)]

use std::arch::asm;

/// The time stamp counter, once all earlier instructions are over.
pub(in crate::probe::latency) fn stamp() -> u64 {
    let (low, high): (u64, u64);
    // SAFETY: it touches no memory; that the compiler has to think so keeps accesses on their side.
    unsafe {
        asm!(
            "lfence",
            "rdtsc",
            "lfence",
            out("rax") low,
            out("rdx") high,
            options(nostack, preserves_flags),
        );
    }
    high << 32 | low
}

/// Ticks between two stamps with these instructions between them.
macro_rules! ticks_of {
    ([$($instruction:literal),*], $($operand:tt)*) => {{
        let (start, end): (u64, u64);
        asm!(
            "lfence",
            "rdtsc",
            "shl rdx, 32",
            "or rax, rdx",
            "mov {start}, rax",
            "lfence",
            $($instruction,)*
            "lfence",
            "rdtsc",
            "shl rdx, 32",
            "or rax, rdx",
            start = out(reg) start,
            out("rax") end,
            out("rdx") _,
            $($operand)*
            options(nostack),
        );
        end.wrapping_sub(start)
    }};
}

/// What the time stamps themselves take.
pub(in crate::probe::latency) fn timed_nothing() -> u64 {
    // SAFETY: no memory is touched.
    unsafe { ticks_of!([],) }
}

/// A fence.
pub(in crate::probe::latency) fn timed_fence() -> u64 {
    // SAFETY: no memory is touched.
    unsafe { ticks_of!(["mfence"],) }
}

/// A load of 8 bytes, aligned or not.
///
/// # Safety
/// There are 8 bytes at the address, and no reference to any other than an atomic.
pub(in crate::probe::latency) unsafe fn timed_load(at: *mut u8) -> u64 {
    // SAFETY: the caller has the bytes.
    unsafe { ticks_of!(["mov {value}, [{at}]"], at = in(reg) at, value = out(reg) _,) }
}

/// A store of 8 bytes, and a fence that waits until it is in the cache.
///
/// # Safety
/// As for a load.
pub(in crate::probe::latency) unsafe fn timed_store(at: *mut u8, value: u64) -> u64 {
    // SAFETY: the caller has the bytes.
    unsafe {
        ticks_of!(
            ["mov [{at}], {value}", "mfence"],
            at = in(reg) at,
            value = in(reg) value,
        )
    }
}

/// A loop of so many turns around eight times the same.
macro_rules! turns {
    ($count:expr, [$($instruction:literal),*], $($operand:tt)*) => {
        asm!(
            "2:",
            $($instruction,)* $($instruction,)* $($instruction,)* $($instruction,)*
            $($instruction,)* $($instruction,)* $($instruction,)* $($instruction,)*
            "dec {turns}",
            "jnz 2b",
            turns = inout(reg) $count => _,
            $($operand)*
            options(nostack),
        )
    };
}

/// Follows pointers, eight in each turn: each load waits for the one before. Where it came to.
///
/// # Safety
/// There is a pointer, and where it leads again one.
pub(in crate::probe::latency) unsafe fn chase(start: *mut u8, turns: u64) -> *mut u8 {
    let mut at = start;
    // SAFETY: the caller knows that there are pointers.
    unsafe { turns!(turns, ["mov {at}, [{at}]"], at = inout(reg) at,) };
    at
}

/// Adds one to 8 bytes so many times, each time by a locked instruction.
///
/// # Safety
/// There are 8 bytes at the address, and no reference to any other than an atomic.
pub(in crate::probe::latency) unsafe fn add_locked(at: *mut u8, count: u64) {
    // SAFETY: the caller has the bytes.
    unsafe {
        asm!(
            "2:",
            "lock inc qword ptr [{at}]",
            "dec {count}",
            "jnz 2b",
            at = in(reg) at,
            count = inout(reg) count => _,
            options(nostack),
        );
    }
}

/// The same by an instruction that is not locked.
///
/// # Safety
/// As for the locked one.
pub(in crate::probe::latency) unsafe fn add_plain(at: *mut u8, count: u64) {
    // SAFETY: the caller has the bytes.
    unsafe {
        asm!(
            "2:",
            "inc qword ptr [{at}]",
            "dec {count}",
            "jnz 2b",
            at = in(reg) at,
            count = inout(reg) count => _,
            options(nostack),
        );
    }
}

/// Adds that wait for one another, eight in each turn; two registers, since some processors add a
/// constant without an adder.
pub(in crate::probe::latency) fn add_dependent(turns: u64) {
    // SAFETY: no memory is touched.
    unsafe {
        turns!(turns, ["add {sum}, {one}"], sum = inout(reg) 0_u64 => _, one = in(reg) 1_u64,)
    }
}

/// Stores 8 bytes, eight times in each turn.
///
/// # Safety
/// There are 8 bytes at the address, and no reference to any other than an atomic.
pub(in crate::probe::latency) unsafe fn store(at: *mut u8, turns: u64) {
    // SAFETY: the caller has the bytes.
    unsafe { turns!(turns, ["mov [{at}], {value}"], at = in(reg) at, value = in(reg) 1_u64,) }
}

/// Stores 8 bytes and loads them again, eight times in each turn: each store waits for the load
/// before.
///
/// # Safety
/// As for a store.
pub(in crate::probe::latency) unsafe fn forward(at: *mut u8, turns: u64) {
    // SAFETY: the caller has the bytes.
    unsafe {
        turns!(
            turns,
            ["mov [{at}], {value}", "mov {value}, [{at}]"],
            at = in(reg) at,
            value = inout(reg) 0_u64 => _,
        )
    }
}

/// Fences, eight in each turn, with nothing to wait for.
pub(in crate::probe::latency) fn fence(turns: u64) {
    // SAFETY: no memory is touched.
    unsafe { turns!(turns, ["mfence"],) }
}
