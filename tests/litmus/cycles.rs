//! Tests made from cycles, compared with those that diy made from the same cycles.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tearline::litmus::cycle::{Cycle, FAMILIES};
use tearline::litmus::{Architecture, Init, Test};

use crate::random_cycle::cycles;
use crate::{common, read, suite};

/// A test that diy made, and what it said about its cycle.
struct Made {
    path: String,
    test: Test,
    cycle: Cycle,
}

fn info<'a>(test: &'a Test, key: &str) -> Option<&'a str> {
    let found = test.info.iter().find(|(known, _)| known == key);
    found.map(|(_, value)| value.as_str())
}

/// diy's older names of edges and communications.
fn in_todays_words(text: &str) -> String {
    text.replace("Wse", "Coe")
        .replace("Wsi", "Coi")
        .replace("Ws", "Co")
}

/// Cycles of which no test is made: all of their events are at one location, and the two edges of
/// program order say nothing about how those events follow each other in memory. diy made tests
/// of them that list all coherent final states.
const UNORDERED: [&str; 2] = [
    "x86/tests__non-mixed-size__CO__S+poss.litmus",
    "x86/tests__non-mixed-size__CO__WRC+poss.litmus",
];

/// The tests of the suite that tell their cycle.
fn made() -> Vec<Made> {
    let mut made = Vec::new();
    let mut unordered = BTreeSet::new();
    let cases = suite::cases();
    let is_there = !cases.is_empty();
    for case in cases {
        let test = read(&case.path, &case.text);
        let Some(text) = info(&test, "Orig").or_else(|| info(&test, "Cycle")) else {
            continue;
        };
        match Cycle::parse(&case.path, text) {
            Ok(cycle) => made.push(Made {
                path: case.path,
                test,
                cycle,
            }),
            Err(invalid) => {
                assert!(UNORDERED.contains(&&*case.path), "{invalid}");
                unordered.insert(case.path);
            }
        }
    }
    if is_there {
        assert_eq!(unordered.len(), UNORDERED.len());
        assert_eq!(made.len(), 682);
    }
    made
}

/// How many tests are alike; nothing is where there is no suite.
fn pinned(counts: &[usize], expected: &[usize]) {
    let is_there = counts.iter().any(|&count| count > 0);
    assert!(!is_there || counts == expected, "{counts:?}");
}

/// Tests that an older diy made, which named locations from the first edge on, wherever it is.
const OTHER_LETTERS: [&str; 2] = [
    "herdtools7/doc__podrw000.litmus",
    "herdtools7/doc__podrw001.litmus",
];

/// Tests that ask about all coherent final states instead of the cycle.
const OTHER_CONDITIONS: [&str; 5] = [
    "x86/tests__non-mixed-size__CO__CoRR1.litmus",
    "x86/tests__non-mixed-size__CO__CoRW1.litmus",
    "x86/tests__non-mixed-size__CO__CoWR0.litmus",
    "x86/tests__non-mixed-size__CO__RWC+mfences.litmus",
    "x86/tests__non-mixed-size__CO__WRC+mfences.litmus",
];

/// Instructions as they are written, in eight bytes where they are in four: diy is told which for
/// a whole run.
fn threads(test: &Test) -> Vec<Vec<String>> {
    let wide = |cell: String| match test.architecture {
        Architecture::X86 => cell,
        Architecture::X86_64 => {
            let cell = cell.replace("movl ", "movq ");
            cell.replace("xchgl ", "xchgq ").replace("%e", "%r")
        }
    };
    let cells = |thread| test.cells(thread).into_iter().map(wide).collect();
    (0..test.threads.len()).map(cells).collect()
}

#[test]
fn instructions_and_conditions_are_those_of_diy() {
    let (mut same, mut letters, mut conditions) = (0, 0, 0);
    for Made { path, test, cycle } in made() {
        let own = cycle.test(test.architecture);
        if OTHER_LETTERS.contains(&&*path) {
            assert_ne!(threads(&own), threads(&test), "{path}");
            letters += 1;
            continue;
        }
        assert_eq!(threads(&own), threads(&test), "{path}");
        let names = |test: &Test| -> BTreeSet<String> {
            let all = test.locations.iter();
            assert!(
                all.clone().all(|one| one.init == [Init::Number(0)]),
                "{path}"
            );
            all.map(|one| one.name.clone()).collect()
        };
        assert_eq!(names(&own), names(&test), "{path}");
        if test.locations[0].declared.is_some() {
            assert_eq!(own.locations, test.locations, "{path}");
            assert_eq!(own.registers, test.registers, "{path}");
        }
        if OTHER_CONDITIONS.contains(&&*path) {
            assert_ne!(own.condition, test.condition, "{path}");
            conditions += 1;
            continue;
        }
        assert_eq!(
            own.condition.to_string(),
            test.condition.to_string(),
            "{path}"
        );
        same += 1;
    }
    pinned(&[same, conditions, letters], &[675, 5, 2]);
}

/// Tests that an older diy made, which flushed less.
const OTHER_PREFETCH: [&str; 7] = [
    "herdtools7/doc__tst-x86__X000.litmus",
    "herdtools7/doc__tst-x86__X001.litmus",
    "herdtools7/doc__tst-x86__X002.litmus",
    "herdtools7/doc__tst-x86__X003.litmus",
    "herdtools7/doc__tst-x86__X004.litmus",
    "herdtools7/doc__tst-x86__X005.litmus",
    "herdtools7/doc__tst-x86__X006.litmus",
];

#[test]
fn information_is_that_of_diy() {
    let mut compared = [0; 4];
    for Made { path, test, cycle } in made() {
        let own = cycle.test(test.architecture);
        // Written by hand, or by a diy that wrote less, where there is no other line either.
        let is_told = |key| info(&test, key).is_some() || info(&test, "Com").is_some();
        for (at, key) in ["Cycle", "Com", "Orig", "Prefetch"].into_iter().enumerate() {
            let theirs = info(&test, key).map(in_todays_words);
            match key {
                // A cycle as somebody wrote it is kept by diy, even where it begins in a thread.
                "Orig" if theirs.as_ref().is_some_and(|text| !text.ends_with('e')) => continue,
                "Prefetch" if OTHER_PREFETCH.contains(&&*path) => continue,
                "Prefetch" if !is_told(key) => continue,
                "Prefetch" => {}
                _ if theirs.is_none() => continue,
                _ => {}
            }
            assert_eq!(info(&own, key), theirs.as_deref(), "{key} of {path}");
            compared[at] += 1;
        }
    }
    pinned(&compared, &[674, 677, 672, 670]);
}

/// Names that somebody gave.
const OTHER_NAMES: [&str; 11] = [
    "podrw000", "podrw001", "X000", "X001", "X002", "X003", "X004", "X005", "X006", "x86-2+2W",
    "CoRR1",
];

/// Whether a name has a number at its end: diy used not to write what the events between two
/// edges do, and numbered the tests whose names would be the same.
fn is_numbered(name: &str) -> bool {
    let end = name.len().checked_sub(3).and_then(|at| name.get(at..));
    end.is_some_and(|end| end.starts_with("00"))
}

/// A name as diy used to write it, without the number.
fn without_directions(name: &str) -> String {
    let bare = name.replace("R-", "-").replace("W-", "-");
    let is_label = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
    let labels: Vec<&str> = bare.split('+').filter(is_label).collect();
    match labels[..] {
        [first, _, ..] if labels.iter().all(|label| *label == first) => {
            let family = &bare[..bare.len() - labels.len() * (first.len() + 1)];
            format!("{family}+{first}s")
        }
        _ => bare,
    }
}

#[test]
fn names_are_those_of_diy() {
    let (mut same, mut given) = (0, 0);
    for Made { path, test, cycle } in made() {
        if OTHER_NAMES.contains(&&*test.name) {
            given += 1;
            continue;
        }
        let theirs = match is_numbered(&test.name) {
            true => &test.name[..test.name.len() - 3],
            false => &test.name,
        };
        assert_eq!(without_directions(&cycle.name()), theirs, "{path}");
        same += 1;
    }
    pinned(&[same, given], &[671, 11]);
}

/// A cycle's name leads to the cycle. So does the name of a test of the suite, unless it was
/// given or does not say enough.
#[test]
fn names_lead_back() {
    let (mut back, mut unsaid) = (0, 0);
    for Made { path, test, cycle } in made() {
        let name = cycle.name();
        let named = Cycle::named("name", &name);
        assert_eq!(named.as_ref(), Ok(&cycle), "{path}: {name}");
        if is_numbered(&test.name) || OTHER_NAMES.contains(&&*test.name) {
            continue;
        }
        match Cycle::named("name", &test.name) {
            Ok(named) => {
                assert_eq!(named, cycle, "{path}");
                assert_eq!(cycle.name(), test.name);
                back += 1;
            }
            Err(invalid) => {
                let why = &invalid.problems[0].message;
                let expected = "does not say what the event after it does";
                assert!(why.ends_with(expected), "{path}: {why}");
                unsaid += 1;
            }
        }
    }
    pinned(&[back, unsaid], &[528, 82]);
}

#[test]
fn families_have_their_names() {
    for family in &FAMILIES {
        let cycle = Cycle::parse(family.name, &family.cycle())
            .unwrap_or_else(|invalid| panic!("{invalid}"));
        assert_eq!(cycle.name(), family.name);
        assert_eq!(cycle.to_string(), family.cycle());
        assert_eq!(Cycle::named("name", family.name), Ok(cycle));
    }
}

/// Each line of the file is a cycle or a name that no test can be made of; the messages stand
/// beside it.
#[test]
fn mistakes_in_cycles_are_explained() {
    let mut actual = String::new();
    for line in common::read("tests/litmus/cycles.bad").lines() {
        let (what, text) = line.split_once(':').expect("a line says what it is");
        let made = match what {
            "cycle" => Cycle::parse("cycle", text),
            _ => Cycle::named("name", text),
        };
        match made {
            Ok(cycle) => panic!("{line} is {cycle}"),
            Err(invalid) => actual += &format!("{invalid}\n\n"),
        }
    }
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let golden = common::repository("tests/litmus/cycles.stderr");
    assert.eq(actual, snapbox::Data::read_from(&golden, None).raw());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// A test reads back as it is written, and its cycle is told by it, by its name, and by the
    /// same edges from any other one on.
    #[test]
    fn any_cycle_leads_to_its_test_and_back(cycle in cycles(4, false)) {
        for architecture in [Architecture::X86, Architecture::X86_64] {
            let test = cycle.test(architecture);
            prop_assert_eq!(Test::parse("written", &test.to_string()), Ok(test.clone()));
            prop_assert_eq!(Cycle::named("name", &test.name), Ok(cycle.clone()));
            for key in ["Cycle", "Orig"] {
                let told = info(&test, key).expect("it is told");
                prop_assert_eq!(Cycle::parse(key, told), Ok(cycle.clone()));
            }
        }
        let mut edges = cycle.edges().to_vec();
        for _ in 0..edges.len() {
            edges.rotate_left(1);
            prop_assert_eq!(Cycle::new(&edges), Ok(cycle.clone()));
        }
    }

    /// No text does harm.
    #[test]
    fn any_text_is_a_cycle_or_none(words in proptest::collection::vec(
        "Po[ds][RW][RW]|Exch|[RFCW][fros][eix]|MFence[ds]W[RW]|[a-zA-Z+. \u{e9}-]{0,3}", 0..8,
    )) {
        let _ = Cycle::parse("cycle", &words.join(" "));
    }

    /// Nor does a name.
    #[test]
    fn any_name_is_one_of_a_cycle_or_none(words in proptest::collection::vec(
        "SB|MP|W|RR|R|[0-9]{1,2}[.](SB|2W)|Z6|po|po[RW]|rfi|rmw|s|[+-]|[+-]|[+-]|mfence|\u{e9}", 0..12,
    )) {
        if let Ok(cycle) = Cycle::named("name", &words.concat()) {
            prop_assert_eq!(Cycle::named("name", &cycle.name()), Ok(cycle));
        }
    }
}
