//! The book's page that puts measured programs beside simulated ones: each number of the second
//! kind comes from the command that stands beside it. `SNAPSHOTS=overwrite cargo test --release
//! --test beside` writes the page anew.

mod common;

use std::fmt::Write as _;
use std::process::Command;

use serde_json::Value;
use snapbox::Data;

/// A pair of calls, its trace, and what was measured: of fatal errors those among overlapping
/// rounds, and what went wrong in silence, with Go 1.19 and Go 1.24.
const PAIRS: [(&str, &str, [&str; 2], &str); 9] = [
    (
        "64 puts each, empty map",
        "put64",
        ["98 %", "100 %"],
        "0, 0",
    ),
    ("8 puts each, empty map", "put8", ["47 %", "81 %"], "1, 1"),
    ("a put each, empty map", "put1", ["41 %", "33 %"], "0, 0"),
    (
        "a put each, map with room",
        "pre1",
        ["94 %", "53 %"],
        "0, 0",
    ),
    (
        "both put the same new key",
        "same1",
        ["24 %", "30 %"],
        "2, 0",
    ),
    ("both `m[k]++`", "inc1", ["3.8 %", "0.9 %"], "0, 2"),
    (
        "the put that grows, a get",
        "rwgrow",
        ["45 %", "61 %"],
        "0, 0",
    ),
    (
        "a put, a get of another key",
        "rwplain",
        ["1.4 %", "0.07 %"],
        "0, 0",
    ),
    (
        "a 3-word value written, read",
        "rwstruct",
        ["0.25 %", "0.05 %"],
        "3, 1",
    ),
];

/// The maps that a table has a column for.
const MAPS: [&str; 2] = ["go-classic", "go-swiss"];

/// How a torn value begins, and what that is.
type Mixtures = &'static [(&'static str, &'static str)];

/// A value that tears: its trace, the mixtures, and what was measured.
const TORN: [(&str, &str, Mixtures, &str); 4] = [
    (
        "string",
        "string",
        &[
            ("0x000000000000000b", "new length, old address"),
            ("0x0000000000000002", "old length, new address"),
        ],
        "new length with old address in 8.1 M reads, the reverse in 0",
    ),
    ("interface", "interface", &[], "both mixtures"),
    (
        "8-byte number, 64 bits",
        "word",
        &[],
        "0 of 169,051 changes",
    ),
    (
        "8-byte number, 32 bits",
        "halves",
        &[
            ("0x0000000000000000", "0"),
            ("0x0000000100000001", "0x100000001"),
        ],
        "0 in 8 and 0x100000001 in 7 of 25,235 changes",
    ),
];

/// What `tearline replay ARGUMENTS --format json` prints.
fn replay(arguments: &str) -> Value {
    let command = Command::new(env!("CARGO_BIN_EXE_tearline"))
        .current_dir(common::repository(""))
        .arg("replay")
        .args(arguments.split(' '))
        .args(["--format", "json"])
        .output()
        .expect("the command can be run");
    serde_json::from_slice(&command.stdout)
        .unwrap_or_else(|error| panic!("{arguments}: {error}\n{command:?}"))
}

fn count(report: &Value, pointer: &str) -> u64 {
    let number = report.pointer(pointer).and_then(Value::as_u64);
    number.unwrap_or_else(|| panic!("{pointer} is a number"))
}

fn percent(part: u64, all: u64) -> String {
    match all {
        0 => "-".to_owned(),
        _ => format!("{:.1} %", part as f64 / all as f64 * 100.0),
    }
}

/// How many of the runs had an outcome.
fn runs_with(report: &Value, outcome: &str) -> u64 {
    let outcomes = report["outcomes"].as_array().expect("outcomes");
    let one = outcomes
        .iter()
        .find(|one| one["outcome"] == outcome && one["text"].is_null());
    one.map_or(0, |one| one["runs"].as_u64().expect("a number"))
}

/// Of the runs that overlapped, how many were caught, and how many wrong in silence, in percent.
fn shares(arguments: &str) -> [String; 2] {
    let report = replay(arguments);
    let overlapped = count(&report, "/reckoning/overlapped");
    ["/reckoning/caught", "/reckoning/silent"].map(|what| percent(count(&report, what), overlapped))
}

fn pairs() -> String {
    let mut table = "| program, `traces/pairs/` | `go-classic` | Go 1.19 | `go-swiss` | Go 1.24 | \
                     wrong in silence: `go-classic`, `go-swiss` | rounds wrong in silence: 1.19, \
                     1.24 |\n|---|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for (what, trace, [go_1_19, go_1_24], silent) in PAIRS {
        let [(classic, classic_silent), (swiss, swiss_silent)] = MAPS.map(|map| {
            let file = format!("traces/pairs/{trace}.trace --map {map}");
            let [caught, silent] = shares(&format!(
                "{file} --machine warm-heap --seeds 2000 --skew 1000"
            ));
            (caught, silent)
        });
        let _ = writeln!(
            table,
            "| {what} (`{trace}`) | {classic} | {go_1_19} | {swiss} | {go_1_24} | \
             {classic_silent}, {swiss_silent} | {silent} |"
        );
    }
    table
}

/// A trace without its clock readings: then only the calls themselves count as overlap.
fn without_clocks(trace: &str) -> String {
    let text = common::read(&format!("traces/pairs/{trace}.trace"));
    let lines = text.lines().filter(|line| !line.ends_with(" clock"));
    let kept = lines.collect::<Vec<_>>().join("\n") + "\n";
    let file = format!("{}/{trace}-calls.trace", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, kept).expect("the folder can be written to");
    file
}

/// One thing changed at a time: whether clock readings count, the machine, the skew.
fn why() -> String {
    const CHANGES: [(&str, bool, &str, u32); 8] = [
        ("as above", true, "warm-heap", 1000),
        ("only calls count as overlap", false, "warm-heap", 1000),
        ("new memory is in memory: `desktop`", true, "desktop", 1000),
        ("both", false, "desktop", 1000),
        ("`--skew 200`", true, "warm-heap", 200),
        ("`--skew 400`", true, "warm-heap", 400),
        ("`--skew 4000`", true, "warm-heap", 4000),
        ("a thread's first allocation", true, "new-threads", 1000),
    ];
    let mut table = "| | `put8`: `go-classic`, `go-swiss` | `put1` | `inc1` |\n\
                     |---|--:|--:|--:|\n"
        .to_owned();
    for (what, clocks, machine, skew) in CHANGES {
        let cells = ["put8", "put1", "inc1"].map(|trace| {
            let file = match clocks {
                true => format!("traces/pairs/{trace}.trace"),
                false => without_clocks(trace),
            };
            let caught = MAPS.map(|map| {
                let how = format!("--map {map} --machine {machine} --seeds 2000 --skew {skew}");
                let [caught, _] = shares(&format!("{file} {how}"));
                caught
            });
            caught.join(", ")
        });
        let _ = writeln!(table, "| {what} | {} |", cells.join(" | "));
    }
    table
}

/// What goes wrong in silence where stores leave the store buffer sooner.
fn drains() -> String {
    let text = common::read("models/machines/warm-heap.toml");
    let sooner = text.replace("max = 60", "max = 5");
    assert_ne!(text, sooner, "stores leave within 60 cycles");
    let file = format!("{}/sooner.toml", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, sooner).expect("the folder can be written to");
    let mut table =
        "  | wrong in silence | within 60 cycles: `go-classic`, `go-swiss` | within 5 |\n  \
                     |---|--:|--:|\n"
            .to_owned();
    for trace in ["inc1", "put8"] {
        let cells = ["warm-heap", &file].map(|machine| {
            let silent = MAPS.map(|map| {
                let of = format!("traces/pairs/{trace}.trace --map {map} --machine {machine}");
                let [_, silent] = shares(&format!("{of} --seeds 2000 --skew 1000"));
                silent
            });
            silent.join(", ")
        });
        let _ = writeln!(table, "  | `{trace}` | {} |", cells.join(" | "));
    }
    table
}

/// A private cache that holds all of a map with room.
fn ways() -> String {
    let caught = MAPS.map(|map| {
        let file = format!("traces/pairs/pre1.trace --map {map}");
        let how = "--machine warm-heap --ways 64 --seeds 2000 --skew 1000";
        let [caught, _] = shares(&format!("{file} {how}"));
        format!("`{map}` {caught}")
    });
    let caught = caught.join(", ");
    format!("  `pre1` with `--ways 64`: {caught}.\n")
}

fn torn() -> String {
    let mut table = String::new();
    for (what, trace, mixtures, measured) in TORN {
        let machine = "--machine models/machines/busy.toml";
        let arguments = format!("traces/pairs/{trace}.trace {machine} --seeds 20000 --skew 400");
        let report = replay(&arguments);
        let torn = report["torn"].as_array().expect("torn values");
        let runs = |begin: &str| -> u64 {
            let those = torn.iter().filter(|one| {
                let value = one["value"].as_str().expect("a value");
                value.starts_with(begin)
            });
            those
                .map(|one| one["runs"].as_u64().expect("a number"))
                .sum()
        };
        let values = torn.len();
        let shown = match mixtures {
            [] => format!("{} runs, {values} mixtures", runs("")),
            _ => {
                let one = |(begin, name): &(&str, &str)| format!("{name}: {} runs", runs(begin));
                mixtures.iter().map(one).collect::<Vec<_>>().join("; ")
            }
        };
        let _ = writeln!(table, "| {what} | {shown} | {measured} | `{arguments}` |");
    }
    table
}

/// The values that results had, most frequent first.
fn results(report: &Value, most: usize) -> String {
    let results = report["results"].as_array().expect("results");
    let one = |result: &Value| {
        let values = result["values"].as_object().expect("values");
        let number = |value: &Value| {
            let hex = value.as_str().and_then(|hex| hex.strip_prefix("0x"));
            hex.and_then(|hex| u64::from_str_radix(hex, 16).ok())
                .map_or("none".to_owned(), |number| number.to_string())
        };
        let values: Vec<String> = values
            .iter()
            .map(|(name, value)| format!("{name} {}", number(value)))
            .collect();
        format!("{}: {}", values.join(", "), result["runs"])
    };
    let shown: Vec<String> = results.iter().take(most).map(one).collect();
    let rest = match results.len() > most {
        true => "; …",
        false => "",
    };
    shown.join("; ") + rest
}

fn increments() -> String {
    let arguments = "traces/pairs/increments.trace --seeds 2000 --skew 20000";
    let report = replay(arguments);
    let fatal = runs_with(&report, "fatal error");
    let wrong = runs_with(&report, "wrong value");
    format!(
        "`tearline replay {arguments}`: of 2000 runs {fatal} end with the fatal error, and \
         {wrong} lose increments without one.\n"
    )
}

fn java() -> String {
    const PROGRAMS: [(&str, &str); 3] = [
        ("four puts each", "java-two-fill"),
        ("`resize()` twice", "java-two-grow"),
        ("two puts that grow", "java-two-puts"),
    ];
    let mut table = String::new();
    for (what, trace) in PROGRAMS {
        for (machine, skew) in [
            ("warm-heap", 200),
            ("new-threads", 200),
            ("new-threads", 30000),
        ] {
            let file = format!("traces/pairs/{trace}.trace --machine {machine}");
            let results = results(&replay(&format!("{file} --seeds 2000 --skew {skew}")), 6);
            let _ = writeln!(
                table,
                "| {what} (`{trace}`) | `{machine}`, {skew} | {results} |"
            );
        }
    }
    table
}

fn growth() -> String {
    let mut wrong = 0;
    for seed in 0..20 {
        let report = replay(&format!("traces/pairs/java-growth.trace --seed {seed}"));
        wrong += count(&report, "/wrong_values");
    }
    let share = percent(wrong, 20 * 1500);
    format!(
        "`tearline replay traces/pairs/java-growth.trace --seed 0` to `19`: {wrong} of 30,000 gets \
         of a key that is there say that it is not, {share}.\n"
    )
}

fn minimal() -> String {
    let mut table = "| `--skew`, cycles | runs with the fatal error |\n|--:|--:|\n".to_owned();
    for skew in [200, 100_000, 1_000_000] {
        let arguments =
            format!("traces/minimal-program.trace --seeds 100 --skew {skew} --no-races");
        let fatal = runs_with(&replay(&arguments), "fatal error");
        let _ = writeln!(table, "| {skew} | {fatal} of 100 |");
    }
    table
}

#[test]
fn the_page_is_what_comes_out() {
    let template = common::read("tests/beside/page.md");
    type Part = (&'static str, fn() -> String);
    let parts: [Part; 9] = [
        ("pairs", pairs),
        ("why", why),
        ("ways", ways),
        ("drains", drains),
        ("torn", torn),
        ("increments", increments),
        ("java", java),
        ("growth", growth),
        ("minimal", minimal),
    ];
    let mut page = template;
    for (name, make) in parts {
        let place = format!("<!-- {name} -->\n");
        assert!(page.contains(&place), "the page has a place for {name}");
        page = page.replace(&place, &make());
    }
    let file = common::repository("book/src/beside-real-programs.md");
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    assert.eq(page, Data::read_from(&file, None).raw());
}
