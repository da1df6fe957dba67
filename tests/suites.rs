//! Counters of other simulators, number for number: `replay --order trace` against results that
//! courses published with their reference simulators, which lie beside this repository and are
//! not part of it; and against the courses' counting rules, on random traces.

mod common;
#[path = "suites/rules.rs"]
mod rules;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::repository;
use rules::{Geometry, Rules};
use serde_json::Value;
use tearline::drive::Dice;

/// Each suite's protocols, by the name in its files: ours, and the rules it counts by.
const PROTOCOLS: [(&str, &str, &str, Rules); 10] = [
    ("n2", "MSI", "msi-busrdx", Rules::Msi),
    ("n2", "MESI", "mesi-sharers-supply", Rules::Mesi),
    ("n2", "Dragon", "dragon-memory", Rules::Dragon),
    (
        "n5",
        "MSI",
        "msi-no-interventions",
        Rules::MsiNoInterventions,
    ),
    ("n5", "MESI", "mesi-sharers-supply", Rules::Mesi),
    ("n5", "MOSI", "mosi-owners-supply", Rules::Mosi),
    ("n5", "MOESI", "moesi-owners-supply", Rules::Moesi),
    ("n6", "msi", "msi-busrdx", Rules::Msi),
    ("n6", "msi_busupgr", "msi-busupgr", Rules::MsiUpgrade),
    ("n6", "mesi", "mesi-sharers-supply", Rules::Mesi),
];

/// All counters of the suites, the miss rate apart.
const COUNTERS: [&str; 22] = [
    "reads",
    "read_misses",
    "writes",
    "write_misses",
    "writebacks",
    "i2e",
    "i2s",
    "m2s",
    "e2s",
    "s2m",
    "i2m",
    "e2m",
    "o2m",
    "m2o",
    "memory_transactions",
    "cache_to_cache_transfers",
    "interventions",
    "invalidations",
    "flushes",
    "busrd",
    "busrdx",
    "busupgr",
];

/// The report of a replay in the order of the trace.
fn replay(trace: &[u8], protocol: &str, geometry: Geometry) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tearline"));
    command.args(["replay", "-", "--order", "trace", "--format", "json"]);
    command.args(["--machine", "sc", "--protocol", protocol]);
    let Geometry {
        cores,
        sets,
        ways,
        line_bytes,
    } = geometry;
    for (option, number) in [
        ("--cores", cores as u64),
        ("--sets", sets),
        ("--ways", ways as u64),
        ("--line-bytes", line_bytes),
    ] {
        command.args([option, &number.to_string()]);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(trace).expect("the command reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the command runs");
    assert!(output.status.success(), "{protocol}");
    serde_json::from_slice(&output.stdout).expect("a report")
}

/// What a core of the report counted under a suite's name for it.
fn ours(core: &Value, name: &str) -> u64 {
    let count = |pointer: &str| core.pointer(pointer).and_then(Value::as_u64);
    let change = |name: &str| {
        let mut states = name.split('2').map(str::to_uppercase);
        let [from, to] = [states.next(), states.next()].map(Option::unwrap_or_default);
        count(&format!("/state_changes/{from} to {to}"))
    };
    let counted = match name {
        "reads" => count("/loads"),
        "writes" => count("/stores"),
        "read_misses" => count("/load_misses"),
        "write_misses" => count("/store_misses"),
        "invalidations" => count("/invalidations_received"),
        "busrd" | "busrds_issued" => count("/transactions/BusRd"),
        "busrdx" | "busrdxs_issued" => count("/transactions/BusRdX"),
        "busupgr" | "busupgrs_issued" => count("/transactions/BusUpgr"),
        "writebacks" => count("/tallies/write_backs"),
        "memory_transactions" | "cache_to_cache_transfers" | "interventions" | "flushes" => {
            count(&format!("/tallies/{name}"))
        }
        _ if name.len() == 3 && name.as_bytes()[1] == b'2' => change(name),
        _ => panic!("no counter is known for `{name}`"),
    };
    counted.unwrap_or(0) // a core without accesses, a name that no cell counts under
}

/// A core's counters; null if it did nothing.
fn core(report: &Value, core: usize) -> &Value {
    let cores = report["per_core"].as_array().expect("a list");
    let its = cores.iter().find(|counters| counters["core"] == core);
    its.unwrap_or(&Value::Null)
}

/// Differences between a published result and ours, and how many numbers were compared.
fn compare(suite: &str, file: &Path, traces: &Path) -> (Vec<String>, usize) {
    let text = fs::read_to_string(file).expect("the result can be read");
    let expected: Value = serde_json::from_str(&text).expect("the result is JSON");
    let config = &expected["config"];
    let text = |key: &str| config[key].as_str().expect("a text").to_owned();
    let number = |key: &str| text(key).parse::<u64>().expect("a number");
    let stem = file
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let name = match suite {
        "n6" => stem.trim_end_matches("_debug").to_owned(),
        _ => text("coherence_protocol"),
    };
    let known = PROTOCOLS
        .iter()
        .find(|known| (known.0, known.1) == (suite, &*name));
    let (.., protocol, _) = known.unwrap_or_else(|| panic!("{suite} has a new protocol {name}"));
    let (ways, line_bytes) = (number("l1_assoc"), number("l1_blocksize"));
    let geometry = Geometry {
        cores: number("number_of_processors") as usize,
        sets: number("l1_size") / ways / line_bytes,
        ways: ways as usize,
        line_bytes,
    };
    let trace = fs::read(traces.join(text("trace_file"))).expect("the trace can be read");
    let report = replay(&trace, &format!("courses/{protocol}"), geometry);
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let caches = expected["caches"].as_array().expect("a list");
    for (at, cache) in caches.iter().enumerate() {
        let its = core(&report, at);
        for (name, value) in cache.as_object().expect("counters") {
            compared += 1;
            let ours = match name.as_str() {
                "total_miss_rate" => miss_rate(its, suite),
                name => ours(its, name) as f64,
            };
            let theirs = value.as_f64().expect("a number");
            if ours != theirs {
                wrong.push(format!("{stem}, cache {at}, {name}: {ours}, not {theirs}"));
            }
        }
    }
    (wrong, compared)
}

/// As the suite prints it: a fraction with six digits, or a percentage with two.
fn miss_rate(core: &Value, suite: &str) -> f64 {
    let misses = ours(core, "read_misses") + ours(core, "write_misses");
    let accesses = ours(core, "reads") + ours(core, "writes");
    let fraction = misses as f64 / accesses.max(1) as f64;
    let printed = match suite {
        "n5" => format!("{fraction:.6}"),
        _ => format!("{:.2}", 100.0 * fraction),
    };
    printed.parse().expect("a number")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    entries.sort();
    entries
}

#[test]
fn published_results_are_reproduced() {
    let suites = repository("../shared/suites/atomic");
    if !suites.exists() {
        eprintln!("skipped: {} is not there", suites.display());
        return;
    }
    let mut wrong = Vec::new();
    for folder in entries(&suites.join("expected")) {
        let suite = folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        for file in entries(&folder) {
            let (differences, compared) = compare(suite, &file, &suites.join("traces"));
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            println!(
                "{suite}/{name}: {compared} numbers, {} wrong",
                differences.len()
            );
            wrong.extend(differences);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lines are few and caches small, so that everything that can happen does.
#[test]
fn the_counting_rules_are_followed_on_random_traces() {
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let geometry = Geometry {
            cores: dice.between(1, 9) as usize,
            sets: 1 << dice.up_to(3),
            ways: dice.between(1, 5) as usize,
            line_bytes: 16 << dice.up_to(4),
        };
        let lines = dice.between(1, 60);
        let accesses: Vec<(usize, bool, u64)> = (0..3000)
            .map(|_| {
                let core = dice.up_to(geometry.cores as u32 - 1) as usize;
                let line = u64::from(dice.up_to(lines - 1));
                let address = line * geometry.line_bytes + u64::from(dice.up_to(15));
                (core, dice.up_to(2) == 0, 0x7fff_0000 + address)
            })
            .collect();
        let trace: String = accesses
            .iter()
            .map(|&(core, store, address)| {
                format!("{core} {} {address:x}\n", if store { 'w' } else { 'r' })
            })
            .collect();
        for (suite, name, protocol, rules) in PROTOCOLS {
            let report = replay(trace.as_bytes(), &format!("courses/{protocol}"), geometry);
            let counts = rules::count(rules, geometry, &accesses);
            for (at, counts) in counts.iter().enumerate() {
                for counter in COUNTERS {
                    let theirs = counts.get(counter).copied().unwrap_or(0);
                    let ours = ours(core(&report, at), counter);
                    assert_eq!(
                        ours, theirs,
                        "{suite} {name}, seed {seed}, cache {at}: {counter}"
                    );
                }
            }
        }
    }
}
