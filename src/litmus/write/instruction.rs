//! Instructions as text: Intel's way for X86, AT&T's for X86_64.

use crate::litmus::{
    Architecture, Base, Instruction, JumpIf, Memory, Operand, Operation, Register, Test, Width,
};
use crate::machine::Fence;

/// The cells of a thread, with labels where it jumps to.
pub(super) fn cells(test: &Test, thread: &[Instruction]) -> Vec<String> {
    let mut targets: Vec<u16> = thread.iter().filter_map(target).collect();
    targets.sort_unstable();
    targets.dedup();
    let label = |at: u16| {
        let number = targets.binary_search(&at).ok()?;
        Some(format!("L{number}"))
    };
    let mut cells = Vec::new();
    for (at, instruction) in thread.iter().enumerate() {
        let text = text(test, instruction, &|to| label(to).unwrap_or_default());
        cells.push(match label(at as u16) {
            Some(label) => format!("{label}: {text}"),
            None => text,
        });
    }
    cells.extend(label(thread.len() as u16).map(|label| format!("{label}:")));
    cells
}

fn target(instruction: &Instruction) -> Option<u16> {
    match instruction {
        Instruction::Jump { to, .. } => Some(*to),
        _ => None,
    }
}

fn text(test: &Test, instruction: &Instruction, label: &dyn Fn(u16) -> String) -> String {
    let writer = Writer { test };
    match *instruction {
        Instruction::Move { width, to, from } => writer.two("mov", width, false, [to, from]),
        Instruction::Operate {
            operation,
            width,
            to,
            from,
            locked,
        } => writer.two(operation_name(operation), width, locked, [to, from]),
        Instruction::Exchange {
            width,
            memory,
            register,
        } => {
            let mut operands = [Operand::Memory(memory), Operand::Register(register)];
            if test.architecture == Architecture::X86_64 {
                operands.reverse(); // herd7 writes the memory first everywhere
            }
            writer.two("xchg", width, false, operands)
        }
        Instruction::ExchangeAdd {
            width,
            memory,
            register,
            locked,
        } => writer.with_memory("xadd", width, locked, memory, register),
        Instruction::CompareExchange {
            width,
            memory,
            register,
            locked,
        } => writer.with_memory("cmpxchg", width, locked, memory, register),
        Instruction::Fence(fence) => writer.word(match fence {
            Fence::Full => "mfence",
            Fence::Load => "lfence",
            Fence::Store => "sfence",
        }),
        Instruction::Jump { when, to } => {
            let word = writer.word(match when {
                JumpIf::Always => "jmp",
                JumpIf::Equal => "je",
                JumpIf::NotEqual => "jne",
            });
            format!("{word} {}", label(to))
        }
        Instruction::Nop => writer.word("nop"),
    }
}

fn operation_name(operation: Operation) -> &'static str {
    match operation {
        Operation::Add => "add",
        Operation::Subtract => "sub",
        Operation::And => "and",
        Operation::Or => "or",
        Operation::Xor => "xor",
        Operation::Compare => "cmp",
    }
}

struct Writer<'t> {
    test: &'t Test,
}

impl Writer<'_> {
    /// A word of the language: X86 tests have capitals.
    fn word(&self, word: &str) -> String {
        match self.test.architecture {
            Architecture::X86 => word.to_ascii_uppercase(),
            Architecture::X86_64 => word.to_owned(),
        }
    }

    fn with_memory(
        &self,
        name: &str,
        width: Width,
        locked: bool,
        memory: Memory,
        register: Register,
    ) -> String {
        let operands = [Operand::Memory(memory), Operand::Register(register)];
        self.two(name, width, locked, operands)
    }

    /// An instruction with two operands, given the destination first.
    fn two(&self, name: &str, width: Width, locked: bool, mut operands: [Operand; 2]) -> String {
        let prefix = if locked { "lock " } else { "" };
        let mut word = format!("{prefix}{name}");
        if self.test.architecture == Architecture::X86_64 {
            operands.reverse();
            word.push(width.letter());
        } else if self.plain_width(operands, width) != width {
            word.push(width.letter());
        }
        let [first, second] = operands.map(|operand| self.operand(operand, width));
        format!("{} {first},{second}", self.word(&word))
    }

    /// The width that a mnemonic of X86 has without a letter for it.
    fn plain_width(&self, operands: [Operand; 2], width: Width) -> Width {
        let mut declared = None;
        for operand in operands {
            match operand {
                // Its name tells the width.
                Operand::Register(_) => return width,
                Operand::Memory(Memory {
                    base: Base::Location(location),
                    ..
                }) => declared = self.test.locations[usize::from(location)].declared,
                _ => {}
            }
        }
        declared.map_or(Width::Long, |declared| declared.width)
    }

    fn operand(&self, operand: Operand, width: Width) -> String {
        match operand {
            Operand::Immediate(number) => format!("${}", number.cast_signed()),
            Operand::Address(address) => {
                format!("${}", self.test.locations[usize::from(address.0)].name)
            }
            Operand::Register(register) => self.register(register, width),
            Operand::Memory(memory) => self.memory(memory),
        }
    }

    fn register(&self, register: Register, width: Width) -> String {
        match self.test.architecture {
            Architecture::X86 => self.word(register.name(width)),
            Architecture::X86_64 => format!("%{}", register.name(width)),
        }
    }

    fn memory(&self, memory: Memory) -> String {
        let base = match (memory.base, self.test.architecture) {
            (Base::Location(location), _) => {
                self.test.locations[usize::from(location)].name.clone()
            }
            (Base::Register(register), Architecture::X86) => self.register(register, Width::Long),
            (Base::Register(register), Architecture::X86_64) => {
                self.register(register, Width::Quad)
            }
        };
        match (memory.displacement, self.test.architecture) {
            (0, Architecture::X86) => format!("[{base}]"),
            (0, Architecture::X86_64) => format!("({base})"),
            (displacement, Architecture::X86) => format!("[{base}{displacement:+}]"),
            (displacement, Architecture::X86_64) => format!("{displacement}({base})"),
        }
    }
}
