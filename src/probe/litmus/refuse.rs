//! What a real processor is not asked: a loop that may never end, and a locked operation across two
//! lines, which stops all other processors and which a system may punish (Intel SDM, volume 3A,
//! section 10.1.2.3, "Features to Disable Bus Locks").

use crate::litmus::{
    Base, Init, Instruction, JumpIf, Layout, Memory, Operand, Operation, Register, Test, Width,
};

/// The size of lines on all processors with these instructions.
pub(super) const LINE_BYTES: u64 = 64;

/// What each register holds before an instruction, where that is known without running it.
type Known = [Option<u64>; Register::COUNT];

/// Why the test is not asked, if it is not.
pub(super) fn refuse(test: &Test, layout: &Layout) -> Option<String> {
    let threads = 0..test.threads.len();
    threads
        .filter_map(|one| refuse_thread(test, one, layout))
        .next()
}

fn refuse_thread(test: &Test, thread: usize, layout: &Layout) -> Option<String> {
    let instructions = &test.threads[thread];
    for (at, instruction) in instructions.iter().enumerate() {
        if let Instruction::Jump { to, .. } = *instruction
            && usize::from(to) <= at
        {
            return Some(format!("P{thread} jumps back, so that it may never end"));
        }
    }
    let mut first: Known = [Some(0); Register::COUNT];
    for init in &test.registers {
        if usize::from(init.thread) == thread {
            first[init.register.index()] = Some(layout.number(init.value));
        }
    }
    // Jumps lead forward, so one pass meets all ways to an instruction before it.
    let mut before: Vec<Option<Known>> = vec![None; instructions.len() + 1];
    before[0] = Some(first);
    for (at, instruction) in instructions.iter().enumerate() {
        let Some(mut known) = before[at] else {
            continue; // no way leads here
        };
        if let Some((memory, width)) = locked(instruction) {
            let all_known = match memory.base {
                Base::Register(base) => known[base.index()].is_some(),
                Base::Location(_) => true,
            };
            if !all_known {
                return Some(format!(
                    "P{thread} has a locked operation at an address that only a run tells; across \
                     lines it would stop all processors"
                ));
            }
            let addr = layout.addr(memory, |register| known[register.index()].unwrap_or(0));
            if addr.0 % LINE_BYTES + width.bytes() as u64 > LINE_BYTES {
                return Some(format!(
                    "P{thread} has a locked operation across two lines, which would stop all \
                     processors"
                ));
            }
        }
        if let Instruction::Jump { to, .. } = *instruction {
            meet(&mut before[usize::from(to)], &known);
        }
        let when = match instruction {
            Instruction::Jump { when, .. } => Some(*when),
            _ => None,
        };
        if when != Some(JumpIf::Always) {
            carry_out(instruction, layout, &mut known);
            meet(&mut before[at + 1], &known);
        }
    }
    None
}

/// What is known on both ways.
fn meet(place: &mut Option<Known>, other: &Known) {
    match place {
        None => *place = Some(*other),
        Some(known) => {
            for (one, other) in known.iter_mut().zip(other) {
                *one = one.filter(|_| *one == *other);
            }
        }
    }
}

/// The memory of a locked operation.
fn locked(instruction: &Instruction) -> Option<(Memory, Width)> {
    match *instruction {
        Instruction::Exchange { width, memory, .. } => Some((memory, width)),
        Instruction::ExchangeAdd {
            width,
            memory,
            locked: true,
            ..
        }
        | Instruction::CompareExchange {
            width,
            memory,
            locked: true,
            ..
        }
        | Instruction::Operate {
            width,
            to: Operand::Memory(memory),
            locked: true,
            ..
        } => Some((memory, width)),
        _ => None,
    }
}

/// What registers hold after an instruction: only of whole ones anything stays known.
fn carry_out(instruction: &Instruction, layout: &Layout, known: &mut Known) {
    let value = |operand: Operand, known: &Known| match operand {
        Operand::Immediate(number) => Some(number),
        Operand::Address(address) => Some(layout.number(Init::Address(address))),
        Operand::Register(register) => known[register.index()],
        Operand::Memory(_) => None,
    };
    match *instruction {
        Instruction::Move {
            width,
            to: Operand::Register(to),
            from,
        } => {
            let value = value(from, known);
            known[to.index()] = value.filter(|_| width == Width::Quad);
        }
        Instruction::Operate {
            operation,
            width,
            to: Operand::Register(to),
            from,
            ..
        } if operation != Operation::Compare => {
            let sum = match (operation, known[to.index()], value(from, known)) {
                (Operation::Add, Some(old), Some(by)) => Some(old.wrapping_add(by)),
                (Operation::Subtract, Some(old), Some(by)) => Some(old.wrapping_sub(by)),
                _ => None,
            };
            known[to.index()] = sum.filter(|_| width == Width::Quad);
        }
        Instruction::Exchange { register, .. } | Instruction::ExchangeAdd { register, .. } => {
            known[register.index()] = None;
        }
        Instruction::CompareExchange { .. } => known[0] = None,
        _ => {}
    }
}
