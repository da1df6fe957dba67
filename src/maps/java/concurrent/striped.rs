//! `fullAddCount`: makes counter cells where threads get in each other's way (the algorithm of
//! `java.util.concurrent.atomic.LongAdder`).

use super::count::{CELL_BYTES, CELL_VALUE, add_to_cell, cell};
use super::{ConcurrentHashMap, fields};
use crate::maps::java::object::{
    self, NULL, Reference, element, length_or_0, new_array, reference,
};
use crate::maps::mem::Mem;

/// What a look at the cells came to.
enum Step {
    Added,
    /// Try again with another probe.
    Elsewhere,
    /// Try again.
    Again,
}

/// What one call remembers from one try to the next.
struct Tries {
    change: i64,
    probe: u32,
    was_contended: bool,
    collided: bool,
}

impl ConcurrentHashMap {
    /// `ThreadLocalRandom.getProbe()`: 0 for a thread that never asked for one.
    pub(super) fn probe(&self, mem: &Mem) -> u32 {
        let probes = self.probes.borrow();
        probes.get(&mem.thread()).copied().unwrap_or(0)
    }

    fn set_probe(&self, mem: &Mem, probe: u32) {
        self.probes.borrow_mut().insert(mem.thread(), probe);
    }

    /// `localInit`: each thread begins at its own place.
    fn init_probe(&self, mem: &Mem) -> u32 {
        let nth = self.probes.borrow().len() as u32;
        let probe = nth.wrapping_add(1).wrapping_mul(0x9e37_79b9).max(1);
        self.set_probe(mem, probe);
        probe
    }

    /// Adds to the count wherever there is room.
    pub(super) async fn full_add_count(&self, mem: &Mem, change: i64, is_contended: bool) {
        let mut tries = Tries {
            change,
            probe: self.probe(mem),
            was_contended: is_contended,
            collided: false,
        };
        if tries.probe == 0 {
            tries.probe = self.init_probe(mem);
            tries.was_contended = false;
        }
        loop {
            let cells = self.load(mem, fields::COUNTER_CELLS).await;
            let step = match length_or_0(mem, cells).await {
                0 => self.add_without_cells(mem, cells, &tries).await,
                length => self.add_to_cells(mem, (cells, length), &mut tries).await,
            };
            match step {
                Step::Added => return,
                Step::Elsewhere => {
                    tries.probe = advanced(tries.probe);
                    self.set_probe(mem, tries.probe);
                }
                Step::Again => {}
            }
        }
    }

    /// Makes two cells, one of them with this count; or adds to the one counter.
    async fn add_without_cells(&self, mem: &Mem, cells: Reference, tries: &Tries) -> Step {
        if self.is_unchanged_and_free(mem, cells).await && self.take_cells(mem).await {
            let unchanged = self.load(mem, fields::COUNTER_CELLS).await == cells;
            if unchanged {
                let new = new_array(mem, 2, "CounterCell[]").await;
                let cell = new_cell(mem, tries.change).await;
                let place = element(new, tries.probe & 1);
                mem.store_atomic(place, 4, cell.into()).await;
                self.store(mem, fields::COUNTER_CELLS, new).await;
            }
            self.store(mem, fields::CELLS_BUSY, 0).await;
            return if unchanged { Step::Added } else { Step::Again };
        }
        match self.add_to_base(mem, tries.change).await {
            Some(_) => Step::Added,
            None => Step::Again,
        }
    }

    async fn add_to_cells(
        &self,
        mem: &Mem,
        (cells, length): (Reference, u32),
        tries: &mut Tries,
    ) -> Step {
        let index = (length - 1) & tries.probe;
        let own = cell(mem, cells, index).await;
        if own == NULL {
            if self.load(mem, fields::CELLS_BUSY).await == 0 {
                let new = new_cell(mem, tries.change).await;
                let free = self.load(mem, fields::CELLS_BUSY).await == 0;
                if free && self.take_cells(mem).await {
                    let placed = self.place_cell(mem, new, tries.probe).await;
                    self.store(mem, fields::CELLS_BUSY, 0).await;
                    return if placed { Step::Added } else { Step::Again };
                }
            }
            tries.collided = false;
        } else if tries.was_contended {
            tries.was_contended = false; // the probe is changed first
        } else if add_to_cell(mem, own, tries.change).await {
            return Step::Added;
        } else if length >= self.cores || self.load(mem, fields::COUNTER_CELLS).await != cells {
            tries.collided = false; // as many as can be, or another thread made more
        } else if !tries.collided {
            tries.collided = true;
        } else if self.load(mem, fields::CELLS_BUSY).await == 0 && self.take_cells(mem).await {
            if self.load(mem, fields::COUNTER_CELLS).await == cells {
                self.double_cells(mem, cells, length).await;
            }
            self.store(mem, fields::CELLS_BUSY, 0).await;
            tries.collided = false;
            return Step::Again;
        }
        Step::Elsewhere
    }

    async fn is_unchanged_and_free(&self, mem: &Mem, cells: Reference) -> bool {
        self.load(mem, fields::CELLS_BUSY).await == 0
            && self.load(mem, fields::COUNTER_CELLS).await == cells
    }

    /// The spin lock around changes of the cells; storing 0 gives it back.
    async fn take_cells(&self, mem: &Mem) -> bool {
        self.compare_and_set(mem, fields::CELLS_BUSY, 0, 1).await
    }

    /// With the cells held: puts a cell where there is none still.
    async fn place_cell(&self, mem: &Mem, new: Reference, probe: u32) -> bool {
        let cells = self.load(mem, fields::COUNTER_CELLS).await;
        let length = length_or_0(mem, cells).await;
        if length == 0 {
            return false;
        }
        let place = object::bin(cells, length, probe);
        let free = mem.load_atomic(place, 4).await == 0;
        if free {
            mem.store_atomic(place, 4, new.into()).await;
        }
        free
    }

    /// With the cells held: `counterCells = Arrays.copyOf(cs, n << 1)`.
    async fn double_cells(&self, mem: &Mem, cells: Reference, length: u32) {
        let new = new_array(mem, length.wrapping_mul(2), "CounterCell[]").await;
        for index in 0..length {
            let cell = cell(mem, cells, index).await;
            mem.store_atomic(element(new, index), 4, cell.into()).await;
        }
        self.store(mem, fields::COUNTER_CELLS, new).await;
    }
}

/// `new CounterCell(count)`.
async fn new_cell(mem: &Mem, count: i64) -> Reference {
    let cell = mem.allocate_next(CELL_BYTES, "CounterCell").await;
    mem.store_u64(cell + CELL_VALUE, count as u64).await;
    reference(cell)
}

/// `advanceProbe`: Marsaglia's xorshift.
fn advanced(mut probe: u32) -> u32 {
    probe ^= probe << 13;
    probe ^= probe >> 17;
    probe ^ probe << 5
}
