//! Tests made from cycles, compared with those that diy made from the same cycles.

use std::collections::BTreeSet;

use tearline::litmus::cycle::{Cycle};
use tearline::litmus::{Architecture, Test};

use crate::{read, suite};

/// A test that diy made, and what it said about its cycle.
struct Made {
    path: String,
    test: Test,
    cycle: Cycle,
}

fn info<'a>(test: &'a Test, key: &str) -> Option<&'a str> {
    let found = test.info.iter().find(|(known, _)| known == key);
    found.map(|(_, value)| value.as_str())
}

/// diy's older names of edges and communications.
fn in_todays_words(text: &str) -> String {
    text.replace("Wse", "Coe")
        .replace("Wsi", "Coi")
        .replace("Ws", "Co")
}

/// Cycles of which no test is made: all of their events are at one location, and the two edges of
/// program order say nothing about how those events follow each other in memory. diy made tests
/// of them that list all coherent final states.
const UNORDERED: [&str; 2] = [
    "x86/tests__non-mixed-size__CO__S+poss.litmus",
    "x86/tests__non-mixed-size__CO__WRC+poss.litmus",
];

/// The tests of the suite that tell their cycle.
fn made() -> Vec<Made> {
    let mut made = Vec::new();
    let mut unordered = BTreeSet::new();
    let cases = suite::cases();
    let is_there = !cases.is_empty();
    for case in cases {
        let test = read(&case.path, &case.text);
        let Some(text) = info(&test, "Orig").or_else(|| info(&test, "Cycle")) else {
            continue;
        };
        match Cycle::parse(&case.path, text) {
            Ok(cycle) => made.push(Made {
                path: case.path,
                test,
                cycle,
            }),
            Err(invalid) => {
                assert!(UNORDERED.contains(&&*case.path), "{invalid}");
                unordered.insert(case.path);
            }
        }
    }
    if is_there {
        assert_eq!(unordered.len(), UNORDERED.len());
        assert_eq!(made.len(), 682);
    }
    made
}

#[test]
fn probe() {
    let mut bad = 0;
    for made in made() {
        let own = made.cycle.test(made.test.architecture);
        let (a, b) = (said(&own), said(&made.test));
        if a != b {
            bad += 1;
            if bad < 20 {
                println!("{}\n{own}\n{}", made.path, made.test);
            }
        }
    }
    println!("{bad} bad");
    panic!();
}

/// What a test does and asks: its instructions, the registers and locations it declares, and the
/// condition; in eight bytes where it is in four, since that is diy's choice for a whole run.
fn said(test: &Test) -> (Vec<Vec<String>>, BTreeSet<String>, String) {
    let wide = |cell: String| match test.architecture {
        Architecture::X86 => cell,
        Architecture::X86_64 => {
            let cell = cell.replace("movl ", "movq ").replace("xchgl ", "xchgq ");
            cell.replace("%e", "%r")
        }
    };
    let cells = |thread| test.cells(thread).into_iter().map(wide).collect();
    let threads = (0..test.threads.len()).map(cells).collect();
    let locations = test.locations.iter().map(|one| one.name.clone()).collect();
    (threads, locations, test.condition.to_string())
}
