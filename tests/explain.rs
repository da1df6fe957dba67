//! The listing of what operations do to memory: which accesses in which order, to which fields.

mod common;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::process::Command;
use std::sync::Arc;

use common::feed::Feed;
use common::{read, repository, shipped_protocol};
use tearline::machine::Config;
use tearline::maps::KINDS;
use tearline::observe::Objects;
use tearline::replay::Replay;
use tearline::report::Explain;
use tearline::trace::Trace;

/// The listing of a trace, each operation complete before the next.
fn listing(text: &str) -> String {
    let text = text.to_owned();
    let open = move || Ok(Box::new(Cursor::new(text.clone())) as Box<dyn std::io::BufRead>);
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("x.trace", &kinds, Box::new(open));
    let trace = trace.unwrap_or_else(|error| panic!("{error}"));
    let file = "models/machines/teaching.toml";
    let config = Config::parse(file, &read(file)).unwrap_or_else(|error| panic!("{error}"));
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), Arc::new(trace), None);
    let replay = replay.unwrap_or_else(|error| panic!("{error}"));
    let texts = replay.trace().texts(&replay.trace().lines()).unwrap();
    let mut output = Vec::new();
    let explain = Explain::new(&mut output, replay.objects().unwrap(), texts);
    let ran = replay.run_in_order(explain).expect("it runs");
    ran.observer.finish().expect("memory takes it");
    String::from_utf8(output).expect("it is text")
}

/// The marks and places of the last operation of a listing.
fn last(listing: &str) -> Vec<String> {
    let last = listing.rfind("thread ").expect("an operation");
    let lines = listing[last..].lines().skip(1);
    let accesses = lines.filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    let columns = accesses.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let value = words.iter().position(|word| word.starts_with("0x"));
        words[1..value.expect("a value")].join(" ")
    });
    columns.collect()
}

#[test]
fn a_get_of_the_classic_map_looks_at_one_flag_once() {
    let accesses = last(&listing(
        "map m go-classic buckets=2\ninit put m 7 1\n0 get m 7\n",
    ));
    let found = |place: &str| accesses.iter().filter(|access| *access == place).count();
    let header = accesses.iter().take(7);
    let header: Vec<&str> = header.map(String::as_str).collect();
    assert_eq!(
        header,
        [
            "L8 m header count",
            "L1 m header+8 flags",
            "L1 m header+9 B",
            "L4 m header+12 hash0",
            "L1 m header+9 B",
            "L8 m header+16 buckets",
            "L8 m header+24 oldbuckets",
        ]
    );
    assert_eq!(found("L1 m header+8 flags"), 1);
    assert!(accesses.last().expect("the value").contains("elem[0]"));
}

#[test]
fn what_is_allocated_has_its_map_s_name() {
    let text = listing("map one go-classic\nmap two go-classic\n0 put two 1 2\n");
    assert!(text.contains("allocates 144 bytes: two buckets"), "{text}");
    let accesses = last(&text);
    let value = accesses.last().expect("the value");
    assert_eq!(value, "S8 two buckets+72 elem[0]");
    assert!(text.contains("value"), "{text}");
}

#[test]
fn locks_and_atomics_are_told() {
    let text = listing("rwmutex l\n0 rlock l\n0 runlock l\n0 lock l\n0 unlock l\n");
    for words in [
        "shares l",
        "has l",
        "gives l up",
        "l+16 readerCount",
        "A4 add 0x1",
    ] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
}

#[test]
fn a_long_operation_is_cut_short() {
    let mut output = Vec::new();
    let explain = Explain::new(&mut output, Objects::default(), BTreeMap::new());
    let mut feed = Feed::new(explain);
    // Before its first operation a thread does nothing to list.
    feed.load(1, 0x1000, 8);
    feed.line(0, 1);
    for at in 0..1500 {
        feed.load(0, 0x1000 + 8 * at, 8);
    }
    feed.observer.finish().expect("memory takes it");
    let text = String::from_utf8(output).expect("it is text");
    assert!(text.contains("  1000  L8"), "{text}");
    assert!(!text.contains("  1001  L8"), "{text}");
    assert!(text.contains("… and 500 more of 1500"), "{text}");
}

fn tearline(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tearline"))
        .current_dir(repository(""))
        .args(arguments)
        .output()
        .expect("the command runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), text)
}

#[test]
fn the_command_lists_and_then_reports() {
    let trace = "traces/concurrent-writes.trace";
    let (code, text) = tearline(&["replay", trace, "--explain"]);
    assert_eq!(code, Some(0));
    assert!(
        text.contains("fatal error: concurrent map writes\n"),
        "{text}"
    );
    assert!(text.contains("cut short by the end of the run"), "{text}");
    assert!(text.contains("outcome: "), "{text}");
    for wrong in [["--format", "json"], ["--seeds", "2"]] {
        let (code, _) = tearline(&[&["replay", trace, "--explain"], &wrong[..]].concat());
        assert_eq!(code, Some(2), "{wrong:?}");
    }
}
