//! A split bus, cycle by cycle: every event on it, the caches at the end and the counters are
//! those that a course published with its simulator, which lie beside this repository and are
//! not part of it; and those of the course's rules, on random traces.

mod common;
#[path = "suites_bus/rules.rs"]
mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use common::{read, repository};
use serde_json::Value;
use tearline::coherence::network::Message;
use tearline::drive::{Dice, Ending, Timed};
use tearline::machine::{Access, Config, Core, Event, Machine, Observer, Request, Script};
use tearline::memory::{Addr, Bytes, Contents, Heap, Line, WriteId};
use tearline::protocol::Protocol;

const PROTOCOLS: [&str; 6] = ["mi", "msi", "mesi", "mosi", "moesi", "moesif"];

/// Accesses: whether each is a store, and to which line.
type Trace = Vec<(bool, u64)>;

#[derive(Clone, Debug, PartialEq, Eq)]
struct BusEvent {
    cycle: u64,
    what: String,
    /// A cache; memory if none.
    from: Option<usize>,
    to: Option<usize>,
    line: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    cache_accesses: u64,
    cache_misses: u64,
    silent_upgrades: u64,
    cache_to_cache_transfers: u64,
    run_time: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    counts: Counts,
    /// The lines that caches have at the end, by cache and line.
    finals: BTreeMap<(usize, u64), String>,
    bus: Vec<BusEvent>,
}

/// Writes down what goes over the bus.
struct Listener {
    protocol: Protocol,
    memory: usize,
    cycle: u64,
    counts: Counts,
    bus: Vec<BusEvent>,
}

impl Listener {
    fn kind(&self, message: Message) -> &str {
        let Protocol::Network(network) = &self.protocol else {
            panic!("its controllers send messages");
        };
        &network.kinds[usize::from(message.kind)].name
    }
}

impl<P> Observer<P> for Listener {
    fn clock(&mut self, cycle: u64) {
        self.cycle = cycle;
    }

    fn observe(&mut self, event: &Event<'_, P>) {
        match *event {
            Event::Hit {
                silently_changed, ..
            } => {
                self.counts.cache_accesses += 1;
                self.counts.silent_upgrades += u64::from(silently_changed);
            }
            Event::Missed { .. } => {
                self.counts.cache_accesses += 1;
                self.counts.cache_misses += 1;
            }
            Event::Sent { core, message, .. } if self.kind(message) == "DATA" => {
                self.counts.cache_to_cache_transfers += u64::from(core.is_some());
            }
            Event::Delivered {
                node,
                line,
                message,
                ..
            } if usize::from(node) == self.memory => {
                let what = self.kind(message).to_owned();
                let is_data = what == "DATA";
                let from = usize::from(message.from);
                self.bus.push(BusEvent {
                    cycle: self.cycle,
                    what,
                    from: (from != self.memory).then_some(from),
                    to: is_data.then_some(usize::from(message.requester)),
                    line: line.0,
                });
            }
            _ => {}
        }
    }
}

/// What the machine does with these traces, one on each core.
fn ours(protocol: &str, traces: &[Trace]) -> Outcome {
    let file = format!("models/protocols/split-{protocol}.toml");
    let protocol = Protocol::parse(&file, &read(&file)).unwrap_or_else(|error| panic!("{error}"));
    let file = "models/machines/split-bus.toml";
    let mut config = Config::parse(file, &read(file)).unwrap_or_else(|error| panic!("{error}"));
    config.cores = traces.len();
    let bytes = config.line_size.bytes();
    let machine = Machine::<Bytes>::new(Arc::new(config), protocol.clone(), Heap::open());
    let program = |trace: &Trace| {
        let accesses = trace.iter().map(|&(store, line)| {
            let (value, write) = (0, WriteId::INITIAL);
            let addr = Addr(line * bytes);
            Request::Access(match store {
                true => Access::store(addr, 1, value, write),
                false => Access::load(addr, 1),
            })
        });
        Script::new(accesses.collect::<Vec<_>>())
    };
    let listener = Listener {
        protocol: protocol.clone(),
        memory: traces.len(),
        cycle: 0,
        counts: Counts::default(),
        bus: Vec::new(),
    };
    let programs = traces.iter().map(program).collect();
    let (ended, machine, listener) = Timed::new(machine, programs, 0, listener).run();
    assert_eq!(ended.ending, Ending::Finished);
    Outcome {
        counts: Counts {
            run_time: ended.cycle,
            ..listener.counts
        },
        finals: finals(&machine, &protocol, traces),
        bus: listener.bus,
    }
}

fn finals<C: Contents>(
    machine: &Machine<C>,
    protocol: &Protocol,
    traces: &[Trace],
) -> BTreeMap<(usize, u64), String> {
    let Protocol::Network(network) = protocol else {
        panic!("its controllers send messages");
    };
    let mut finals = BTreeMap::new();
    for (core, trace) in traces.iter().enumerate() {
        for &(_, line) in trace {
            let state = machine.cache(Core(core as u8)).state(Line(line));
            if state != protocol.initial() {
                let name = &network.front().states[usize::from(state.0)];
                finals.insert((core, line), name.clone());
            }
        }
    }
    finals
}

/// Says where two outcomes part, and not more.
fn same(ours: &Outcome, expected: &Outcome, what: &str) {
    let parts = ours.bus.iter().zip(&expected.bus).position(|(a, b)| a != b);
    if let Some(at) = parts {
        let around = at.saturating_sub(4)..at + 1;
        panic!(
            "{what}, event {at}: {:#?}\nexpected {:#?}",
            &ours.bus[around.clone()],
            &expected.bus[around]
        );
    }
    assert_eq!(ours.bus.len(), expected.bus.len(), "{what}");
    assert_eq!(ours.finals, expected.finals, "{what}");
    assert_eq!(ours.counts, expected.counts, "{what}");
}

#[test]
fn random_traces_take_the_cycles_of_the_rules() {
    for protocol in PROTOCOLS {
        for seed in 0..120 {
            let mut dice = Dice::new(seed);
            let cores = dice.between(1, 9) as usize;
            let lines = dice.between(1, 8);
            let stores = dice.between(1, 9);
            let mut trace = || -> Trace {
                let length = dice.up_to(60);
                let mut access = || (dice.up_to(9) < stores, u64::from(dice.up_to(lines)));
                (0..length).map(|_| access()).collect()
            };
            let traces: Vec<Trace> = (0..cores).map(|_| trace()).collect();
            let what = format!("{protocol}, seed {seed}, {cores} cores");
            same(
                &ours(protocol, &traces),
                &rules::run(protocol, &traces),
                &what,
            );
        }
    }
}

fn unpacked(file: &Path) -> String {
    let output = Command::new("gzip").arg("-dc").arg(file).output();
    let output = output.expect("gzip is installed");
    assert!(output.status.success(), "{}", file.display());
    String::from_utf8(output.stdout).expect("it is text")
}

fn hexadecimal(text: &str) -> u64 {
    let digits = text.trim().trim_start_matches("0x").trim();
    u64::from_str_radix(digits, 16).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn published(folder: &Path, protocol: &str) -> Outcome {
    let counts = fs::read_to_string(folder.join(format!("{protocol}.json")));
    let counts: Value = serde_json::from_str(&counts.expect("it is there")).expect("it is JSON");
    let count = |name: &str| counts[name].as_u64().expect("a number");
    let node = |text: &str| text.parse::<usize>().ok();
    let bus = unpacked(&folder.join(format!("{protocol}.bus.csv.gz")));
    let bus = bus.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        BusEvent {
            cycle: fields[0].parse().expect("a number"),
            what: fields[1].to_owned(),
            from: node(fields[2]),
            to: node(fields[3]),
            line: hexadecimal(fields[4]),
        }
    });
    let finals = unpacked(&folder.join(format!("{protocol}.final.csv.gz")));
    let finals = finals.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let place = (node(fields[0]).expect("a cache"), hexadecimal(fields[1]));
        (fields[2] != "I").then(|| (place, fields[2].to_owned()))
    });
    Outcome {
        counts: Counts {
            cache_accesses: count("cache_accesses"),
            cache_misses: count("cache_misses"),
            silent_upgrades: count("silent_upgrades"),
            cache_to_cache_transfers: count("cache_to_cache_transfers"),
            run_time: count("run_time"),
        },
        finals: finals.collect(),
        bus: bus.collect(),
    }
}

fn replay(protocol: &str, folder: &str, more: &[&str]) -> String {
    let protocol = format!("split-{protocol}");
    let fixed = ["replay", folder, "--machine", "split-bus", "--protocol"];
    let output = Command::new(env!("CARGO_BIN_EXE_tearline"))
        .args([&fixed[..], &[&protocol], more].concat())
        .output()
        .expect("the command runs");
    let notes = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{notes}");
    String::from_utf8(output.stdout).expect("it is text")
}

/// The same, as the command shows it: counters and states from its JSON, events from its
/// timeline.
fn shown(protocol: &str, folder: &str) -> Outcome {
    let report = replay(protocol, folder, &["--format", "json", "--final-states"]);
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    let total = |name: &str| report["total"][name].as_u64().expect("a number");
    let states = report["final_states"]
        .as_array()
        .expect("they were asked for");
    let state = |state: &Value| {
        let core = state["core"].as_u64().expect("a core") as usize;
        let line = hexadecimal(state["line"].as_str().expect("an address")) / 64;
        let name = state["state"].as_str().expect("a name").to_owned();
        (name != "I").then_some(((core, line), name))
    };
    let timeline = replay(protocol, folder, &["--timeline"]);
    let node = |name: &str| name.strip_prefix("cache ")?.parse().ok();
    let event = |line: &str| {
        let (cycle, what) = line.split_once("  bus     ")?;
        let (what, line) = what.split_once(": line ").expect("it is about a line");
        let (what, from) = what.split_once(" from ").expect("someone sends it");
        let (from, to) = from.split_once(" for ").unwrap_or((from, ""));
        Some(BusEvent {
            cycle: cycle.trim().parse().expect("a number"),
            what: what.to_owned(),
            from: node(from),
            to: node(to),
            line: hexadecimal(line) / 64,
        })
    };
    Outcome {
        counts: Counts {
            cache_accesses: total("accesses"),
            cache_misses: ["load_misses", "store_misses", "upgrades"]
                .map(total)
                .iter()
                .sum(),
            silent_upgrades: total("silent_upgrades"),
            cache_to_cache_transfers: total("cache_to_cache"),
            run_time: report["cycles"].as_u64().expect("a number"),
        },
        finals: states.iter().filter_map(state).collect(),
        bus: timeline.lines().filter_map(event).collect(),
    }
}

#[test]
fn published_traces_take_the_published_cycles() {
    let suite = repository("../shared/suites/bus");
    let folder = suite.join("traces/4proc_validation");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", suite.display());
        return;
    }
    let trace = |core: usize| -> Trace {
        let text = fs::read_to_string(folder.join(format!("p{core}.trace")));
        let text = text.expect("the trace can be read");
        let accesses = text.lines().filter(|line| !line.trim().is_empty());
        let access = |line: &str| {
            let (kind, addr) = line.trim().split_at(1);
            (kind == "w", hexadecimal(addr) / 64)
        };
        accesses.map(access).collect()
    };
    for protocol in PROTOCOLS {
        let expected = published(&suite.join("expected"), protocol);
        let folder = folder.to_str().expect("a plain path");
        same(
            &shown(protocol, folder),
            &expected,
            &format!("replay, {protocol}"),
        );
    }
    let cores = fs::read_to_string(folder.join("config")).expect("it can be read");
    let cores: usize = cores.trim().parse().expect("a number");
    let traces: Vec<Trace> = (0..cores).map(trace).collect();
    for protocol in PROTOCOLS {
        let expected = published(&suite.join("expected"), protocol);
        same(
            &rules::run(protocol, &traces),
            &expected,
            &format!("the rules of {protocol}"),
        );
        same(&ours(protocol, &traces), &expected, protocol);
    }
}
