//! Machine files from measurements: made-up numbers give a file that is pinned, that the simulator
//! reads, and on which its loops take as long as they should.

#![cfg(all(
    feature = "probe",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{any_protocol, read, repository};
use tearline::machine::Config;
use tearline::probe::calibrate::{Measured, Rounds, Simulated, fit, machine_file, simulate};
use tearline::probe::latency::{Alone, Clock, Question, Seen, SeenAlone, Spread};
use tearline::probe::tear::{Cell, Effort, Place, simulate as simulate_tear};
use tearline::probe::{Kind, Pair};
use tearline::protocol::Protocol;

/// Numbers around one of so many cycles.
fn around(cycles: f64) -> Spread {
    Spread {
        p5: cycles * 0.8,
        p25: cycles * 0.9,
        p50: cycles,
        p75: cycles * 1.1,
        p95: cycles * 1.3,
        middle: cycles,
        mean: cycles * 1.5,
    }
}

/// What a processor could have answered: cycles of what two do, and of what one does.
fn made_up(together: [f64; 7], alone: [f64; 7]) -> Measured {
    let questions = [
        Question::RoundTrip,
        Question::ReadModified,
        Question::ReadShared,
        Question::Upgrade,
        Question::LockedOneLine,
        Question::LockedTwoLines,
        Question::PlainOneLine,
    ];
    let seen = questions
        .into_iter()
        .zip(together)
        .map(|(question, cycles)| Seen {
            question,
            samples: 20_000,
            alone: 0,
            ns: around(cycles / 4.0),
            cycles: around(cycles),
        });
    let alone = Alone::ALL
        .into_iter()
        .zip(alone)
        .map(|(question, cycles)| SeenAlone {
            question,
            samples: 10_000,
            cycles: around(cycles),
        });
    Measured {
        pair: Pair {
            writer: 0,
            reader: 1,
        },
        clock: Clock {
            ticks_per_ns: 2.0,
            step_ticks: 1,
            core_ghz: 4.0,
            load_overhead: 40.0,
            store_overhead: 90.0,
        },
        seen: seen.collect(),
        alone: alone.collect(),
        rounds: Rounds { kept: 18, of: 20 },
    }
}

/// Two processors of one chip, near each other.
fn near() -> Measured {
    made_up(
        [364.0, 92.0, 4.0, 96.0, 58.0, 19.6, 12.0],
        [4.0, 0.5, 1.1, 0.55, 75.0, 20.0, 400.0],
    )
}

fn base() -> (Config, Protocol) {
    let path = "models/machines/desktop.toml";
    let config = Config::parse(path, &read(path)).expect("it is valid");
    let protocol = any_protocol(&format!("models/protocols/{}.toml", config.protocol));
    (config, protocol)
}

fn assert_close(question: Question, simulated: &Simulated, measured: f64) {
    let simulated = simulated.of(question);
    let ratio = simulated / measured;
    assert!(
        (ratio - 1.0).abs() < 0.08,
        "{question:?}: {simulated} for {measured}"
    );
}

#[test]
fn made_up_numbers_become_a_machine_that_takes_as_long() {
    let ((base, protocol), measured) = (base(), near());
    let config = fit(&base, &protocol, &measured).expect("all is there");
    let about = [
        "A made-up processor".to_owned(),
        "on which nothing ran".to_owned(),
    ];
    let text = machine_file(&config, &measured, &about).expect("all is there");
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let file = repository("tests/probe_calibrate/made-up.toml");
    assert.eq(&text, snapbox::Data::read_from(&file, None).raw());

    let read = Config::parse("made-up.toml", &text).unwrap_or_else(|invalid| panic!("{invalid}"));
    assert_eq!(read.core.issue_cycles, 1, "at least");
    assert_eq!(read.core.forward_cycles, 1);
    assert_eq!(read.core.fence_cycles, 75);
    assert_eq!(read.core.locked_cycles, 20);
    assert_eq!(read.cache.hit_cycles, 4);
    let bus = read.bus;
    let line = bus.request_cycles + bus.supply_cycles + bus.transfer_cycles;
    assert_eq!(line, 92 - 4 - 4, "less a hit and the mean jitter");
    let memory = read.memory_cycles + bus.request_cycles + bus.transfer_cycles;
    assert_eq!(memory, 400 - 4 - 4);
    assert_eq!(read.store_buffer.depth, base.store_buffer.depth);
    assert_eq!(read.vary, base.vary);
    // The network's times follow from the bus where a file has none.
    let network = read.network;
    assert_eq!(Config { network, ..config }, read);

    let simulated = simulate(&read, &protocol).expect("the loops end");
    for (question, cycles) in [
        (Question::RoundTrip, 364.0),
        (Question::ReadModified, 92.0),
        (Question::ReadShared, 4.0),
        (Question::LockedOneLine, 58.0),
        (Question::LockedTwoLines, 20.0),
        (Question::PlainOneLine, 12.0),
    ] {
        assert_close(question, &simulated, cycles);
    }
}

/// Lines that take long, and a store that takes longer than half a round trip; lines that change hands
/// after almost every addition; and three that a virtual machine showed on one day, as its host had put
/// the processors.
fn processors() -> [([f64; 7], [f64; 7]); 5] {
    let alone = [4.0, 0.5, 1.0, 0.6, 76.0, 20.0, 760.0];
    [
        (
            [1440.0, 480.0, 4.0, 490.0, 64.0, 20.0, 30.0],
            [4.0, 0.5, 1.0, 0.5, 75.0, 20.0, 600.0],
        ),
        (
            [500.0, 150.0, 5.0, 40.0, 146.0, 18.0, 30.0],
            [5.0, 1.0, 1.0, 5.0, 33.0, 18.0, 250.0],
        ),
        ([334.0, 100.0, 4.0, 81.0, 60.0, 20.0, 11.4], alone),
        ([508.0, 100.0, 4.0, 79.0, 54.0, 20.0, 4.7], alone),
        ([1472.0, 504.0, 4.0, 524.0, 64.0, 20.0, 3.8], alone),
    ]
}

#[test]
fn other_processors_can_be_fitted_too() {
    let (base, protocol) = base();
    for (together, alone) in processors() {
        let measured = made_up(together, alone);
        let config = fit(&base, &protocol, &measured).expect("all is there");
        let simulated = simulate(&config, &protocol).expect("the loops end");
        assert_close(Question::RoundTrip, &simulated, together[0]);
        assert_close(Question::LockedOneLine, &simulated, together[4]);
        assert_close(Question::LockedTwoLines, &simulated, together[5]);
        assert_close(Question::PlainOneLine, &simulated, together[6]);
    }
}

/// What comes between two accesses decides what tears: a machine whose parts fall into step, each core
/// having the bus by turns, would never show what real processors do.
#[test]
fn values_tear_across_lines_on_machines_of_any_times() {
    let (base, protocol) = base();
    for (together, alone) in processors() {
        let measured = made_up(together, alone);
        let config = fit(&base, &protocol, &measured).expect("all is there");
        let config = Arc::new(config);
        for (offset, tears) in [(0, false), (56, false), (57, true), (60, true), (63, true)] {
            let cell = Cell {
                kind: Kind::Plain(8),
                offset,
                place: Place::Line,
            };
            let effort = Effort {
                changes: 2000,
                time: Duration::MAX,
                all: Duration::MAX,
                seed: 7,
            };
            let seen = simulate_tear(&config, &protocol, cell, &effort).expect("it runs");
            assert!(seen.enough);
            assert_eq!(seen.torn.of > 0, tears, "{together:?}, offset {offset}");
        }
    }
}

/// On a bus that is fair, additions take no longer than the line's way there and back.
#[test]
fn what_the_simulator_cannot_reach_shows() {
    let (base, protocol) = base();
    let together = [500.0, 150.0, 5.0, 40.0, 900.0, 18.0, 800.0];
    let measured = made_up(together, [5.0, 1.0, 1.0, 5.0, 33.0, 18.0, 250.0]);
    let config = fit(&base, &protocol, &measured).expect("all is there");
    assert_eq!(config.bus.hold_cycles, 0);
    assert_eq!(config.bus.store_hold_cycles, 0);
    let compared = measured.compare(&config, &protocol).expect("the loops end");
    let far = compared
        .iter()
        .filter(|one| one.ratio().is_some_and(|ratio| ratio < 0.95));
    let far: Vec<Question> = far.map(|one| one.question).collect();
    let locked_and_plain = [Question::LockedOneLine, Question::PlainOneLine];
    assert_eq!(far, locked_and_plain, "{compared:?}");
}

#[test]
fn what_was_not_measured_is_told() {
    let ((base, protocol), mut measured) = (base(), near());
    measured.alone.clear();
    let why = fit(&base, &protocol, &measured).unwrap_err();
    assert_eq!(why, "Store could not be measured");
}

/// Numbers that no processor gives must not reach a panic, or a file that cannot be read.
#[test]
fn strange_numbers_are_fitted_as_well_as_can_be() {
    let (base, protocol) = base();
    for cycles in [0.0, -50.0, 0.4, 1e5] {
        let measured = made_up([cycles; 7], [cycles; 7]);
        let config = fit(&base, &protocol, &measured).expect("all is there");
        let text = machine_file(&config, &measured, &[]).expect("all is there");
        Config::parse("strange.toml", &text).unwrap_or_else(|invalid| panic!("{invalid}"));
    }
}

/// What is kept for stores is given up as soon as no more of them follow, and what is kept for locked
/// operations has nothing to do with it.
#[test]
fn lines_are_kept_for_what_follows() {
    let (base, protocol) = base();
    let of = |change: fn(&mut Config)| {
        let mut config = base.clone();
        change(&mut config);
        simulate(&config, &protocol).expect("the loops end")
    };
    let usual = of(|_| ());
    let stores = of(|config| config.bus.store_hold_cycles = 500);
    let locked = of(|config| config.bus.hold_cycles = 500);
    let changed = |other: &Simulated| -> Vec<Question> {
        let all = Question::ALL.into_iter();
        all.filter(|&question| usual.of(question) != other.of(question))
            .collect()
    };
    assert_eq!(changed(&stores), [Question::PlainOneLine]);
    assert_eq!(changed(&locked), [Question::LockedOneLine]);
    let shorter = |other: &Simulated, question| other.of(question) < usual.of(question) / 2.0;
    assert!(shorter(&stores, Question::PlainOneLine));
    assert!(shorter(&locked, Question::LockedOneLine));
}

/// A cache that takes a store each cycle is ready for the next one sooner, although loads wait as long.
#[test]
fn stores_leave_as_fast_as_the_cache_takes_them() {
    let (base, protocol) = base();
    let of = |cycles| {
        let mut config = base.clone();
        config.store_buffer.commit_cycles = cycles;
        simulate(&config, &protocol).expect("the loops end")
    };
    let (usual, same, fast) = (of(None), of(Some(base.cache.hit_cycles)), of(Some(1)));
    assert_eq!(usual, same);
    assert_eq!(
        fast.of(Question::ReadShared),
        usual.of(Question::ReadShared)
    );
    assert!(fast.of(Question::PlainOneLine) < usual.of(Question::PlainOneLine));
}
