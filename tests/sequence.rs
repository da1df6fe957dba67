//! Runs as sequence diagrams: what stands in them, and that all of it is Mermaid.

mod common;

use std::io::Cursor;
use std::sync::Arc;

use common::{read, shipped_protocol};
use tearline::machine::Config;
use tearline::maps::KINDS;
use tearline::replay::Replay;
use tearline::report::Sequence;
use tearline::trace::Trace;

/// The diagram of a run, line by line.
fn diagram(text: &str) -> Vec<String> {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("inline", &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let file = "models/machines/desktop.toml";
    let config = Config::parse(file, &read(file)).unwrap_or_else(|error| panic!("{error}"));
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), trace.into(), None);
    let replay = replay.unwrap_or_else(|error| panic!("{error}"));
    let lines = replay.trace().lines();
    let texts = replay.trace().texts(&lines).expect("it can be read again");
    let objects = replay.objects().expect("it can be laid out");
    let ran = replay.run(0, Sequence::new(objects, texts));
    let (_, sequence) = ran.expect("it can be run");
    let text = sequence.finish(&["ok"]);
    text.lines().map(|line| line.trim().to_owned()).collect()
}

fn position(lines: &[String], end: &str) -> usize {
    let found = lines.iter().position(|line| line.ends_with(end));
    found.unwrap_or_else(|| panic!("no `{end}` in {lines:#?}"))
}

#[test]
fn a_value_goes_from_its_writer_to_its_reader_once() {
    let lines = diagram("var x\n0 store x 5\n1 compute 2000\n1 load x\n1 load x\n2 compute 1\n");
    let names = ["participant t0 as thread 0", "participant t1 as thread 1"];
    assert_eq!(lines[0], "sequenceDiagram");
    assert_eq!(lines[1..3], names);
    let store = position(&lines, "store x 0x5");
    let arrow = position(&lines, "t0->>t1: x = 0x5");
    assert!(store < arrow);
    let arrows = lines.iter().filter(|line| line.contains("->>"));
    assert_eq!(arrows.count(), 1, "the second load finds what is known");
    assert_eq!(lines.last().unwrap(), "Note over t0,t2: ok");
}

#[test]
fn a_mixture_comes_from_both_of_its_writers() {
    let text = "var x\n0 store x:4 1\n1 store x+4:4 2\n2 compute 3000\n2 load x\n";
    let lines = diagram(text);
    for writer in ["t0", "t1"] {
        position(&lines, &format!("{writer}->>t2: x = 0x200000001"));
    }
}

#[test]
fn what_a_thread_knows_by_itself_is_no_message() {
    let lines = diagram("var x\ninit store x 7\n0 store x 5\n0 load x\n0 fence\n0 load x\n");
    assert!(lines.iter().all(|line| !line.contains("->>")), "{lines:#?}");
    let lines = diagram("var x\ninit store x 7\n0 load x\n");
    assert!(
        lines.iter().all(|line| !line.contains("->>")),
        "set-up is no thread"
    );
}

#[test]
fn one_thread_is_a_diagram_too() {
    let lines = diagram("var x\n0 load x\n");
    assert_eq!(lines.last().unwrap(), "Note over t0: ok");
}

#[test]
fn marks_of_mermaid_are_not_in_texts() {
    let text = "map m go-classic value=struct\n0 put m 1 {1,2,3} @a#b;c\n0 get m 1\n";
    let lines = diagram(text);
    for line in &lines[2..] {
        let (_, words) = line.split_once(": ").expect("who, and what");
        assert!(!words.contains([';', '#', ':', '{', '}']), "{line}");
    }
    position(&lines, "found, get m 1");
}

#[test]
fn a_long_run_is_cut_and_says_so() {
    let lines = diagram("var x\n0 store x 1 x500\n1 load x x500\n");
    assert!(lines.len() < 310, "{}", lines.len());
    let cut = &lines[lines.len() - 2];
    assert!(cut.starts_with("Note over t0,t1: … and "), "{cut}");
}
