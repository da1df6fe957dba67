//! A thread of a test as the bytes of its instructions, around them what makes them a function.

use std::collections::BTreeSet;

use iced_x86::{
    BlockEncoder, BlockEncoderOptions, Code, IcedError, Instruction as Real, InstructionBlock,
    MemoryOperand, Register as RealRegister,
};

use super::instructions::{Assembler, JUMPS};
use super::registers::{Registers, named};
use crate::litmus::{Init, Layout, Register, RegisterInit, Test};

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
    let mut assembler = Assembler::new(layout, registers);
    let made = assembler.function(test, thread, &all, read_back);
    made.map_err(|error| format!("P{thread} cannot be assembled: {error}"))
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
}
