//! How many entries there are: `addCount` and `sumCount`. Threads that get in each other's way
//! at the one counter take others, each in a line of its own.

use super::{ConcurrentHashMap, fields};
use crate::maps::java::object::{NULL, Reference, at, element, length_or_0, peek_length};
use crate::maps::mem::Mem;
use crate::maps::walk::Peek;

/// Where a `CounterCell` keeps its count, in 8 bytes, and its size: `@Contended` puts 128
/// bytes before and after it (read with `Unsafe` on JDK 17).
pub(super) const CELL_VALUE: u64 = 144;
pub(super) const CELL_BYTES: u64 = 280;

/// A cell as it stands in the array. The source loads and stores that element plainly; the
/// race is meant, and the processor sees the same `MOV`.
pub(super) async fn cell(mem: &Mem, cells: Reference, index: u32) -> Reference {
    mem.load_atomic(element(cells, index), 4).await as Reference
}

/// `compareAndSetLong(c, CELLVALUE, v = c.value, v + x)`.
pub(super) async fn add_to_cell(mem: &Mem, cell: Reference, change: i64) -> bool {
    let value = at(cell) + CELL_VALUE;
    let old = mem.load_atomic(value, 8).await;
    let new = old.wrapping_add_signed(change);
    mem.compare_exchange(value, 8, old, new).await
}

impl ConcurrentHashMap {
    /// Adds to the count, and looks whether the table is to grow if so many nodes were passed
    /// in the bin: none if it is not to.
    pub(super) async fn add_count(&self, mem: &Mem, change: i64, passed: Option<u32>) {
        let cells = self.load(mem, fields::COUNTER_CELLS).await;
        let added = match cells {
            NULL => self.add_to_base(mem, change).await,
            _ => None,
        };
        let size = match added {
            Some(sum) => sum,
            None => {
                if !self.add_to_own_cell(mem, cells, change).await || passed.unwrap_or(0) <= 1 {
                    return;
                }
                self.sum_count(mem).await
            }
        };
        if passed.is_some() {
            self.grow_if_full(mem, size).await;
        }
    }

    /// `compareAndSetLong(this, BASECOUNT, b = baseCount, b + x)`: the sum, if it came off.
    pub(super) async fn add_to_base(&self, mem: &Mem, change: i64) -> Option<i64> {
        let base = self.field(fields::BASE_COUNT);
        let old = mem.load_atomic(base, 8).await;
        let sum = old.wrapping_add_signed(change);
        let added = mem.compare_exchange(base, 8, old, sum).await;
        added.then_some(sum as i64)
    }

    /// Adds to the cell of this thread's probe; if it has none or others are at it, takes the
    /// long way. Whether the short one was enough.
    async fn add_to_own_cell(&self, mem: &Mem, cells: Reference, change: i64) -> bool {
        let length = length_or_0(mem, cells).await;
        let mut is_contended = false;
        if length > 0 {
            let index = (length - 1) & self.probe(mem);
            let cell = cell(mem, cells, index).await;
            if cell != NULL {
                if add_to_cell(mem, cell, change).await {
                    return true;
                }
                is_contended = true;
            }
        }
        self.full_add_count(mem, change, is_contended).await;
        false
    }

    /// `sumCount`: the counters one after another, while they go on changing.
    pub(super) async fn sum_count(&self, mem: &Mem) -> i64 {
        let base = self.field(fields::BASE_COUNT);
        let cells = self.load(mem, fields::COUNTER_CELLS).await;
        let mut sum = mem.load_atomic(base, 8).await;
        for index in 0..length_or_0(mem, cells).await {
            let cell = cell(mem, cells, index).await;
            if cell != NULL {
                let value = mem.load_atomic(at(cell) + CELL_VALUE, 8).await;
                sum = sum.wrapping_add(value);
            }
        }
        sum as i64
    }

    /// The same sum, as a walk sees it.
    pub(super) fn counted(&self, memory: &Peek<'_>) -> u64 {
        let reference = |addr| memory.load(addr, 4).unwrap_or(0) as Reference;
        let cells = reference(self.field(fields::COUNTER_CELLS));
        let length = match cells {
            NULL => 0,
            cells => peek_length(memory, cells).unwrap_or(0),
        };
        let base = memory.word(self.field(fields::BASE_COUNT));
        let values = (0..length).map(|index| match reference(element(cells, index)) {
            NULL => 0,
            cell => memory.word(at(cell) + CELL_VALUE),
        });
        values.fold(base, u64::wrapping_add)
    }
}
