//! The accesses to memory that instructions make, and those whose bytes lie in two lines.

use super::known::{Known, before};
use super::refuse::LINE_BYTES;
use crate::litmus::{Instruction, Layout, Memory, Operand, Operation, PlainAccess, Test, Width};
use crate::memory::Addr;

/// What an instruction does to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accessed {
    pub(super) memory: Memory,
    pub(super) width: Width,
    /// By one locked operation.
    pub(super) locked: bool,
    loads: bool,
    stores: bool,
}

impl Accessed {
    /// What this instruction does, if it does anything to memory.
    pub(super) fn by(instruction: &Instruction) -> Option<Accessed> {
        let both = |memory, width, locked| Accessed {
            memory,
            width,
            locked,
            loads: true,
            stores: true,
        };
        let operands = |width, to, from, locked| match (to, from) {
            (Operand::Memory(memory), _) => Some(both(memory, width, locked)),
            (_, Operand::Memory(memory)) => Some(Accessed {
                stores: false,
                ..both(memory, width, locked)
            }),
            _ => None,
        };
        match *instruction {
            Instruction::Exchange { width, memory, .. } => Some(both(memory, width, true)),
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
            } => Some(both(memory, width, locked)),
            Instruction::Operate {
                operation,
                width,
                to,
                from,
                locked,
            } => operands(width, to, from, locked).map(|accessed| Accessed {
                stores: accessed.stores && operation != Operation::Compare,
                ..accessed
            }),
            Instruction::Move { width, to, from } => {
                operands(width, to, from, false).map(|accessed| Accessed {
                    loads: !accessed.stores,
                    ..accessed
                })
            }
            Instruction::Fence(_) | Instruction::Jump { .. } | Instruction::Nop => None,
        }
    }

    /// Its first byte and its last.
    pub(super) fn bytes(&self, known: &Known, layout: &Layout) -> (Addr, Addr) {
        let first = layout.addr(self.memory, |register| {
            known[register.index()].map_or(0, |value| value.number)
        });
        let past = self.width.bytes() as u64 - 1;
        (first, Addr(first.0.wrapping_add(past)))
    }
}

/// Whether bytes from the first to the last are in two lines.
pub(super) fn cross((first, last): (Addr, Addr)) -> bool {
    first.0 / LINE_BYTES != last.0 / LINE_BYTES
}

/// The plain accesses of a test that is not refused whose bytes lie in two lines.
pub(super) fn crossing(test: &Test, layout: &Layout) -> Vec<PlainAccess> {
    let mut crossing = Vec::new();
    for (thread, instructions) in test.threads.iter().enumerate() {
        let before = before(test, thread, layout);
        for (at, instruction) in instructions.iter().enumerate() {
            let (Some(accessed), Some(known)) = (Accessed::by(instruction), before[at]) else {
                continue;
            };
            if accessed.locked || !cross(accessed.bytes(&known, layout)) {
                continue;
            }
            let made = [(accessed.loads, false), (accessed.stores, true)];
            let made = made.into_iter().filter(|(made, _)| *made);
            crossing.extend(made.map(|(_, stores)| PlainAccess {
                thread: thread as u8,
                instruction: at as u16,
                stores,
            }));
        }
    }
    crossing
}
