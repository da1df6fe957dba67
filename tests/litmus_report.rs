//! Each line of `tearline litmus --format json` is what `book/src/reference/litmus.schema.json`
//! says, however its states were found, and nothing less is.

mod common;

use std::process::Command;

use common::{read, repository};
use jsonschema::Validator;
use serde_json::{Value, json};

fn schema() -> Validator {
    let schema = read("book/src/reference/litmus.schema.json");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::meta::validate(&schema).expect("the schema is one");
    jsonschema::validator_for(&schema).expect("the schema can be used")
}

/// The lines that are printed with these arguments, with which the command exits with `code`.
fn lines(arguments: &[&str], code: i32) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_tearline"))
        .current_dir(repository(""))
        .args(["litmus", "--format", "json"])
        .args(arguments)
        .output()
        .expect("the command runs");
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {notes}");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let line = |line| serde_json::from_str(line).expect("each line is JSON");
    text.lines().map(line).collect()
}

/// The lines, each of which fits the schema.
fn fitting(schema: &Validator, arguments: &[&str], code: i32) -> Vec<Value> {
    let lines = lines(arguments, code);
    assert!(!lines.is_empty(), "{arguments:?}");
    for line in &lines {
        let problems: Vec<String> = schema
            .iter_errors(line)
            .map(|error| format!("{}: {error:.300}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{arguments:?}: {problems:?}\n{line:#}");
    }
    lines
}

#[test]
fn lines_fit_the_schema_however_states_are_found() {
    let schema = schema();
    for protocol in ["mesi", "none", "directory-mesi"] {
        let all = ["traces/litmus", "--protocol", protocol];
        let explored = fitting(&schema, &all, 0);
        assert!(
            explored
                .iter()
                .all(|line| line["explored"]["complete"] == true)
        );
        let shown = explored.iter().filter(|line| line["schedule"].is_object());
        assert_eq!(shown.count(), 2, "SB and SB+rfis with {protocol}");
    }
    let limit = ["traces/litmus/IRIW.litmus", "--limit-states", "10"];
    let bounded = fitting(&schema, &limit, 3);
    assert_eq!(bounded[0]["explored"]["complete"], false);

    let random = fitting(&schema, &["traces/litmus/SB.litmus", "--random", "100"], 0);
    let states = random[0]["states"].as_array().expect("a list");
    let runs = states
        .iter()
        .map(|state| state["runs"].as_u64().expect("a count"));
    assert_eq!(runs.sum::<u64>(), 100);
}

#[test]
fn lines_of_schedules_fit_the_schema() {
    let schema = schema();
    let sb = "traces/litmus/SB.litmus";
    let whole = [
        "--protocol",
        "none",
        "--schedule",
        "traces/litmus/SB.schedule",
    ];
    let finished = fitting(&schema, &[&[sb], &whole[..]].concat(), 0);
    assert_eq!(finished[0]["followed"]["finished"], true);
    assert_eq!(finished[0]["positive"], 1);
    let part = ["--schedule", "tests/litmus/schedules/unfinished.schedule"];
    let unfinished = fitting(&schema, &[&[sb], &part[..]].concat(), 0);
    assert_eq!(unfinished[0]["followed"]["finished"], false);
    assert_eq!(unfinished[0]["states"], json!([]));

    let file = std::env::temp_dir().join(format!("tearline-{}.schedule", std::process::id()));
    let name = file.to_str().expect("a plain name");
    let recorded = fitting(&schema, &[sb, "--record", name], 0);
    let replay = recorded[0]["replay"].as_str().expect("it was written");
    let again = replay.strip_prefix("tearline litmus ").expect("a command");
    let again = fitting(&schema, &again.split(' ').collect::<Vec<_>>(), 0);
    std::fs::remove_file(&file).expect("it was written");
    assert_eq!(again[0]["schedule"], recorded[0]["schedule"]);
}

/// The schema is as narrow as it looks: what is changed, left out or added does not fit.
#[test]
fn other_lines_do_not_fit() {
    let schema = schema();
    let sb = "traces/litmus/SB.litmus";
    let part = "tests/litmus/schedules/unfinished.schedule";
    let explored = fitting(&schema, &[sb], 0).remove(0);
    let followed = fitting(&schema, &[sb, "--schedule", part], 0).remove(0);
    let mut refused = 0;
    for (line, place, value) in [
        (&explored, "/version", json!(2)),
        (&explored, "/kind", json!("Possible")),
        (&explored, "/positive", json!(-1)),
        (&explored, "/states/0/state", json!(0)),
        (&explored, "/explored/complete", json!("yes")),
        (&explored, "/schedule/steps/0/changed", json!("nothing")),
        (&followed, "/followed/finished", json!(true)),
        (&followed, "/followed/next", json!([])),
    ] {
        let mut changed = line.clone();
        *changed.pointer_mut(place).expect("it is there") = value;
        assert!(!schema.is_valid(&changed), "{place}");
        refused += 1;
    }
    for line in [&explored, &followed] {
        for name in line.as_object().expect("an object").keys() {
            // Whether there is a schedule hangs on the question.
            let mut less = line.clone();
            less.as_object_mut().expect("an object").remove(name);
            let may_lack = name == "schedule" && line["explored"].is_object();
            assert_eq!(schema.is_valid(&less), may_lack, "without {name}");
            refused += 1;
        }
        let mut more = line.clone();
        more["comment"] = json!("there is no such member");
        assert!(!schema.is_valid(&more));
    }
    let mut both = explored.clone();
    both["runs"] = json!({ "runs": 1 });
    assert!(!schema.is_valid(&both), "found in two ways");
    assert!(refused > 20, "{refused}");
}

/// herd7's format has no words for a search that was cut short, and people's must not say `No`.
#[test]
fn a_limit_is_told() {
    let told = |format| {
        let arguments = ["litmus", "traces/litmus/SB.litmus", "--limit-states", "2"];
        let output = Command::new(env!("CARGO_BIN_EXE_tearline"))
            .args(arguments)
            .args(["--format", format])
            .output()
            .expect("the command runs");
        assert_eq!(output.status.code(), Some(3));
        [output.stderr, output.stdout].map(|text| String::from_utf8(text).expect("it is text"))
    };
    let [notes, _] = told("herd");
    assert!(
        notes.contains("note: SB: a limit cut the test short"),
        "{notes}"
    );
    let [_, text] = told("text");
    assert!(
        text.contains("Bounded: never in 0 of 0 final states"),
        "{text}"
    );
}
