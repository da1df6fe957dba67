//! How long lines take between processors: what is said of made-up numbers is pinned, and what this
//! machine answers has the right form, whatever its numbers are.

#![cfg(all(
    feature = "cli",
    feature = "probe",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use common::repository;
use serde_json::Value;
use tearline::report::probe::{Matrix, heat_map};

fn temporary(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("latency-{name}"))
}

fn latency(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tearline"))
        .args(["probe", "latency"])
        .args(arguments)
        .output()
        .expect("the command runs")
}

fn assert_golden(name: &str, text: &str) {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let expected = snapbox::Data::read_from(&repository("tests/probe_latency").join(name), None);
    assert.eq(text, expected.raw());
}

/// So many processors, in clusters of eight and sockets of 72, with numbers that differ a little.
fn made_up(count: u32) -> Matrix {
    let mut pairs = Vec::new();
    for other in 0..count {
        for one in 0..other {
            let near = match (one / 8 == other / 8, one / 72 == other / 72) {
                (true, _) => 40.0,
                (_, true) => 120.0,
                _ => 310.0,
            };
            pairs.push((one, other, near + f64::from((one * 7 + other * 3) % 5)));
        }
    }
    Matrix::new(&pairs)
}

/// Cells shrink and labels thin out with the number of processors.
#[test]
fn heat_maps_are_as_they_were() {
    for count in [2, 16, 144] {
        let drawn = heat_map("Line to and fro, median", &made_up(count));
        assert!(drawn.len() < 200_000, "{count}: {} bytes", drawn.len());
        assert_golden(&format!("{count}.svg"), &drawn);
    }
}

#[test]
fn what_was_not_measured_has_no_number() {
    let matrix = Matrix::new(&[(0, 1, 98.76), (3, 1, 200.0)]);
    let expected = "ns,0,1,3\n0,,98.8,\n1,98.8,,200.0\n3,,200.0,\n";
    assert_eq!(matrix.csv(), expected);
    let drawn = heat_map("Line to and fro, median", &matrix);
    assert!(drawn.contains("class=\"none\""), "{drawn}");
    let nothing = Matrix::new(&[]);
    assert_eq!(nothing.csv(), "ns\n");
    assert!(heat_map("Line to and fro, median", &nothing).contains("not measured"));
}

#[test]
fn this_machine_answers_in_every_form() {
    let (csv, chart) = (temporary("small.csv"), temporary("small.svg"));
    let files = [csv.to_str().unwrap(), chart.to_str().unwrap()];
    let output = latency(&[
        "--pairs=1",
        "--seconds=0.5",
        "--format=json",
        "--csv",
        files[0],
        "--chart",
        files[1],
    ]);
    let notes = String::from_utf8_lossy(&output.stderr);
    if notes.contains("two processors are needed") {
        assert_eq!(output.status.code(), Some(3), "{notes}");
        return;
    }
    // Too few samples are no fault of the program's: others may have the processors.
    assert!(
        [Some(0), Some(3)].contains(&output.status.code()),
        "{notes}"
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(report["version"], 1);
    assert!(report["date"].is_string() && report["virtual_machine"].is_boolean());
    let pair = &report["pairs"][0];
    assert!(pair["clock"]["core_ghz"].as_f64() > Some(0.1), "{pair}");
    assert_ne!(pair["writer"], pair["reader"]);
    let seen = pair["seen"].as_array().expect("a list");
    let trips = seen.iter().find(|seen| seen["question"] == "round_trip");
    let median = trips.expect("they were timed")["ns"]["p50"]
        .as_f64()
        .expect("a number");
    let table = fs::read_to_string(csv).expect("it was written");
    assert!(
        table.starts_with("ns,") && table.contains(&format!("{median:.1}")),
        "{table}"
    );
    assert!(
        fs::read_to_string(chart)
            .expect("it was drawn")
            .contains("</svg>")
    );
}

#[test]
fn what_cannot_be_asked_is_refused() {
    for (arguments, said) in [
        (
            &["--cpus", "0,0"][..],
            "two different processors are needed",
        ),
        (&["--cpus", "0"], "expected two processors, like `0,1`"),
        (
            &["--cpus", "0,65000"],
            "processor 65000 is switched off, or not there",
        ),
        (&["--seconds", "0"], "expected seconds, at most 3600"),
        (&["--cpus", "0,1", "--pairs", "2"], "cannot be used with"),
    ] {
        let output = latency(arguments);
        let notes = String::from_utf8_lossy(&output.stderr);
        if notes.contains("two processors are needed") {
            continue;
        }
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {notes}");
        assert!(notes.contains(said), "{arguments:?}: {notes}");
    }
}
