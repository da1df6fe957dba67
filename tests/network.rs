//! Protocols whose controllers send messages, in the timed driver: every shipped trace keeps the
//! machine's properties, what does not race gives the same results as on a bus, and tables
//! with mistakes are caught by the property that they break.

mod common;

use std::io::Cursor;
use std::sync::Arc;

use common::{networks, read, repository, shipped_protocol};
use tearline::drive::Ending;
use tearline::machine::Config;
use tearline::machine::config::Topology;
use tearline::maps::KINDS;
use tearline::observe::{Named, Traffic};
use tearline::protocol::Protocol;
use tearline::replay::{Replay, Verdict, run_seeds};
use tearline::trace::Trace;

fn machine(name: &str) -> Config {
    let file = format!("models/machines/{name}.toml");
    Config::parse(&file, &read(&file)).unwrap_or_else(|error| panic!("{error}"))
}

fn replay(text: &str, config: Config, protocol: &Protocol) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("trace", &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let replay = Replay::new(config.into(), protocol.clone(), trace.into(), None);
    replay
        .unwrap_or_else(|error| panic!("{error}"))
        .checked(true)
}

#[test]
fn every_shipped_trace_keeps_the_machines_properties() {
    let protocols = networks();
    assert!(protocols.len() >= 3);
    for entry in std::fs::read_dir(repository("traces")).expect("the folder is there") {
        let path = entry.expect("the folder can be listed").path();
        if path.extension().is_none_or(|end| end != "trace") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("it can be read");
        for (protocol, name) in protocols
            .iter()
            .flat_map(|protocol| ["desktop", "sc"].map(|machine| (protocol, machine)))
        {
            let replay = replay(&text, machine(name), protocol);
            let tally = run_seeds(&replay, 20, || ());
            let verdicts = tally.expect("the trace is there").verdicts;
            let (trace, protocol) = (path.display(), protocol.name());
            // One of them shows a chain that has become a circle.
            let stuck = match path.ends_with("java7-circle.trace") {
                true => Verdict::Violation,
                false => Verdict::Stuck,
            };
            for verdict in [Verdict::Violation, stuck, Verdict::Unsupported] {
                let seed = verdicts.get(&verdict).map(|example| example.seed);
                assert_eq!(seed, None, "{trace} on {name} with {protocol}: {verdict:?}");
            }
        }
    }
}

/// Threads that share lines and no bytes, and one that works alone.
const RACE_FREE: [&str; 3] = [
    "var a size=8 at=0\nvar b size=8 at=8\n\
     0 rmw a add 1 x50 -> a0\n0 store a 0x77\n0 fence\n0 load a -> a1\n\
     1 store b 0x1 x20\n1 rmw b add 3 x9\n1 load b -> b1\n",
    "var c size=8 at=60\n\
     0 store c 0x1111111122222222\n0 rmw c xchg 0x3333333344444444 -> c0\n0 load c -> c1\n",
    "map m go-classic value=u64\n\
     0 put m 1 11\n0 put m 2 22\n0 put m 1 33\n0 get m 1 -> one\n0 delete m 2\n0 get m 2 -> two\n\
     0 len m -> len\n",
];

#[test]
fn what_does_not_race_gives_the_same_results_as_on_a_bus() {
    let bus = Protocol::from(shipped_protocol("mesi"));
    for text in RACE_FREE {
        let results = |protocol: &Protocol, seed| {
            let replay = replay(text, machine("desktop"), protocol);
            let (ended, named) = replay.run(seed, Named::default()).expect("it can be run");
            assert_eq!(ended.ending, Ending::Finished, "{}", protocol.name());
            named
        };
        let expected = results(&bus, 0);
        for protocol in networks() {
            for seed in 0..50 {
                assert_eq!(results(&protocol, seed), expected, "{}", protocol.name());
            }
        }
    }
}

#[test]
fn locked_operations_across_lines_are_never_torn_and_none_is_lost() {
    // Four cores add to one value in two lines; what they read are all the values before.
    let adds =
        (0..4).map(|core| format!("{core} rmw x add 1 x25\n{core} rmw x add 0 -> r{core}\n"));
    let text = format!("var x at=60\n{}", adds.collect::<String>());
    for protocol in networks() {
        for seed in 0..40 {
            let replay = replay(&text, machine("desktop"), &protocol);
            let (ended, named) = replay.run(seed, Named::default()).expect("it can be run");
            assert_eq!(
                ended.ending,
                Ending::Finished,
                "{} seed {seed}",
                protocol.name()
            );
            let last = named.values.values().flatten().max();
            assert_eq!(last, Some(&100), "{} seed {seed}", protocol.name());
        }
    }
}

#[test]
fn a_full_cache_evicts_in_as_many_steps_as_the_protocol_takes() {
    let lines = (0..6).map(|line| {
        format!(
            "{core} store {at:#x}:8 {line}\n",
            core = line % 2,
            at = line * 64
        )
    });
    let again = (0..6).map(|line| {
        format!(
            "{core} load {at:#x}:8\n",
            core = (line + 1) % 2,
            at = line * 64
        )
    });
    let text: String = lines.chain(again).collect();
    for protocol in networks() {
        for seed in 0..50 {
            let replay = replay(&text, machine("teaching"), &protocol);
            let traffic = Traffic::new(replay.config(), replay.protocol());
            let (ended, traffic) = replay.run(seed, traffic).expect("it can be run");
            assert_eq!(
                ended.ending,
                Ending::Finished,
                "{} seed {seed}",
                protocol.name()
            );
            assert!(traffic.counters.total().write_backs > 0);
        }
    }
}

/// What no shipped protocol has: events of a controller's own, channels that can be full,
/// broadcasts and wires.
#[test]
fn everything_that_a_table_can_say_runs() {
    for name in ["recall", "split-bus"] {
        let text = read(&format!("tests/network/{name}.toml"));
        let protocol = Protocol::parse(name, &text).unwrap_or_else(|invalid| panic!("{invalid}"));
        for trace in ["go-string", "ping-pong", "silent", "split-line"] {
            let text = read(&format!("traces/{trace}.trace"));
            // The split bus of the test never evicts what was written.
            let machines: &[&str] = match (name, trace) {
                ("recall", "go-string" | "ping-pong") => &["desktop", "sc", "teaching"],
                _ => &["desktop", "sc"],
            };
            for machine_name in machines {
                let replay = replay(&text, machine(machine_name), &protocol);
                let tally = run_seeds(&replay, 100, || ());
                let verdicts = tally.expect("the trace is there").verdicts;
                for verdict in [Verdict::Violation, Verdict::Stuck, Verdict::Unsupported] {
                    let seed = verdicts.get(&verdict).map(|example| example.seed);
                    assert_eq!(seed, None, "{trace} on {machine_name}, {name}: {verdict:?}");
                }
            }
        }
    }
}

/// A table with one place changed, and the property that it breaks.
const BROKEN: [(&str, &str, &str, &str); 5] = [
    (
        "\"send Inv to sharers - requester\", ",
        "\"send Inv to {}\", ",
        "no deadlock",
        "the sharers are not told",
    ),
    (
        "\"send Data to requester acks |sharers - requester|\", \"send Inv to sharers - requester\", ",
        "\"send Data to requester acks 0\", \"send Inv to {}\", ",
        "single writer or many readers",
        "the requester does not wait for the sharers",
    ),
    (
        "{ state = \"S_D\", event = \"Data\", actions = [\"line = message\"], next = \"S\" }",
        "{ state = \"S_D\", event = \"Data\", actions = [], next = \"S\" }",
        "data value",
        "memory keeps its old line",
    ),
    (
        "{ state = [\"IM_AD\", \"IM_A\"], event = [\"Fwd-GetS\", \"Fwd-GetM\"], actions = [\"stall\"]",
        "{ state = [\"IM_A\"], event = [\"Fwd-GetS\", \"Fwd-GetM\"], actions = [\"stall\"]",
        "no unexpected event",
        "a request that overtakes the line",
    ),
    (
        "{ state = \"M\", event = \"GetM\", actions = [\"send Fwd-GetM to owner\", \"owner = requester\"] }",
        "{ state = \"M\", event = \"GetM\", actions = [\"owner = requester\"] }",
        "no deadlock",
        "the owner is not told",
    ),
];

#[test]
fn broken_tables_are_caught_by_the_property_that_they_break() {
    let steps = (0..12).map(|at: u64| {
        (0..3).map(move |core: u64| match (at + core) % 3 {
            0 => format!("{core} store {:#x}:8 {at}\n", 64 * (at % 2)),
            _ => format!("{core} load {:#x}:8\n", 64 * (at % 2)),
        })
    });
    let text: String = steps.flatten().collect();
    let whole = read("models/protocols/directory-mesi.toml");
    for (right, wrong, property, what) in BROKEN {
        assert!(whole.contains(right), "{what}");
        let protocol = Protocol::parse(what, &whole.replace(right, wrong));
        let protocol = protocol.unwrap_or_else(|invalid| panic!("{invalid}"));
        let replay = replay(&text, machine("desktop"), &protocol);
        let found = (0..200).find_map(|seed| {
            let (ended, ()) = replay.run(seed, ()).expect("it can be run");
            match ended.ending {
                Ending::Violation(violation) => {
                    let size = replay.config().line_size;
                    assert!(!violation.describe(size).is_empty());
                    Some(violation.property())
                }
                _ => None,
            }
        });
        assert_eq!(found, Some(property), "{what}");
    }
}

#[test]
fn messages_take_as_long_as_the_way_is() {
    let hops = |topology: Topology, pairs: &[(usize, usize)]| -> Vec<u32> {
        let way = |&(from, to)| topology.hops(8, from, to);
        pairs.iter().map(way).collect()
    };
    let pairs = [(0, 0), (0, 1), (0, 7), (1, 5), (2, 6)];
    assert_eq!(hops(Topology::Crossbar, &pairs), [0, 1, 1, 1, 1]);
    assert_eq!(hops(Topology::Ring, &pairs), [0, 1, 1, 4, 4]);
    // Rows of three: 0 1 2 / 3 4 5 / 6 7.
    assert_eq!(hops(Topology::Mesh, &pairs), [0, 1, 3, 2, 4]);
    assert_eq!(hops(Topology::Bus, &pairs), [1; 5]);

    let cycles = |topology| {
        let mut config = machine("teaching");
        config.cores = 8;
        (config.network.topology, config.network.hop_cycles) = (topology, 100);
        let text = "7 load 0x40:8\n3 load 0x40:8\n";
        let replay = replay(text, config, &networks()[0]);
        let (ended, ()) = replay.run(0, ()).expect("it can be run");
        ended.cycle
    };
    assert!(cycles(Topology::Mesh) > cycles(Topology::Crossbar));
}
