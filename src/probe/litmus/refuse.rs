//! What a real processor is not asked: a loop that may never end, an access of which it is not certain
//! beforehand that it is in a location, and a locked operation across two lines, which stops all other
//! processors and which a system may punish (Intel SDM, volume 3A, section 10.1.2.3, "Features to Disable
//! Bus Locks"). Read from the instructions, without running them.

use crate::litmus::{
    Base, Init, Instruction, JumpIf, Layout, Memory, Operand, Operation, Register, Test, Width,
};
use crate::memory::Addr;

/// The size of lines on all processors with these instructions.
pub(super) const LINE_BYTES: u64 = 64;

/// A number that is known without running anything: how many addresses of the instance are in its
/// sum. One makes it an address, in the simulator and, as another number, on the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Value {
    number: u64,
    addresses: i64,
}

/// What each register holds before an instruction, where that is known.
type Known = [Option<Value>; Register::COUNT];

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
            continue; // no way leads here
        };
        if let Some((memory, width, locked)) = access(instruction)
            && let Some(why) = refuse_access(memory, width, locked, &known, layout)
        {
            return Some(format!("P{thread} {why}"));
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

/// Why an access must not be made. All others are in locations on whatever way a thread comes to them,
/// so that no memory of anyone else is ever touched.
fn refuse_access(
    memory: Memory,
    width: Width,
    locked: bool,
    known: &Known,
    layout: &Layout,
) -> Option<String> {
    if let Base::Register(register) = memory.base {
        match known[register.index()] {
            None => {
                return Some("accesses memory at an address that only a run tells".to_owned());
            }
            Some(base) if base.addresses != 1 => {
                return Some("accesses memory at a number that is no address".to_owned());
            }
            Some(_) => {}
        }
    }
    let number = |register: Register| known[register.index()].map_or(0, |value| value.number);
    let first = layout.addr(memory, number);
    let last = Addr(first.0.wrapping_add(width.bytes() as u64 - 1));
    let place = |addr: Addr| layout.location_of(addr);
    if place(first).is_none() || place(last).is_none() || last < first {
        let bytes = width.bytes();
        return Some(format!(
            "accesses {bytes} bytes at {first}, which are in no location"
        ));
    }
    let crosses = first.0 / LINE_BYTES != last.0 / LINE_BYTES;
    (locked && crosses).then(|| {
        "has a locked operation across two lines, which would stop all processors".to_owned()
    })
}

fn of(init: Init, layout: &Layout) -> Value {
    Value {
        number: layout.number(init),
        addresses: i64::from(matches!(init, Init::Address(_))),
    }
}

/// The memory that an instruction accesses, and whether by a locked operation.
fn access(instruction: &Instruction) -> Option<(Memory, Width, bool)> {
    match *instruction {
        Instruction::Exchange { width, memory, .. } => Some((memory, width, true)),
        Instruction::ExchangeAdd {
            width,
            memory,
            locked,
            ..
        }
        | Instruction::CompareExchange {
            width,
            memory,
            locked,
            ..
        } => Some((memory, width, locked)),
        Instruction::Operate {
            width,
            to,
            from,
            locked,
            ..
        } => in_memory(to, from).map(|memory| (memory, width, locked)),
        Instruction::Move { width, to, from } => {
            in_memory(to, from).map(|memory| (memory, width, false))
        }
        Instruction::Fence(_) | Instruction::Jump { .. } | Instruction::Nop => None,
    }
}

fn in_memory(to: Operand, from: Operand) -> Option<Memory> {
    match (to, from) {
        (Operand::Memory(memory), _) | (_, Operand::Memory(memory)) => Some(memory),
        _ => None,
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
                    addresses: old.addresses + by.addresses,
                }),
                (Operation::Subtract, Some(old), Some(by)) => Some(Value {
                    number: old.number.wrapping_sub(by.number),
                    addresses: old.addresses - by.addresses,
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
