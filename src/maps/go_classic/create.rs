//! `makemap`: a map before the run.

use std::rc::Rc;

use super::overflow::Array;
use super::{GoClassic, Variant, hmap, mapextra};
use crate::machine::Machine;
use crate::maps::go_runtime::{Random, write};
use crate::maps::key::hash;
use crate::maps::map::{Map, Shape};
use crate::memory::{Addr, Arena, Bytes, HeapFull};

/// Makes an empty map: `make(map[K]V)`, or with a hint, or with its buckets where the trace
/// wants them.
///
/// # Errors
/// When the heap is full.
pub(in crate::maps) fn create(
    machine: &mut Machine<Bytes>,
    shape: Shape,
    variant: Variant,
) -> Result<Rc<dyn Map>, HeapFull> {
    let header = machine.heap_mut().allocate(Arena::SETUP, hmap::BYTES)?;
    let mut map = GoClassic {
        header,
        made: Vec::new(),
        key: shape.key,
        value: shape.value,
        variant,
        random: Random::default(),
    };
    let seed = u64::from(hash(header.0, 0) as u32);
    write(machine, header + hmap::SEED, 4, seed);
    let log_buckets = match shape.buckets {
        Some(buckets) => buckets.trailing_zeros() as u8,
        None => log_buckets_for(shape.room),
    };
    write(machine, header + hmap::LOG_BUCKETS, 1, log_buckets.into());
    // Without a hint the first put makes the first bucket.
    if shape.buckets.is_some() || shape.line_offset.is_some() || log_buckets > 0 {
        map.make_buckets(machine, log_buckets, shape.line_offset)?;
    }
    Ok(Rc::new(map))
}

impl GoClassic {
    fn make_buckets(
        &mut self,
        machine: &mut Machine<Bytes>,
        log_buckets: u8,
        line_offset: Option<u64>,
    ) -> Result<(), HeapFull> {
        let array = self.array(log_buckets);
        let buckets = match line_offset {
            None => machine.heap_mut().allocate(Arena::SETUP, array.bytes)?,
            Some(offset) => {
                let line_bytes = machine.config().line_size.bytes();
                let before = self.elems() % line_bytes;
                let residue = (offset % line_bytes + line_bytes - before) % line_bytes;
                let heap = machine.heap_mut();
                heap.allocate_at(array.bytes, residue, line_bytes)?
            }
        };
        self.made.push((buckets, array.bytes, "buckets"));
        write(machine, self.header + hmap::BUCKETS, 8, buckets.0);
        if let Some(spare) = array.spare {
            self.keep_spare(machine, buckets, array, spare)?;
        }
        Ok(())
    }

    /// Overflow buckets that come with the array.
    fn keep_spare(
        &mut self,
        machine: &mut Machine<Bytes>,
        buckets: Addr,
        array: Array,
        spare: u64,
    ) -> Result<(), HeapFull> {
        let last = self.nth(buckets, array.buckets - 1);
        write(machine, self.overflow_of(last), 8, buckets.0);
        let extra = machine.heap_mut();
        let extra = extra.allocate(Arena::SETUP, mapextra::BYTES)?;
        self.made.push((extra, mapextra::BYTES, "extra"));
        write(machine, self.header + hmap::EXTRA, 8, extra.0);
        let next = self.nth(buckets, spare);
        write(machine, extra + mapextra::NEXT_OVERFLOW, 8, next.0);
        Ok(())
    }
}

/// The fewest buckets that hold so many entries without growing.
pub(super) fn log_buckets_for(room: u64) -> u8 {
    let fits = |log: &u8| !super::grow::is_over_load_factor(room, *log);
    (0..=32)
        .find(fits)
        .expect("2^32 buckets are enough for any trace")
}
