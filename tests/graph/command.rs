//! The command: where it writes, what it refuses, how it exits.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::common;

/// A folder of its own for a test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("tearline-graph-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }

    fn path(&self, file: &str) -> String {
        let path = self.0.join(file);
        path.to_str().expect("a plain path").to_owned()
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the folder is there");
        let names = entries.map(|entry| entry.expect("it can be listed").file_name());
        let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn graph(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tearline"))
        .current_dir(common::repository(""))
        .arg("graph")
        .args(arguments)
        .output()
        .expect("the command runs")
}

fn stdout(arguments: &[&str]) -> String {
    let output = graph(arguments);
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {notes}");
    assert!(notes.is_empty(), "{arguments:?}: {notes}");
    String::from_utf8(output.stdout).expect("it is text")
}

/// The command must refuse, print nothing, and say `expected`.
fn refuses(arguments: &[&str], expected: &str) {
    let output = graph(arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{arguments:?} prints");
    assert!(stderr.contains(expected), "{arguments:?}:\n{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

/// A protocol whose states are passed one after the other, by loads and evictions.
fn long_protocol(states: usize) -> String {
    let mut text = String::from("name = 'Long'\nsource = 'none'\ninitial = 's0'\n");
    for state in 0..states {
        text += &format!("[[state]]\nname = 's{state}'\nmeaning = 'a state'\n");
    }
    let mut cell = |state: usize, event: &str, actions: &str, next: usize| {
        text += &format!(
            "[[cell]]\nstate = 's{state}'\nevent = '{event}'\nactions = [{actions}]\n\
             next = 's{next}'\n"
        );
    };
    for state in 0..states {
        let fetch = if state == 0 { "'BusRdX'" } else { "" };
        let next = (state + 1).min(states - 1);
        cell(state, "Load", fetch, next);
        cell(state, "Store", fetch, next);
        if state > 0 {
            cell(state, "Evict", "'Flush'", 0);
            cell(state, "BusRdX", "'Flush'", 0);
        }
    }
    text
}

#[test]
fn the_file_name_decides_the_format() {
    let folder = Folder::new("names");
    for (name, begins) in [
        ("a.svg", "<?xml"),
        ("a.graphml", "<?xml"),
        ("a.dot", "digraph"),
        ("a.gv", "digraph"),
        ("a.mmd", "flowchart"),
        ("a.json", "{"),
        ("a.html", "<!DOCTYPE html>"),
        ("a.md", "# MSI"),
        ("a.txt", "MSI: 3 states"),
        ("a", "MSI: 3 states"),
    ] {
        let file = folder.path(name);
        assert_eq!(stdout(&["msi", "-o", &file]), "", "{name}");
        let text = fs::read_to_string(&file).expect("the file is there");
        assert!(text.starts_with(begins), "{name}: {text:.80}");
    }
    assert_eq!(folder.files().len(), 10, "{:?}", folder.files());
    // What is asked for goes before the name.
    let file = folder.path("a.svg");
    stdout(&["msi", "--format", "dot", "-o", &file]);
    assert!(
        fs::read_to_string(&file)
            .expect("it is there")
            .starts_with("digraph")
    );
    let pdf = folder.path("a.pdf");
    refuses(&["msi", "-o", &pdf], "expected one of txt, svg, dot");
    stdout(&["msi", "--format", "svg", "-o", &pdf]);
}

#[test]
fn files_are_whole_or_not_there() {
    let folder = Folder::new("whole");
    let inside = folder.path("missing/a.svg");
    refuses(&["msi", "-o", &inside], "cannot write");
    refuses(
        &["msi", "-o", folder.0.to_str().expect("plain")],
        "cannot write",
    );
    refuses(
        &["msi", "--grid", "-o", &folder.path("a.svg")],
        "--format text",
    );
    refuses(
        &["no-such", "-o", &folder.path("a.svg")],
        "unknown protocol",
    );
    assert!(folder.files().is_empty(), "{:?}", folder.files());
    // What was there before stays when there is nothing to put in its place.
    let file = folder.path("a.svg");
    fs::write(&file, "mine").expect("it can be written");
    refuses(&["msi", "--grid", "-o", &file], "no grids");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "mine");
}

#[test]
fn wrong_arguments_are_explained() {
    refuses(&["no-such"], "expected a file, or one of");
    refuses(&["no-such.toml"], "cannot read no-such.toml");
    refuses(&["msi", "--format", "png"], "svg");
    refuses(&["msi", "--seed", "1"], "--observed");
    refuses(&["--heap"], "--observed");
    refuses(&["--place", "x"], "--observed");
    let observed = ["--observed", "traces/store-buffering.trace"];
    let with = |more: &[&'static str]| [&observed, more].concat();
    refuses(
        &with(&["--place", "z"]),
        "nothing called `z` was accessed, but `x`, `y`",
    );
    refuses(&with(&["--heap"]), "has no map to draw");
    refuses(&with(&["--heap", "--grid"]), "--grid");
    refuses(&with(&["--heap", "--place", "x"]), "--place");
    refuses(
        &["msi", "--observed", "no-such.trace"],
        "cannot read no-such.trace",
    );
    refuses(
        &["tests/models/bad-protocols/unknown-words.toml"],
        "known events",
    );
    for format in ["svg", "dot", "mermaid", "graphml"] {
        refuses(&["msi", "--grid", "--format", format], "no grids");
    }
}

#[test]
fn what_nobody_can_look_at_is_refused() {
    let folder = Folder::new("large");
    let protocol = folder.path("long.toml");
    fs::write(&protocol, long_protocol(101)).expect("it can be written");
    for format in ["svg", "html", "mermaid", "markdown"] {
        let arguments = [&*protocol, "--format", format, "-o", &folder.path("out")];
        refuses(&arguments, "101 states and");
        refuses(&arguments, "--format json");
    }
    for format in ["json", "graphml", "dot", "text"] {
        assert!(stdout(&[&protocol, "--format", format]).contains("s100"));
    }
    assert!(stdout(&[&protocol, "--format", "markdown", "--grid"]).contains("s100"));
    fs::write(&protocol, long_protocol(100)).expect("it can be written");
    assert!(stdout(&[&protocol, "--format", "svg"]).ends_with("</svg>\n"));
    assert_eq!(folder.files(), ["long.toml"]);
}

#[test]
fn each_controller_can_be_drawn() {
    let directory = "directory-msi";
    let shown = |more: &[&str]| stdout(&[&[directory], more].concat());
    assert!(shown(&[]).starts_with("directory MSI, cache"));
    assert!(shown(&["--controller", "home", "--grid"]).starts_with("directory MSI, home"));
    let page = shown(&["--format", "markdown"]);
    assert!(page.contains("\n## cache\n") && page.contains("\n## home\n"));
    let page = shown(&["--format", "markdown", "--controller", "home"]);
    assert!(!page.contains("IM_AD") && !page.contains("IM\\_AD"));
    refuses(
        &[directory, "--controller", "house"],
        "no controller `house`, but cache, home",
    );
    refuses(&["msi", "--controller", "home"], "but cache");
}

#[test]
fn what_caches_reach_is_drawn_or_refused() {
    let space = |more: &[&str]| stdout(&[&["mesi", "--space"], more].concat());
    assert!(space(&[]).starts_with("MESI: 5 states"));
    assert!(space(&["--no-symmetry"]).starts_with("MESI: 8 states"));
    let bytes = space(&["--values", "2", "--around", "M"]);
    assert!(bytes.contains("bytes: cache"), "{bytes}");
    assert!(!space(&["--around", "E", "--steps", "0"]).contains("→"));
    refuses(
        &["mesi", "--space", "--around", "Q"],
        "caches reach E, I, M, S",
    );
    refuses(&["mesi", "--space", "--around", "M M"], "in `M M`");
    refuses(&["mesi", "--around", "M"], "--space");
    refuses(&["mesi", "--cores", "2"], "need --space or --witness");
    refuses(&["mesi", "--space", "--grid"], "cannot be used with");
    refuses(&["mesi", "--space", "--cores", "8"], "1..=7");
    let large = ["directory-mesi", "--space", "--format", "svg"];
    refuses(&large, "take fewer caches, `--around STATE`");
    refuses(
        &["directory-moesi", "--space", "--cores", "5"],
        "more than 100000 states: take fewer caches or values",
    );
}

#[test]
fn the_way_to_a_violation_is_drawn() {
    let broken = "models/broken/directory-msi-inv-ack-twice.toml";
    let drawn = stdout(&[broken, "--witness"]);
    assert!(
        drawn.contains("  data value\n") && drawn.contains("wrong"),
        "{drawn}"
    );
    let told = Command::new(env!("CARGO_BIN_EXE_tearline"))
        .current_dir(common::repository(""))
        .args(["check", broken, "--format", "json"])
        .output()
        .expect("the command runs");
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("it is JSON");
    let steps = told["witness"]["steps"]
        .as_array()
        .expect("it has steps")
        .len();
    // A step leads from each state to the next; the last is refused.
    let states = drawn.lines().next().expect("it has a heading").to_owned();
    assert!(
        states.contains(&format!(": {} states", steps + 1)),
        "{states}: {steps}"
    );
    refuses(
        &["mesi", "--witness"],
        "all properties of MESI hold for 3 caches",
    );
    // What is never served goes round.
    let round = stdout(&[
        "models/broken/directory-msi-nack-livelock.toml",
        "--witness",
    ]);
    assert!(round.contains("  every request is served\n"), "{round}");
}

#[test]
fn a_replay_shows_what_it_used_of_each_controller() {
    let trace = ["directory-mesi", "--observed", "traces/ping-pong.trace"];
    let home = stdout(&[&trace[..], &["--controller", "home"]].concat());
    assert!(home.contains("GetM / ") && home.contains("×0"), "{home}");
    let cache = stdout(&trace);
    assert!(
        cache.contains("traces/ping-pong.trace on machine"),
        "{cache}"
    );
}

#[test]
fn a_replay_shows_what_it_used() {
    let trace = ["--observed", "traces/split-line.trace"];
    let text = stdout(&trace);
    assert!(text.contains("traces/split-line.trace on machine desktop (8 cores), seed 2"));
    assert!(text.contains("×0") && !text.contains("BusUpd"));
    let seed = |seed| stdout(&[&trace[..], &["--seed", seed, "--format", "json"]].concat());
    assert_eq!(seed("5"), seed("5"));
    let machine = stdout(&["msi", "--observed", trace[1], "--machine", "sc"]);
    assert!(machine.starts_with("MSI: 3 states") && machine.contains("machine sc"));
}

#[test]
fn a_replay_that_breaks_off_is_drawn_and_told() {
    let protocol = "models/broken/mesi-missing-cell.toml";
    let output = graph(&[protocol, "--observed", "traces/ping-pong.trace"]);
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{notes}");
    assert!(notes.contains("the replay ended early"), "{notes}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("×1"));
}
