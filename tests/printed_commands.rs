//! Commands that are printed for the user to type work as typed, whatever files are called.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with copies of files under names that a shell would take apart.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("printed-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder can be made");
    for (from, to) in files {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
        fs::copy(from, folder.join(to)).expect("files can be copied");
    }
    folder
}

/// What a shell makes of a command.
fn typed(folder: &Path, command: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_tearline"));
    let path = binary.parent().expect("it is in a folder").display();
    let path = format!("{path}:{}", std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder);
    shell.env("PATH", path).output().expect("there is a shell")
}

/// What a command prints, if it exits with 0.
fn printed(folder: &Path, command: &str) -> String {
    let output = typed(folder, command);
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{command}: {notes}");
    String::from_utf8(output.stdout).expect("it is text")
}

/// The command that stands behind `before` in what was printed.
fn command<'a>(printed: &'a str, before: &str) -> &'a str {
    let (_, rest) = printed.split_once(before).expect("a command is printed");
    rest.lines().next().expect("the line goes on")
}

#[test]
fn one_of_many_seeds_is_replayed() {
    let folder = folder(
        "seeds",
        &[
            ("traces/split-line.trace", "it's torn.trace"),
            ("models/machines/sc.toml", "my machine.toml"),
        ],
    );
    let many = r#"tearline replay "it's torn.trace" -m "my machine.toml" --seeds 3"#;
    let many = printed(&folder, many);
    let again = command(&many, "again: ").replace("SEED", "2");
    let one = printed(&folder, &again);
    assert!(one.contains("machine sc (8 cores), protocol MESI, seed 2"));
}

/// The schedule fits the machine that it was found on, which is not the one that the trace names.
#[test]
fn a_smaller_trace_is_replayed() {
    let folder = folder("smaller", &[("traces/silent.trace", "silent trace")]);
    let small = "tearline replay 'silent trace' -m sc --minimise '$small.trace'";
    let small = printed(&folder, small);
    assert!(small.starts_with("fatal error: concurrent map writes"));
    let again = printed(&folder, command(&small, "replay: "));
    assert!(again.contains("fatal error: concurrent map writes"));
}

#[test]
fn a_comparison_is_replayed() {
    let folder = folder("compared", &[("traces/under-a-mutex.trace", "-a b.trace")]);
    let compared = "tearline compare --maps go-mutex --seeds 1 -- '-a b.trace'";
    let compared = printed(&folder, compared);
    let again = command(&compared, "replay: ").replace("SEED", "0");
    printed(&folder, &again);
    let piped = "tearline compare --maps go-mutex --seeds 1 - < ./'-a b.trace'";
    let piped = printed(&folder, piped);
    assert!(command(&piped, "replay: ").starts_with("tearline replay - --map go-mutex"));
}

#[test]
fn a_recorded_schedule_is_followed() {
    let folder = folder("recorded", &[("traces/litmus/SB.litmus", "S B.litmus")]);
    let recorded = "tearline litmus 'S B.litmus' --record 'a;b'";
    let recorded = printed(&folder, recorded);
    printed(&folder, command(&recorded, "replay: "));
}

#[test]
fn a_witness_is_replayed() {
    let broken = "models/broken/directory-msi-put-ack-missing.toml";
    let folder = folder("witness", &[(broken, "no (Put-Ack).toml")]);
    let witness = "tearline check 'no (Put-Ack).toml' --witness trace > w.trace";
    assert_eq!(typed(&folder, witness).status.code(), Some(1));
    let trace = fs::read_to_string(folder.join("w.trace")).expect("it was written");
    let again = command(&trace, "#   ").replace("FILE", "w.trace");
    assert_eq!(typed(&folder, &again).status.code(), Some(1));
}
