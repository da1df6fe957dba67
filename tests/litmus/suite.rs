//! The public tests that are not part of this repository: looked for beside it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common;

/// A test of the suite, with what herd7 says of it.
pub(crate) struct Case {
    /// Its path below the suite's tests.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) expected: Value,
}

/// Where the suite is: `LITMUS_SUITE`, or `shared/litmus` in the repository or beside it.
fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("LITMUS_SUITE").map(PathBuf::from);
    let usual = ["shared/litmus", "../shared/litmus"].map(common::repository);
    let mut all = named.into_iter().chain(usual);
    all.find(|folder| folder.join("expected.jsonl").is_file())
}

/// All tests of the suite; none, with a message, where it is not.
pub(crate) fn cases() -> Vec<Case> {
    let Some(folder) = folder() else {
        eprintln!("skipped: there is no suite of litmus tests; LITMUS_SUITE can name its folder");
        return Vec::new();
    };
    let text = |path: &Path| {
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let lines = text(&folder.join("expected.jsonl"));
    let case = |line: &str| {
        let expected: Value = serde_json::from_str(line).expect("the line is JSON");
        let path = expected["test"]
            .as_str()
            .expect("a test has a path")
            .to_owned();
        Case {
            text: text(&folder.join("tests").join(&path)),
            path,
            expected,
        }
    };
    let cases: Vec<Case> = lines.lines().map(case).collect();
    assert!(cases.len() > 600, "{} tests", cases.len());
    cases
}
