//! Litmus tests: files with mistakes get the messages that stand beside them, and public ones
//! are read as herd7 reads them. `SNAPSHOTS=overwrite cargo test` accepts changed messages.

#[path = "litmus/arbitrary.rs"]
mod arbitrary;
mod common;
#[path = "litmus/cycles.rs"]
mod cycles;
#[path = "litmus/random_cycle.rs"]
mod random_cycle;
#[path = "litmus/suite.rs"]
mod suite;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tearline::litmus::Test;

fn bare_name(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str());
    name.expect("the file has a name")
}

/// The tests of a folder of the repository, in the order of their names.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(common::repository(folder)).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|end| end == "litmus"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} has tests");
    files
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("the file can be read")
}

fn read(name: &str, text: &str) -> Test {
    Test::parse(name, text).unwrap_or_else(|invalid| panic!("{invalid}"))
}

#[test]
fn mistakes_are_explained() {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let files = files("tests/litmus/bad");
    assert!(files.len() >= 30, "{} cases", files.len());
    for path in files {
        let actual = match Test::parse(bare_name(&path), &text(&path)) {
            Ok(_) => panic!("{} is read", path.display()),
            Err(invalid) => format!("{invalid}\n"),
        };
        let expected = snapbox::Data::read_from(&path.with_extension("stderr"), None);
        assert.eq(actual, expected.raw());
    }
}

#[test]
fn public_tests_are_read() {
    for case in suite::cases() {
        let test = read(&case.path, &case.text);
        assert_eq!(test.name, case.expected["name"].as_str().unwrap());
    }
}

/// The places that a test shows are herd7's, in its order.
#[test]
fn public_tests_show_what_herd7_shows() {
    for case in suite::cases() {
        let test = read(&case.path, &case.text);
        let states = case.expected["states"]
            .as_array()
            .expect("there are states");
        let first = states[0].as_str().expect("a state is text");
        let values = first.trim_end_matches(';').split("; ");
        let theirs: Vec<&str> = values.filter_map(|value| value.split('=').next()).collect();
        let ours: Vec<String> = test.columns().iter().map(ToString::to_string).collect();
        assert_eq!(ours, theirs, "{}", case.path);
    }
}

/// Conditions are written in herd7's words.
#[test]
fn public_conditions_are_written_as_herd7_writes_them() {
    for case in suite::cases() {
        let test = read(&case.path, &case.text);
        let theirs = case.expected["condition"].as_str().unwrap();
        assert_eq!(test.condition.to_string(), theirs, "{}", case.path);
    }
}

#[test]
fn public_tests_read_back() {
    for case in suite::cases() {
        let test = read(&case.path, &case.text);
        let written = test.to_string();
        assert_eq!(read(&case.path, &written), test, "{written}");
    }
}

/// What is written for a test stands beside it.
#[test]
fn good_tests_read_back() {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    for path in files("tests/litmus/good") {
        let test = read(bare_name(&path), &text(&path));
        let written = test.to_string();
        assert_eq!(read(bare_name(&path), &written), test, "{written}");
        let expected = snapbox::Data::read_from(&path.with_extension("written"), None);
        assert.eq(written, expected.raw());
    }
}

/// As deep as is read can be written and read again, with `not` at every level.
#[test]
fn the_deepest_propositions_read_back() {
    let test = |nots: usize| {
        let question = format!("exists {}x=1", "~".repeat(nots));
        let text = format!("X86_64 T\n{{ x=0; }}\n P0 ;\n nop ;\n{question}\n");
        Test::parse("deep.litmus", &text)
    };
    let deepest = (1..1000).take_while(|&nots| test(nots).is_ok()).last();
    let deepest = test(deepest.expect("one is read")).unwrap_or_else(|bad| panic!("{bad}"));
    assert_eq!(read("again", &deepest.to_string()), deepest);
}

/// Files with one byte changed, added or taken away are read or refused.
fn mutated() -> impl Strategy<Value = String> {
    let mut texts: Vec<String> = files("tests/litmus/good")
        .iter()
        .map(|path| text(path))
        .collect();
    texts.extend(files("tests/litmus/bad").iter().map(|path| text(path)));
    let signs = "(){}[]/\\~=<>;|:,$%+-*\"\n 019xPLaq\u{e9}";
    let change = (
        any::<proptest::sample::Index>(),
        0..3,
        proptest::sample::select(signs.chars().collect::<Vec<_>>()),
    );
    let changes = proptest::collection::vec(change, 1..4);
    (proptest::sample::select(texts), changes).prop_map(|(text, changes)| {
        let mut letters: Vec<char> = text.chars().collect();
        for (at, what, letter) in changes {
            let at = at.index(letters.len() + 1);
            match what {
                0 => letters.insert(at, letter),
                1 if at < letters.len() => drop(letters.remove(at)),
                _ if at < letters.len() => letters[at] = letter,
                _ => {}
            }
        }
        letters.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn changed_files_do_no_harm(text in mutated()) {
        match Test::parse("changed.litmus", &text) {
            Ok(test) => prop_assert_eq!(Test::parse("again", &test.to_string()), Ok(test)),
            Err(invalid) => prop_assert!(!invalid.to_string().is_empty()),
        }
    }

    #[test]
    fn any_test_reads_back(test in arbitrary::test()) {
        let written = test.to_string();
        match Test::parse("written.litmus", &written) {
            Ok(again) => prop_assert_eq!(again, test, "{}", written),
            Err(invalid) => prop_assert!(false, "{written}{invalid}"),
        }
    }
}
