//! The help of every command and subcommand fits a screen, and its examples work as typed.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A screen's lines and columns.
const LINES: usize = 40;
const COLUMNS: usize = 100;

fn tearline(arguments: &[String], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tearline"));
    command.args(arguments).current_dir(folder);
    command.env_remove("COLUMNS");
    command.output().expect("the command runs")
}

fn help(command: &[String], option: &str) -> String {
    let arguments = [command, &[option.to_owned()]].concat();
    let output = tearline(&arguments, Path::new("."));
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).expect("help is text")
}

/// The names of a command's subcommands, from its help.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    // A line that begins further in goes on with a text.
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    names.map(str::to_owned).collect()
}

/// All commands and subcommands, each as its words, with their help.
fn pages() -> Vec<(Vec<String>, String)> {
    let mut pages = vec![(Vec::new(), help(&[], "--help"))];
    let mut at = 0;
    while at < pages.len() {
        let (command, page) = pages[at].clone();
        for name in subcommands(&page) {
            let command = [&command[..], &[name]].concat();
            let page = help(&command, "--help");
            pages.push((command, page));
        }
        at += 1;
    }
    pages
}

/// The examples of a page, as words without `tearline`.
fn examples(page: &str) -> Vec<Vec<String>> {
    let lines = page
        .lines()
        .skip_while(|line| !line.starts_with("Example: "));
    let commands = lines.filter_map(|line| {
        let line = line.strip_prefix("Example: ").unwrap_or(line);
        line.trim_start().strip_prefix("tearline ")
    });
    let words = |line| shlex::split(line).expect("quotes are closed");
    commands.map(words).collect()
}

/// A folder as a clone of the repository is one, in which files can be written.
fn clone() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("help");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder can be made");
    for name in ["models", "traces"] {
        let there = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        symlink(there, folder.join(name)).expect("links can be made");
    }
    folder
}

#[test]
fn every_help_fits_a_screen() {
    let pages = pages();
    assert!(pages.len() > 9, "commands are found");
    for (command, page) in pages {
        let (lines, columns) = (
            page.lines().count(),
            page.lines().map(|l| l.chars().count()),
        );
        assert!(lines <= LINES, "{command:?}: {lines} lines");
        assert!(columns.max() <= Some(COLUMNS), "{command:?}: too wide");
        assert_eq!(page, help(&command, "-h"), "{command:?}");
    }
}

/// Those of `probe` ask the processor for seconds, which `tests/probe*.rs` do with less: here only
/// their arguments are read.
#[test]
fn every_example_works_as_typed() {
    let folder = clone();
    for (command, page) in pages() {
        let examples = examples(&page);
        assert!(!examples.is_empty(), "{command:?} has no example");
        for mut example in examples {
            if example[0] == "probe" {
                example.push("--help".to_owned());
            }
            let output = tearline(&example, &folder);
            let notes = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{example:?}: {notes}");
        }
    }
}
