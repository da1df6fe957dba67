//! Objects as HotSpot lays them out with compressed references and class words (read with
//! `Unsafe` on JDK 17): a header of 12 bytes, references of 4 bytes, objects aligned to 8.

use crate::machine::{Exit, Machine};
use crate::maps::mem::{Fallible, Mem};
use crate::maps::walk::Peek;
use crate::memory::{Addr, Arena, Bytes, Heap, HeapFull, WriteId};

/// A compressed reference: the distance from [`NARROW_BASE`] in units of 8 bytes; 0 is null.
pub(super) type Reference = u32;

/// The reference to nothing.
pub(super) const NULL: Reference = 0;

/// What references count from: a page below the heap, so that no object is null.
pub(super) const NARROW_BASE: u64 = Heap::BASE.0 - 4096;

/// Where an array keeps its length, in 4 bytes.
pub(super) const LENGTH: u64 = 12;
/// Where an array's first element is.
pub(super) const ELEMENTS: u64 = 16;

/// `java.util.HashMap.MAXIMUM_CAPACITY`: no table is longer.
pub(super) const MAXIMUM_CAPACITY: u32 = 1 << 30;
/// `DEFAULT_INITIAL_CAPACITY`: the length of a table that nobody chose.
pub(super) const DEFAULT_CAPACITY: u32 = 16;

/// The object that a reference leads to. Not for null: what code checks beforehand.
pub(super) fn at(reference: Reference) -> Addr {
    Addr(NARROW_BASE) + (u64::from(reference) << 3)
}

/// The reference to an object of the heap, which is at most 1 GiB large.
pub(super) fn reference(object: Addr) -> Reference {
    (object.0.wrapping_sub(NARROW_BASE) >> 3) as Reference
}

/// The object that a reference leads to, or what Java throws if it leads nowhere.
pub(super) fn not_null(reference: Reference) -> Fallible<Addr> {
    match reference {
        NULL => Err(Exit::Thrown("java.lang.NullPointerException")),
        reference => Ok(at(reference)),
    }
}

/// Where an element of an array of references or of ints is.
pub(super) fn element(array: Reference, index: u32) -> Addr {
    at(array) + (ELEMENTS + 4 * u64::from(index))
}

/// Where the bin of a hash is, in a table of this length, not 0: `tab[(n - 1) & hash]`.
pub(super) fn bin(table: Reference, length: u32, hash: u32) -> Addr {
    element(table, length.wrapping_sub(1) & hash)
}

/// `array.length`.
pub(super) async fn length(mem: &Mem, array: Reference) -> u32 {
    mem.load_u32(at(array) + LENGTH).await
}

/// `array == null ? 0 : array.length`.
pub(super) async fn length_or_0(mem: &Mem, array: Reference) -> u32 {
    match array {
        NULL => 0,
        array => length(mem, array).await,
    }
}

/// Where the element is, if the index is below the array's length, which is loaded.
pub(super) async fn checked_element(mem: &Mem, array: Reference, index: u32) -> Fallible<Addr> {
    match index < length(mem, array).await {
        true => Ok(element(array, index)),
        false => Err(out_of_bounds()),
    }
}

/// The same for the bin of a hash, in a table whose length is loaded already.
pub(super) fn checked_bin(table: Reference, length: u32, hash: u32) -> Fallible<Addr> {
    match length {
        0 => Err(out_of_bounds()),
        length => Ok(bin(table, length, hash)),
    }
}

fn out_of_bounds() -> Exit {
    Exit::Thrown("java.lang.ArrayIndexOutOfBoundsException")
}

/// `new T[length]`: an array of references, all null.
pub(super) async fn new_array(mem: &Mem, length: u32, name: &'static str) -> Reference {
    let array = mem.allocate_next(array_bytes(length), name).await;
    mem.store_u32(array + LENGTH, length).await;
    reference(array)
}

/// The size of an array of references.
pub(super) fn array_bytes(length: u32) -> u64 {
    ELEMENTS + 4 * u64::from(length)
}

/// `array.length`, as a walk sees it; none where nothing is.
pub(super) fn peek_length(memory: &Peek<'_>, array: Reference) -> Option<u32> {
    memory
        .load(at(array) + LENGTH, 4)
        .map(|length| length as u32)
}

/// An array that is there before the run.
pub(super) fn place_array(machine: &mut Machine<Bytes>, length: u32) -> Result<Addr, HeapFull> {
    let bytes = array_bytes(length);
    let array = machine.heap_mut().allocate_next(Arena::SETUP, bytes)?;
    place_int(machine, array + LENGTH, length);
    Ok(array)
}

/// Sets a 4-byte field before the run.
pub(super) fn place_int(machine: &mut Machine<Bytes>, field: Addr, value: u32) {
    let memory = machine.memory_mut();
    memory.write(field, 4, value.into(), WriteId::INITIAL);
}

/// `field += addend` of an `int` that is not volatile: a load, then a store. Gives the sum.
pub(super) async fn add(mem: &Mem, field: Addr, addend: i32) -> i32 {
    let old = mem.load_u32(field).await;
    let sum = old.wrapping_add_signed(addend);
    mem.store_u32(field, sum).await;
    sum as i32
}

/// `HashMap.tableSizeFor`: the smallest power of two that is not below a capacity.
pub(super) fn table_size_for(capacity: u64) -> u32 {
    let most = u64::from(MAXIMUM_CAPACITY);
    capacity.clamp(1, most).next_power_of_two() as u32
}

/// How many entries a table of this length holds before it grows: `(int) (length * 0.75f)`.
pub(super) fn three_quarters(length: u32) -> u32 {
    (u64::from(length) * 3 / 4) as u32
}
