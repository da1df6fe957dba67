//! The book's table of what one call of each map does to memory, counted from `--explain`.
//! `SNAPSHOTS=overwrite cargo test --release --test touches` writes the page anew.

mod common;

use std::fmt::Write as _;
use std::process::Command;

use snapbox::Data;
use tearline::maps::{KINDS, Kind};

/// The calls of the trace, by their labels, and what the table calls them.
const CALLS: [(&str, &str); 5] = [
    ("@get", "get"),
    ("@put", "put, key there"),
    ("@insert", "put, new key"),
    ("@delete", "delete"),
    ("@len", "len"),
];

/// What one call did.
#[derive(Default)]
struct Touched {
    loads: u64,
    stores: u64,
    locked: u64,
    allocated: u64,
}

fn explained(kind: &Kind) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tearline"))
        .current_dir(common::repository(""))
        .args(["replay", "traces/one-call-each.trace", "--explain"])
        .args(["--map", kind.name])
        .output()
        .expect("the command can be run");
    assert!(output.status.success(), "{}: {output:?}", kind.name);
    String::from_utf8(output.stdout).expect("it is text")
}

/// What stands between the operation with this label and the next one.
fn touched(explained: &str, label: &str) -> Touched {
    let is_heading = |line: &str| line.starts_with("thread ");
    let mut lines = explained.lines();
    let heading = lines.find(|line| is_heading(line) && line.contains(label));
    assert!(heading.is_some(), "{label} is explained");
    let mut touched = Touched::default();
    for line in lines.take_while(|line| line.starts_with(' ')) {
        let mut words = line.split_whitespace();
        let first = words.next().expect("a line has words");
        let second = words.next().unwrap_or_default();
        if first == "allocates" {
            touched.allocated += second.parse::<u64>().expect("a number of bytes");
        } else if first.parse::<u64>().is_ok() {
            match second.as_bytes() {
                [b'L', ..] => touched.loads += 1,
                [b'S', ..] => touched.stores += 1,
                [b'A', ..] => touched.locked += 1,
                _ => panic!("what is {line}?"),
            }
        }
    }
    touched
}

fn table() -> String {
    let mut table = "| map |".to_owned();
    for (_, name) in CALLS {
        let _ = write!(table, " {name} |");
    }
    table += "\n|---|---|---|---|---|---|\n";
    for kind in KINDS {
        let explained = explained(kind);
        let _ = write!(table, "| `{}` |", kind.name);
        for (label, _) in CALLS {
            let one = touched(&explained, label);
            assert!(one.loads + one.locked > 0, "{}: {label}", kind.name);
            let counts = [(one.loads, "L"), (one.stores, "S"), (one.locked, "A")];
            let mut shown: Vec<String> = counts
                .into_iter()
                .filter(|&(count, _)| count > 0)
                .map(|(count, name)| format!("{count} {name}"))
                .collect();
            if one.allocated > 0 {
                shown.push(format!("{} new", one.allocated));
            }
            let _ = write!(table, " {} |", shown.join(", "));
        }
        table.push('\n');
    }
    table
}

#[test]
fn the_page_is_what_comes_out() {
    let template = common::read("tests/touches/page.md");
    let place = "<!-- table -->\n";
    assert!(
        template.contains(place),
        "the page has a place for the table"
    );
    let page = template.replace(place, &table());
    let file = common::repository("book/src/what-a-call-touches.md");
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    assert.eq(page, Data::read_from(&file, None).raw());
}
