//! Schedules of litmus tests: one that was found, written down and read again, leads to the same
//! final state; one that was written by hand fits or says where it does not.
//! `SNAPSHOTS=overwrite cargo test` accepts changed outputs.

mod common;
#[path = "litmus/hardware.rs"]
mod hardware;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use hardware::hardware;
use tearline::drive::interleave::Options;
use tearline::litmus::{Hardware, Setup, Test};
use tearline::report::litmus::{schedule, wanted};
use tearline::trace::Schedule;

/// The files of a folder with this ending, in the order of their names.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(common::repository(folder)).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be listed").path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == ending))
        .collect();
    files.sort();
    files
}

/// Writes down a shortest schedule to what the test is about, reads it and follows it: whether
/// there is one.
fn goes_round(test: &Test, hardware: &Hardware) -> bool {
    let setup = Setup::new(test, hardware).expect("it has as many cores");
    let wanted = wanted(&test.condition);
    let options = Options {
        limit_states: 200_000,
        ..Options::default()
    };
    let mut last = Vec::new();
    let mut is_wanted = |values: &[u64]| {
        last = values.to_vec();
        setup.holds(&wanted, values)
    };
    let steps = setup.shortest(&options, &mut is_wanted);
    let Some(steps) = steps.expect("it comes to its end") else {
        return false;
    };
    let way = schedule(&setup, &steps).expect("the steps can be taken");
    let text = way.named().to_string();
    let read = Schedule::read("round.schedule", text.as_bytes());
    let mut read = read.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let followed = setup.follow(&read);
    let followed = followed.unwrap_or_else(|ending| panic!("{}: {ending:?}\n{text}", test.name));
    assert_eq!(followed.steps, steps, "{}", test.name);
    assert_eq!(followed.values, last, "{}", test.name);
    assert_eq!(followed.next, [], "{}", test.name);

    let (_, step) = read.steps.pop().expect("a test takes steps");
    let unfinished = setup.follow(&read).expect("it fits as far as it goes");
    assert!(unfinished.next.contains(&step), "{}: {step}", test.name);
    true
}

/// The drawings in the book are what `tearline litmus --chart` writes.
#[test]
fn the_drawings_in_the_book_are_current() {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    for (name, machine, figure) in [
        ("SB", "desktop", "store-buffering"),
        ("MP", "invalidation-queue", "message-passing-too-early"),
    ] {
        let file = std::env::temp_dir().join(format!("tearline-{}-{figure}", std::process::id()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_tearline"));
        command.current_dir(common::repository(".")).arg("litmus");
        command.arg(format!("traces/litmus/{name}.litmus"));
        command.args(["--machine", machine, "--chart"]).arg(&file);
        assert!(command.output().expect("it runs").status.success());
        let drawn = fs::read_to_string(&file).expect("it was written");
        fs::remove_file(&file).expect("it can be removed");
        let figure = format!("book/src/figures/{figure}.svg");
        let expected = snapbox::Data::read_from(&common::repository(&figure), None);
        assert.eq(drawn, expected.raw());
    }
}

#[test]
fn found_schedules_read_back_and_lead_to_the_same_state() {
    for (machine, protocol, expected) in [
        ("machines/desktop", "mesi", 4),
        ("machines/desktop", "none", 4),
        ("machines/pso", "mesi", 9),
        ("machines/invalidation-queue", "mesi", 7),
        ("machines/desktop", "directory-mesi", 4),
    ] {
        let hardware = hardware(machine, protocol);
        let mut round = 0;
        for folder in ["traces/litmus", "tests/litmus/torn"] {
            for path in files(folder, "litmus") {
                let text = fs::read_to_string(&path).expect("it can be read");
                let test = Test::parse(&path.to_string_lossy(), &text).expect("a valid test");
                round += usize::from(goes_round(&test, &hardware));
            }
        }
        assert_eq!(round, expected, "{machine} with {protocol}");
    }
}

/// The first line of each schedule says what it is followed on; what is printed stands beside it.
#[test]
fn schedules_by_hand_fit_or_say_where_not() {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let schedules = files("tests/litmus/schedules", "schedule");
    assert!(schedules.len() >= 6, "{} schedules", schedules.len());
    for path in schedules {
        let text = fs::read_to_string(&path).expect("it can be read");
        let first = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let arguments = first.expect("it says what it is followed on").split(' ');
        let name = path.file_name().expect("a file").to_string_lossy();
        let output = Command::new(env!("CARGO_BIN_EXE_tearline"))
            .current_dir(common::repository(""))
            .arg("litmus")
            .args(arguments)
            .args(["--schedule", &format!("tests/litmus/schedules/{name}")])
            .output()
            .expect("the command runs");
        let code = output.status.code().expect("it ends by itself");
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).expect("it prints text");
        let expected = snapbox::Data::read_from(&path.with_extension("out"), None);
        assert.eq(format!("{printed}exit code {code}\n"), expected.raw());
    }
}
