//! `NewEmptyMap` and `NewMap`: a map before the run.

use std::rc::Rc;

use super::GoSwiss;
use super::control::{ALL_EMPTY, CONTROL_BYTES, SLOTS};
use super::directory::place;
use super::header::map;
use super::table::{MOST_SLOTS, fields, growth_left};
use crate::machine::Machine;
use crate::maps::go_runtime::{Random, write};
use crate::maps::key::hash;
use crate::maps::map::{Map, Shape};
use crate::memory::{Addr, Arena, Bytes, HeapFull};

/// Makes an empty map: `make(map[K]V)`, or with a hint, or with its groups where the trace wants
/// them.
///
/// # Errors
/// When the heap is full.
pub(in crate::maps) fn create(
    machine: &mut Machine<Bytes>,
    shape: Shape,
) -> Result<Rc<dyn Map>, HeapFull> {
    let header = machine.heap_mut().allocate(Arena::SETUP, map::BYTES)?;
    let mut swiss = GoSwiss {
        header,
        made: Vec::new(),
        key: shape.key,
        value: shape.value,
        random: Random::default(),
    };
    write(machine, header + map::SEED, 8, hash(header.0, 0));
    // So many slots that seven of eight are enough.
    let hinted = match shape.room {
        ..=SLOTS => 0,
        room => room.saturating_mul(8) / 7,
    };
    match shape.buckets.map(u64::from) {
        Some(1) => swiss.make_group(machine, shape.line_offset)?,
        Some(groups) => swiss.make_tables(machine, groups * SLOTS, shape.line_offset)?,
        None if hinted > 0 => swiss.make_tables(machine, hinted, shape.line_offset)?,
        None if shape.line_offset.is_some() => swiss.make_group(machine, shape.line_offset)?,
        // The first put makes the first group.
        None => {}
    }
    Ok(Rc::new(swiss))
}

impl GoSwiss {
    /// The only group of a small map.
    fn make_group(
        &mut self,
        machine: &mut Machine<Bytes>,
        line_offset: Option<u64>,
    ) -> Result<(), HeapFull> {
        let group = self.make_groups(machine, 1, line_offset, "group")?;
        write(machine, self.header + map::DIRECTORY, 8, group.0);
        Ok(())
    }

    /// Tables with at least so many slots together, and the directory. A table has 1024 slots at
    /// most, and there are 2^n of them.
    fn make_tables(
        &mut self,
        machine: &mut Machine<Bytes>,
        slots: u64,
        mut line_offset: Option<u64>,
    ) -> Result<(), HeapFull> {
        let tables = slots.div_ceil(MOST_SLOTS.into()).next_power_of_two();
        let each = (slots / tables).max(SLOTS).next_power_of_two();
        let capacity = each.min(MOST_SLOTS.into()) as u16;
        let depth = tables.trailing_zeros() as u8;
        let directory = machine.heap_mut().allocate(Arena::SETUP, tables * 8)?;
        self.made.push((directory, tables * 8, "directory"));
        for index in 0..tables {
            let table = machine.heap_mut().allocate(Arena::SETUP, fields::BYTES)?;
            self.made.push((table, fields::BYTES, "table"));
            let count = u64::from(capacity) / SLOTS;
            // The first group of the first table lies where the trace wants it.
            let groups = self.make_groups(machine, count, line_offset.take(), "groups")?;
            write(machine, table + fields::CAPACITY, 2, capacity.into());
            let growth_left = growth_left(capacity).into();
            write(machine, table + fields::GROWTH_LEFT, 2, growth_left);
            write(machine, table + fields::LOCAL_DEPTH, 1, depth.into());
            write(machine, table + fields::INDEX, 8, index);
            write(machine, table + fields::GROUPS, 8, groups.0);
            write(machine, table + fields::LENGTH_MASK, 8, count - 1);
            write(machine, place(directory, index), 8, table.0);
        }
        let header = self.header;
        write(machine, header + map::DIRECTORY, 8, directory.0);
        write(machine, header + map::DIRECTORY_LEN, 8, tables);
        write(machine, header + map::GLOBAL_DEPTH, 1, depth.into());
        let shift = 64_u64.saturating_sub(depth.into());
        write(machine, header + map::GLOBAL_SHIFT, 1, shift);
        Ok(())
    }

    /// Groups whose slots are all free.
    fn make_groups(
        &mut self,
        machine: &mut Machine<Bytes>,
        count: u64,
        line_offset: Option<u64>,
        name: &'static str,
    ) -> Result<Addr, HeapFull> {
        let bytes = count * self.group_bytes();
        let groups = match line_offset {
            None => machine.heap_mut().allocate(Arena::SETUP, bytes)?,
            Some(offset) => {
                let line_bytes = machine.config().line_size.bytes();
                let before = (CONTROL_BYTES + self.elem_offset()) % line_bytes;
                let residue = (offset % line_bytes + line_bytes - before) % line_bytes;
                let heap = machine.heap_mut();
                heap.allocate_at(bytes, residue, line_bytes)?
            }
        };
        self.made.push((groups, bytes, name));
        for index in 0..count {
            write(machine, self.nth(groups, index), 8, ALL_EMPTY);
        }
        Ok(groups)
    }
}
