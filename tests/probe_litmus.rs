//! Litmus tests on the processor that runs this: threads alone leave what the simulator says, and what
//! must not be run is refused. What threads show together is asked only where there are two
//! processors.
#![cfg(all(feature = "probe", target_os = "linux", target_arch = "x86_64"))]

#[path = "litmus/arbitrary.rs"]
mod arbitrary;
mod common;
#[path = "litmus/hardware.rs"]
mod hardware;
#[path = "litmus/suite.rs"]
mod suite;

use std::collections::BTreeSet;

use hardware::hardware;
use proptest::prelude::*;
use tearline::drive::interleave::Options;
use tearline::litmus::{
    Base, Condition, Init, Instruction, Memory, Operand, Place, Proposition, Quantifier, Register,
    Setup, Test, Width,
};
use tearline::probe::litmus::{NotAsked, Question};

fn read(text: &str) -> Test {
    Test::parse("t.litmus", text).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// Why a test is not asked; else what `with` makes of it.
fn ask<T>(test: &Test, with: impl FnOnce(&Question<'_>) -> T) -> Result<T, String> {
    let setup = Setup::new(test, &hardware("machines/desktop", "none")).expect("there are cores");
    let options = Options {
        limit_states: 100_000,
        ..Options::default()
    };
    let question = Question::new(test, &setup, &options, &mut |_| true);
    match question {
        Ok(question) => Ok(with(&question)),
        Err(NotAsked(why)) => Err(why),
    }
}

/// What a test of one thread leaves on the processor and in the simulator, in words.
fn alone(test: &Test) -> Result<[String; 2], String> {
    ask(test, |question| {
        assert_eq!(question.allowed.len(), 1, "one thread has one end");
        let only = question.allowed.first().expect("there is one");
        let seen = question.alone(&[0], 128).expect("there is memory");
        [&seen, only].map(|values| {
            let columns = question.setup.columns().iter().zip(values);
            let columns = columns
                .map(|(place, &value)| format!("{place}={};", question.setup.show(place, value)));
            columns.collect::<Vec<_>>().join(" ")
        })
    })
}

/// The thread of a test as a test of its own, which shows all its registers and all of memory. Without
/// addresses as numbers, which are others on a real machine.
fn thread_of(test: &Test, thread: usize) -> Test {
    let mut test = test.clone();
    test.threads = vec![test.threads.swap_remove(thread)];
    test.registers
        .retain(|init| usize::from(init.thread) == thread);
    for init in &mut test.registers {
        init.thread = 0;
        without_address(&mut init.value);
    }
    for location in &mut test.locations {
        location.init.iter_mut().for_each(without_address);
    }
    let mut registers: BTreeSet<Register> = BTreeSet::new();
    let mut see = |operand: &mut Operand| match operand {
        Operand::Address(_) => *operand = Operand::Immediate(77),
        Operand::Register(register) => {
            registers.insert(*register);
        }
        Operand::Memory(Memory {
            base: Base::Register(register),
            ..
        }) => {
            registers.insert(*register);
        }
        _ => {}
    };
    for instruction in &mut test.threads[0] {
        match instruction {
            Instruction::Move { to, from, .. } | Instruction::Operate { to, from, .. } => {
                see(to);
                see(from);
            }
            Instruction::Exchange { register, .. }
            | Instruction::ExchangeAdd { register, .. }
            | Instruction::CompareExchange { register, .. } => {
                see(&mut Operand::Register(*register));
                see(&mut Operand::Register(Register(0)));
            }
            _ => {}
        }
    }
    test.shown = registers.into_iter().map(register).collect();
    for (location, at) in test.locations.iter().zip(0..) {
        let elements = 0..location.init.len() as u16;
        test.shown.extend(elements.map(|element| Place::Location {
            name: location.name.clone(),
            location: at,
            element: location.array.then_some(element),
        }));
    }
    test.filter = None;
    test.condition = Condition {
        quantifier: Quantifier::Exists,
        proposition: Proposition::Constant(true),
    };
    test
}

fn register(register: Register) -> Place {
    Place::Register {
        thread: 0,
        name: register.name(Width::Quad).to_owned(),
        register,
    }
}

fn without_address(init: &mut Init) {
    if let Init::Address(_) = init {
        *init = Init::Number(99);
    }
}

/// Why a test may be refused that is made at random: never because it shows something else.
fn may_be_refused(why: &str) -> bool {
    [
        "jumps back",
        "locked operation",
        "in no location",
        "registers",
    ]
    .iter()
    .any(|known| why.contains(known))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn a_thread_alone_leaves_what_the_simulator_says(test in arbitrary::test()) {
        for thread in 0..test.threads.len() {
            let one = thread_of(&test, thread);
            match alone(&one) {
                Ok([seen, simulated]) => prop_assert_eq!(seen, simulated, "{:?}", one.threads),
                Err(why) => prop_assert!(may_be_refused(&why), "{}: {:?}", why, one.threads),
            }
        }
    }
}

#[test]
fn threads_of_public_tests_leave_what_the_simulator_says() {
    let mut asked = 0;
    for case in suite::cases() {
        let test = read(&case.text);
        assert_eq!(case.expected["name"], test.name.as_str());
        for thread in 0..test.threads.len() {
            let [seen, simulated] = alone(&thread_of(&test, thread)).expect("it can be asked");
            assert_eq!(seen, simulated, "{}, thread {thread}", case.path);
            asked += 1;
        }
    }
    println!("{asked} threads of public tests");
}
