//! Litmus tests: small programs of x86 instructions with a question about their final states,
//! in the `.litmus` format of herdtools7 (Alglave, Maranget and Tautschnig, TOPLAS 36(2), 2014).
//!
//! Reading order: `instruction` is what a thread does, `test` what a test is, `condition` its
//! question. `parse` reads the format and `write` writes it. `layout` says where locations lie,
//! `thread` is a program, and `run` goes through its interleavings; `follow` takes one of them, and
//! `random` leaves it to time. `cycle` makes tests.

mod condition;
pub mod cycle;
mod follow;
mod footprint;
mod instruction;
mod layout;
mod parse;
mod prefetch;
mod random;
mod registers;
mod run;
mod test;
mod thread;
mod write;

pub use crate::machine::Fence;
pub use condition::{Atom, Comparison, Condition, Place, Proposition, Quantifier, Value};
pub use follow::Followed;
pub use instruction::{
    Address, Base, Instruction, JumpIf, Memory, Operand, Operation, Register, Width,
};
pub use layout::Layout;
pub use prefetch::{Prefetch, Preload, prefetches};
pub use run::{Hardware, Outcomes, Setup, Values64};
pub use test::{Architecture, Init, Location, RegisterInit, Test, Type};
pub use thread::{PlainAccess, Thread};
