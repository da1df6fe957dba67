//! The x86 instructions that litmus tests use (Intel SDM, volume 2): what each one does is in
//! `thread`, how it is written in `parse` and `write`.

/// A general-purpose register, by its number in the instruction encoding: `rax` is 0, `rcx` 1,
/// `rdx` 2, `rbx` 3, `rsp` 4, `rbp` 5, `rsi` 6, `rdi` 7, and `r8` to `r15` follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Register(pub u8);

impl Register {
    /// How many there are.
    pub const COUNT: usize = 16;

    /// Its place in lists.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// How many bytes an instruction works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// One byte (`b`).
    Byte,
    /// Two bytes (`w`).
    Word,
    /// Four bytes (`l`).
    Long,
    /// Eight bytes (`q`).
    Quad,
}

impl Width {
    /// All, the narrowest first.
    pub const ALL: [Width; 4] = [Width::Byte, Width::Word, Width::Long, Width::Quad];

    /// The width that this letter at the end of a mnemonic means.
    #[must_use]
    pub fn of_letter(letter: char) -> Option<Width> {
        Width::ALL
            .into_iter()
            .find(|width| width.letter() == letter)
    }

    /// The letter for it at the end of a mnemonic.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Width::Byte => 'b',
            Width::Word => 'w',
            Width::Long => 'l',
            Width::Quad => 'q',
        }
    }

    /// In bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Width::Byte => 1,
            Width::Word => 2,
            Width::Long => 4,
            Width::Quad => 8,
        }
    }

    /// The low bytes of a number.
    #[must_use]
    pub fn low(self, value: u64) -> u64 {
        value & (u64::MAX >> (64 - 8 * self.bytes()))
    }
}

/// What an address is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// A location of the test, by its place in [`Test::locations`](super::Test::locations).
    Location(u16),
    /// The address in a register.
    Register(Register),
}

/// A place in memory: `DISPLACEMENT(BASE)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    /// What it is counted from.
    pub base: Base,
    /// So many bytes further.
    pub displacement: i32,
}

/// The address of a location, as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub u16);

/// What an instruction reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A number in the instruction; one that is written negative is sign-extended.
    Immediate(u64),
    /// The address of a location (`$x`).
    Address(Address),
    /// A register.
    Register(Register),
    /// Bytes in memory.
    Memory(Memory),
}

/// What becomes of a destination and a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Their sum (`add`; `inc` adds 1).
    Add,
    /// Their difference (`sub`; `dec` takes 1 away).
    Subtract,
    /// The bits of both (`and`).
    And,
    /// The bits of either (`or`).
    Or,
    /// The bits of one alone (`xor`).
    Xor,
    /// Their difference, which is not kept (`cmp`).
    Compare,
}

/// What a fence orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fence {
    /// Everything (`mfence`).
    Full,
    /// Loads (`lfence`).
    Load,
    /// Stores (`sfence`).
    Store,
}

/// When a jump is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JumpIf {
    /// Always (`jmp`).
    Always,
    /// When the last result was zero (`je`).
    Equal,
    /// When it was not (`jne`).
    NotEqual,
}

/// An instruction. At most one of its operands is in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// `to` becomes `from` (`mov`). A register that is written in four bytes has zeros above; in
    /// one or two, it keeps what is above.
    Move {
        /// How many bytes.
        width: Width,
        /// A register or memory.
        to: Operand,
        /// Anything but memory if `to` is.
        from: Operand,
    },
    /// `to` becomes what the operation gives; in memory a load and a store, or, if locked, one
    /// locked operation.
    Operate {
        /// Which.
        operation: Operation,
        /// How many bytes.
        width: Width,
        /// A register or memory.
        to: Operand,
        /// Anything but memory if `to` is.
        from: Operand,
        /// Whether it has a `lock` prefix.
        locked: bool,
    },
    /// Memory and a register change places (`xchg`); always a locked operation.
    Exchange {
        /// How many bytes.
        width: Width,
        /// Where.
        memory: Memory,
        /// With what.
        register: Register,
    },
    /// Memory becomes the sum, and the register what memory was (`xadd`).
    ExchangeAdd {
        /// How many bytes.
        width: Width,
        /// Where.
        memory: Memory,
        /// What is added.
        register: Register,
        /// Whether it has a `lock` prefix.
        locked: bool,
    },
    /// Memory becomes `register` if it is `rax`; else `rax` becomes what memory is (`cmpxchg`).
    CompareExchange {
        /// How many bytes.
        width: Width,
        /// Where.
        memory: Memory,
        /// What is put there.
        register: Register,
        /// Whether it has a `lock` prefix.
        locked: bool,
    },
    /// Orders what is before and after it.
    Fence(Fence),
    /// Goes on at another instruction.
    Jump {
        /// When.
        when: JumpIf,
        /// At which instruction of the thread; one past the last ends the thread.
        to: u16,
    },
    /// Nothing.
    Nop,
}
