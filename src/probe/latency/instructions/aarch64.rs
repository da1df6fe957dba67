//! 64-bit Arm. Time stamps are those of the generic timer, whose steps are long (Arm ARM, D12): a
//! single event is a few of them at most, and only the mean over many says something.
#![allow(
    unsafe_code,
    reason = "what is timed has to be these instructions and no others"
)]

use std::arch::asm;

/// The virtual counter, once all earlier instructions are over.
pub(in crate::probe::latency) fn stamp() -> u64 {
    let now: u64;
    // SAFETY: it touches no memory; that the compiler has to think so keeps accesses on their side.
    unsafe {
        asm!("dsb sy", "isb", "mrs {now}, cntvct_el0", "isb", now = out(reg) now, options(nostack, preserves_flags));
    }
    now
}

/// Ticks between two stamps with these instructions between them.
macro_rules! ticks_of {
    ([$($instruction:literal),*], $($operand:tt)*) => {{
        let (start, end): (u64, u64);
        asm!(
            "dsb sy",
            "isb",
            "mrs {start}, cntvct_el0",
            "isb",
            $($instruction,)*
            "dsb sy",
            "isb",
            "mrs {end}, cntvct_el0",
            start = out(reg) start,
            end = out(reg) end,
            $($operand)*
            options(nostack, preserves_flags),
        );
        end.wrapping_sub(start)
    }};
}

/// What the time stamps themselves take.
pub(in crate::probe::latency) fn timed_nothing() -> u64 {
    // SAFETY: no memory is touched.
    unsafe { ticks_of!([],) }
}

/// A fence: the stamps have one of their own.
pub(in crate::probe::latency) fn timed_fence() -> u64 {
    timed_nothing()
}

/// A load of 8 bytes, aligned or not.
///
/// # Safety
/// There are 8 bytes at the address, and no reference to any other than an atomic.
pub(in crate::probe::latency) unsafe fn timed_load(at: *mut u8) -> u64 {
    // SAFETY: the caller has the bytes.
    unsafe { ticks_of!(["ldr {value}, [{at}]"], at = in(reg) at, value = out(reg) _,) }
}

/// A store of 8 bytes; the stamp's barrier waits until it is done.
///
/// # Safety
/// As for a load.
pub(in crate::probe::latency) unsafe fn timed_store(at: *mut u8, value: u64) -> u64 {
    // SAFETY: the caller has the bytes.
    unsafe { ticks_of!(["str {value}, [{at}]"], at = in(reg) at, value = in(reg) value,) }
}

/// A loop of so many turns around eight times the same.
macro_rules! turns {
    ($count:expr, [$($instruction:literal),*], $($operand:tt)*) => {
        asm!(
            "2:",
            $($instruction,)* $($instruction,)* $($instruction,)* $($instruction,)*
            $($instruction,)* $($instruction,)* $($instruction,)* $($instruction,)*
            "subs {turns}, {turns}, #1",
            "b.ne 2b",
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
    unsafe { turns!(turns, ["ldr {at}, [{at}]"], at = inout(reg) at,) };
    at
}

/// Adds one to 8 bytes so many times, each time by a pair of exclusive accesses, which all
/// processors have.
///
/// # Safety
/// There are 8 bytes at the address, and no reference to any other than an atomic.
pub(in crate::probe::latency) unsafe fn add_locked(at: *mut u8, count: u64) {
    // SAFETY: the caller has the bytes.
    unsafe {
        asm!(
            "2:",
            "ldaxr {value}, [{at}]",
            "add {value}, {value}, #1",
            "stlxr {failed:w}, {value}, [{at}]",
            "cbnz {failed:w}, 2b",
            "subs {count}, {count}, #1",
            "b.ne 2b",
            at = in(reg) at,
            count = inout(reg) count => _,
            value = out(reg) _,
            failed = out(reg) _,
            options(nostack),
        );
    }
}

/// The same by a load and a store.
///
/// # Safety
/// As for the locked one.
pub(in crate::probe::latency) unsafe fn add_plain(at: *mut u8, count: u64) {
    // SAFETY: the caller has the bytes.
    unsafe {
        asm!(
            "2:",
            "ldr {value}, [{at}]",
            "add {value}, {value}, #1",
            "str {value}, [{at}]",
            "subs {count}, {count}, #1",
            "b.ne 2b",
            at = in(reg) at,
            count = inout(reg) count => _,
            value = out(reg) _,
            options(nostack),
        );
    }
}

/// Adds that wait for one another, eight in each turn.
pub(in crate::probe::latency) fn add_dependent(turns: u64) {
    // SAFETY: no memory is touched.
    unsafe {
        turns!(
            turns,
            ["add {sum}, {sum}, {one}"],
            sum = inout(reg) 0_u64 => _,
            one = in(reg) 1_u64,
        )
    }
}

/// Stores 8 bytes, eight times in each turn.
///
/// # Safety
/// There are 8 bytes at the address, and no reference to any other than an atomic.
pub(in crate::probe::latency) unsafe fn store(at: *mut u8, turns: u64) {
    // SAFETY: the caller has the bytes.
    unsafe { turns!(turns, ["str {value}, [{at}]"], at = in(reg) at, value = in(reg) 1_u64,) }
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
            ["str {value}, [{at}]", "ldr {value}, [{at}]"],
            at = in(reg) at,
            value = inout(reg) 0_u64 => _,
        )
    }
}

/// Fences, eight in each turn, with nothing to wait for.
pub(in crate::probe::latency) fn fence(turns: u64) {
    // SAFETY: no memory is touched.
    unsafe { turns!(turns, ["dmb sy"],) }
}
