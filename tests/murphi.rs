//! Second opinions: exported models, explored by rumur, have as many states as tearline's own
//! proof, and the same verdict. Where rumur or a C compiler is not installed, only what the
//! models say is compared.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::{read, repository};
use tearline::drive::exhaustive::{Options, Verdict, explore};
use tearline::drive::proof::{Proof, Size};
use tearline::protocol::Protocol;
use tearline::report::{MurphiSize, murphi};

/// How many states there are, or that a property does not hold; or too many to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Holds(u64),
    Violated,
    TooMany,
}

/// What tearline's own proof finds.
fn ours(protocol: &Protocol, cores: usize) -> Found {
    let size = Size {
        cores,
        lines: 1,
        values: 2,
    };
    let proof = Proof::<8>::new(protocol, size, false).expect("the states fit eight words");
    let options = Options {
        liveness: false,
        limit_states: 500_000,
        ..Options::default()
    };
    let explored = explore(&proof, &options, &mut ());
    match explored.verdict {
        Verdict::Holds => Found::Holds(explored.states),
        Verdict::Violated { .. } => Found::Violated,
        _ => Found::TooMany,
    }
}

/// What rumur finds in the exported model; none if it is not installed.
fn rumurs(name: &str, protocol: &Protocol, cores: usize) -> Option<Found> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("murphi");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let file = |ending: &str| folder.join(format!("{name}-{cores}.{ending}"));
    let size = MurphiSize {
        cores,
        values: 2,
        messages: None,
    };
    fs::write(file("m"), murphi(protocol, size)).expect("the model can be written");
    let translated = run(
        "rumur",
        &[
            "--symmetry-reduction=off".as_ref(),
            "--deadlock-detection=off".as_ref(),
            "--threads=1".as_ref(),
            "--output".as_ref(),
            file("c").as_os_str(),
            file("m").as_os_str(),
        ],
    );
    let (ok, output) = translated?;
    assert!(ok, "rumur refuses {}:\n{output}", file("m").display());
    let (ok, output) = run(
        "cc",
        &[
            "-std=c11".as_ref(),
            "-O1".as_ref(),
            "-mcx16".as_ref(),
            file("c").as_os_str(),
            "-o".as_ref(),
            file("exe").as_os_str(),
            "-lpthread".as_ref(),
        ],
    )?;
    assert!(ok, "the verifier does not compile:\n{output}");
    let (holds, output) = run(file("exe").to_str().expect("a plain path"), &[])?;
    if !holds {
        let broken = output.contains("error trace");
        assert!(
            broken,
            "the verifier fails without an error trace:\n{output}"
        );
        let about_model = ["undefined", "out of range", "overflow"];
        let reported = output
            .split("error trace for the error:")
            .nth(1)
            .unwrap_or("");
        let message: String = reported.lines().take(4).collect();
        assert!(
            !about_model.iter().any(|word| message.contains(word)),
            "the model itself is wrong: {message}\n{output}"
        );
        return Some(Found::Violated);
    }
    let end = output.rfind(" states, ").expect("states are counted");
    let start = output[..end].rfind(|c: char| !c.is_ascii_digit());
    let count = output[start.map_or(0, |start| start + 1)..end].parse();
    Some(Found::Holds(count.expect("a number of states")))
}

/// Whether a command succeeds, and what it says; none if there is no such command.
fn run(command: &str, arguments: &[&OsStr]) -> Option<(bool, String)> {
    match Command::new(command).args(arguments).output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((
                output.status.success(),
                String::from_utf8_lossy(&text).into_owned(),
            ))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: {command} is not installed");
            None
        }
        Err(error) => panic!("{command}: {error}"),
    }
}

/// All protocol files of a folder, with their names.
fn protocols(folder: &str) -> Vec<(String, Protocol)> {
    let entries = fs::read_dir(repository(folder)).expect("the folder can be listed");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be listed").file_name())
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".toml")?.to_owned()))
        .collect();
    names.sort();
    let parsed = names.into_iter().map(|name| {
        let file = format!("{folder}/{name}.toml");
        let protocol = Protocol::parse(&file, &read(&file));
        let protocol = protocol.unwrap_or_else(|invalid| panic!("{invalid}"));
        (name, protocol)
    });
    parsed.collect()
}

/// Both opinions, if there are two.
fn agree(name: &str, protocol: &Protocol, cores: usize) -> Found {
    let ours = ours(protocol, cores);
    if ours == Found::TooMany {
        return ours;
    }
    if let Some(theirs) = rumurs(name, protocol, cores) {
        assert_eq!(ours, theirs, "{name} at {cores} caches: tearline and rumur");
    }
    eprintln!("{name} at {cores} caches: {ours:?}");
    ours
}

#[test]
fn shipped_bus_protocols_have_as_many_states_in_rumur() {
    for folder in ["models/protocols", "models/protocols/courses"] {
        for (name, protocol) in protocols(folder) {
            if matches!(protocol, Protocol::Bus(_)) {
                for cores in [2, 3] {
                    let found = agree(&name, &protocol, cores);
                    assert!(matches!(found, Found::Holds(_)), "{name} at {cores} caches");
                }
            }
        }
    }
}

#[test]
fn shipped_network_protocols_have_as_many_states_in_rumur() {
    for (name, protocol) in protocols("models/protocols") {
        if matches!(protocol, Protocol::Network(_)) {
            let found = agree(&name, &protocol, 2);
            assert!(matches!(found, Found::Holds(_)), "{name}");
            // Some are too large for rumur's patience, and ours.
            let found = agree(&name, &protocol, 3);
            assert!(matches!(found, Found::Holds(_) | Found::TooMany), "{name}");
        }
    }
}

/// A bus with a wire, bounded channels, and events of controllers' own.
#[test]
fn other_shapes_of_protocols_have_as_many_states_in_rumur() {
    for (name, protocol) in protocols("tests/murphi") {
        for cores in [2, 3] {
            let found = agree(&name, &protocol, cores);
            assert!(matches!(found, Found::Holds(_)), "{name} at {cores} caches");
        }
    }
}

#[test]
fn broken_protocols_are_broken_in_rumur_too() {
    for (name, protocol) in protocols("models/broken") {
        let text = read(&format!("models/broken/{name}.toml"));
        // Fairness is no matter of invariants, and without symmetry what has no bound is only
        // found after more states than either has patience for.
        let beyond = ["every request is served", "bounded channels"];
        if beyond
            .iter()
            .any(|property| text.contains(&format!("# Breaks: {property}")))
        {
            continue;
        }
        let found = agree(&format!("broken-{name}"), &protocol, 3);
        assert_eq!(found, Found::Violated, "{name}");
    }
}

/// Every so many cells of a table, spoiled in one of several ways: what comes of it must be the
/// same for both, whatever it is.
#[test]
fn spoiled_protocols_get_the_same_verdict_from_rumur() {
    let mut violated = 0;
    for (name, every) in [("mesi", 5), ("directory-msi", 5), ("directory-moesi", 17)] {
        let text = read(&format!("models/protocols/{name}.toml"));
        for number in (0..).step_by(every) {
            let Some(spoiled) = spoil(&text, number) else {
                break;
            };
            let name = format!("spoiled-{name}-{number}");
            // The loader finds some mistakes itself.
            if let Ok(protocol) = Protocol::parse(&name, &spoiled) {
                violated += usize::from(agree(&name, &protocol, 2) == Found::Violated);
            }
        }
    }
    assert!(violated > 8, "only {violated} of the protocols are broken");
}

/// The text with one cell without its actions, with another next state, or left out; none if
/// it has not so many cells.
fn spoil(text: &str, number: usize) -> Option<String> {
    let is_cell = |line: &&str| line.contains("actions") || line.starts_with("next");
    let (nth, line) = text.lines().filter(is_cell).enumerate().nth(number)?;
    let at = text
        .lines()
        .filter(is_cell)
        .take(nth)
        .fold(0, |at, before| {
            at + text[at..].find(before).expect("the line is there") + before.len()
        });
    let at = at + text[at..].find(line).expect("the line is there");
    let cut = |from: &str, to: &str| {
        let start = line.find(from)? + from.len();
        let length = line[start..].find(to)?;
        Some((start, start + length))
    };
    let rest = &text[at + line.len()..];
    let changed = match (nth % 3, cut("actions = [", "]"), cut("next = \"", "\"")) {
        (0, _, Some((start, end))) => {
            let first = text.split("initial = \"").nth(1)?.split('"').next()?;
            format!("{}{first}{}", &line[..start], &line[end..])
        }
        (1, Some((start, end)), _) => {
            let actions = line[start..end]
                .split_once(", ")
                .map_or("", |(_, rest)| rest);
            format!("{}{actions}{}", &line[..start], &line[end..])
        }
        (_, None, Some((start, end))) => {
            format!("{}{}{}", &line[..start], ["M", "S"][nth % 2], &line[end..])
        }
        _ => String::new(),
    };
    Some(format!("{}{changed}{rest}", &text[..at]))
}

#[test]
fn models_read_as_they_are_known_to() {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    for name in ["msi", "directory-msi"] {
        let file = format!("models/protocols/{name}.toml");
        let protocol = Protocol::parse(&file, &read(&file)).expect("it loads");
        let size = MurphiSize {
            cores: 2,
            values: 2,
            messages: None,
        };
        let path = repository(&format!("tests/murphi/{name}.m"));
        assert.eq(
            murphi(&protocol, size),
            snapbox::Data::read_from(&path, None).raw(),
        );
    }
}

/// What is written to a file is what is printed, and it is whole.
#[test]
fn the_command_writes_files() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("exported.m");
    let tearline = |arguments: &[&OsStr]| {
        let command = run(env!("CARGO_BIN_EXE_tearline"), arguments);
        command.expect("the command is built")
    };
    let base: [&OsStr; 4] = ["export", "msi", "--to", "murphi"].map(AsRef::as_ref);
    let (ok, printed) = tearline(&base);
    assert!(ok && printed.contains("startstate"), "{printed}");
    let output: [&OsStr; 2] = ["-o".as_ref(), file.as_os_str()];
    let (ok, nothing) = tearline(&[&base[..], &output].concat());
    assert!(ok && nothing.is_empty(), "{nothing}");
    assert_eq!(
        fs::read_to_string(&file).expect("the file is written"),
        printed
    );
    let missing = file.join("no-such-folder");
    let output: [&OsStr; 2] = ["-o".as_ref(), missing.as_os_str()];
    let (ok, said) = tearline(&[&base[..], &output].concat());
    assert!(!ok && said.contains("cannot write"), "{said}");
    for wrong in [
        ["--cores", "0"],
        ["--lines", "2"],
        ["--values", "0"],
        ["--to", "spin"],
    ] {
        let (ok, said) = tearline(&[&base[..], &wrong.map(AsRef::as_ref)].concat());
        assert!(
            !ok && said.contains("error:") && !said.contains("panicked"),
            "{said}"
        );
    }
}
