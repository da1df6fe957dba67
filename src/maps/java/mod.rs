//! Java's maps as HotSpot lays them out and runs them on x86-64: `java.util.HashMap` of JDK 8
//! and later ([`hashmap`]), of JDK 7u40 and later ([`hashmap7`]), and
//! `java.util.concurrent.ConcurrentHashMap` of JDK 8 and later ([`concurrent`]).
//!
//! Keys and values are boxed `Long`s. The value that a call reads or writes is the 4-byte
//! reference in the node: one word inside a line, so it cannot be torn. That is what detectors
//! see; the number in the box is loaded after that, through the reference, and never changes.
//! Keys and values are boxed as `Long.valueOf` does, so those from -128 to 127 are shared
//! objects that were there before the run. A look-up's own key needs no box: compiled code
//! leaves out one that does not escape.
//!
//! A field is loaded once where a method reads it twice with no store or call in between, as
//! compiled code does. `h.put(k, h.getOrDefault(k, 0L) + 1)` is what an increment is.
//!
//! Left out: bins that become trees (a long chain stays a chain; that a table of fewer than 64
//! bins grows instead is kept), the writes of object headers apart from an array's length, type
//! checks, which load the header, and the garbage collector with its card table.

pub(super) mod concurrent;
mod fail_fast;
pub(super) mod hashmap;
pub(super) mod hashmap7;
mod long;
mod monitor;
mod names;
mod node;
mod object;
mod walk;
