//! A thread of a test as the bytes of its instructions (Intel SDM, volume 2), around them what makes
//! them a function.

use std::collections::BTreeSet;

use iced_x86::{
    BlockEncoder, BlockEncoderOptions, Code, IcedError, Instruction as Real, InstructionBlock,
    MemoryOperand, Register as RealRegister,
};

use super::codes;
use super::registers::{Registers, low, named};
use crate::litmus::{
    Address, Base, Fence, Init, Instruction, JumpIf, Layout, Memory, Operand, Operation, Register,
    RegisterInit, Test, Width,
};

/// The bytes of a thread, wherever they are put: a function of two arguments in the System V ABI, the
/// address of the instance's first location and where the registers that are read back go, eight
/// bytes each.
///
/// # Errors
/// The thread names too many registers, or a place too far from its base; in words.
pub(super) fn assemble(
    test: &Test,
    thread: usize,
    layout: &Layout,
    read_back: &[Register],
) -> Result<Vec<u8>, String> {
    let instructions = &test.threads[thread];
    let mut all: BTreeSet<Register> = instructions.iter().flat_map(named).collect();
    all.extend(read_back);
    let registers = Registers::new(&all).ok_or_else(|| {
        let count = all.len();
        format!("P{thread} uses {count} registers, and the processor has not that many to spare")
    })?;
    let mut assembler = Assembler {
        layout,
        registers,
        made: Vec::new(),
    };
    let made = assembler.function(test, thread, &all, read_back);
    made.map_err(|error| format!("P{thread} cannot be assembled: {error}"))
}

struct Assembler<'a> {
    layout: &'a Layout,
    registers: Registers,
    made: Vec<Real>,
}

type Made = Result<(), IcedError>;

/// Always, if equal, if not.
const JUMPS: [Code; 3] = [Code::Jmp_rel32_64, Code::Je_rel32_64, Code::Jne_rel32_64];

/// What an operand becomes.
enum Ready {
    Register(RealRegister),
    Memory(MemoryOperand),
    Number(i64),
}

impl Assembler<'_> {
    fn function(
        &mut self,
        test: &Test,
        thread: usize,
        all: &BTreeSet<Register>,
        read_back: &[Register],
    ) -> Result<Vec<u8>, IcedError> {
        let instructions = &test.threads[thread];
        let kept: Vec<RealRegister> = self.registers.kept().collect();
        for &register in &kept {
            self.add(Real::with1(Code::Push_r64, register))?;
        }
        self.add(Real::with1(Code::Push_r64, RealRegister::RSI))?;
        let base = self.registers.base;
        self.add(Real::with2(Code::Mov_r64_rm64, base, RealRegister::RDI))?;
        for &register in all {
            let same = |init: &&RegisterInit| {
                (usize::from(init.thread), init.register) == (thread, register)
            };
            let init = test.registers.iter().find(same);
            let to = self.registers.whole(register);
            match init.map_or(Init::Number(0), |init| init.value) {
                Init::Number(number) => self.add(Real::with2(Code::Mov_r64_imm64, to, number))?,
                Init::Address(address) => self.address(to, address)?,
            }
        }
        // The last result was not zero, as nothing was computed: the stack is somewhere.
        let rsp = RealRegister::RSP;
        self.add(Real::with2(Code::Test_rm64_r64, rsp, rsp))?;
        // Where each instruction begins among those made, for jumps.
        let mut begins = Vec::new();
        for instruction in instructions {
            begins.push(self.made.len() as u64);
            self.instruction(instruction)?;
        }
        begins.push(self.made.len() as u64);
        let scratch = self.registers.scratch;
        self.add(Real::with1(Code::Pop_r64, scratch))?;
        for (&register, at) in read_back.iter().zip(0..) {
            let to = MemoryOperand::with_base_displ(scratch, 8 * at);
            let from = self.registers.whole(register);
            self.add(Real::with2(Code::Mov_rm64_r64, to, from))?;
        }
        for &register in kept.iter().rev() {
            self.add(Real::with1(Code::Pop_r64, register))?;
        }
        self.made.push(Real::with(Code::Retnq));
        self.encode(&begins)
    }

    /// Until here instructions are numbered, and jumps lead to numbers of the test's instructions.
    fn encode(&mut self, begins: &[u64]) -> Result<Vec<u8>, IcedError> {
        // The encoder knows instructions by addresses, which are numbers from 1 here.
        for (instruction, at) in self.made.iter_mut().zip(1..) {
            instruction.set_ip(at);
            if JUMPS.contains(&instruction.code()) {
                let to = begins[instruction.near_branch_target() as usize] + 1;
                instruction.set_near_branch64(to);
            }
        }
        let block = InstructionBlock::new(&self.made, 0);
        Ok(BlockEncoder::encode(64, block, BlockEncoderOptions::NONE)?.code_buffer)
    }

    fn add(&mut self, made: Result<Real, IcedError>) -> Made {
        self.made.push(made?);
        Ok(())
    }

    fn address(&mut self, to: RealRegister, Address(location): Address) -> Made {
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

    fn instruction(&mut self, instruction: &Instruction) -> Made {
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
