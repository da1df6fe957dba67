//! Litmus tests on the processor that runs this: threads alone leave what the simulator says, what
//! must not be run is refused, and counts are told. What threads show together is asked only where there
//! are two processors. `SNAPSHOTS=overwrite cargo test` accepts changed texts.
#![cfg(all(feature = "probe", target_os = "linux", target_arch = "x86_64"))]

#[path = "litmus/arbitrary.rs"]
mod arbitrary;
mod common;
#[path = "litmus/hardware.rs"]
mod hardware;
#[path = "probe_litmus/lines.rs"]
mod lines;
#[path = "litmus/suite.rs"]
mod suite;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use hardware::hardware;
use proptest::prelude::*;
use serde_json::Value;
use tearline::drive::interleave::Options;
use tearline::litmus::{
    Base, Condition, Init, Instruction, Memory, Operand, Place, Proposition, Quantifier, Register,
    Setup, Test, Width,
};
use tearline::probe::litmus::{Barrier, NotAsked, Question, Ran, model};
use tearline::probe::{Host, Processor, Team, Topology, allowed};
use tearline::report::probe::{
    Heading, LitmusReport, NotAsked as NotAskedReport, Processors, TestSeen, heading_as_comment,
    histogram,
};

fn read(text: &str) -> Test {
    Test::parse("t.litmus", text).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// Why a test is not asked; else what `with` makes of it.
fn ask<T>(test: &Test, with: impl FnOnce(&Question<'_>) -> T) -> Result<T, String> {
    let hardware = model(hardware("machines/desktop", "none").config);
    let setup = Setup::new(test, &hardware).expect("there are cores");
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
    ["jumps back", "locked operation", "accesses", "registers"]
        .iter()
        .any(|known| why.contains(known))
}

/// Threads at random that were run.
static RUN: AtomicU32 = AtomicU32::new(0);
const CASES: u32 = 3000;

#[test]
fn a_thread_alone_leaves_what_the_simulator_says() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let result = runner.run(&arbitrary::test(), |test| {
        for thread in 0..test.threads.len() {
            let one = thread_of(&test, thread);
            match alone(&one) {
                Ok([seen, simulated]) => {
                    RUN.fetch_add(1, Ordering::Relaxed);
                    prop_assert_eq!(seen, simulated, "{:?}", one.threads);
                }
                Err(why) => prop_assert!(may_be_refused(&why), "{}: {:?}", why, one.threads),
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let run = RUN.load(Ordering::Relaxed);
    println!("{run} threads at random");
    assert!(run > CASES, "only {run} threads were run");
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

/// A test of one thread with these instructions, and what it shows.
fn one_thread(init: &str, instructions: &[&str], shown: &str) -> Test {
    let rows: String = instructions
        .iter()
        .map(|one| format!(" {one} ;\n"))
        .collect();
    read(&format!(
        "X86_64 T\n{{ {init} }}\n P0 ;\n{rows}locations [{shown}]\nexists (true)\n"
    ))
}

/// Addresses are other numbers on the processor, and the same places.
#[test]
fn addresses_lead_to_the_same_places() {
    let init = "uint64_t x=3; uint64_t y=x; uint64_t 0:rsi=y; uint64_t 0:rsp=z; uint64_t z=5;";
    let test = one_thread(
        init,
        &[
            "movq (%rsi),%rax",
            "movq $x,%rbx",
            "movq (%rbx),%rcx",
            "movq $x,(%rsp)",
            "addq $4,%rbx",
            "movq $7,(%rbx)",
            "movq (%rsp),%r12",
        ],
        "0:rax; 0:rcx; 0:rsi; 0:rsp; 0:r12; x; y; z;",
    );
    let [seen, simulated] = alone(&test).expect("it can be asked");
    assert_eq!(seen, simulated);
    assert!(seen.contains("0:rax=x; 0:rcx=3;"), "{seen}");
    assert!(
        seen.contains("0:rsp=z;") && seen.contains("[y]=x;"),
        "{seen}"
    );
}

#[test]
fn jumps_forward_are_taken_as_the_zero_flag_says() {
    for (number, way) in [(5, "0:rbx=2"), (6, "0:rbx=1")] {
        let compare = format!("cmpq ${number},(x)");
        let instructions = [
            compare.as_str(),
            "je there",
            "movq $1,%rbx",
            "jmp end",
            "there: movq $2,%rbx",
            "end: nop",
            "mfence",
        ];
        let test = one_thread("x=5;", &instructions, "0:rbx;");
        let [seen, simulated] = alone(&test).expect("it can be asked");
        assert_eq!(seen, simulated);
        assert!(seen.contains(way), "{seen}");
    }
    // Nothing was computed yet: the last result was not zero.
    let first = ["jne there", "movq $1,%rbx", "there: nop"];
    let [seen, simulated] = alone(&one_thread("", &first, "0:rbx;")).expect("it can be asked");
    assert_eq!(
        (seen.as_str(), simulated.as_str()),
        ("0:rbx=0;", "0:rbx=0;")
    );
}

#[test]
fn what_must_not_be_run_is_refused() {
    let array = "uint64_t x[16];";
    let cases: [(&str, &[&str], &str); 10] = [
        (
            array,
            &["movq $x,%rcx", "xchgq %rax,60(%rcx)"],
            "P0 has a locked operation across two lines, which would stop all processors",
        ),
        (
            array,
            &["movq $x,%rcx", "addq $61,%rcx", "lock addl $1,(%rcx)"],
            "P0 has a locked operation across two lines, which would stop all processors",
        ),
        (
            "x=0; y=x;",
            &["movq (y),%rcx", "lock incq (%rcx)"],
            "P0 accesses memory at an address that only a run tells",
        ),
        (
            "x=0;",
            &["again: movq (x),%rax", "cmpq $1,%rax", "jne again"],
            "P0 jumps back, so that it may never end",
        ),
        (
            "x=0;",
            &["movq $4096,%rcx", "movq (%rcx),%rax"],
            "P0 accesses memory at a number that is no address",
        ),
        (
            "x=0; y=0;",
            &["movq $y,%rcx", "movq 57(%rcx),%rax"],
            "P0 accesses 8 bytes at 0xc000000079, which are in no location",
        ),
        (
            "x=0;",
            &["movq $x,%rcx", "addq %rcx,%rcx", "movq (%rcx),%rax"],
            "P0 accesses memory at a number that is no address",
        ),
        (
            "uint32_t x=y;",
            &["movl (x),%eax"],
            "x holds an address, and has no 8 bytes for it",
        ),
        (
            "x=0;",
            &["movq $x,%rax", "andq $65535,%rax", "movq %rax,(x)"],
            "what it shows depends on where its locations lie",
        ),
        (
            "x=0;",
            &[
                "addq %rax,%rbx",
                "addq %rcx,%rdx",
                "addq %rsi,%rdi",
                "addq %rbp,%rsp",
                "addq %r8,%r9",
                "addq %r10,%r11",
                "addq %r12,%r13",
                "addq %r14,%r15",
            ],
            "P0 uses 16 registers, and the processor has not that many to spare",
        ),
    ];
    for (init, instructions, expected) in cases {
        let test = one_thread(init, instructions, "x; 0:rax;");
        let why = ask(&test, |_| ()).expect_err("it is refused");
        assert_eq!(why, expected, "{instructions:?}");
    }
    // At the end of a line it crosses nothing, and a plain access may.
    for instruction in [
        "xchgq %rax,56(%rcx)",
        "movq %rax,60(%rcx)",
        "xaddl %eax,62(%rcx)",
    ] {
        let test = one_thread(
            array,
            &["movq $x,%rcx", "movq $9,%rax", instruction],
            "x[7]; x[8];",
        );
        let [seen, simulated] = alone(&test).expect("it can be asked");
        assert_eq!(seen, simulated, "{instruction}");
    }
}

/// A number doubles with each instruction, and so does how many addresses are in it.
#[test]
fn as_many_addresses_as_64_bits_do_not_hold_are_none() {
    let mut doubled = vec!["movq $x,%rcx"];
    doubled.extend(["addq %rcx,%rcx"; 63]);
    let test = one_thread("x=0;", &doubled, "x;");
    let [seen, simulated] = alone(&test).expect("it can be asked");
    assert_eq!(seen, simulated);
    let (last, rest) = (doubled.len() - 1, "movq (%rcx),%rax");
    doubled[last] = rest;
    let why = ask(&one_thread("x=0;", &doubled, "x;"), |_| ()).expect_err("it is refused");
    assert_eq!(why, "P0 accesses memory at a number that is no address");
}

const SB: &str = "X86_64 SB\n{ }\n P0 | P1 ;\n movq $1,(x) | movq $1,(y) ;\n \
                  movq (y),%rax | movq (x),%rax ;\n";
const SB_FENCES: &str = "X86_64 SB+mfences\n{ }\n P0 | P1 ;\n movq $1,(x) | movq $1,(y) ;\n \
                         mfence | mfence ;\n movq (y),%rax | movq (x),%rax ;\n";

/// What is said of counts that nobody counted.
fn made_up(test: &str, counts: &[([u64; 2], u64)]) -> TestSeen {
    let test = read(test);
    let counts: BTreeMap<Vec<u64>, u64> = counts
        .iter()
        .map(|(values, count)| (values.to_vec(), *count))
        .collect();
    let ran = Ran {
        runs: 1_000_000,
        counts,
        seconds: 0.125,
    };
    let seen = ask(&test, |question| TestSeen::new("t.litmus", question, &ran));
    seen.expect("it can be asked")
}

fn report() -> LitmusReport {
    let processor = |number| Processor {
        number,
        core: vec![number],
        socket: vec![0, 1],
        caches: Vec::new(),
    };
    let topology = Topology {
        processors: vec![processor(0), processor(1)],
    };
    let host = Host {
        processor: Some("A processor".to_owned()),
        kernel: Some("Linux 0.0".to_owned()),
        virtual_machine: false,
        lse2: None,
    };
    let team = Team::usual(&topology, None).expect("there are two");
    let date = "2026-01-01T00:00:00Z".to_owned();
    let heading = Heading::new(
        date,
        vec!["probe".to_owned()],
        host,
        Some(Processors::team(&topology, &team)),
    );
    let mut report = LitmusReport::new(heading, Barrier::User, 0);
    let question = |test: &str, question: &str| format!("{test}{question} (0:rax=0 /\\ 1:rax=0)\n");
    let all = [([0, 0], 12), ([0, 1], 400_000), ([1, 0], 599_988)];
    report.tests = vec![
        made_up(&question(SB, "exists"), &all),
        made_up(&question(SB_FENCES, "~exists"), &all),
        made_up(&question(SB_FENCES, "exists"), &all[1..]),
        made_up(&question(SB, "filter (0:rax=0)\nforall"), &all[..1]),
    ];
    report.not_asked.push(NotAskedReport {
        what: "IRIW".to_owned(),
        why: "it has 4 threads, and 2 processors may be used".to_owned(),
    });
    report
}

#[test]
fn counts_are_told_as_litmus7_tells_them() {
    let report = report();
    assert_eq!(report.findings(), 1);
    let mut text = heading_as_comment(&report.heading);
    for test in &report.tests {
        text += &format!("\n{}", histogram(test));
    }
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let expected = common::repository("tests/probe_litmus/histograms.txt");
    assert.eq(text, snapbox::Data::read_from(&expected, None).raw());
}

fn check_schema(report: &Value) {
    let schema = common::read("book/src/reference/probe-litmus.schema.json");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::meta::validate(&schema).expect("the schema is one");
    let schema = jsonschema::validator_for(&schema).expect("the schema can be used");
    let problems: Vec<String> = schema
        .iter_errors(report)
        .map(|error| format!("{}: {error:.300}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn json_is_what_its_schema_says() {
    check_schema(&serde_json::to_value(report()).expect("it can be written"));
}

fn tearline(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tearline"));
    command.args(["probe", "litmus"]).args(arguments);
    command.output().expect("the command runs")
}

/// Two processors that may be asked, as `--cpus` names them; none, with a note, if there are not two.
fn two_processors() -> Option<String> {
    let topology = Topology::read(Path::new("/sys")).map_err(|why| why.to_string());
    let team = topology.and_then(|topology| Team::usual(&topology, allowed().as_deref()));
    match team {
        Ok(team) => Some(format!("{},{}", team.processors()[0], team.processors()[1])),
        Err(why) => {
            println!("skipped: {why}");
            None
        }
    }
}

/// A processor shows what x86-TSO allows and nothing else, however its threads come together.
#[test]
fn two_processors_show_nothing_forbidden() {
    let Some(cpus) = two_processors() else {
        return;
    };
    let folder = common::repository("traces/litmus");
    let folder = folder.to_str().expect("its name is text");
    for barrier in ["user", "timebase", "none"] {
        let arguments = ["--cpus", &cpus, "--runs", "20000", "--barrier", barrier];
        let json = ["--format", "json", folder];
        let output = tearline(&[&arguments[..], &json[..]].concat());
        let notes = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{notes}");
        let report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
        check_schema(&report);
        let tests = report["tests"].as_array().expect("a list");
        assert!(tests.len() > 2, "{notes}");
        for test in tests {
            assert_eq!(test["runs"], 20_000, "{test:#}");
            assert!(test["allowed_seen"].as_u64() > Some(0), "{test:#}");
        }
        assert!(
            notes.contains("threads, and 2 processors may be used"),
            "{notes}"
        );
    }
}

#[test]
fn what_is_not_asked_is_told() {
    let Some(cpus) = two_processors() else {
        return;
    };
    let iriw = common::repository("traces/litmus/IRIW.litmus");
    let iriw = iriw.to_str().expect("its name is text");
    let output = tearline(&["--cpus", &cpus, iriw]);
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{notes}");
    let note = "note: IRIW is not asked: it has 4 threads, and 2 processors may be used\n";
    assert!(notes.starts_with(note), "{notes}");
    let output = tearline(&["--cpus", "0", iriw]);
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{notes}");
    assert!(
        notes.contains("two different processors are needed"),
        "{notes}"
    );
}

/// Without a test nobody is asked, so there is no answer around the error.
#[test]
fn a_test_that_is_not_there_is_an_error_and_nothing_else() {
    let output = tearline(&["missing.litmus"]);
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{notes}");
    assert!(output.stdout.is_empty());
    assert!(
        notes.starts_with("error: cannot read missing.litmus: "),
        "{notes}"
    );
    assert_eq!(notes.lines().count(), 1, "{notes}");
}
