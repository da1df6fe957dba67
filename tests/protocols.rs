//! Every shipped protocol on every shipped trace: it keeps the machine's properties, and where
//! the order of things is settled the protocol cannot be told from the results.

mod common;

use std::sync::Arc;

use common::{config, protocols_in, read, repository};
use tearline::drive::Ending;
use tearline::machine::Config;
use tearline::maps::KINDS;
use tearline::observe::Findings;
use tearline::protocol::Protocol;
use tearline::replay::{Outcome, Replay, Verdict};
use tearline::trace::Trace;

fn protocols() -> Vec<Protocol> {
    let folders = ["models/protocols", "models/protocols/courses"];
    folders.into_iter().flat_map(protocols_in).collect()
}

fn trace(name: &str, text: String) -> Arc<Trace> {
    let text: Arc<[u8]> = text.into_bytes().into();
    let open = move || Ok(Box::new(std::io::Cursor::new(Arc::clone(&text))) as Box<_>);
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read(name, &kinds, Box::new(open));
    Arc::new(trace.unwrap_or_else(|error| panic!("{error}")))
}

fn shipped_traces() -> Vec<Arc<Trace>> {
    let files = std::fs::read_dir(repository("traces")).expect("the folder is there");
    let names = files.map(|file| file.expect("it can be listed").file_name());
    let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    names.retain(|name| name.ends_with(".trace"));
    names.sort();
    let text = |name: &String| trace(name, read(&format!("traces/{name}")));
    names.iter().map(text).collect()
}

/// A replay on a machine with small caches, checked after every step.
fn replay(trace: &Arc<Trace>, protocol: &Protocol, config: Config) -> Replay {
    let replay = Replay::new(config.into(), protocol.clone(), Arc::clone(trace), None);
    replay.expect("there are enough cores").checked(true)
}

/// A machine with small caches, or large ones where the protocol never gives a line up.
fn machine(protocol: &Protocol, cores: usize) -> Config {
    let mut config = config(cores);
    (config.cache.sets, config.cache.ways) = match protocol.name() {
        "German" => (1024, 8),
        _ => (2, 2),
    };
    config
}

#[test]
fn every_protocol_keeps_the_machines_properties_on_every_trace() {
    for trace in shipped_traces() {
        for protocol in protocols() {
            let replay = replay(&trace, &protocol, machine(&protocol, 8));
            for seed in 0..5 {
                let (ended, _) = replay.run(seed, Findings::default()).expect("it is read");
                let broken = matches!(ended.ending, Ending::Violation(_));
                assert!(
                    !broken,
                    "{} on {}: {:?}",
                    protocol.name(),
                    trace.file(),
                    ended
                );
            }
        }
    }
}

/// In the order of the trace nothing is left to the protocol, and nothing can go wrong.
#[test]
fn in_the_order_of_the_trace_all_protocols_give_the_same_results() {
    for trace in shipped_traces() {
        let mut first = None;
        for protocol in protocols() {
            let what = format!("{} on {}", protocol.name(), trace.file());
            let run =
                replay(&trace, &protocol, machine(&protocol, 8)).run_in_order(Findings::default());
            let run = run.expect("it is read");
            let results = run.observer.named.clone();
            let outcome = Outcome::new(run.ended, &run.observer, &run.maps);
            assert_eq!(outcome.verdicts, [Verdict::Ok], "{what}");
            let seen = (outcome.ended.cycle, results);
            assert_eq!(first.get_or_insert_with(|| seen.clone()), &seen, "{what}");
        }
    }
}

/// Threads that write neighbouring words of the same lines, each its own, and count together
/// with locked operations: no race, however they mix.
fn race_free() -> Arc<Trace> {
    let mut text = "# No races\nvar shared size=128\nvar count size=8\n".to_owned();
    for round in 0..12_u64 {
        for thread in 0..4_u64 {
            let at = |word: u64| 32 * (word % 4) + 8 * thread;
            let value = round * 0x1_0001 + thread;
            text += &format!("{thread} store shared+{}:8 {value}\n", at(round));
            text += &format!("{thread} rmw count add {}\n", thread + 1);
            text += &format!(
                "{thread} load shared+{}:8 -> r{thread}_{round}\n",
                at(round + 1)
            );
        }
    }
    trace("race-free", text)
}

#[test]
fn a_race_free_trace_gives_the_same_results_with_every_protocol() {
    let trace = race_free();
    let mut first = None;
    for protocol in protocols() {
        let replay = replay(&trace, &protocol, machine(&protocol, 4));
        let mut runs: Vec<_> = (0..10)
            .map(|seed| {
                replay
                    .run_whole(seed, Findings::default())
                    .expect("it is read")
            })
            .collect();
        runs.push(
            replay
                .run_in_order(Findings::default())
                .expect("it is read"),
        );
        for run in runs {
            let outcome = Outcome::new(run.ended, &run.observer, &run.maps);
            assert_eq!(outcome.verdicts, [Verdict::Ok], "{}", protocol.name());
            let seen = run.observer.named;
            assert_eq!(
                first.get_or_insert_with(|| seen.clone()),
                &seen,
                "{}",
                protocol.name()
            );
        }
    }
}
