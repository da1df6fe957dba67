//! Any test that the format can express.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tearline::litmus::{
    Address, Architecture, Atom, Base, Comparison, Condition, Fence, Init, Instruction, JumpIf,
    Location, Memory, Operand, Operation, Place, Proposition, Quantifier, Register, RegisterInit,
    Test, Type, Value, Width,
};

fn width() -> impl Strategy<Value = Width> {
    select(Width::ALL.to_vec())
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..3_u64, Just(u64::MAX), any::<u64>()]
}

fn typed() -> impl Strategy<Value = Type> {
    (width(), any::<bool>()).prop_map(|(width, signed)| Type { width, signed })
}

fn register() -> impl Strategy<Value = Register> {
    (0..16_u8).prop_map(Register)
}

fn init(locations: usize) -> impl Strategy<Value = Init> {
    let address = (0..locations as u16).prop_map(|at| Init::Address(Address(at)));
    prop_oneof![3 => number().prop_map(Init::Number), 1 => address]
}

/// A location whose width is not known yet if it has no type.
fn location(locations: usize) -> impl Strategy<Value = Location> {
    let array = prop_oneof![Just(None), (1..5_usize).prop_map(Some)];
    let declared = proptest::option::of(typed());
    (declared, array, vec(init(locations), 5)).prop_map(|(declared, array, mut init)| {
        let array = array.filter(|_| declared.is_some());
        init.truncate(array.unwrap_or(1));
        let element = declared.unwrap_or(Type {
            width: Width::Byte,
            signed: true,
        });
        Location {
            name: String::new(),
            declared,
            element,
            init,
            array: array.is_some(),
        }
    })
}

/// What an instruction is made of, before it is known what fits together.
#[derive(Clone, Debug)]
struct Parts {
    kind: u8,
    width: Width,
    registers: [Register; 2],
    operation: Operation,
    number: u64,
    base: Option<Index>,
    displacement: i32,
    at: Index,
    locked: bool,
}

fn parts() -> impl Strategy<Value = Parts> {
    use Operation::{Add, And, Compare, Or, Subtract, Xor};
    let first = (0..14_u8, width(), [register(), register()]);
    let second = (select(vec![Add, Subtract, And, Or, Xor, Compare]), number());
    let third = (
        proptest::option::weighted(0.8, any::<Index>()),
        any::<i32>(),
        any::<Index>(),
        any::<bool>(),
    );
    (first, second, third).prop_map(|(first, second, third)| Parts {
        kind: first.0,
        width: first.1,
        registers: first.2,
        operation: second.0,
        number: second.1,
        base: third.0,
        displacement: third.1,
        at: third.2,
        locked: third.3,
    })
}

impl Parts {
    /// The instruction, and what it needs of the widths of locations without a type.
    fn build(&self, length: usize, locations: &mut [Location]) -> Instruction {
        let mut width = self.width;
        let mut memory = Memory {
            base: Base::Register(self.registers[1]),
            displacement: self.displacement,
        };
        if let Some(index) = self.base {
            let at = index.index(locations.len());
            memory.base = Base::Location(at as u16);
            let location = &mut locations[at];
            if location.declared.is_some() {
                width = width.min(location.element.width);
                let room = location.bytes() - width.bytes();
                memory.displacement = self.displacement.rem_euclid(room as i32 + 1);
            } else {
                memory.displacement = 0;
            }
        }
        let register = self.registers[0];
        let number = match self.number as i64 {
            negative @ ..0 => {
                (negative << (64 - 8 * width.bytes()) >> (64 - 8 * width.bytes())) as u64
            }
            _ => width.low(self.number),
        };
        let immediate = Operand::Immediate(number);
        let (to, from) = match self.kind % 4 {
            0 => (Operand::Memory(memory), immediate),
            1 => (Operand::Memory(memory), Operand::Register(register)),
            2 => (Operand::Register(register), Operand::Memory(memory)),
            _ if self.base.is_some() => {
                let address = Address(self.at.index(locations.len()) as u16);
                (Operand::Register(register), Operand::Address(address))
            }
            _ => (Operand::Register(register), immediate),
        };
        let locked = self.locked;
        let built = match self.kind {
            0..4 => Instruction::Move { width, to, from },
            4..8 => Instruction::Operate {
                operation: self.operation,
                width,
                to,
                from,
                locked: locked
                    && matches!(to, Operand::Memory(_))
                    && self.operation != Operation::Compare,
            },
            8 => Instruction::Exchange {
                width,
                memory,
                register,
            },
            9 => Instruction::ExchangeAdd {
                width,
                memory,
                register,
                locked,
            },
            10 => Instruction::CompareExchange {
                width,
                memory,
                register,
                locked,
            },
            11 => Instruction::Fence(match self.number % 3 {
                0 => Fence::Full,
                1 => Fence::Load,
                _ => Fence::Store,
            }),
            12 => Instruction::Jump {
                when: match self.number % 3 {
                    0 => JumpIf::Always,
                    1 => JumpIf::Equal,
                    _ => JumpIf::NotEqual,
                },
                to: self.at.index(length + 1) as u16,
            },
            _ => Instruction::Nop,
        };
        let uses_memory = match self.kind {
            0..8 => [to, from].contains(&Operand::Memory(memory)),
            8..11 => true,
            _ => false,
        };
        if let (Base::Location(at), true) = (memory.base, uses_memory) {
            let location = &mut locations[usize::from(at)];
            if location.declared.is_none() {
                location.element.width = location.element.width.max(width);
                // Marks that it is accessed.
                location.array = true;
            }
        }
        built
    }
}

#[derive(Clone, Debug)]
enum AnyPlace {
    Register(Index, Register, Width, bool),
    Location(Index, Index),
}

fn place() -> impl Strategy<Value = AnyPlace> {
    let register = (any::<Index>(), register(), width(), any::<bool>());
    let location = (any::<Index>(), any::<Index>());
    prop_oneof![
        register.prop_map(|(a, b, c, d)| AnyPlace::Register(a, b, c, d)),
        location.prop_map(|(a, b)| AnyPlace::Location(a, b)),
    ]
}

impl AnyPlace {
    fn build(&self, threads: usize, locations: &[Location]) -> Place {
        match self {
            AnyPlace::Register(thread, register, width, capitals) => {
                let mut name = register.name(*width).to_owned();
                if *capitals {
                    name.make_ascii_uppercase();
                }
                Place::Register {
                    thread: thread.index(threads) as u16,
                    name,
                    register: *register,
                }
            }
            AnyPlace::Location(at, element) => {
                let at = at.index(locations.len());
                let (location, length) = (at as u16, locations[at].init.len());
                let name = locations[at].name.clone();
                let element = locations[at].array.then(|| element.index(length) as u16);
                Place::Location {
                    name,
                    location,
                    element,
                }
            }
        }
    }
}

#[derive(Clone, Debug)]
enum AnyProposition {
    Atom(AnyPlace, bool, u64, Option<Index>),
    Constant(bool),
    Not(Box<AnyProposition>),
    And(Vec<AnyProposition>),
    Or(Vec<AnyProposition>),
    Implies(Box<[AnyProposition; 2]>),
}

fn proposition() -> impl Strategy<Value = AnyProposition> {
    let address = proptest::option::weighted(0.2, any::<Index>());
    let atom = (place(), any::<bool>(), number(), address);
    let leaf = prop_oneof![
        5 => atom.prop_map(|(a, b, c, d)| AnyProposition::Atom(a, b, c, d)),
        1 => any::<bool>().prop_map(AnyProposition::Constant),
    ];
    leaf.prop_recursive(5, 30, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|p| AnyProposition::Not(Box::new(p))),
            vec(inner.clone(), 1..4).prop_map(AnyProposition::And),
            vec(inner.clone(), 1..4).prop_map(AnyProposition::Or),
            [inner.clone(), inner].prop_map(|both| AnyProposition::Implies(Box::new(both))),
        ]
    })
}

impl AnyProposition {
    fn build(&self, threads: usize, locations: &[Location]) -> Proposition {
        let build = |one: &AnyProposition| one.build(threads, locations);
        match self {
            AnyProposition::Atom(place, equal, number, address) => Proposition::Atom(Atom {
                place: place.build(threads, locations),
                comparison: match equal {
                    true => Comparison::Equal,
                    false => Comparison::NotEqual,
                },
                value: match address {
                    None => Value::Number(*number),
                    Some(at) => {
                        let at = at.index(locations.len());
                        Value::Address {
                            name: locations[at].name.clone(),
                            location: Address(at as u16),
                        }
                    }
                },
            }),
            AnyProposition::Constant(constant) => Proposition::Constant(*constant),
            AnyProposition::Not(inner) => Proposition::Not(Box::new(build(inner))),
            AnyProposition::And(all) => Proposition::all(all.iter().map(build).collect()),
            AnyProposition::Or(any) => Proposition::any(any.iter().map(build).collect()),
            AnyProposition::Implies(both) => {
                Proposition::Implies(Box::new([build(&both[0]), build(&both[1])]))
            }
        }
    }
}

type AnyRegister = (Index, Register, Option<Type>, Init);

/// The registers, each once, and with no more than fits into its type.
fn registers(all: &[AnyRegister], threads: usize) -> Vec<RegisterInit> {
    let mut built: Vec<RegisterInit> = Vec::new();
    for &(thread, register, declared, value) in all {
        let thread = thread.index(threads) as u16;
        let value = match (value, declared) {
            (Init::Number(number), Some(declared)) => Init::Number(declared.width.low(number)),
            (value, _) => value,
        };
        let same = |other: &RegisterInit| (other.thread, other.register) == (thread, register);
        if !built.iter().any(same) {
            built.push(RegisterInit {
                thread,
                register,
                declared,
                value,
            });
        }
    }
    built
}

/// Any test with up to four threads and three locations.
pub(crate) fn test() -> impl Strategy<Value = Test> {
    let locations = (1..4_usize).prop_flat_map(|count| {
        let register = (
            any::<Index>(),
            register(),
            proptest::option::of(typed()),
            init(count),
        );
        (vec(location(count), count), vec(register, 0..3))
    });
    let quantifier = select(vec![
        Quantifier::Exists,
        Quantifier::NotExists,
        Quantifier::ForAll,
    ]);
    let questions = (
        vec(place(), 0..3),
        proptest::option::weighted(0.2, proposition()),
        quantifier,
        proposition(),
    );
    let info = vec(("[A-Z][a-z]{0,4}", "[!-')-~]{0,5}"), 0..3);
    let header = (
        select(vec![Architecture::X86, Architecture::X86_64]),
        "[A-Za-z0-9+.\\[\\]-]{1,8}",
        proptest::option::of("[a-zA-Z ]{0,8}"),
        info,
    );
    let threads = vec(vec(parts(), 0..5), 1..5);
    (header, locations, threads, questions).prop_map(
        |(header, (locations, registers), threads, questions)| {
            build(header, locations, &registers, &threads, &questions)
        },
    )
}

type Header = (Architecture, String, Option<String>, Vec<(String, String)>);
type Questions = (
    Vec<AnyPlace>,
    Option<AnyProposition>,
    Quantifier,
    AnyProposition,
);

fn build(
    (architecture, name, doc, info): Header,
    mut locations: Vec<Location>,
    registers: &[AnyRegister],
    threads: &[Vec<Parts>],
    (shown, filter, quantifier, proposition): &Questions,
) -> Test {
    for (index, location) in locations.iter_mut().enumerate() {
        location.name = ["y", "x", "z"][index].to_owned();
    }
    let code = |parts: &Vec<Parts>| {
        let build = |part: &Parts| part.build(parts.len(), &mut locations);
        parts.iter().map(build).collect()
    };
    let code: Vec<Vec<Instruction>> = threads.iter().map(code).collect();
    for location in &mut locations {
        if location.declared.is_none() {
            if !location.array {
                location.element.width = match architecture {
                    Architecture::X86 => Width::Long,
                    Architecture::X86_64 => Width::Quad,
                };
            }
            location.array = false;
        }
        for init in &mut location.init {
            if let Init::Number(number) = init {
                *number = location.element.width.low(*number);
            }
        }
    }
    let count = code.len();
    let shown = shown
        .iter()
        .map(|place| place.build(count, &locations))
        .collect();
    let filter = filter
        .as_ref()
        .map(|filter| filter.build(count, &locations));
    let condition = Condition {
        quantifier: *quantifier,
        proposition: proposition.build(count, &locations),
    };
    Test {
        architecture,
        name,
        doc,
        info,
        registers: self::registers(registers, count),
        locations,
        threads: code,
        shown,
        filter,
        condition,
    }
}
