//! The encodings of instructions, for each width from one byte to eight.

use iced_x86::Code;

use crate::litmus::Operation;

/// An instruction with two operands.
pub(super) struct Codes {
    /// To a register or memory, from a register.
    pub(super) from_register: [Code; 4],
    /// To a register, from memory.
    pub(super) from_memory: [Code; 4],
    /// To a register or memory, from a number: of four bytes at most, sign-extended to eight.
    pub(super) from_number: [Code; 4],
}

/// `xchg` of memory and a register.
pub(super) const EXCHANGE: [Code; 4] = [
    Code::Xchg_rm8_r8,
    Code::Xchg_rm16_r16,
    Code::Xchg_rm32_r32,
    Code::Xchg_rm64_r64,
];

/// `xadd`.
pub(super) const EXCHANGE_ADD: [Code; 4] = [
    Code::Xadd_rm8_r8,
    Code::Xadd_rm16_r16,
    Code::Xadd_rm32_r32,
    Code::Xadd_rm64_r64,
];

/// `cmpxchg`.
pub(super) const COMPARE_EXCHANGE: [Code; 4] = [
    Code::Cmpxchg_rm8_r8,
    Code::Cmpxchg_rm16_r16,
    Code::Cmpxchg_rm32_r32,
    Code::Cmpxchg_rm64_r64,
];

macro_rules! codes {
    ($($rm8_r8:ident $rm16_r16:ident $rm32_r32:ident $rm64_r64:ident,
       $r8_rm8:ident $r16_rm16:ident $r32_rm32:ident $r64_rm64:ident,
       $rm8_imm8:ident $rm16_imm16:ident $rm32_imm32:ident $rm64_imm32:ident)*) => {
        [$(Codes {
            from_register: [Code::$rm8_r8, Code::$rm16_r16, Code::$rm32_r32, Code::$rm64_r64],
            from_memory: [Code::$r8_rm8, Code::$r16_rm16, Code::$r32_rm32, Code::$r64_rm64],
            from_number: [
                Code::$rm8_imm8,
                Code::$rm16_imm16,
                Code::$rm32_imm32,
                Code::$rm64_imm32,
            ],
        }),*]
    };
}

/// `mov`, then the operations in their order.
static CODES: [Codes; 7] = codes! {
    Mov_rm8_r8 Mov_rm16_r16 Mov_rm32_r32 Mov_rm64_r64,
    Mov_r8_rm8 Mov_r16_rm16 Mov_r32_rm32 Mov_r64_rm64,
    Mov_rm8_imm8 Mov_rm16_imm16 Mov_rm32_imm32 Mov_rm64_imm32
    Add_rm8_r8 Add_rm16_r16 Add_rm32_r32 Add_rm64_r64,
    Add_r8_rm8 Add_r16_rm16 Add_r32_rm32 Add_r64_rm64,
    Add_rm8_imm8 Add_rm16_imm16 Add_rm32_imm32 Add_rm64_imm32
    Sub_rm8_r8 Sub_rm16_r16 Sub_rm32_r32 Sub_rm64_r64,
    Sub_r8_rm8 Sub_r16_rm16 Sub_r32_rm32 Sub_r64_rm64,
    Sub_rm8_imm8 Sub_rm16_imm16 Sub_rm32_imm32 Sub_rm64_imm32
    And_rm8_r8 And_rm16_r16 And_rm32_r32 And_rm64_r64,
    And_r8_rm8 And_r16_rm16 And_r32_rm32 And_r64_rm64,
    And_rm8_imm8 And_rm16_imm16 And_rm32_imm32 And_rm64_imm32
    Or_rm8_r8 Or_rm16_r16 Or_rm32_r32 Or_rm64_r64,
    Or_r8_rm8 Or_r16_rm16 Or_r32_rm32 Or_r64_rm64,
    Or_rm8_imm8 Or_rm16_imm16 Or_rm32_imm32 Or_rm64_imm32
    Xor_rm8_r8 Xor_rm16_r16 Xor_rm32_r32 Xor_rm64_r64,
    Xor_r8_rm8 Xor_r16_rm16 Xor_r32_rm32 Xor_r64_rm64,
    Xor_rm8_imm8 Xor_rm16_imm16 Xor_rm32_imm32 Xor_rm64_imm32
    Cmp_rm8_r8 Cmp_rm16_r16 Cmp_rm32_r32 Cmp_rm64_r64,
    Cmp_r8_rm8 Cmp_r16_rm16 Cmp_r32_rm32 Cmp_r64_rm64,
    Cmp_rm8_imm8 Cmp_rm16_imm16 Cmp_rm32_imm32 Cmp_rm64_imm32
};

/// The encodings of an operation; of `mov` where there is none.
pub(super) fn of(operation: Option<Operation>) -> &'static Codes {
    match operation {
        None => &CODES[0],
        Some(operation) => &CODES[1 + operation as usize],
    }
}
