//! Final states of litmus tests on the machine: those of x86-TSO, no more and no fewer, whatever
//! keeps its caches coherent; those of weaker and of broken machines where a file describes one.

mod common;
#[path = "litmus/hardware.rs"]
mod hardware;
#[path = "litmus/random_cycle.rs"]
mod random_cycle;
#[path = "litmus/suite.rs"]
mod suite;

use std::collections::BTreeSet;
use std::path::PathBuf;

use hardware::hardware;
use proptest::prelude::*;
use tearline::drive::interleave::Options;
use tearline::litmus::cycle::{Cycle, Direction, Edge};
use tearline::litmus::{Architecture, Fence, Hardware, Instruction, Outcomes, Setup, Test};
use tearline::machine::Forwards;

/// Explores a test; none if that takes more states than allowed.
fn explore(test: &Test, hardware: &Hardware, options: &Options) -> Option<Outcomes> {
    let setup = Setup::new(test, hardware).expect("it has as many cores");
    let outcomes = setup.explore(options, &mut |_| true);
    let outcomes = outcomes.unwrap_or_else(|ending| panic!("{}: {ending:?}", test.name));
    outcomes.explored.limit.is_none().then_some(outcomes)
}

fn states(test: &Test, hardware: &Hardware) -> BTreeSet<Vec<u64>> {
    let outcomes = explore(test, hardware, &Options::default());
    outcomes.expect("there is no limit").states
}

/// A final state as the suite writes it.
fn written(test: &Test, hardware: &Hardware, states: &BTreeSet<Vec<u64>>) -> BTreeSet<String> {
    let setup = Setup::new(test, hardware).expect("it has as many cores");
    let line = |values: &Vec<u64>| {
        let columns = setup.columns().iter().zip(values);
        let columns =
            columns.map(|(place, &value)| format!("{place}={};", setup.show(place, value)));
        columns.collect::<Vec<_>>().join(" ")
    };
    states.iter().map(line).collect()
}

fn parse(case: &suite::Case) -> Test {
    Test::parse(&case.path, &case.text).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// Compares all tests of the suite that stay within the limit, and says how many those are.
fn compare(machine: &str, protocol: &str, options: &Options) -> (usize, usize) {
    let hardware = hardware(machine, protocol);
    let cases = suite::cases();
    let mut complete = 0;
    for case in &cases {
        let test = parse(case);
        let Some(outcomes) = explore(&test, &hardware, options) else {
            continue;
        };
        complete += 1;
        let expected = case.expected["states"]
            .as_array()
            .expect("there are states");
        let expected = expected
            .iter()
            .map(|state| state.as_str().expect("text").to_owned());
        assert_eq!(
            written(&test, &hardware, &outcomes.states),
            expected.collect(),
            "{} with {protocol}",
            case.path
        );
    }
    (complete, cases.len())
}

#[test]
fn store_buffers_over_memory_give_tso() {
    let (complete, all) = compare("machines/desktop", "none", &Options::default());
    assert_eq!(complete, all);
}

#[test]
fn store_buffers_over_caches_on_a_bus_give_tso() {
    for protocol in ["mesi", "moesi", "dragon"] {
        let (complete, all) = compare("machines/desktop", protocol, &Options::default());
        assert_eq!(complete, all, "{protocol}");
    }
}

#[test]
fn store_buffers_over_a_directory_give_tso() {
    let options = Options {
        limit_states: 5_000,
        ..Options::default()
    };
    let (complete, all) = compare("machines/desktop", "directory-mesi", &options);
    println!(
        "{complete} of {all} tests within {} states",
        options.limit_states
    );
    assert!(complete * 2 >= all, "{complete} of {all}");
}

/// What the reduction leaves out leads to nothing new.
#[test]
fn the_reduction_loses_nothing() {
    let whole = Options {
        reduce: false,
        limit_states: 5_000,
        ..Options::default()
    };
    let cases = suite::cases();
    for (machine, protocol) in [
        ("machines/desktop", "none"),
        ("machines/desktop", "mesi"),
        ("machines/teaching", "mesi"),
        ("machines/pso", "mesi"),
        ("machines/sc", "moesi"),
        ("machines/invalidation-queue", "mesi"),
    ] {
        let hardware = hardware(machine, protocol);
        let mut compared = 0;
        for case in &cases {
            let test = parse(case);
            if let Some(outcomes) = explore(&test, &hardware, &whole) {
                compared += 1;
                let reduced = states(&test, &hardware);
                assert_eq!(reduced, outcomes.states, "{} on {machine}", case.path);
            }
        }
        println!(
            "{compared} of {} tests on {machine} with {protocol}",
            cases.len()
        );
        assert!(compared * 3 > cases.len(), "{compared} tests on {machine}");
    }
}

/// Nor on networks, where an unreduced search is large: tests that are small enough are compared,
/// with channels in order and without, with limits and without, and with broadcasts.
#[test]
fn the_reduction_loses_nothing_on_networks() {
    let whole = Options {
        reduce: false,
        limit_states: 1_500,
        ..Options::default()
    };
    let cases = suite::cases();
    for (machine, protocol) in [
        ("machines/desktop", "directory-mesi"),
        ("machines/pso", "directory-moesi"),
        ("machines/sc", "directory-msi"),
        ("machines/teaching", "directory-mesi"),
        ("machines/desktop", "german"),
        ("machines/desktop", "split-mesi"),
        ("machines/invalidation-queue", "directory-mesi"),
    ] {
        let hardware = hardware(machine, protocol);
        let (mut compared, mut states) = (0, [0, 0]);
        for case in &cases {
            let test = parse(case);
            if let Some(all) = explore(&test, &hardware, &whole) {
                let reduced = explore(&test, &hardware, &Options::default());
                let reduced = reduced.expect("there is no limit");
                assert_eq!(reduced.states, all.states, "{} with {protocol}", case.path);
                states[0] += all.explored.states;
                states[1] += reduced.explored.states;
                compared += 1;
            }
        }
        println!(
            "{compared} of {} tests on {machine} with {protocol}: {} and {} states",
            cases.len(),
            states[0],
            states[1]
        );
        assert!(
            cases.is_empty() || compared > 20,
            "{compared} tests with {protocol}"
        );
    }
}

/// The test with a fence after each instruction that is not the last.
fn fenced(test: &Test) -> Test {
    let mut fenced = test.clone();
    for thread in &mut fenced.threads {
        let fence = Instruction::Fence(Fence::Full);
        let between = thread.iter().flat_map(|&instruction| [instruction, fence]);
        *thread = between.collect();
    }
    fenced
}

#[test]
fn without_store_buffers_there_is_less_and_with_fences_the_same() {
    let (tso, sc) = (
        hardware("machines/desktop", "mesi"),
        hardware("machines/sc", "mesi"),
    );
    let mut weaker = 0;
    for case in suite::cases() {
        let test = parse(&case);
        let (all, in_order) = (states(&test, &tso), states(&test, &sc));
        assert!(in_order.is_subset(&all), "{}", case.path);
        weaker += usize::from(in_order != all);
        assert_eq!(
            states(&fenced(&test), &tso),
            in_order,
            "{} fenced",
            case.path
        );
    }
    println!("{weaker} tests show what is not sequentially consistent");
}

/// A run in time ends in a state that the search has found.
#[test]
fn runs_in_time_show_nothing_new() {
    for name in classics() {
        let test = classic(&name);
        for (machine, protocol) in [
            ("machines/desktop", "mesi"),
            ("machines/desktop", "directory-mesi"),
            ("machines/pso", "moesi"),
            ("machines/invalidation-queue", "mesi"),
            ("machines/invalidation-queue", "directory-mesi"),
            ("machines/sc", "none"),
        ] {
            let hardware = hardware(machine, protocol);
            let all = states(&test, &hardware);
            let setup = Setup::new(&test, &hardware).expect("it has as many cores");
            for seed in 0..200 {
                let state = setup.run(seed).expect("it comes to its end");
                let state = state.expect("there is no filter");
                assert!(all.contains(&state), "{name} on {machine}, seed {seed}");
            }
        }
    }
}

fn classic(name: &str) -> Test {
    let file = format!("traces/litmus/{name}.litmus");
    Test::parse(&file, &common::read(&file)).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// The names of the tests in `traces/litmus`.
fn classics() -> Vec<String> {
    let folder = std::fs::read_dir(common::repository("traces/litmus")).expect("it is there");
    let names = folder.map(|entry| entry.expect("it can be listed").file_name());
    let name = |name: std::ffi::OsString| {
        let name = name.into_string().expect("a plain name");
        name.strip_suffix(".litmus").map(str::to_owned)
    };
    let mut names: Vec<String> = names.filter_map(name).collect();
    names.sort();
    names
}

/// The classic tests whose question is answered with yes.
fn seen(machine: &str, protocol: &str) -> Vec<String> {
    let hardware = hardware(machine, protocol);
    let mut names = classics();
    names.retain(|name| {
        let test = classic(name);
        let setup = Setup::new(&test, &hardware).expect("it has as many cores");
        let proposition = &test.condition.proposition;
        let states = states(&test, &hardware);
        states.iter().any(|values| setup.holds(proposition, values))
    });
    names
}

#[test]
fn each_machine_shows_what_its_order_allows() {
    assert_eq!(seen("machines/sc", "mesi"), [""; 0]);
    assert_eq!(seen("machines/desktop", "mesi"), ["SB", "SB+rfis"]);
    assert_eq!(
        seen("machines/pso", "mesi"),
        ["2+2W", "MP", "MP+po+lfence", "SB", "SB+rfis"]
    );
    for protocol in ["mesi", "moesi", "directory-mesi"] {
        assert_eq!(
            seen("machines/invalidation-queue", protocol),
            ["IRIW", "MP", "MP+sfence+po", "SB", "SB+rfis"],
            "{protocol}"
        );
    }
}

/// A queue of invalidations adds to what x86 shows, keeps each location coherent, and orders
/// everything again where fences stand.
#[test]
fn invalidation_queues_weaken_what_spans_locations() {
    let (tso, queues, sc) = (
        hardware("machines/desktop", "mesi"),
        hardware("machines/invalidation-queue", "mesi"),
        hardware("machines/sc", "mesi"),
    );
    let options = Options {
        limit_states: 20_000,
        ..Options::default()
    };
    let (mut compared, mut weaker) = (0, 0);
    for case in suite::cases() {
        let test = parse(&case);
        let Some(outcomes) = explore(&test, &queues, &options) else {
            continue;
        };
        compared += 1;
        let usual = states(&test, &tso);
        assert!(usual.is_subset(&outcomes.states), "{}", case.path);
        if test.locations.len() == 1 {
            assert_eq!(outcomes.states, usual, "{}", case.path);
        }
        weaker += usize::from(outcomes.states != usual);
        let fenced = fenced(&test);
        if let Some(outcomes) = explore(&fenced, &queues, &options) {
            assert_eq!(outcomes.states, states(&fenced, &sc), "{}", case.path);
        }
    }
    println!("{weaker} of {compared} tests show more with invalidation queues");
}

/// The header of a broken machine names tests that show what x86 forbids.
#[test]
fn broken_machines_fail_the_tests_that_they_name() {
    let usual = seen("machines/desktop", "mesi");
    let folder = std::fs::read_dir(common::repository("models/broken/machines"));
    let mut machines = 0;
    for entry in folder.expect("it is there") {
        let name = entry.expect("it can be listed").file_name();
        let machine = name.to_str().and_then(|name| name.strip_suffix(".toml"));
        let machine = format!("broken/machines/{}", machine.expect("a machine file"));
        let text = common::read(&format!("models/{machine}.toml"));
        let (_, named) = text.split_once("Broken: ").expect("its header says what");
        let named = named.lines().next().expect("a line");
        let mut named: Vec<String> = named.split(", ").map(str::to_owned).collect();
        named.sort();
        for protocol in ["mesi", "none"] {
            let mut shown = seen(&machine, protocol);
            shown.retain(|name| !usual.contains(name));
            assert_eq!(shown, named, "{machine} with {protocol}");
        }
        machines += 1;
    }
    assert_eq!(machines, 3);
}

/// Accesses of several sizes, and across lines: what is seen in halves and what is not. The final
/// states stand beside each test; `SNAPSHOTS=overwrite cargo test` accepts changed ones.
#[test]
fn values_tear_where_the_manuals_say() {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    for (path, test) in torn() {
        let usual = hardware("machines/desktop", "mesi");
        let all = states(&test, &usual);
        for (machine, protocol) in [("machines/desktop", "none"), ("machines/desktop", "moesi")] {
            let same = states(&test, &hardware(machine, protocol));
            assert_eq!(same, all, "{} with {protocol}", test.name);
        }
        let mut actual = test.condition.to_string() + "\n";
        for state in written(&test, &usual, &all) {
            actual += &format!("{state}\n");
        }
        let expected = snapbox::Data::read_from(&path.with_extension("states"), None);
        assert.eq(actual, expected.raw());
    }
}

/// A load whose bytes are joined from the store buffer and the cache shows all that one does that waits,
/// and is no fence.
#[test]
fn loads_that_are_joined_need_not_wait() {
    let mut more = Vec::new();
    for (_, test) in torn() {
        let waiting = states(&test, &hardware("machines/desktop", "none"));
        let joins = |protocol| {
            let mut hardware = hardware("machines/desktop", protocol);
            hardware.config.store_buffer.forwards = Forwards::Joined;
            hardware
        };
        let joined = states(&test, &joins("none"));
        for protocol in ["mesi", "directory-mesi"] {
            assert_eq!(
                states(&test, &joins(protocol)),
                joined,
                "{} with {protocol}",
                test.name
            );
        }
        let every = Options {
            reduce: false,
            ..Options::default()
        };
        let every = explore(&test, &joins("mesi"), &every).expect("there is no limit");
        assert_eq!(every.states, joined, "{}", test.name);
        assert!(joined.is_superset(&waiting), "{}", test.name);
        if joined != waiting {
            more.push(test.name);
        }
    }
    more.sort();
    assert_eq!(more, ["forward-from-two", "forward-partly-covered"]);
}

/// The tests of accesses of several sizes, and their files.
fn torn() -> Vec<(PathBuf, Test)> {
    let folder = std::fs::read_dir(common::repository("tests/litmus/torn")).expect("it is there");
    let paths = folder.map(|entry| entry.expect("it can be listed").path());
    let is_test = |path: &PathBuf| path.extension().is_some_and(|end| end == "litmus");
    let tests = paths.filter(is_test).map(|path| {
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let test = Test::parse(&path.to_string_lossy(), &text).expect("a valid test");
        (path, test)
    });
    let tests: Vec<_> = tests.collect();
    assert!(tests.len() >= 9, "{} tests", tests.len());
    tests
}

/// Whether some of these states are what the test asks for.
fn asked(test: &Test, hardware: &Hardware, states: &BTreeSet<Vec<u64>>) -> bool {
    let setup = Setup::new(test, hardware).expect("it has as many cores");
    let proposition = &test.condition.proposition;
    states.iter().any(|values| setup.holds(proposition, values))
}

/// Whether x86-TSO allows a cycle in which no thread is at a location twice. It keeps everything
/// in order but a write and a later read of its thread with no fence between them
/// (Sewell et al., "x86-TSO", CACM 53(7), 2010), so a thread can be passed the wrong way round if
/// it begins with a write, ends with a read and has no fence at all.
fn is_allowed(cycle: &Cycle) -> bool {
    let is_fence = |edge: &Edge| matches!(edge, Edge::Order { fence: Some(_), .. });
    cycle.threads().any(|thread| {
        let ends = (thread[0].source(), thread[thread.len() - 1].source());
        ends == (Direction::Write, Direction::Read) && !thread.iter().any(is_fence)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// A critical cycle is none in an order of all accesses; store buffers only add to what there
    /// is, and fences take it away again.
    #[test]
    fn cycles_are_never_sequentially_consistent(cycle in random_cycle::cycles(3, false)) {
        let test = cycle.test(Architecture::X86_64);
        let sc = hardware("machines/sc", "none");
        let in_order = states(&test, &sc);
        prop_assert!(!asked(&test, &sc, &in_order), "{}", test);
        prop_assert_eq!(&states(&test, &hardware("machines/sc", "mesi")), &in_order, "{}", test);
        for protocol in ["none", "mesi"] {
            let tso = hardware("machines/desktop", protocol);
            let all = states(&test, &tso);
            prop_assert!(in_order.is_subset(&all), "{} with {}", test, protocol);
            prop_assert_eq!(&states(&fenced(&test), &tso), &in_order, "{} fenced, {}", test, protocol);
        }
    }

    #[test]
    fn cycles_are_shown_where_tso_allows_them(cycle in random_cycle::cycles(3, true)) {
        // A thread comes back to its first location if no other one leads to another.
        let leading = cycle.threads().filter(|thread| thread.len() > 1).count();
        prop_assume!(leading > 1);
        let test = cycle.test(Architecture::X86_64);
        let tso = hardware("machines/desktop", "mesi");
        let shown = asked(&test, &tso, &states(&test, &tso));
        prop_assert_eq!(shown, is_allowed(&cycle), "{}", test);
    }
}
