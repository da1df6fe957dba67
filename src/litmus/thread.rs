//! A thread of a litmus test as a program: it carries out one instruction after another, and asks
//! the machine for each access to memory. What instructions do: Intel SDM, volume 2.

use std::sync::Arc;

use super::condition::Place;
use super::footprint::{footprints, looked_at};
use super::instruction::{
    Address, Instruction, JumpIf, Memory, Operand, Operation, Register, Width,
};
use super::layout::Layout;
use super::test::Test;
use crate::drive::interleave::{Footprint, Plain};
use crate::machine::{Access, Encoder, Exit, Fence, Note, Program, Request, Response, Update};
use crate::memory::{Addr, Piece, WriteId};

/// After so many instructions without an access the thread is in a loop of its own.
const MOST_WITHOUT_ACCESS: u32 = 10_000;

/// What a thread runs, the same for all states of it.
#[derive(Debug)]
struct Code {
    instructions: Vec<Instruction>,
    layout: Arc<Layout>,
    /// The first id of its logical writes: each instruction has one of its own.
    first_write: u32,
    /// For each instruction, and the end, what may still be accessed from there on.
    footprints: Vec<Footprint>,
    /// The registers that are read or looked at, which alone tell states apart.
    registers: Vec<Register>,
    /// What is shown in the end.
    shown: Vec<(Arc<str>, Register)>,
    /// Its accesses whose parts are performed from the last to the first.
    backward: Vec<PlainAccess>,
}

/// A plain access of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlainAccess {
    /// By which thread.
    pub thread: u8,
    /// By which of its instructions.
    pub instruction: u16,
    /// It is the instruction's store, not its load.
    pub stores: bool,
}

/// A thread of a test, somewhere on its way.
#[derive(Debug)]
pub struct Thread {
    code: Arc<Code>,
    state: State,
}

impl Clone for Thread {
    fn clone(&self) -> Thread {
        Thread {
            code: Arc::clone(&self.code),
            state: self.state,
        }
    }

    /// Counts no owners where that changes nothing: a search does this for every step.
    fn clone_from(&mut self, from: &Thread) {
        if !Arc::ptr_eq(&self.code, &from.code) {
            self.code.clone_from(&from.code);
        }
        self.state = from.state;
    }
}

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    /// The instruction that is carried out, or comes next.
    at: u16,
    /// How much of it is done.
    phase: Phase,
    /// How many of its results it has told of, at its end.
    said: u8,
    /// Whether the last result was zero.
    zero: bool,
    registers: [u64; Register::COUNT],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// Nothing yet.
    Begins,
    /// It waits for what its load or its locked operation gives.
    Reads,
    /// Its store has been handed to the core.
    Writes,
}

/// What a step of an instruction leads to.
enum Next {
    /// An access, after which the instruction is in this phase.
    Access(Access, Phase),
    Fence(Fence),
    /// The instruction is over; the thread goes on there.
    Go(u16),
}

impl Thread {
    /// The threads of a test at their beginnings. Registers that no instruction reads and that are
    /// not among those `shown` in the end do not tell two states apart. Some accesses are performed
    /// `backward`.
    #[must_use]
    pub fn all(
        test: &Test,
        layout: &Arc<Layout>,
        shown: &[Place],
        backward: &[PlainAccess],
    ) -> Vec<Thread> {
        let mut first_write = 1;
        let thread = |(number, instructions): (usize, &Vec<Instruction>)| {
            let mut registers = [0; Register::COUNT];
            for init in &test.registers {
                if usize::from(init.thread) == number {
                    registers[init.register.index()] = layout.number(init.value);
                }
            }
            let code = Code {
                instructions: instructions.clone(),
                layout: Arc::clone(layout),
                first_write,
                footprints: footprints(instructions),
                registers: looked_at(number, instructions, shown),
                shown: shown
                    .iter()
                    .filter_map(|place| named(number, place))
                    .collect(),
                backward: backward
                    .iter()
                    .filter(|access| usize::from(access.thread) == number)
                    .copied()
                    .collect(),
            };
            first_write += instructions.len() as u32;
            Thread {
                code: Arc::new(code),
                state: State {
                    at: 0,
                    phase: Phase::Begins,
                    said: 0,
                    zero: false,
                    registers,
                },
            }
        };
        test.threads.iter().enumerate().map(thread).collect()
    }

    /// What a register holds.
    #[must_use]
    pub fn register(&self, register: Register) -> u64 {
        self.state.registers[register.index()]
    }

    /// The instruction that is carried out, or comes next, by its number.
    #[must_use]
    pub fn at(&self) -> usize {
        usize::from(self.state.at)
    }

    /// At its end a thread names what is shown of its registers, one after another.
    fn tell(&mut self) -> Request {
        let Some((name, register)) = self.code.shown.get(usize::from(self.state.said)) else {
            return Request::Exit(Exit::Finished);
        };
        self.state.said += 1;
        let value = Some(self.register(*register).into());
        let name = Arc::clone(name);
        Request::Note(Note::Named { name, value })
    }

    fn value(&self, operand: Operand, width: Width) -> u64 {
        let value = match operand {
            Operand::Immediate(number) => number,
            Operand::Address(Address(location)) => self.code.layout.addrs[usize::from(location)].0,
            Operand::Register(register) => self.register(register),
            Operand::Memory(_) => unreachable!("memory is read by an access"),
        };
        width.low(value)
    }

    /// A register as an instruction leaves it: four bytes clear what is above them, one or two
    /// do not (Intel SDM, volume 1, section 3.4.1.1).
    fn set(&mut self, register: Register, width: Width, value: u64) {
        let old = &mut self.state.registers[register.index()];
        *old = match width {
            Width::Quad => value,
            Width::Long => width.low(value),
            Width::Word | Width::Byte => *old & !width.low(u64::MAX) | width.low(value),
        };
    }

    fn load(&self, memory: Memory, width: Width) -> Next {
        let access = Access::load(self.addr(memory), width.bytes());
        Next::Access(self.directed(access, false), Phase::Reads)
    }

    fn store(&self, memory: Memory, width: Width, value: u64) -> Next {
        let addr = self.addr(memory);
        let access = Access::store(addr, width.bytes(), width.low(value).into(), self.write());
        Next::Access(self.directed(access, true), Phase::Writes)
    }

    /// A plain access in the order in which its parts are to be performed.
    fn directed(&self, access: Access, stores: bool) -> Access {
        let this = |one: &&PlainAccess| one.instruction == self.state.at && one.stores == stores;
        match self.code.backward.iter().find(this) {
            Some(_) => access.backward(),
            None => access,
        }
    }

    fn locked(&self, memory: Memory, width: Width, update: Update) -> Next {
        let addr = self.addr(memory);
        let access = Access::locked(addr, width.bytes(), update, self.write());
        Next::Access(access, Phase::Reads)
    }

    fn addr(&self, memory: Memory) -> Addr {
        let register = |register| self.register(register);
        self.code.layout.addr(memory, register)
    }

    fn write(&self) -> WriteId {
        WriteId(self.code.first_write + u32::from(self.state.at))
    }

    fn over(&self) -> Next {
        Next::Go(self.state.at + 1)
    }

    /// Carries the instruction on; `read` is what its access gave.
    fn step(&mut self, instruction: Instruction, read: u64) -> Next {
        match instruction {
            Instruction::Move { width, to, from } => self.step_move(width, to, from, read),
            Instruction::Operate {
                operation,
                width,
                to,
                from,
                locked,
            } => self.operate(operation, width, (to, from), locked, read),
            Instruction::Exchange {
                width,
                memory,
                register,
            } => match self.state.phase {
                Phase::Begins => {
                    let new = width.low(self.register(register));
                    self.locked(memory, width, Update::Exchange(new.into()))
                }
                _ => {
                    self.set(register, width, read);
                    self.over()
                }
            },
            Instruction::ExchangeAdd {
                width,
                memory,
                register,
                locked,
            } => self.exchange_add(width, memory, register, locked, read),
            Instruction::CompareExchange {
                width,
                memory,
                register,
                locked,
            } => self.compare_exchange(width, memory, register, locked, read),
            Instruction::Fence(fence) => match self.state.phase {
                Phase::Begins => Next::Fence(fence),
                _ => self.over(),
            },
            Instruction::Nop => self.over(),
            Instruction::Jump { when, to } => {
                let jumps = match when {
                    JumpIf::Always => true,
                    JumpIf::Equal => self.state.zero,
                    JumpIf::NotEqual => !self.state.zero,
                };
                if jumps { Next::Go(to) } else { self.over() }
            }
        }
    }

    fn step_move(&mut self, width: Width, to: Operand, from: Operand, read: u64) -> Next {
        match (to, from, self.state.phase) {
            (_, Operand::Memory(memory), Phase::Begins) => self.load(memory, width),
            (Operand::Register(register), Operand::Memory(_), _) => {
                self.set(register, width, read);
                self.over()
            }
            (Operand::Memory(memory), _, Phase::Begins) => {
                self.store(memory, width, self.value(from, width))
            }
            (Operand::Register(register), _, _) => {
                self.set(register, width, self.value(from, width));
                self.over()
            }
            _ => self.over(),
        }
    }

    fn operate(
        &mut self,
        operation: Operation,
        width: Width,
        (to, from): (Operand, Operand),
        locked: bool,
        read: u64,
    ) -> Next {
        let (memory, phase) = match (to, from) {
            (Operand::Memory(memory), _) | (_, Operand::Memory(memory)) => {
                (Some(memory), self.state.phase)
            }
            _ => (None, Phase::Reads),
        };
        let value = |thread: &Thread, operand| match operand {
            Operand::Memory(_) => read,
            operand => thread.value(operand, width),
        };
        match (phase, memory) {
            (Phase::Begins, Some(memory)) if locked => {
                let by = u128::from(value(self, from));
                let update = match operation {
                    Operation::Add => Update::Add(by),
                    Operation::Subtract => {
                        Update::Add(u128::from(width.low((by as u64).wrapping_neg())))
                    }
                    Operation::And => Update::And(by),
                    Operation::Or => Update::Or(by),
                    Operation::Xor => Update::Xor(by),
                    Operation::Compare => unreachable!("it writes nothing that can be locked"),
                };
                self.locked(memory, width, update)
            }
            (Phase::Begins, Some(memory)) => self.load(memory, width),
            (Phase::Writes, _) => self.over(),
            (Phase::Reads, _) | (_, None) => {
                let (old, by) = (value(self, to), value(self, from));
                let new = width.low(match operation {
                    Operation::Add => old.wrapping_add(by),
                    Operation::Subtract | Operation::Compare => old.wrapping_sub(by),
                    Operation::And => old & by,
                    Operation::Or => old | by,
                    Operation::Xor => old ^ by,
                });
                self.state.zero = new == 0;
                match to {
                    _ if operation == Operation::Compare || locked => self.over(),
                    Operand::Memory(memory) => self.store(memory, width, new),
                    Operand::Register(register) => {
                        self.set(register, width, new);
                        self.over()
                    }
                    _ => unreachable!("the reader wants a place to write to"),
                }
            }
        }
    }

    fn exchange_add(
        &mut self,
        width: Width,
        memory: Memory,
        register: Register,
        locked: bool,
        read: u64,
    ) -> Next {
        let by = width.low(self.register(register));
        match self.state.phase {
            Phase::Begins if locked => self.locked(memory, width, Update::Add(by.into())),
            Phase::Begins => self.load(memory, width),
            Phase::Reads => {
                let sum = width.low(read.wrapping_add(by));
                self.state.zero = sum == 0;
                let next = match locked {
                    true => self.over(),
                    false => self.store(memory, width, sum),
                };
                self.set(register, width, read);
                next
            }
            Phase::Writes => self.over(),
        }
    }

    fn compare_exchange(
        &mut self,
        width: Width,
        memory: Memory,
        register: Register,
        locked: bool,
        read: u64,
    ) -> Next {
        const RAX: Register = Register(0);
        let expected = width.low(self.register(RAX));
        let new = width.low(self.register(register));
        match self.state.phase {
            Phase::Begins if locked => {
                let update = Update::CompareExchange {
                    expected: expected.into(),
                    new: new.into(),
                };
                self.locked(memory, width, update)
            }
            Phase::Begins => self.load(memory, width),
            Phase::Reads => {
                self.state.zero = read == expected;
                if read != expected {
                    self.set(RAX, width, read);
                }
                match (locked, read == expected) {
                    (false, true) => self.store(memory, width, new),
                    // Without a lock, what was there is written again (Intel SDM, CMPXCHG).
                    (false, false) => self.store(memory, width, read),
                    (true, _) => self.over(),
                }
            }
            Phase::Writes => self.over(),
        }
    }
}

/// A register of the thread that is shown, by the name of its column.
fn named(number: usize, place: &Place) -> Option<(Arc<str>, Register)> {
    match place {
        Place::Register {
            thread, register, ..
        } if usize::from(*thread) == number => Some((place.to_string().into(), *register)),
        _ => None,
    }
}

impl<P: Piece> Program<P> for Thread {
    fn resume(&mut self, last: &Response<P>) -> Request {
        let read = match last {
            Response::Value(piece) => piece.value(8) as u64,
            _ => 0,
        };
        for _ in 0..MOST_WITHOUT_ACCESS {
            let Some(&instruction) = self.code.instructions.get(usize::from(self.state.at)) else {
                return self.tell();
            };
            match self.step(instruction, read) {
                Next::Access(access, phase) => {
                    self.state.phase = phase;
                    return Request::Access(access);
                }
                Next::Fence(fence) => {
                    self.state.phase = Phase::Reads;
                    return Request::Fence(fence);
                }
                Next::Go(to) => {
                    (self.state.at, self.state.phase) = (to, Phase::Begins);
                }
            }
        }
        Request::Exit(Exit::Unsupported(
            "a loop that never touches memory".to_owned(),
        ))
    }
}

impl Plain for Thread {
    fn encode(&self, into: &mut Encoder) {
        let State {
            at, phase, zero, ..
        } = self.state;
        into.number(u64::from(at) << 3 | (phase as u64) << 1 | u64::from(zero));
        for &register in &self.code.registers {
            into.number(self.register(register));
        }
    }

    fn footprint(&self) -> Footprint {
        let at = usize::from(self.state.at).min(self.code.instructions.len());
        self.code.footprints[at]
    }
}
