//! The test of a cycle, with instructions, condition and information as diy7 gives them.

use super::Cycle;
use super::edge::{Direction, Edge};
use super::events::{self, Event, location_name};
use crate::litmus::{
    Architecture, Atom, Base, Comparison, Condition, Init, Instruction, Location, Memory, Operand,
    Place, Proposition, Quantifier, Register, RegisterInit, Test, Type, Value, Width,
};

impl Cycle {
    /// The test that asks whether the cycle can be gone around, under the cycle's own name.
    #[must_use]
    pub fn test(&self, architecture: Architecture) -> Test {
        let draft = Draft::new(self, architecture);
        let locations = draft.locations();
        let threads = (0..self.threads().len()).map(|thread| draft.thread(thread, &locations));
        Test {
            architecture,
            name: self.name(),
            doc: Some(self.to_string()),
            info: self.info(&draft.events),
            registers: draft.registers(),
            threads: threads.collect(),
            shown: Vec::new(),
            filter: None,
            condition: draft.condition(&locations),
            locations: locations.iter().map(|&one| draft.location(one)).collect(),
        }
    }
}

/// What is known of a test while it is made.
struct Draft {
    architecture: Architecture,
    width: Width,
    events: Vec<Event>,
    edges: Vec<Edge>,
    /// For each event that reads, the register that it reads into.
    into: Vec<Option<Register>>,
}

impl Draft {
    fn new(cycle: &Cycle, architecture: Architecture) -> Draft {
        let events = events::of(cycle.edges());
        let registers = in_order();
        let mut into = Vec::new();
        for thread in events.chunk_by(|one, next| one.thread == next.thread) {
            let mut free = registers.iter().copied();
            into.extend(thread.iter().map(|event| match event.direction {
                Direction::Read => free.next(),
                Direction::Write => None,
            }));
        }
        Draft {
            architecture,
            width: match architecture {
                Architecture::X86 => Width::Long,
                Architecture::X86_64 => Width::Quad,
            },
            events,
            edges: cycle.edges().to_vec(),
            into,
        }
    }

    /// The locations' numbers in the order of the test: declared ones from the last name to the
    /// first, others as a reader meets them, row by row.
    fn locations(&self) -> Vec<usize> {
        let mut met: Vec<(usize, usize)> = Vec::new();
        for thread in self.threads() {
            let mut row = 0;
            for at in thread {
                let location = self.events[at].location;
                // `mov` of the value, then `xchg`, whose write is the same instruction.
                row += usize::from(self.edges[at] == Edge::Exchange);
                if !self.events[at].exchanged {
                    met.push((row, location));
                    row += 1;
                }
                row += usize::from(fence(&self.edges[at]).is_some());
            }
        }
        match self.architecture {
            Architecture::X86 => met.sort_by_key(|&(row, _)| row),
            Architecture::X86_64 => {
                met.sort_by_key(|&(_, location)| std::cmp::Reverse(location_name(location)))
            }
        }
        let mut locations: Vec<usize> = Vec::new();
        for (_, location) in met {
            if !locations.contains(&location) {
                locations.push(location);
            }
        }
        locations
    }

    /// Which events each thread has.
    fn threads(&self) -> Vec<Vec<usize>> {
        let all: Vec<usize> = (0..self.events.len()).collect();
        let same =
            |&one: &usize, &next: &usize| self.events[one].thread == self.events[next].thread;
        all.chunk_by(same).map(<[usize]>::to_vec).collect()
    }

    fn location(&self, number: usize) -> Location {
        let declared = self.declared();
        Location {
            name: location_name(number),
            declared,
            element: declared.unwrap_or(Type {
                width: self.width,
                signed: true,
            }),
            init: vec![Init::Number(0)],
            array: false,
        }
    }

    /// The type that places are declared with.
    fn declared(&self) -> Option<Type> {
        (self.architecture == Architecture::X86_64).then_some(Type {
            width: self.width,
            signed: false,
        })
    }

    /// Registers that the condition names are declared as locations are.
    fn registers(&self) -> Vec<RegisterInit> {
        let observed = self.observed();
        let registers = observed
            .into_iter()
            .rev()
            .map(|(event, register)| RegisterInit {
                thread: event.thread as u16,
                register,
                declared: self.declared(),
                value: Init::Number(0),
            });
        registers.filter(|init| init.declared.is_some()).collect()
    }

    /// What the cycle says of what is read, in the order of threads and registers.
    fn observed(&self) -> Vec<(&Event, Register)> {
        let reads = self.events.iter().zip(&self.into);
        let reads = reads.filter(|(event, _)| event.observed);
        reads
            .filter_map(|(event, into)| Some((event, (*into)?)))
            .collect()
    }

    /// The instructions of a thread; `locations` are those of the test.
    fn thread(&self, thread: usize, locations: &[usize]) -> Vec<Instruction> {
        let width = self.width;
        let mut instructions = Vec::new();
        for (at, event) in self
            .events
            .iter()
            .enumerate()
            .filter(|(_, event)| event.thread == thread)
        {
            let memory = Memory {
                base: Base::Location(index_of(event.location, locations)),
                displacement: 0,
            };
            let place = Operand::Memory(memory);
            match self.into[at] {
                // The event after is the write of the same instruction.
                Some(register) if self.edges[at] == Edge::Exchange => {
                    let to = Operand::Register(register);
                    let from = Operand::Immediate(self.events[at + 1].value);
                    instructions.push(Instruction::Move { width, to, from });
                    instructions.push(Instruction::Exchange {
                        width,
                        memory,
                        register,
                    });
                }
                Some(register) => {
                    let to = Operand::Register(register);
                    instructions.push(Instruction::Move {
                        width,
                        to,
                        from: place,
                    });
                }
                None if event.exchanged => {}
                None => {
                    let from = Operand::Immediate(event.value);
                    instructions.push(Instruction::Move {
                        width,
                        to: place,
                        from,
                    });
                }
            }
            instructions.extend(fence(&self.edges[at]));
        }
        instructions
    }

    /// That each location with several writes was written last by the last, and that each
    /// observed read read what the cycle says.
    fn condition(&self, locations: &[usize]) -> Condition {
        let equal = |place, value| {
            Proposition::Atom(Atom {
                place,
                comparison: Comparison::Equal,
                value: Value::Number(value),
            })
        };
        let mut named: Vec<(String, usize)> = locations
            .iter()
            .map(|&one| (location_name(one), one))
            .collect();
        named.sort();
        let mut all = Vec::new();
        for (name, number) in named {
            let writes = self
                .events
                .iter()
                .filter(|event| event.location == number && event.writes());
            let last = writes.map(|write| write.value).max().unwrap_or(0);
            if last > 1 {
                let location = index_of(number, locations);
                all.push(equal(
                    Place::Location {
                        name,
                        location,
                        element: None,
                    },
                    last,
                ));
            }
        }
        for (event, register) in self.observed() {
            let mut name = register.name(self.width).to_owned();
            if self.architecture == Architecture::X86 {
                name.make_ascii_uppercase();
            }
            let thread = event.thread as u16;
            all.push(equal(
                Place::Register {
                    thread,
                    name,
                    register,
                },
                event.value,
            ));
        }
        Condition {
            quantifier: Quantifier::Exists,
            proposition: Proposition::all(all),
        }
    }
}

/// The fence between an edge's two events.
fn fence(edge: &Edge) -> Option<Instruction> {
    match edge {
        Edge::Order { fence, .. } => fence.map(Instruction::Fence),
        _ => None,
    }
}

/// A location's place among those of the test.
fn index_of(location: usize, locations: &[usize]) -> u16 {
    let found = locations.iter().position(|&one| one == location);
    found.map_or(0, |index| index as u16)
}

/// The registers in the order in which they are used: `rax`, `rbx`, `rcx`, and so on, all but the
/// stack pointer.
fn in_order() -> Vec<Register> {
    let stack_pointer = Register(4);
    let mut registers: Vec<Register> = (0..Register::COUNT as u8).map(Register).collect();
    registers.retain(|&register| register != stack_pointer);
    registers.sort_by_key(|register| register.rank());
    registers
}
