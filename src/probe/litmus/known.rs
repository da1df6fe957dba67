//! What registers hold before each instruction of a thread, as far as that is known without running it.

use crate::litmus::{Init, Instruction, JumpIf, Layout, Operand, Operation, Register, Test, Width};

/// A number that is known without running anything: how many addresses of the instance are in its
/// sum, modulo 2^64 as the sum is. One makes it an address, in the simulator and, as another number, on
/// the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) number: u64,
    pub(super) addresses: i64,
}

/// What each register holds before an instruction, where that is known.
pub(super) type Known = [Option<Value>; Register::COUNT];

/// What is known before each instruction of a thread that jumps forward only; nothing of an instruction
/// that no way leads to.
pub(super) fn before(test: &Test, thread: usize, layout: &Layout) -> Vec<Option<Known>> {
    let instructions = &test.threads[thread];
    let mut first: Known = [Some(of(Init::Number(0), layout)); Register::COUNT];
    for init in &test.registers {
        if usize::from(init.thread) == thread {
            first[init.register.index()] = Some(of(init.value, layout));
        }
    }
    // Jumps lead forward, so one pass meets all ways to an instruction before it.
    let mut before: Vec<Option<Known>> = vec![None; instructions.len() + 1];
    before[0] = Some(first);
    for (at, instruction) in instructions.iter().enumerate() {
        let Some(mut known) = before[at] else {
            continue;
        };
        let mut goes_on = true;
        if let Instruction::Jump { when, to } = *instruction {
            meet(&mut before[usize::from(to)], &known);
            goes_on = when != JumpIf::Always;
        }
        if goes_on {
            carry_out(instruction, layout, &mut known);
            meet(&mut before[at + 1], &known);
        }
    }
    before
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

fn of(init: Init, layout: &Layout) -> Value {
    Value {
        number: layout.number(init),
        addresses: i64::from(matches!(init, Init::Address(_))),
    }
}

/// What registers hold after an instruction: only of whole ones anything stays known.
fn carry_out(instruction: &Instruction, layout: &Layout, known: &mut Known) {
    let value = |operand: Operand, known: &Known| match operand {
        Operand::Immediate(number) => Some(of(Init::Number(number), layout)),
        Operand::Address(address) => Some(of(Init::Address(address), layout)),
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
                (Operation::Add, Some(old), Some(by)) => Some(Value {
                    number: old.number.wrapping_add(by.number),
                    addresses: old.addresses.wrapping_add(by.addresses),
                }),
                (Operation::Subtract, Some(old), Some(by)) => Some(Value {
                    number: old.number.wrapping_sub(by.number),
                    addresses: old.addresses.wrapping_sub(by.addresses),
                }),
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
