//! The command with hostile arguments and files: what it prints, and how it exits.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use snapbox::cmd::Command;

use crate::common::{read, repository};

/// A folder of its own for a test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("tearline-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), bytes).expect("a file can be written");
    }

    fn tearline(&self) -> Command {
        Command::new(env!("CARGO_BIN_EXE_tearline"))
            .current_dir(&self.0)
            .timeout(Duration::from_secs(20))
    }

    /// Replays with these arguments: the command must refuse, and say all of `expected`.
    fn refuses(&self, arguments: &[&str], expected: &[&str]) {
        let output = self.tearline().arg("replay").args(arguments).output();
        let output = output.expect("the command runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{arguments:?} prints");
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert!(stderr.len() < 10_000, "{stderr}");
        for part in expected {
            assert!(stderr.contains(part), "{arguments:?}, {part:?}:\n{stderr}");
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn bad_traces_are_refused() {
    let folder = Folder::new("traces");
    let long = ["0 fence # ", &"x".repeat(1 << 20)].concat();
    let many: String = (0..1024)
        .map(|n| format!("var v{n} size=1048576\n"))
        .collect();
    let cases: [(&str, &[u8], &str); 12] = [
        ("empty", b"", "empty:1:1"),
        ("comments", b"# nothing\n", "comments:1:1"),
        ("nul", b"0 fence\n0 \0fence\n", "nul:2:3"),
        ("utf-8", b"0 fence\n\xff\n", "utf-8:2:1"),
        ("long", long.as_bytes(), "long:1:1"),
        (
            "large-variable",
            b"var x size=10000000000\n0 fence\n",
            "large-variable:1:12",
        ),
        (
            "large-map",
            b"map m go-classic buckets=1099511627776\n0 len m\n",
            "large-map:1:26",
        ),
        ("thread", b"0 fence\n4000000000 fence\n", "thread:2:1"),
        (
            "repeats",
            b"0 fence x18446744073709551616\n",
            "repeats:1:10",
        ),
        ("seed", b"seed 18446744073709551616\n0 fence\n", "seed:1:6"),
        (
            "machine",
            b"machine no-such\n0 fence\n",
            "unknown machine `no-such`",
        ),
        (
            "protocol",
            b"protocol no-such\n0 fence\n",
            "unknown protocol `no-such`",
        ),
    ];
    for (name, bytes, expected) in cases {
        folder.file(name, bytes);
        folder.refuses(&[name], &["error: ", expected]);
    }
    folder.file("large-heap", many + "0 load v0:8\n");
    folder.refuses(&["large-heap"], &["large-heap", "no room"]);
}

#[test]
fn folders_need_a_good_file_for_each_core() {
    let folder = Folder::new("cores");
    let refuses = |files: &[(&str, &str)], expected: &[&str]| {
        let _ = std::fs::remove_dir_all(folder.0.join("in"));
        std::fs::create_dir_all(folder.0.join("in")).expect("a folder can be made");
        for (name, text) in files {
            folder.file(&format!("in/{name}"), *text);
        }
        folder.refuses(&["in"], expected);
    };
    let good = ("p0.trace", "r 0x40\n");
    refuses(&[], &["in is a folder", "p0.trace, p1.trace"]);
    refuses(&[good, ("p2.trace", "")], &["without a gap"]);
    refuses(&[good, ("q0.trace", "")], &["without a gap"]);
    refuses(
        &[("p0.trace", ""), ("p1.trace", "# none\n")],
        &["no operations"],
    );
    let wrong = [
        ("x 0x40\n", "unknown access `x`"),
        ("0 r 0x40\n", "unknown access `0`"),
        ("r\n", "expected an address"),
        ("w 0x40 7\n", "in/p1.trace:1"),
        ("\nr 40 \nr fg\n", "in/p1.trace:3:3"),
        ("machine sc\n", "unknown access `machine`"),
        ("r 0x\u{1}\n", "control character"),
    ];
    for (text, expected) in wrong {
        refuses(&[good, ("p1.trace", text)], &["in/p1.trace", expected]);
    }
    folder.refuses(&["in", "--order", "trace"], &["no order among them"]);
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = Folder::new("files");
    folder.file("one", "0 fence\n");
    folder.refuses(&["missing.trace"], &["cannot read missing.trace"]);
    folder.refuses(&[""], &["cannot read a file whose name is empty"]);
    folder.refuses(&["."], &[". is a folder: expected a file for each core"]);
    folder.refuses(&["one", "--machine", "."], &["cannot read ."]);
    folder.refuses(
        &["one", "--machine", "missing.toml"],
        &["cannot read missing.toml"],
    );
    folder.refuses(
        &["one", "--machine", "abacus"],
        &["unknown machine `abacus`", "teaching"],
    );
    folder.refuses(
        &["one", "--protocol", "abacus"],
        &["unknown protocol `abacus`"],
    );
    folder.refuses(&["one", "--map", "abacus"], &["abacus", "go-classic"]);
    folder.refuses(&["one", "--depth", "3"], &["of `--strategy pct`"]);
    folder.refuses(
        &["one", "--strategy", "random", "--deviations", "3"],
        &["of `--strategy exhaustive`"],
    );
    folder.refuses(
        &["one", "--strategy", "exhaustive", "--seed", "9"],
        &["error: one: schedules are numbered from 0, and there are 1"],
    );
    folder.refuses(&["one", "--seed", "-1"], &["error: "]);
    folder.refuses(&["one", "--seeds", "0"], &["error: "]);
    folder.refuses(&["one", "--jobs", "4000000000"], &["error: "]);
}

#[test]
fn bad_machines_are_refused() {
    let folder = Folder::new("machines");
    folder.file("one", "0 fence\n");
    let teaching = read("models/machines/teaching.toml");
    for (name, from, to, column) in [
        (
            "cores.toml",
            "cores             = 2",
            "cores             = 4000000000",
            21,
        ),
        (
            "line.toml",
            "line_bytes        = 64",
            "line_bytes        = 1",
            21,
        ),
        (
            "sets.toml",
            "sets       = 1",
            "sets       = 18446744073709551616",
            14,
        ),
        ("depth.toml", "depth        = 4", "depth        = -1", 16),
        (
            "nan.toml",
            "latency_cycles = 100",
            "latency_cycles = nan",
            18,
        ),
    ] {
        let line = 1 + teaching
            .lines()
            .position(|line| line == from)
            .expect("it is there");
        folder.file(name, teaching.replace(from, to));
        let place = format!("{name}:{line}:{column}");
        folder.refuses(&["one", "--machine", name], &["error: ", &place]);
    }
    folder.file("bytes.toml", b"name = \"\xff\"");
    folder.refuses(
        &["one", "--machine", "bytes.toml"],
        &["bytes.toml:1:9", "UTF-8"],
    );
    folder.file("large.toml", vec![b'#'; 2 << 20]);
    folder.refuses(
        &["one", "--machine", "large.toml"],
        &["large.toml", "more than"],
    );
}

#[test]
fn bad_protocols_are_refused() {
    let folder = Folder::new("protocols");
    folder.file("one", "0 fence\n");
    let path = repository("tests/models/bad-protocols/unknown-words.toml");
    fs::copy(path, folder.0.join("words.toml")).expect("it can be copied");
    folder.refuses(
        &["one", "--protocol", "words.toml"],
        &["words.toml:", "error: unknown"],
    );
}

#[test]
fn more_threads_than_cores_take_turns() {
    let folder = Folder::new("threads");
    folder.file("gap", "# title\n  63 fence\n0 fence\n");
    let replay = folder
        .tearline()
        .args(["replay", "gap", "--machine", "teaching"]);
    let output = replay.output().expect("the command runs");
    assert_eq!(output.status.code(), Some(0));
}

/// The work is not begun where its output could not be written, and nothing is left behind.
#[test]
fn output_that_cannot_be_written_is_refused_at_once() {
    let folder = Folder::new("output");
    let mut commands = vec![
        "replay missing.trace --minimise FILE",
        "replay missing.trace --strategy random --record FILE",
        "compare missing.trace --chart FILE",
        "export missing.toml --to murphi -o FILE",
        "generate -n 100 -o FILE",
        "generate litmus SB -o FILE",
        "graph missing.toml -o FILE",
        "litmus missing.litmus --record FILE",
        "litmus missing.litmus --chart FILE",
    ];
    if cfg!(all(
        feature = "probe",
        target_os = "linux",
        target_arch = "x86_64"
    )) {
        commands.extend([
            "probe calibrate --out FILE",
            "probe compare --chart FILE",
            "probe latency --csv FILE",
            "probe latency --chart FILE",
            "probe litmus missing.litmus -o FILE",
            "probe map -o FILE",
            "probe tear -o FILE",
        ]);
    }
    for command in commands {
        for file in ["none/x.svg", "."] {
            let words = command.split(' ').map(|word| match word {
                "FILE" => file,
                word => word,
            });
            let output = folder.tearline().args(words).output();
            let output = output.expect("the command runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command}: {said}");
            let expected = format!("error: cannot write {file}: ");
            assert!(said.starts_with(&expected), "{command}: {said}");
        }
    }
    let left = fs::read_dir(&folder.0).expect("it can be listed");
    assert_eq!(left.count(), 0);
}

#[test]
fn a_broken_protocol_is_caught() {
    let folder = Folder::new("broken");
    folder.file(
        "race",
        "0 load 0x0 x9\n1 load 0x0 x9\n0 store 0x0 1\n1 load 0x0 x99\n1 store 0x0 2\n",
    );
    let path = repository("models/broken/mesi-upgrade-keeps-sharers.toml");
    let replay = [
        "replay",
        "race",
        "--machine",
        "teaching",
        "--check",
        "--protocol",
    ];
    let output = folder
        .tearline()
        .args(replay)
        .arg(path)
        .output()
        .expect("it runs");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains("single writer or many readers"), "{shown}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

/// Nobody reads what is printed: no words about it, and no failure.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_quiet() {
    use std::process::{Command, Stdio};
    let folder = Folder::new("pipe");
    folder.file("long", "0 store 0x0 1 x2000\n1 store 0x0 2 x2000\n");
    for options in [&["--timeline"][..], &["--format", "json"], &[]] {
        let (reader, writer) = std::io::pipe().expect("there are pipes");
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_tearline"))
            .current_dir(&folder.0)
            .args(["replay", "long"])
            .args(options)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("the command runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), &*stderr),
            (Some(0), ""),
            "{options:?}"
        );
    }
}
