//! What a replay used of a protocol, counted in a second way.

use std::fs::File;
use std::io::BufReader;

use tearline::machine::{self, Config, Observer};
use tearline::maps::KINDS;
use tearline::observe::{CoreCounters, Traffic, Use, Used};
use tearline::protocol::network::Trigger;
use tearline::protocol::{Event, Protocol, State};
use tearline::replay::Replay;
use tearline::trace::Trace;

use crate::{common, protocols};

/// Transactions that were refused: the counters have them, but no cell was used up.
#[derive(Default)]
struct Refusals(u64);

impl<P> Observer<P> for Refusals {
    fn observe(&mut self, event: &machine::Event<'_, P>) {
        self.0 += u64::from(matches!(event, machine::Event::Refused { .. }));
    }
}

/// None where a protocol of a test does not even get through what comes before the run.
fn replay(trace: &str, protocol: &Protocol) -> Option<(CoreCounters, u64, Used)> {
    let path = common::repository(trace);
    let open = move || Ok(Box::new(BufReader::new(File::open(&path)?)) as _);
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read(trace, &kinds, Box::new(open)).expect("it loads");
    let config = "models/machines/desktop.toml";
    let config = Config::parse(config, &common::read(config)).expect("it loads");
    let replay = Replay::new(config.into(), protocol.clone(), trace.into(), None);
    let replay = replay.expect("there are enough cores");
    let used = Used::new(replay.config().cores, protocol);
    let traffic = Traffic::new(replay.config(), protocol);
    let ran = replay.run(3, (used, (traffic, Refusals::default())));
    let (_, (used, (traffic, refusals))) = ran.ok()?;
    Some((traffic.counters.total(), refusals.0, used))
}

fn traces() -> Vec<String> {
    let entries = std::fs::read_dir(common::repository("traces")).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("it can be listed").file_name());
    let names = names.map(|name| format!("traces/{}", name.to_string_lossy()));
    let mut traces: Vec<String> = names.filter(|name| name.ends_with(".trace")).collect();
    traces.sort();
    assert!(!traces.is_empty());
    traces
}

#[test]
fn every_use_is_of_a_cell_and_agrees_with_the_counters() {
    let shipped = protocols("models/protocols");
    let more = protocols("tests/models/good-protocols");
    for trace in traces() {
        for (name, protocol) in shipped.iter().chain(&more) {
            let Some((counters, refused, used)) = replay(&trace, protocol) else {
                let of_a_test = more.iter().any(|(other, _)| other == name);
                assert!(of_a_test, "{name} runs {trace}");
                continue;
            };
            match protocol {
                Protocol::Bus(_) => on_a_bus(
                    protocol,
                    (&counters, refused),
                    &used,
                    &format!("{trace} {name}"),
                ),
                Protocol::Network(_) => by_messages(protocol, &counters, &used),
            }
        }
    }
}

fn on_a_bus(
    protocol: &Protocol,
    (counters, refused): (&CoreCounters, u64),
    used: &Used,
    what: &str,
) {
    let Protocol::Bus(table) = protocol else {
        unreachable!("it is on a bus");
    };
    let (mut hits, mut transactions, mut write_backs) = (0, 0, 0);
    for (used, &count) in used.uses() {
        let event = Event::ALL[usize::from(used.event)];
        let cell = table.cell(State(used.from), event);
        let cell = cell.expect("only cells are used");
        let to = State(used.to);
        assert!(to == cell.next_alone || to == cell.next_shared);
        let asked = matches!(event, Event::Load | Event::Store);
        match cell.transaction {
            Some(_) => transactions += count,
            None if asked => hits += count,
            None => {}
        }
        if cell.updates_memory() {
            write_backs += count;
        }
    }
    let made: u64 = counters.transactions.iter().sum();
    assert_eq!(transactions, made - refused, "{what}");
    assert_eq!(hits, counters.hits, "{what}");
    assert_eq!(write_backs, counters.write_backs, "{what}");
}

fn by_messages(protocol: &Protocol, counters: &CoreCounters, used: &Used) {
    let Protocol::Network(network) = protocol else {
        unreachable!("it has messages");
    };
    let mut hits = 0;
    for (
        &Use {
            controller,
            from,
            event,
            to,
        },
        &count,
    ) in used.uses()
    {
        let index = controller;
        let controller = &network.controllers[index];
        let cell = controller.cell(from, event).expect("only cells are used");
        assert!(cell.next == to && !cell.stalls);
        let asked = matches!(
            controller.events[usize::from(event)].trigger,
            Trigger::Core(_)
        );
        if index == 0 && asked && (cell.loads || cell.stores) {
            hits += count;
        }
    }
    assert_eq!(hits, counters.hits);
}
