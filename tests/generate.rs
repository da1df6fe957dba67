//! Generated traces: the same for ever, with the shares that were asked for, and what the reader
//! reads back.

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead as _, Read as _};
use std::process::Command;

use tearline::maps::KINDS;
use tearline::trace::generate::{
    Distribution, MAX_KEYS, MAX_OPERATIONS, MAX_PREFILL, Operations, Share, Text, Workload,
};
use tearline::trace::{self, Key, KeyKind, Literal, Op, Trace, ValueKind};

fn usual() -> Workload {
    Workload {
        map: "go-classic".to_owned(),
        ..Workload::default()
    }
}

fn text(workload: &Workload) -> String {
    let mut text = String::new();
    let mut made = Text::new(workload.clone()).expect("it is within its limits");
    made.read_to_string(&mut text).expect("it is text");
    text
}

fn read(text: String) -> Trace {
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let text: &'static str = text.leak();
    let open = move || Ok(Box::new(text.as_bytes()) as Box<_>);
    Trace::read("generated", &kinds, Box::new(open)).unwrap_or_else(|error| panic!("{error}"))
}

/// How many of the operations do what, by the trace's own words.
fn counts(workload: &Workload) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for operation in Operations::new(workload.clone()).expect("it is within its limits") {
        let word = match operation.op {
            Op::Get { .. } => "get",
            Op::Put { .. } => "put",
            Op::Increment { .. } => "inc",
            Op::Delete { .. } => "delete",
            Op::Compute(_) => "compute",
            op => panic!("{op:?}"),
        };
        *counts.entry(word).or_default() += 1;
    }
    counts
}

fn key(op: &Op) -> u64 {
    match op {
        Op::Get { key, .. }
        | Op::Put { key, .. }
        | Op::Increment { key, .. }
        | Op::Delete { key, .. } => match key {
            Key::Number(number) => *number,
            Key::Text(text) => text[3..].parse().expect("keyN"),
        },
        op => panic!("{op:?}"),
    }
}

/// Changes here are changes to every comparison that anyone has made.
#[test]
fn the_text_never_changes() {
    let workload = Workload {
        threads: 2,
        operations: 9,
        reads: Share::percent(40),
        deletes: Share::percent(30),
        increments: Share::percent(30),
        keys: 5,
        distribution: "zipf:1.1".parse().unwrap(),
        prefill: 1,
        think_cycles: 20,
        seed: 17,
        room: 8,
        ..usual()
    };
    assert_eq!(text(&workload), common::read("tests/generate/small.trace"));
    assert_eq!(text(&workload), text(&workload.clone()));
    let other = Workload {
        seed: 18,
        ..workload
    };
    assert_ne!(text(&usual()), text(&other));
}

#[test]
fn the_command_in_the_trace_makes_it_again() {
    let workload = Workload {
        threads: 3,
        operations: 50,
        reads: "12.5".parse().unwrap(),
        deletes: Share::percent(10),
        keys: 7,
        distribution: "hot:33.3".parse().unwrap(),
        key: KeyKind::Text,
        value: ValueKind::Interface,
        prefill: 2,
        warm: true,
        distinct: true,
        think_cycles: 5,
        seed: 9,
        room: 3,
        map: "go-mutex".to_owned(),
        ..usual()
    };
    let text = text(&workload);
    let command = text
        .lines()
        .nth(1)
        .and_then(|line| line.split_once("tearline "));
    let arguments = command.expect("it says how it was made").1.split(' ');
    let made = Command::new(env!("CARGO_BIN_EXE_tearline"))
        .args(arguments)
        .output()
        .expect("the command runs");
    assert_eq!(String::from_utf8_lossy(&made.stdout), text);
}

#[test]
fn every_kind_of_key_and_value_is_read_back() {
    for (key, _) in KeyKind::ALL {
        for (value, _) in ValueKind::ALL {
            let workload = Workload {
                operations: 300,
                reads: Share::percent(50),
                key,
                value,
                ..usual()
            };
            let trace = read(text(&workload));
            let mut again = Vec::new();
            let operations = trace.operations().expect("it can be read");
            let operations = operations.map(|operation| operation.expect("it can be read"));
            trace::write(trace.header(), operations, &mut again).expect("memory takes it");
            let again = String::from_utf8(again).expect("it is text");
            let second_comment = |line: &&str| !line.starts_with("# Made by");
            let text = text(&workload);
            let text: Vec<&str> = text.lines().filter(second_comment).collect();
            assert_eq!(again.lines().collect::<Vec<_>>(), text);
        }
    }
}

#[test]
fn shares_are_what_was_asked_for() {
    let many = Workload {
        operations: 100_000,
        ..usual()
    };
    for (reads, deletes, increments) in [
        ("50", 20, 30),
        ("90", 0, 0),
        ("99.9", 50, 50),
        ("0", 0, 100),
    ] {
        let workload = Workload {
            reads: reads.parse().unwrap(),
            deletes: Share::percent(deletes),
            increments: Share::percent(increments),
            ..many.clone()
        };
        let counts = counts(&workload);
        let reads = workload.reads.as_percent() / 100.0;
        let of_writes = |percent: u32| (1.0 - reads) * f64::from(percent) / 100.0;
        let expected = [
            ("get", reads),
            ("delete", of_writes(deletes)),
            ("inc", of_writes(increments)),
            ("put", of_writes(100 - deletes - increments)),
        ];
        for (word, share) in expected {
            let count = *counts.get(word).unwrap_or(&0) as f64;
            // Five standard deviations.
            let deviation = (100_000.0 * share * (1.0 - share)).sqrt();
            assert!(
                (count - 100_000.0 * share).abs() <= 5.0 * deviation,
                "{word}: {counts:?}"
            );
        }
    }
    let all = Workload {
        reads: Share::ALL,
        ..many.clone()
    };
    assert_eq!(counts(&all), BTreeMap::from([("get", 100_000)]));
}

#[test]
fn keys_are_used_as_often_as_they_should_be() {
    let used = |distribution: &str| {
        let workload = Workload {
            operations: 60_000,
            keys: 6,
            prefill: 0,
            distribution: distribution.parse::<Distribution>().unwrap(),
            ..usual()
        };
        let mut used = [0_u32; 6];
        for operation in Operations::new(workload).unwrap() {
            used[key(&operation.op) as usize] += 1;
        }
        used
    };
    assert!(
        used("uniform")
            .iter()
            .all(|count| count.abs_diff(10_000) < 500)
    );
    assert!(
        used("zipf:0")
            .iter()
            .all(|count| count.abs_diff(10_000) < 500)
    );
    let hot = used("hot:80");
    assert!(hot[0].abs_diff(48_000) < 500 && hot[1..].iter().all(|n| n.abs_diff(2400) < 300));
    let zipf = used("zipf:2");
    assert!(zipf.is_sorted_by(|one, two| one > two), "{zipf:?}");
    assert!((zipf[0] / 4).abs_diff(zipf[1]) < 500, "{zipf:?}");
}

/// More threads share the same calls, and more reads leave the others as they are.
#[test]
fn workloads_differ_only_in_what_was_changed() {
    let of = |workload: Workload| -> Vec<_> {
        let operations = Operations::new(workload).unwrap();
        operations.map(|operation| operation.op).collect()
    };
    let four = of(usual());
    assert_eq!(
        four,
        of(Workload {
            threads: 7,
            ..usual()
        })
    );
    let thinking = of(Workload {
        think_cycles: 9,
        ..usual()
    });
    let is_call = |op: &Op| !matches!(op, Op::Compute(_));
    assert_eq!(
        four,
        thinking.into_iter().filter(is_call).collect::<Vec<_>>()
    );
    let more = of(Workload {
        reads: Share::percent(95),
        ..usual()
    });
    let is_same = |(one, two): (&Op, &Op)| key(one) == key(two);
    assert!(four.iter().zip(&more).all(is_same));
}

#[test]
fn threads_with_distinct_keys_change_no_others() {
    for keys in [3, 4, 10, 11] {
        let workload = Workload {
            threads: 3,
            keys,
            prefill: 0,
            reads: Share::percent(20),
            distinct: true,
            ..usual()
        };
        for operation in Operations::new(workload).unwrap() {
            let key = key(&operation.op);
            assert!(key < u64::from(keys));
            let is_own = key % 3 == u64::from(operation.thread);
            assert!(
                is_own || matches!(operation.op, Op::Get { .. }),
                "{operation:?}"
            );
        }
    }
}

#[test]
fn values_are_all_different() {
    let workload = Workload {
        reads: Share::NONE,
        ..usual()
    };
    let mut seen = std::collections::HashSet::new();
    for operation in Operations::new(workload).unwrap() {
        let Op::Put {
            value: Literal::Number(number),
            ..
        } = operation.op
        else {
            panic!("{operation:?}");
        };
        assert!(seen.insert(number));
        assert_eq!(number >> 32, number & u64::from(u32::MAX));
    }
}

#[test]
fn numbers_have_limits() {
    let refused = |workload: Workload, expected: &str| {
        let error = workload.check().expect_err(expected);
        assert!(error.contains(expected), "{error}");
        assert!(Text::new(workload).is_err());
    };
    refused(
        Workload {
            threads: 0,
            ..usual()
        },
        "0 threads: expected 1 to 64",
    );
    refused(
        Workload {
            threads: 65,
            ..usual()
        },
        "65 threads",
    );
    refused(
        Workload {
            operations: 0,
            ..usual()
        },
        "0 operations",
    );
    refused(
        Workload {
            operations: MAX_OPERATIONS + 1,
            ..usual()
        },
        "operations",
    );
    refused(Workload { keys: 0, ..usual() }, "0 keys");
    refused(
        Workload {
            keys: MAX_KEYS + 1,
            ..usual()
        },
        "keys",
    );
    refused(
        Workload {
            prefill: 101,
            ..usual()
        },
        "101 keys before the run",
    );
    refused(
        Workload {
            keys: MAX_KEYS,
            prefill: MAX_PREFILL + 1,
            ..usual()
        },
        "before the run",
    );
    refused(
        Workload {
            room: (1 << 22) + 1,
            ..usual()
        },
        "entries of room",
    );
    refused(
        Workload {
            think_cycles: 1_000_001,
            ..usual()
        },
        "cycles of work",
    );
    let most = Share::percent(60);
    refused(
        Workload {
            deletes: most,
            increments: most,
            ..usual()
        },
        "at most 100 %",
    );
    let text = ValueKind::Text;
    refused(
        Workload {
            increments: most,
            value: text,
            ..usual()
        },
        "expected numbers",
    );
    refused(
        Workload {
            keys: 3,
            prefill: 0,
            distinct: true,
            ..usual()
        },
        "as many keys as threads",
    );
}

/// The longest one begins at once: nothing of it is made before it is read.
/// A trace that no replay would take is not written.
#[test]
fn maps_have_the_keys_that_they_can_have() {
    let arguments = ["generate", "--map", "java-hashmap", "--key", "string"];
    let made = Command::new(env!("CARGO_BIN_EXE_tearline"))
        .args(arguments)
        .output()
        .expect("the command runs");
    let notes = String::from_utf8_lossy(&made.stderr);
    assert_eq!((made.status.code(), made.stdout.len()), (Some(2), 0));
    assert!(
        notes.contains("`java-hashmap` cannot have keys of kind `string`"),
        "{notes}"
    );
}

#[test]
fn long_traces_are_made_as_they_are_read() {
    let workload = Workload {
        operations: MAX_OPERATIONS,
        keys: MAX_KEYS,
        prefill: 0,
        think_cycles: 1,
        ..usual()
    };
    let mut lines = Text::new(workload).unwrap().lines();
    let third = lines.nth(3).expect("it goes on").expect("it is text");
    assert_eq!(third, "map m go-classic value=u64");
}
