//! Which of the processor's registers stand for those of a thread.

use std::collections::BTreeSet;

use iced_x86::Register as Real;

use crate::litmus::{Base, Instruction, Memory, Operand, Register, Width};

/// The processor's registers by their numbers in the encoding, in eight bytes.
const REAL: [Real; Register::COUNT] = [
    Real::RAX,
    Real::RCX,
    Real::RDX,
    Real::RBX,
    Real::RSP,
    Real::RBP,
    Real::RSI,
    Real::RDI,
    Real::R8,
    Real::R9,
    Real::R10,
    Real::R11,
    Real::R12,
    Real::R13,
    Real::R14,
    Real::R15,
];

/// In which order they are taken for what is no register of the test: first those that a function
/// need not keep (System V ABI for AMD64, section 3.2.1). Never `rsp`, the stack's.
const FREE: [Real; 15] = [
    Real::RDI,
    Real::RSI,
    Real::R11,
    Real::R10,
    Real::R9,
    Real::R8,
    Real::RDX,
    Real::RCX,
    Real::RAX,
    Real::RBX,
    Real::R12,
    Real::R13,
    Real::R14,
    Real::R15,
    Real::RBP,
];

/// What a function gives back as it was.
const KEPT: [Real; 6] = [
    Real::RBX,
    Real::RBP,
    Real::R12,
    Real::R13,
    Real::R14,
    Real::R15,
];

/// The processor's registers of a thread: the test's own where that can be, so that an instruction
/// is as long as it is written.
#[derive(Clone, Debug)]
pub(super) struct Registers {
    real: [Option<Real>; Register::COUNT],
    /// Holds where the instance's locations begin.
    pub(super) base: Real,
    /// For numbers that are too long to stand in an instruction.
    pub(super) scratch: Real,
}

impl Registers {
    /// For a thread that names these registers; none if they are too many.
    pub(super) fn new(named: &BTreeSet<Register>) -> Option<Registers> {
        let own = |real: &Real| {
            let same = |register: &Register| REAL[register.index()] == *real;
            named.iter().any(same)
        };
        let mut free = FREE.into_iter().filter(|real| !own(real));
        let mut real = [None; Register::COUNT];
        let (base, scratch) = (free.next()?, free.next()?);
        for register in named {
            real[register.index()] = Some(match REAL[register.index()] {
                Real::RSP => free.next()?,
                other => other,
            });
        }
        Some(Registers {
            real,
            base,
            scratch,
        })
    }

    /// A register of the test in eight bytes.
    pub(super) fn whole(&self, register: Register) -> Real {
        self.real[register.index()].expect("all that the thread names are known")
    }

    /// So many of its low bytes.
    pub(super) fn low(&self, register: Register, width: Width) -> Real {
        low(self.whole(register), width)
    }

    /// What of these a function gives back as it was.
    pub(super) fn kept(&self) -> impl DoubleEndedIterator<Item = Real> {
        let used = |kept: &Real| {
            let named = self.real.iter().flatten();
            named.chain([&self.base, &self.scratch]).any(|r| r == kept)
        };
        KEPT.into_iter().filter(move |kept| used(kept))
    }
}

/// So many low bytes of a register.
pub(super) fn low(real: Real, width: Width) -> Real {
    let number = real as usize - Real::RAX as usize;
    let first = match width {
        // Those of `spl` and its like follow `bh`; `ah` and its like are no low bytes.
        Width::Byte if number >= 4 => Real::SPL as usize - 4,
        Width::Byte => Real::AL as usize,
        Width::Word => Real::AX as usize,
        Width::Long => Real::EAX as usize,
        Width::Quad => Real::RAX as usize,
    };
    Real::values()
        .nth(first + number)
        .expect("a register of this width")
}

/// The registers that an instruction names.
pub(super) fn named(instruction: &Instruction) -> Vec<Register> {
    const RAX: Register = Register(0);
    let operand = |operand: Operand| match operand {
        Operand::Register(register) => Some(register),
        Operand::Memory(memory) => base(memory),
        Operand::Immediate(_) | Operand::Address(_) => None,
    };
    let all = match *instruction {
        Instruction::Move { to, from, .. } | Instruction::Operate { to, from, .. } => {
            [operand(to), operand(from), None]
        }
        Instruction::Exchange {
            memory, register, ..
        }
        | Instruction::ExchangeAdd {
            memory, register, ..
        } => [base(memory), Some(register), None],
        Instruction::CompareExchange {
            memory, register, ..
        } => [base(memory), Some(register), Some(RAX)],
        Instruction::Fence(_) | Instruction::Jump { .. } | Instruction::Nop => [None; 3],
    };
    all.into_iter().flatten().collect()
}

fn base(memory: Memory) -> Option<Register> {
    match memory.base {
        Base::Location(_) => None,
        Base::Register(register) => Some(register),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_bytes_are_called_as_the_test_calls_them() {
        for (number, &real) in REAL.iter().enumerate() {
            for width in Width::ALL {
                let name = Register(number as u8).name(width);
                let found = format!("{:?}", low(real, width)).to_lowercase();
                // The crate says `r8l` for the low byte of `r8`.
                let found = match (width, found.strip_suffix('l')) {
                    (Width::Byte, Some(start)) if start.starts_with('r') => format!("{start}b"),
                    _ => found,
                };
                assert_eq!(found, name);
            }
        }
    }

    #[test]
    fn the_stack_stays_the_stack_and_rax_is_rax() {
        let all: BTreeSet<Register> = (0..13).map(Register).collect();
        let registers = Registers::new(&all).expect("three are left");
        let rsp = registers.whole(Register(4));
        let mut taken: Vec<Real> = all.iter().map(|&one| registers.whole(one)).collect();
        assert_eq!(taken[0], Real::RAX);
        taken.extend([registers.base, registers.scratch]);
        assert!(!taken.contains(&Real::RSP) && taken.contains(&rsp));
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), 15);
        let more: BTreeSet<Register> = (0..14).map(Register).collect();
        assert!(Registers::new(&more).is_none());
    }
}
