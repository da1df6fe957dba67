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

/// How many states there are, or that a property does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Holds(u64),
    Violated,
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
        ..Options::default()
    };
    let explored = explore(&proof, &options, &mut ());
    match explored.verdict {
        Verdict::Holds => Found::Holds(explored.states),
        Verdict::Violated { .. } => Found::Violated,
        _ => panic!("nothing limits the search"),
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
        }
    }
}

#[test]
fn broken_protocols_are_broken_in_rumur_too() {
    for (name, protocol) in protocols("models/broken") {
        for cores in [2, 3] {
            agree(&format!("broken-{name}"), &protocol, cores);
        }
    }
}
