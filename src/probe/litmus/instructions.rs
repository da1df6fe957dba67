//! Instructions of tests as the processor's (Intel SDM, volume 2), with its registers and addresses.

use iced_x86::{Code, IcedError, Instruction as Real, MemoryOperand, Register as RealRegister};

use super::codes;
use super::registers::{Registers, low};
use crate::litmus::{
    Address, Base, Fence, Instruction, JumpIf, Layout, Memory, Operand, Operation, Register, Width,
};

/// The processor's instructions for a thread, as far as they are made.
pub(super) struct Assembler<'a> {
    layout: &'a Layout,
    pub(super) registers: Registers,
    pub(super) made: Vec<Real>,
}

type Made = Result<(), IcedError>;

/// Always, if equal, if not.
pub(super) const JUMPS: [Code; 3] = [Code::Jmp_rel32_64, Code::Je_rel32_64, Code::Jne_rel32_64];

/// What an operand becomes.
enum Ready {
    Register(RealRegister),
    Memory(MemoryOperand),
    Number(i64),
}

impl<'a> Assembler<'a> {
    /// None yet.
    pub(super) fn new(layout: &'a Layout, registers: Registers) -> Assembler<'a> {
        Assembler {
            layout,
            registers,
            made: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, made: Result<Real, IcedError>) -> Made {
        self.made.push(made?);
        Ok(())
    }

    /// Puts a location's address in a register.
    pub(super) fn address(&mut self, to: RealRegister, Address(location): Address) -> Made {
        let from = MemoryOperand::with_base_displ(self.registers.base, self.offset(location));
        self.add(Real::with2(Code::Lea_r64_m, to, from))
    }

    /// Where a location begins in its instance.
    fn offset(&self, location: u16) -> i64 {
        (self.layout.addrs[usize::from(location)].0 - self.layout.addrs[0].0) as i64
    }

    fn memory(&self, memory: Memory) -> MemoryOperand {
        let displacement = i64::from(memory.displacement);
        match memory.base {
            Base::Location(location) => MemoryOperand::with_base_displ(
                self.registers.base,
                self.offset(location) + displacement,
            ),
            Base::Register(register) => {
                MemoryOperand::with_base_displ(self.registers.whole(register), displacement)
            }
        }
    }

    /// The operand, so that an instruction can have it: what does not fit is put in the scratch register.
    fn ready(&mut self, operand: Operand, width: Width) -> Result<Ready, IcedError> {
        let scratch = self.registers.scratch;
        Ok(match operand {
            Operand::Register(register) => Ready::Register(self.registers.low(register, width)),
            Operand::Memory(memory) => Ready::Memory(self.memory(memory)),
            Operand::Address(address) => {
                self.address(scratch, address)?;
                Ready::Register(low(scratch, width))
            }
            Operand::Immediate(number) => {
                let number = width.low(number);
                match (width, i32::try_from(number as i64)) {
                    (Width::Quad, Err(_)) => {
                        self.add(Real::with2(Code::Mov_r64_imm64, scratch, number))?;
                        Ready::Register(scratch)
                    }
                    _ => Ready::Number(number as i64),
                }
            }
        })
    }

    /// Makes what an instruction of the test is on the processor.
    pub(super) fn instruction(&mut self, instruction: &Instruction) -> Made {
        match *instruction {
            Instruction::Move { width, to, from } => self.binary(None, width, (to, from), false),
            Instruction::Operate {
                operation,
                width,
                to,
                from,
                locked,
            } => self.binary(Some(operation), width, (to, from), locked),
            // With memory `xchg` is locked without a prefix.
            Instruction::Exchange {
                width,
                memory,
                register,
            } => self.exchange(codes::EXCHANGE, width, memory, register, false),
            Instruction::ExchangeAdd {
                width,
                memory,
                register,
                locked,
            } => self.exchange(codes::EXCHANGE_ADD, width, memory, register, locked),
            Instruction::CompareExchange {
                width,
                memory,
                register,
                locked,
            } => self.exchange(codes::COMPARE_EXCHANGE, width, memory, register, locked),
            Instruction::Fence(fence) => {
                self.made.push(Real::with(match fence {
                    Fence::Full => Code::Mfence,
                    Fence::Load => Code::Lfence,
                    Fence::Store => Code::Sfence,
                }));
                Ok(())
            }
            Instruction::Jump { when, to } => {
                let [always, equal, not_equal] = JUMPS;
                let code = match when {
                    JumpIf::Always => always,
                    JumpIf::Equal => equal,
                    JumpIf::NotEqual => not_equal,
                };
                self.add(Real::with_branch(code, to.into()))
            }
            Instruction::Nop => {
                self.made.push(Real::with(Code::Nopd));
                Ok(())
            }
        }
    }

    fn binary(
        &mut self,
        operation: Option<Operation>,
        width: Width,
        (to, from): (Operand, Operand),
        locked: bool,
    ) -> Made {
        let codes = codes::of(operation);
        let from = self.ready(from, width)?;
        let to = self.ready(to, width)?;
        let at = width as usize;
        let mut made = match (to, from) {
            (Ready::Register(to), Ready::Register(from)) => {
                Real::with2(codes.from_register[at], to, from)
            }
            (Ready::Register(to), Ready::Memory(from)) => {
                Real::with2(codes.from_memory[at], to, from)
            }
            (Ready::Register(to), Ready::Number(number)) => {
                Real::with2(codes.from_number[at], to, number as i32)
            }
            (Ready::Memory(to), Ready::Register(from)) => {
                Real::with2(codes.from_register[at], to, from)
            }
            (Ready::Memory(to), Ready::Number(number)) => {
                Real::with2(codes.from_number[at], to, number as i32)
            }
            (Ready::Memory(_), Ready::Memory(_)) | (Ready::Number(_), _) => {
                unreachable!("the reader wants a place to write to, and one operand in memory")
            }
        }?;
        made.set_has_lock_prefix(locked);
        self.made.push(made);
        Ok(())
    }

    fn exchange(
        &mut self,
        codes: [Code; 4],
        width: Width,
        memory: Memory,
        register: Register,
        locked: bool,
    ) -> Made {
        let (to, from) = (self.memory(memory), self.registers.low(register, width));
        let mut made = Real::with2(codes[width as usize], to, from)?;
        made.set_has_lock_prefix(locked);
        self.made.push(made);
        Ok(())
    }
}
