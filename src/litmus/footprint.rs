//! What a thread may still do, read from its instructions without running them.

use super::condition::Place;
use super::instruction::{Base, Instruction, Memory, Operand, Register};
use crate::drive::interleave::Footprint;

/// For each instruction, and the end, the locations that may be accessed from there on, as bits
/// by their places in the test.
pub(super) fn footprints(instructions: &[Instruction]) -> Vec<Footprint> {
    let mut footprints = vec![Footprint::default(); instructions.len() + 1];
    for (at, instruction) in instructions.iter().enumerate().rev() {
        footprints[at] = footprints[at + 1].with(own(instruction));
    }
    let jumps = |instruction: &Instruction| matches!(instruction, Instruction::Jump { .. });
    if instructions.iter().any(jumps) {
        let all = footprints[0];
        footprints.fill(all);
    }
    footprints
}

fn own(instruction: &Instruction) -> Footprint {
    let (memory, loads, stores) = match *instruction {
        Instruction::Move { to, from, .. } => match (to, from) {
            (Operand::Memory(memory), _) => (memory, false, true),
            (_, Operand::Memory(memory)) => (memory, true, false),
            _ => return Footprint::default(),
        },
        Instruction::Operate { to, from, .. } => match (to, from) {
            (Operand::Memory(memory), _) => (memory, true, true),
            (_, Operand::Memory(memory)) => (memory, true, false),
            _ => return Footprint::default(),
        },
        Instruction::Exchange { memory, .. }
        | Instruction::ExchangeAdd { memory, .. }
        | Instruction::CompareExchange { memory, .. } => (memory, true, true),
        Instruction::Fence(_) | Instruction::Jump { .. } | Instruction::Nop => {
            return Footprint::default();
        }
    };
    let bit = bit(memory);
    Footprint {
        loads: if loads { bit } else { 0 },
        stores: if stores { bit } else { 0 },
    }
}

/// The location's bit; all bits where only a register knows.
fn bit(memory: Memory) -> u64 {
    match memory.base {
        // A displacement can reach the locations beside it.
        Base::Location(_) if memory.displacement != 0 => u64::MAX,
        Base::Location(location @ 0..64) => 1 << location,
        Base::Location(_) | Base::Register(_) => u64::MAX,
    }
}

/// The registers of a thread that an instruction reads or that are shown in the end.
pub(super) fn looked_at(
    thread: usize,
    instructions: &[Instruction],
    shown: &[Place],
) -> Vec<Register> {
    let mut registers: Vec<Register> = instructions.iter().flat_map(read).collect();
    registers.extend(shown.iter().filter_map(|place| match place {
        Place::Register {
            thread: of,
            register,
            ..
        } => (usize::from(*of) == thread).then_some(*register),
        Place::Location { .. } => None,
    }));
    registers.sort_unstable();
    registers.dedup();
    registers
}

fn read(instruction: &Instruction) -> Vec<Register> {
    const RAX: Register = Register(0);
    let operand = |operand: Operand| match operand {
        Operand::Register(register) => Some(register),
        Operand::Memory(memory) => base(memory),
        Operand::Immediate(_) | Operand::Address(_) => None,
    };
    match *instruction {
        Instruction::Move { to, from, .. } => {
            let written = match to {
                Operand::Register(_) => None,
                to => operand(to),
            };
            [operand(from), written].into_iter().flatten().collect()
        }
        Instruction::Operate { to, from, .. } => {
            [operand(from), operand(to)].into_iter().flatten().collect()
        }
        Instruction::Exchange {
            memory, register, ..
        }
        | Instruction::ExchangeAdd {
            memory, register, ..
        } => [Some(register), base(memory)]
            .into_iter()
            .flatten()
            .collect(),
        Instruction::CompareExchange {
            memory, register, ..
        } => [Some(RAX), Some(register), base(memory)]
            .into_iter()
            .flatten()
            .collect(),
        Instruction::Fence(_) | Instruction::Jump { .. } | Instruction::Nop => Vec::new(),
    }
}

fn base(memory: Memory) -> Option<Register> {
    match memory.base {
        Base::Location(_) => None,
        Base::Register(register) => Some(register),
    }
}
