//! What x86-TSO leaves open: the halves of plain accesses across two lines, which the processor makes where
//! the simulator does, and loads that the store buffer has in part.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{ask, check_schema, common, one_thread, read, tearline, two_processors};

/// What is allowed of a test, as its columns' values.
fn allowed(text: &str) -> BTreeSet<Vec<u64>> {
    let allowed = ask(&read(text), |question| question.allowed.clone());
    allowed.expect("it can be asked")
}

/// A test of an access and two others of the same bytes, one after the other.
fn halves(thread: &str, first: &str, second: &str, shown: &str) -> String {
    format!(
        "X86_64 halves\n{{ uint8_t t[128]; uint64_t 1:rsi=t; }}\n P0 | P1 ;\n {thread} | {first} ;\n \
         | {second} ;\nlocations [{shown}]\nexists (true)\n"
    )
}

const ALL: u64 = u64::MAX;
const LOW: u64 = 0xffff_ffff;
const HIGH: u64 = ALL << 32;

#[test]
fn the_halves_of_a_store_are_written_in_either_order() {
    for loads in [
        ["movl 60(%rsi),%eax", "movl 64(%rsi),%ebx"],
        ["movl 64(%rsi),%eax", "movl 60(%rsi),%ebx"],
    ] {
        let test = halves("movq $-1,60(t)", loads[0], loads[1], "1:eax; 1:ebx;");
        let every = [[0, 0], [0, LOW], [LOW, 0], [LOW, LOW]];
        assert_eq!(allowed(&test), every.map(Vec::from).into(), "{loads:?}");
    }
    // Inside a line nobody sees a half without the other that reads it later.
    let test = halves(
        "movq $-1,56(t)",
        "movl 60(%rsi),%eax",
        "movl 56(%rsi),%ebx",
        "1:eax; 1:ebx;",
    );
    let whole = [[0, 0], [0, LOW], [LOW, LOW]];
    assert_eq!(allowed(&test), whole.map(Vec::from).into());
}

#[test]
fn the_halves_of_a_load_are_read_in_either_order() {
    for stores in [
        ["movl $-1,60(%rsi)", "movl $-1,64(%rsi)"],
        ["movl $-1,64(%rsi)", "movl $-1,60(%rsi)"],
    ] {
        let test = halves("movq 60(t),%rax", stores[0], stores[1], "0:rax;");
        let every = [0, LOW, HIGH, ALL].map(|value| vec![value]);
        assert_eq!(allowed(&test), every.into(), "{stores:?}");
    }
    let test = halves(
        "movq 56(t),%rax",
        "movl $-1,60(%rsi)",
        "movl $-1,56(%rsi)",
        "0:rax;",
    );
    let whole = [0, HIGH, ALL].map(|value| vec![value]);
    assert_eq!(allowed(&test), whole.into());
}

/// An addition that is not locked loads and stores, each in either order. Its address is in a register.
#[test]
fn an_addition_across_lines_has_halves_twice() {
    let test = halves(
        "addq $1,60(t)",
        "movl 64(%rsi),%eax",
        "movq $-1,60(%rsi)",
        "1:eax; t[60]; t[64];",
    );
    let allowed = allowed(&test);
    // Both halves of the load before the other thread's store, or one, or none; and so the carry.
    for expected in [[0, 1, 0], [0, 255, 255], [0, 0, 0], [0, 0, 255]] {
        assert!(allowed.contains(expected.as_slice()), "{allowed:?}");
    }
    assert!(
        !allowed.iter().any(|values| values[0] == LOW),
        "{allowed:?}"
    );
}

#[test]
fn more_halves_than_can_be_ordered_are_refused() {
    let stores = vec!["movq $-1,60(t)"; 7];
    let seven = one_thread("uint8_t t[128];", &stores, "t[60];");
    assert_eq!(
        ask(&seven, |_| ()).expect_err("it is refused"),
        "it has 7 plain accesses across two lines, and the orders of the halves of more than 6 are not \
         gone through"
    );
    let six = one_thread("uint8_t t[128];", &stores[1..], "t[60];");
    assert_eq!(ask(&six, |question| question.allowed.len()), Ok(1));
    let inside = vec!["movq $-1,56(t)"; 7];
    let inside = one_thread("uint8_t t[128];", &inside, "t[56];");
    assert_eq!(ask(&inside, |question| question.allowed.len()), Ok(1));
}

/// Such a load is no fence, and one of which all is in one place still sees its thread's store.
#[test]
fn a_load_that_is_buffered_in_part_need_not_wait() {
    let test = |fence: &str, load: &str| {
        allowed(&format!(
            "X86_64 partly\n{{ uint64_t x; uint64_t y; }}\n P0 | P1 ;\n movb $1,(x) | movq $1,(y) ;\n \
             {fence} | mfence ;\n {load} | movq (x),%rcx ;\n movq (y),%rbx | ;\nlocations [0:rax;]\n\
             exists (0:rbx=0 /\\ 1:rcx=0)\n"
        ))
    };
    let every = [[0, 0], [0, 1], [1, 0], [1, 1]].map(|[rbx, rcx]| vec![1, rbx, rcx]);
    for load in ["movq (x),%rax", "movw (x),%ax", "movb (x),%al"] {
        assert_eq!(test("nop", load), BTreeSet::from(every.clone()), "{load}");
    }
    let fenced = test("mfence", "movq (x),%rax");
    assert_eq!(fenced, every[1..].iter().cloned().collect());
}

/// The processor makes the access where it is written: across two lines its halves are seen, and inside
/// one they are not.
#[test]
fn two_processors_show_halves_across_lines_only() {
    let Some(cpus) = two_processors() else {
        return;
    };
    let asked = |name: &str| {
        let file = common::repository(&format!("tests/litmus/torn/{name}.litmus"));
        let file = file.to_str().expect("its name is text");
        let arguments = [
            "--cpus", &cpus, "--runs", "1000000", "--format", "json", file,
        ];
        let output = tearline(&arguments);
        let notes = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{notes}");
        let report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
        check_schema(&report);
        report["tests"][0].clone()
    };
    let across = asked("store-across-lines");
    assert_eq!(across["observation"], "Sometimes", "{across:#}");
    let inside = asked("store-across-lines-aligned");
    assert_eq!(inside["observation"], "Never", "{inside:#}");
}
