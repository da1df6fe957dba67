//! What a litmus test is.

use super::condition::{Condition, Place};
use super::instruction::{Address, Instruction, Register, Width};

/// How a test writes its instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// `X86`: Intel's order of operands, the destination first; registers of four bytes.
    X86,
    /// `X86_64`: AT&T's order, the destination last; registers of eight bytes.
    X86_64,
}

/// How numbers in a place are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// How many bytes each has.
    pub width: Width,
    /// Whether it is shown as a signed number.
    pub signed: bool,
}

impl Type {
    /// The type of this name in C; of those names that have a certain width on x86-64.
    #[must_use]
    pub fn named(name: &str) -> Option<Type> {
        let (width, signed) = match name {
            "int8_t" | "char" => (Width::Byte, true),
            "int16_t" | "short" => (Width::Word, true),
            "int32_t" | "int" => (Width::Long, true),
            "int64_t" | "long" => (Width::Quad, true),
            "uint8_t" => (Width::Byte, false),
            "uint16_t" => (Width::Word, false),
            "uint32_t" => (Width::Long, false),
            "uint64_t" => (Width::Quad, false),
            _ => return None,
        };
        Some(Type { width, signed })
    }
}

/// What a place holds at the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Init {
    /// A number.
    Number(u64),
    /// The address of a location.
    Address(Address),
}

/// A named part of memory. It begins at a multiple of the line size, with no other location in
/// its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its name.
    pub name: String,
    /// Its type as it is declared.
    pub declared: Option<Type>,
    /// The type of its elements: as declared, else as wide as the widest access that names it, 4
    /// or 8 bytes in the two architectures where there is none, and signed.
    pub element: Type,
    /// What its elements hold at first: one, or as many as an array has.
    pub init: Vec<Init>,
    /// Whether it is declared as an array (`t[4]`).
    pub array: bool,
}

impl Test {
    /// What final states are shown by: the places of the condition and those of
    /// [`Test::shown`], each once, in herd7's order. Registers come first, by thread, then
    /// locations by name.
    #[must_use]
    pub fn columns(&self) -> Vec<Place> {
        let mut columns = self.condition.proposition.places();
        columns.extend(&self.shown);
        columns.sort_by_key(|place| match place {
            Place::Register {
                thread,
                name,
                register,
            } => (0, *thread, register.rank(), name, None),
            Place::Location { name, element, .. } => (1, 0, 0, name, *element),
        });
        columns.dedup();
        columns.into_iter().cloned().collect()
    }
}

impl Location {
    /// Its size.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.init.len() * self.element.width.bytes()
    }
}

/// What is known of a register before the thread begins; others are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RegisterInit {
    /// Of which thread.
    pub thread: u16,
    /// Which register.
    pub register: Register,
    /// Its type as it is declared.
    pub declared: Option<Type>,
    /// What it holds; 0 if only its type was declared.
    pub value: Init,
}

/// A litmus test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// How its instructions are written.
    pub architecture: Architecture,
    /// Its name: the rest of the first line.
    pub name: String,
    /// What is said about it, in quotes, on the second line.
    pub doc: Option<String>,
    /// `Key=Value` lines, in the order of the file.
    pub info: Vec<(String, String)>,
    /// All locations: declared ones in the order of the file, then others as they are met.
    pub locations: Vec<Location>,
    /// Registers that are declared or that hold something at first.
    pub registers: Vec<RegisterInit>,
    /// What each thread does.
    pub threads: Vec<Vec<Instruction>>,
    /// What more is to be shown of final states (`locations [x; 0:rax;]`).
    pub shown: Vec<Place>,
    /// Only final states for which this holds are looked at (`filter`).
    pub filter: Option<super::Proposition>,
    /// The question.
    pub condition: Condition,
}
