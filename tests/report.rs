//! JSON reports are what `book/src/reference/report.schema.json` says, for every shipped trace
//! and for traces that show what those do not.

mod common;

use std::fs;
use std::process::{Command, Output};

use common::{read, repository};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use tearline::replay::Verdict;

/// Traces beside the shipped ones, and the outcome that each is here for.
const MORE: [(&str, &str); 5] = [
    ("as-it-was", "torn read"),
    ("init-part", "torn read"),
    ("fault", "segmentation fault"),
    ("full", "not modelled"),
    ("plain", "ok"),
];

fn schema() -> Validator {
    let schema = read("book/src/reference/report.schema.json");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::meta::validate(&schema).expect("the schema is one");
    jsonschema::validator_for(&schema).expect("the schema can be used")
}

fn replay(trace: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tearline"))
        .current_dir(repository(""))
        .args(["replay", trace, "--format", "json"])
        .args(more)
        .output()
        .expect("the command runs")
}

/// The JSON report of a replay that must exit with `code`.
fn report(trace: &str, more: &[&str], code: i32) -> Value {
    let output = replay(trace, more);
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{trace} {more:?}: {notes}"
    );
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{trace}: {error}"))
}

fn assert_fits(schema: &Validator, what: &str, report: &Value) {
    let problems: Vec<String> = schema
        .iter_errors(report)
        .map(|error| format!("{}: {error:.300}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{what}: {}", problems.join("\n"));
}

/// The shipped traces.
fn shipped() -> Vec<String> {
    let entries = fs::read_dir(repository("traces")).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("the folder can be listed").file_name());
    let mut traces: Vec<String> = names
        .map(|name| format!("traces/{}", name.to_string_lossy()))
        .filter(|name| name.ends_with(".trace"))
        .collect();
    traces.sort();
    traces
}

#[test]
fn reports_of_shipped_traces_fit_the_schema() {
    let schema = schema();
    let traces = shipped();
    assert!(!traces.is_empty());
    for trace in &traces {
        let one = report(trace, &[], 0);
        assert_fits(&schema, trace, &one);
        assert_eq!(one["version"], 4, "{trace}");
        assert_eq!(one["trace"], trace.as_str());
        let many = report(trace, &["--seeds", "50"], 0);
        assert_fits(&schema, trace, &many);
        assert_eq!(many["version"], 4, "{trace}");
        assert_eq!(many["runs"], 50, "{trace}");
        let network = report(trace, &["--protocol", "directory-mesi"], 0);
        assert_fits(&schema, trace, &network);
        assert!(network["messages"]["Data"].is_u64(), "{trace}");
    }
}

#[test]
fn the_schema_knows_all_outcomes() {
    let schema = read("book/src/reference/report.schema.json");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let all = Verdict::ALL.iter().chain([&Verdict::Stopped]);
    let all: Vec<&str> = all.map(|verdict| verdict.name()).collect();
    assert_eq!(schema["$defs"]["outcome"]["enum"], json!(all));
}

/// The report of a run that shows `outcome`: the lowest of 50 seeds that does, and the report of
/// all 50.
fn showing(name: &str, outcome: &str) -> (Value, Value) {
    let trace = format!("tests/report/{name}.trace");
    let code = if outcome == "not modelled" { 3 } else { 0 };
    let many = report(&trace, &["--seeds", "50"], code);
    let mut rows = many["outcomes"].as_array().expect("a list").iter();
    let row = rows.find(|row| row["outcome"] == outcome);
    let seed = row.map_or(Value::Null, |row| row["seed"].clone());
    assert!(seed.is_u64(), "{name}: no {outcome}");
    (report(&trace, &["--seed", &seed.to_string()], code), many)
}

#[test]
fn reports_of_other_outcomes_fit_the_schema() {
    let schema = schema();
    for (name, outcome) in MORE {
        let (one, many) = showing(name, outcome);
        assert_fits(&schema, name, &one);
        assert_eq!(one["outcome"][0], outcome, "{name}");
        assert_fits(&schema, name, &many);
    }
}

#[test]
fn reports_of_violations_fit_the_schema() {
    let schema = schema();
    let protocol = "models/broken/mesi-missing-cell.toml";
    let arguments = ["--protocol", protocol, "--check"];
    let trace = "traces/ping-pong.trace";
    let one = report(trace, &arguments, 1);
    assert_fits(&schema, trace, &one);
    let outcome = one["outcome"].as_array().expect("a list");
    assert!(outcome.contains(&json!("protocol violation")));
    let many = report(trace, &[&arguments[..], &["--seeds", "5"]].concat(), 1);
    assert_fits(&schema, trace, &many);
}

#[test]
fn the_states_at_the_end_are_told_if_asked_for() {
    let schema = schema();
    let trace = "traces/ping-pong.trace";
    let arguments = ["--final-states"];
    let one = report(trace, &arguments, 0);
    assert_takes_no_more(&schema, &one);
    let states = one["final_states"].as_array().expect("it was asked for");
    let held = |name: &str| states.iter().filter(|state| state["state"] == name).count();
    // Two cores wrote one line in turn.
    assert_eq!(
        (states.len(), held("M"), held("I")),
        (2, 1, 1),
        "{states:?}"
    );
    assert_eq!(report(trace, &[], 0).get("final_states"), None);
}

/// The report fits, and with a member more in a state it does not.
fn assert_takes_no_more(schema: &Validator, report: &Value) {
    assert_fits(schema, "with final states", report);
    let mut wrong = report.clone();
    members(&mut wrong, "/final_states/0").insert("extra".to_owned(), json!(1));
    assert!(!schema.is_valid(&wrong));
}

#[test]
fn the_same_replay_prints_the_same_bytes() {
    let trace = "traces/split-line.trace";
    let once = replay(trace, &[]);
    assert_eq!(once.stdout, replay(trace, &[]).stdout);
    let on = |jobs| replay(trace, &["--seeds", "50", "--jobs", jobs]).stdout;
    assert_eq!(on("1"), on("3"));
}

/// All objects inside a value, as JSON pointers.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.push(at.to_owned());
            for (name, value) in members {
                objects(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                objects(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn members<'a>(report: &'a mut Value, pointer: &str) -> &'a mut Map<String, Value> {
    let object = report.pointer_mut(pointer).and_then(Value::as_object_mut);
    object.expect("the pointer is an object's")
}

/// A member more or less, anywhere, and the report no longer fits.
fn assert_strict(schema: &Validator, report: &Value) {
    assert_fits(schema, "before a change", report);
    let mut pointers = Vec::new();
    objects(report, "", &mut pointers);
    for pointer in pointers {
        // The names in here are the trace's own, or the protocol's.
        let open = ["/results", "/messages"].contains(&pointer.as_str())
            || ["values", "state_changes", "tallies"]
                .iter()
                .any(|name| pointer.ends_with(&format!("/{name}")));
        let mut extra = report.clone();
        members(&mut extra, &pointer).insert("extra".to_owned(), json!([]));
        assert!(!schema.is_valid(&extra), "{pointer} takes another member");
        let names: Vec<String> = members(&mut report.clone(), &pointer)
            .keys()
            .cloned()
            .collect();
        for name in names.iter().filter(|_| !open) {
            let mut less = report.clone();
            members(&mut less, &pointer).remove(name);
            assert!(!schema.is_valid(&less), "{pointer} goes without {name}");
        }
    }
}

#[test]
fn the_schema_is_strict() {
    let schema = schema();
    for trace in ["split-line", "silent", "store-buffering", "half-locked-map"] {
        let trace = format!("traces/{trace}.trace");
        assert_strict(&schema, &report(&trace, &[], 0));
        assert_strict(&schema, &report(&trace, &["--seeds", "50"], 0));
    }
    for (name, outcome) in MORE {
        assert_strict(&schema, &showing(name, outcome).0);
    }
}

#[test]
fn proofs_fit_their_schema() {
    let schema = read("book/src/reference/check.schema.json");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::meta::validate(&schema).expect("the schema is one");
    let schema = jsonschema::validator_for(&schema).expect("the schema can be used");
    for (code, arguments) in [
        (0, &["moesi"][..]),
        (0, &["directory-mesi", "--no-symmetry", "--no-liveness"]),
        (0, &["german", "--compact"]),
        (3, &["directory-msi", "--limit-states", "100"]),
        (1, &["models/broken/mesi-missing-cell.toml"]),
        (1, &["models/broken/directory-msi-unordered-forward.toml"]),
        (1, &["models/broken/directory-msi-nack-livelock.toml"]),
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tearline"))
            .current_dir(repository(""))
            .arg("check")
            .args(arguments)
            .args(["--format", "json"])
            .output()
            .expect("the command runs");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let report = serde_json::from_slice(&output.stdout).expect("it is JSON");
        assert_strict(&schema, &report);
    }
}

#[test]
fn the_schema_refuses_other_types() {
    let schema = schema();
    let report = report("traces/split-line.trace", &[], 0);
    for (pointer, wrong) in [
        ("/version", json!(1)),
        ("/cores", json!(65)),
        ("/seed", json!("4")),
        ("/outcome", json!([])),
        ("/outcome/0", json!("panic")),
        ("/fatal/thread", json!(255)),
        ("/torn/0/value", json!(1)),
        ("/torn/0/value", json!("0xG")),
        ("/torn/0/parts/0/thread", json!(64)),
        ("/total/loads", json!(-1)),
        ("/total/transactions", json!([0, 0, 0])),
        ("/lines/0/cores", json!([0, 0])),
    ] {
        let mut changed = report.clone();
        let place = changed.pointer_mut(pointer).expect("the pointer is right");
        *place = wrong.clone();
        assert!(!schema.is_valid(&changed), "{pointer} may be {wrong}");
    }
}

#[test]
fn a_fatal_error_names_the_access_that_tripped_it_and_who_wrote_there() {
    let trace = "traces/concurrent-writes.trace";
    let fatal = report(trace, &[], 0)["fatal"].clone();
    let died = &fatal["died"];
    let access = &died["access"];
    assert_eq!(access["place"], "m header+8 flags");
    assert_eq!(
        (&access["kind"], &access["line"]),
        (&json!("load"), &fatal["line"])
    );
    let writes = died["writes"].as_array().expect("a list");
    let read: Vec<&Value> = writes
        .iter()
        .filter(|write| write["read"] == true)
        .collect();
    assert_eq!(read.len(), 1, "{writes:?}");
    assert_eq!(read[0]["value"], access["value"]);
    assert!(read[0]["issued_cycle"].as_u64() <= read[0]["performed_cycle"].as_u64());
    // The order of the trace leaves nothing to trip over.
    let ordered = report(trace, &["--order", "trace"], 0);
    assert_eq!(ordered["fatal"], Value::Null);
}

#[test]
fn an_exception_names_the_access_before_it() {
    let trace = "traces/delete-against-range.trace";
    let arguments = ["--map", "java-hashmap"];
    let many = report(trace, &[&arguments[..], &["--seeds", "50"]].concat(), 0);
    let mut rows = many["outcomes"].as_array().expect("a list").iter();
    let row = rows
        .find(|row| row["outcome"] == "exception")
        .expect("a row");
    let seed = row["seed"].to_string();
    let one = report(trace, &[&arguments[..], &["--seed", &seed]].concat(), 0);
    assert_fits(&schema(), trace, &one);
    let thrown = &one["exceptions"][0];
    let access = &thrown["died"]["access"];
    assert_eq!(access["line"], thrown["line"]);
    assert!(
        access["place"].as_str().expect("a place").starts_with("m "),
        "{access}"
    );
}
