//! The shipped models load; files with mistakes get the messages that stand beside them; and no
//! file makes the loaders panic. `SNAPSHOTS=overwrite cargo test` accepts changed messages.

#[path = "models/mutate.rs"]
mod mutate;

use std::fs;
use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tearline::diagnostic::Invalid;
use tearline::drive::exhaustive::Options;
use tearline::drive::proof::{Finding, Plan, Size, prove};
use tearline::machine::config::Config;
use tearline::protocol::{Event, Protocol, State, Table, Transaction};

/// How many changed forms of each protocol are explored.
const PROOFS: usize = if cfg!(debug_assertions) { 40 } else { 400 };

/// Reads a file and says what is wrong with it.
type Load = fn(&str, &str) -> Result<(), Invalid>;

fn protocol(file: &str, text: &str) -> Result<(), Invalid> {
    Protocol::parse(file, text).map(drop)
}

fn machine(file: &str, text: &str) -> Result<(), Invalid> {
    Config::parse(file, text).map(drop)
}

/// The TOML files of a folder, in the order of their names.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} has files", folder.display());
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn bare_name(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str());
    name.expect("the file has a name")
}

#[test]
fn shipped_protocols_load() {
    let folders = [
        "models/protocols",
        "models/protocols/courses",
        "models/broken",
        "tests/models/good-protocols",
    ];
    for path in folders.into_iter().flat_map(files) {
        if let Err(invalid) = protocol(bare_name(&path), &read(&path)) {
            panic!("{invalid}");
        }
    }
}

#[test]
fn shipped_machines_load_and_name_a_shipped_protocol() {
    let protocols = files("models/protocols");
    for path in files("models/machines") {
        let config = match Config::parse(bare_name(&path), &read(&path)) {
            Ok(config) => config,
            Err(invalid) => panic!("{invalid}"),
        };
        let named = |path: &PathBuf| {
            path.file_stem()
                .is_some_and(|stem| *stem == *config.protocol)
        };
        assert!(protocols.iter().any(named), "{}", config.protocol);
        assert!(path.file_stem().is_some_and(|stem| *stem == *config.name));
    }
}

#[test]
fn a_table_says_what_its_file_says() {
    let text = include_str!("../models/protocols/mesi.toml");
    let mesi = Table::parse("mesi.toml", text).expect("it loads");
    let states: Vec<State> = mesi.states().collect();
    let [m, e, s, i] = states[..] else {
        panic!("MESI has four states");
    };
    let names = states.iter().map(|&state| mesi.state_name(state));
    assert_eq!(names.collect::<String>(), "MESI");
    assert_eq!((mesi.name(), mesi.initial()), ("MESI", i));
    assert_eq!(
        states.iter().filter(|&&state| mesi.is_dirty(state)).count(),
        1
    );
    assert!(mesi.may_load(s) && !mesi.may_store(s) && mesi.may_store(e));

    let load = mesi.cell(i, Event::Load).expect("it is there");
    assert_eq!(load.transaction, Some(Transaction::BusRd));
    assert_eq!((load.next_alone, load.next_shared), (e, s));
    let snoop = mesi.cell(m, Event::BusRd).expect("it is there");
    assert_eq!(
        (snoop.flush, snoop.flush_opt, snoop.shared),
        (true, false, true)
    );
    assert_eq!((snoop.next_alone, snoop.next_shared), (s, s));
    assert_eq!(mesi.cell(m, Event::BusUpgr), None);
}

fn mistakes_are_explained(folder: &str, load: Load) {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    for path in files(folder) {
        let Err(invalid) = load(bare_name(&path), &read(&path)) else {
            panic!("{} loads", path.display());
        };
        let actual = format!("{invalid}\n");
        let expected = snapbox::Data::read_from(&path.with_extension("stderr"), None);
        assert.eq(actual, expected.raw());
    }
}

#[test]
fn mistakes_in_protocols_are_explained() {
    mistakes_are_explained("tests/models/bad-protocols", protocol);
}

#[test]
fn mistakes_in_networks_are_explained() {
    mistakes_are_explained("tests/models/bad-networks", protocol);
}

#[test]
fn mistakes_in_machines_are_explained() {
    mistakes_are_explained("tests/models/bad-machines", machine);
}

/// Loads changed forms of all files of some folders with both loaders: neither may panic, and
/// what does not load must be explained.
fn survives_changes(folders: &[&str], seed: u64, rounds: usize) {
    let mut dice = Xoshiro256PlusPlus::seed_from_u64(seed);
    for path in folders.iter().flat_map(|folder| files(folder)) {
        let text = read(&path);
        for _ in 0..rounds {
            let changed = mutate::mutate(&text, &mut dice);
            for load in [protocol, machine] {
                if let Err(invalid) = load("changed.toml", &changed) {
                    assert!(!invalid.to_string().is_empty());
                }
            }
        }
    }
}

#[test]
fn changed_models_do_not_make_the_loaders_panic() {
    let folders = ["models/protocols", "models/machines", "models/broken"];
    survives_changes(&folders, 1, if cfg!(debug_assertions) { 40 } else { 300 });
}

#[test]
fn changed_mistakes_do_not_make_the_loaders_panic() {
    let folders = [
        "tests/models/bad-protocols",
        "tests/models/bad-networks",
        "tests/models/bad-machines",
    ];
    survives_changes(&folders, 2, 40);
}

/// A changed protocol that still loads is explored for a while: whatever it does, and however
/// wide it is, the proof ends with a finding or says that it is too large.
#[test]
fn changed_protocols_do_not_make_proofs_panic() {
    let mut dice = Xoshiro256PlusPlus::seed_from_u64(3);
    let (mut verified, mut violated, mut bounded) = (0, 0, 0);
    let folders = [
        "models/protocols",
        "models/broken",
        "tests/models/good-protocols",
    ];
    for path in folders.into_iter().flat_map(files) {
        let text = read(&path);
        for round in 0..PROOFS {
            let changed = match round % 4 {
                0 => mutate::mutate(&text, &mut dice),
                _ => mutate::swap_words(&text, &mut dice),
            };
            let Ok(protocol) = Protocol::parse("changed.toml", &changed) else {
                continue;
            };
            let plan = Plan {
                size: Size {
                    cores: 1 + round % 3,
                    lines: 1 + round / 3 % 2,
                    values: 2,
                },
                symmetric: round % 2 == 0,
                options: Options {
                    limit_states: 500,
                    ..Options::default()
                },
            };
            match prove(&protocol, &plan, &mut ()).map(|proven| proven.verdict) {
                Ok(Finding::Verified) => verified += 1,
                Ok(Finding::Violated { .. }) => violated += 1,
                Ok(_) | Err(_) => bounded += 1,
            }
        }
    }
    println!("{verified} verified, {violated} violated, {bounded} bounded");
    // The changes are such that each happens.
    assert!(verified.min(violated).min(bounded) > 20);
}

#[test]
fn long_files_are_refused_or_read_in_time() {
    let long = 1 << 18;
    let repeated = |piece: &str| piece.repeat(long / piece.len());
    let pieces = [
        "[",
        "[\n",
        "{\n",
        "x=1\n",
        "[[cell]]\n",
        "[[cell]]\nstate=''\n",
        "\"\n",
    ];
    let mut texts: Vec<String> = pieces.into_iter().map(repeated).collect();
    texts.push(" ".repeat((1 << 20) + 1));
    texts.push(format!("a.{}=1", "a.".repeat(30_000)));
    texts.push(format!("cell=[{}]", "{},".repeat(20_000)));
    texts.push(format!("cell=[\n{}]", "{},\n".repeat(long / 4 - 3)));
    texts.push(format!(
        "cell=[{{actions=[\n{}]}}]",
        "'',\n".repeat(long / 4 - 9)
    ));
    texts.push(format!("name=\"\"\"{}\"\"\"", "n\n".repeat(long / 2 - 6)));
    for text in texts {
        for load in [protocol, machine] {
            let invalid = load("long.toml", &text).expect_err("no such file is right");
            let shown = invalid.to_string();
            assert!(invalid.problems.len() <= 40);
            assert!(shown.len() < 100_000, "{} bytes are shown", shown.len());
        }
    }
}
