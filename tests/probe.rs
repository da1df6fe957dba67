//! The probe: what it says of counts, and, on a machine with two processors, what the processor
//! answers. `SNAPSHOTS=overwrite cargo test` accepts changed texts.
#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

mod common;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jsonschema::Validator;
use serde_json::{Value, json};
use tearline::machine::Config;
use tearline::probe::calibrate;
use tearline::probe::tear::{Cell, Effort, LINE_BYTES, Place, Seen, simulate};
use tearline::probe::{Host, Increment, Kind, Pair, Processor, Share, Topology, allowed};
use tearline::protocol::Protocol;
use tearline::report::probe::{
    Compared, ComparisonReport, Heading, NotAsked, Processors, TearReport, Two, render_tear,
};
use tearline::shipped;

fn tearline(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tearline"));
    command.arg("probe").args(arguments);
    command.output().expect("the command runs")
}

/// Whether two processors may be asked; a note if not.
fn two_processors() -> bool {
    let topology = Topology::read(Path::new("/sys"));
    let pair = topology.map_err(|why| why.to_string());
    let pair = pair.and_then(|topology| Pair::usual(&topology, allowed().as_deref()));
    if let Err(why) = &pair {
        println!("skipped: {why}");
    }
    pair.is_ok()
}

/// What one kind of access shows at these offsets; none, with a note, if this machine is too busy to
/// show enough.
fn asked(kind: &str, offsets: &str) -> Option<Value> {
    let output = tearline(&[
        "tear",
        "--format",
        "json",
        "--widths",
        kind,
        "--offsets",
        offsets,
        "--changes",
        "20000",
        "--seconds",
        "5",
    ]);
    let notes = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{notes}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    if output.status.code() == Some(3) {
        println!("skipped: too few changes were seen in 5 s");
    }
    (output.status.code() == Some(0)).then_some(report)
}

fn cells(report: &Value) -> &Vec<Value> {
    report["cells"].as_array().expect("a list")
}

/// What every x86 and Arm processor does: a byte is never torn, an aligned word is never torn, and what
/// has bytes in two lines is, where the second begins.
#[test]
fn values_tear_where_a_line_ends_and_not_inside() {
    if !two_processors() {
        return;
    }
    for kind in ["1", "2", "4", "8"] {
        let Some(report) = asked(kind, "0,8,56,63") else {
            continue;
        };
        for cell in cells(&report) {
            let (offset, torn) = (cell["offset"].as_u64(), cell["torn"]["of"].as_u64());
            let (offset, torn) = (offset.expect("a number"), torn.expect("a number"));
            let bytes: u64 = kind.parse().expect("a width");
            if offset + bytes <= LINE_BYTES as u64 {
                assert_eq!(torn, 0, "{cell:#}");
            } else {
                assert!(torn > 0, "{cell:#}");
                let cut = (LINE_BYTES as u64 - offset).to_string();
                let cuts = cell["cuts"].as_object().expect("an object");
                assert_eq!(cuts.keys().collect::<Vec<_>>(), [&cut], "{cell:#}");
            }
        }
    }
}

/// However much is wanted, every place has its share of the time, and none is said to have had enough.
#[test]
fn all_places_share_the_time() {
    if !two_processors() {
        return;
    }
    let most = u64::MAX.to_string();
    let wanted = ["--offsets", "0-7", "--changes", &most, "--seconds", "0.4"];
    let output = tearline(&[&["tear", "--widths", "1", "--format", "json"], &wanted[..]].concat());
    assert_eq!(output.status.code(), Some(3));
    let report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!(cells(&report).len(), 8);
    for cell in cells(&report) {
        assert_eq!(cell["enough"], false, "{cell:#}");
        let seconds = cell["seconds"].as_f64().expect("a number");
        assert!(seconds > 0.0, "{cell:#}");
    }
}

/// A copy of two words tears between them, wherever it lies.
#[test]
fn two_moves_tear_between_the_words() {
    if !two_processors() {
        return;
    }
    if let Some(report) = asked("two-words", "56") {
        for cell in cells(&report) {
            assert!(cell["torn"]["of"].as_u64() > Some(0), "{cell:#}");
            let cuts = cell["cuts"].as_object().expect("an object");
            assert_eq!(cuts.keys().collect::<Vec<_>>(), ["8"], "{cell:#}");
        }
    }
}

fn schema(question: &str) -> Validator {
    let schema = common::read(&format!("book/src/reference/probe-{question}.schema.json"));
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::meta::validate(&schema).expect("the schema is one");
    jsonschema::validator_for(&schema).expect("the schema can be used")
}

/// Two processors of a machine that is made up.
fn heading() -> Heading {
    let processor = |number| Processor {
        number,
        core: vec![number],
        socket: vec![0, 1],
        caches: Vec::new(),
    };
    let topology = Topology {
        processors: vec![processor(0), processor(1)],
    };
    let host = Host {
        processor: Some("A processor".to_owned()),
        kernel: Some("Linux 0.0".to_owned()),
        virtual_machine: true,
        lse2: None,
    };
    let pair = Pair {
        writer: 0,
        reader: 1,
    };
    let date = "2026-01-01T00:00:00Z".to_owned();
    let asked = Processors::Two(Two::new(&topology, pair));
    Heading::new(date, vec!["probe".to_owned()], host, Some(asked))
}

fn seen(kind: Kind, place: Place, offset: usize, torn: &[(usize, u64)], changes: u64) -> Seen {
    let count = torn.iter().map(|(_, count)| count).sum();
    Seen {
        kind,
        place,
        offset,
        reads: 10 * changes,
        changes,
        torn: Share::new(count, changes),
        cuts: torn.iter().copied().collect::<BTreeMap<_, _>>(),
        begins: [count, 0],
        enough: changes >= 1000,
        seconds: Some(0.25),
    }
}

fn made_up() -> TearReport {
    let (kind, line) = (Kind::Plain(8), Place::Line);
    let mut cells: Vec<Seen> = (0..57)
        .map(|offset| seen(kind, line, offset, &[], 1000))
        .collect();
    cells.push(seen(kind, line, 57, &[(7, 20)], 1000));
    cells.push(seen(kind, line, 58, &[(6, 200)], 1000));
    cells.push(seen(kind, Place::Page, 58, &[(6, 3)], 1000));
    cells.push(seen(Kind::Vector(16), line, 0, &[], 12));
    cells.push(seen(Kind::Vector(16), line, 1, &[(7, 4), (8, 5)], 1000));
    let not_asked = vec![NotAsked {
        what: "64".to_owned(),
        why: "the processor has no such instructions".to_owned(),
    }];
    let wanted = cells.len();
    TearReport::new(heading(), 1000, cells, not_asked, wanted)
}

/// Which instructions make an access differs between processors.
#[cfg(target_arch = "x86_64")]
#[test]
fn counts_are_told_with_what_they_prove() {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let report = made_up();
    assert!(!report.complete, "one cell saw too few changes");
    let text = render_tear(&report);
    let expected = common::repository("tests/probe/tear.txt");
    assert.eq(text, snapbox::Data::read_from(&expected, None).raw());
}

#[test]
fn json_is_what_its_schema_says_and_nothing_less() {
    let schema = schema("tear");
    let report = serde_json::to_value(made_up()).expect("it can be written");
    let problems: Vec<String> = schema
        .iter_errors(&report)
        .map(|error| format!("{}: {error:.300}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{problems:?}");
    let changed: [(&str, Value); 4] = [
        ("/version", json!(2)),
        ("/cells/0/kind", json!("3")),
        ("/cells/0/torn/at_most", json!(1.5)),
        ("/share", json!("nothing")),
    ];
    for (place, value) in changed {
        let mut changed = report.clone();
        *changed.pointer_mut(place).expect("it is there") = value;
        assert!(!schema.is_valid(&changed), "{place}");
    }
    if two_processors()
        && let Some(report) = asked("4", "0,62")
    {
        assert!(schema.is_valid(&report), "{report:#}");
    }
}

/// What an Arm processor promises is told above its answers, also those that are read on another machine.
#[test]
fn what_arm_promises_is_told_where_there_is_an_arm() {
    let cases: [(Option<bool>, &[&str]); 3] = [
        (None, &[]),
        (
            Some(true),
            &[
                "FEAT_LSE2: accesses inside 16 aligned bytes are promised to be performed whole, of a \
                 16-byte vector each aligned half",
            ],
        ),
        (
            Some(false),
            &[
                "no FEAT_LSE2: accesses aligned to their own size are promised to be performed whole, of \
                 16 bytes each half",
            ],
        ),
    ];
    for (lse2, expected) in cases {
        let mut report = made_up();
        report.heading.host.lse2 = lse2;
        let lines = report.heading.lines();
        let told: Vec<&String> = lines.iter().filter(|line| line.contains("LSE2")).collect();
        assert_eq!(told, expected);
        let text = serde_json::to_value(&report).expect("it can be written");
        assert_eq!(text.get("lse2"), lse2.map(Value::from).as_ref());
        assert!(schema("tear").is_valid(&text), "{lse2:?}");
        let again: TearReport = serde_json::from_value(text).expect("it can be read");
        assert_eq!(again.heading.host, report.heading.host);
    }
}

/// A comparison of made-up answers: where both are of one kind, and where not.
#[cfg(target_arch = "x86_64")]
#[test]
fn comparisons_say_plainly_where_the_two_differ() {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let file = std::env::temp_dir().join(format!("tearline-tear-{}.json", std::process::id()));
    let report = serde_json::to_string(&made_up()).expect("it can be written");
    std::fs::write(&file, report).expect("it can be written");
    let from = file.to_str().expect("a plain name");
    let chart = file.with_extension("svg");
    let drawn = chart.to_str().expect("a plain name");
    let output = tearline(&[
        "compare",
        "--from",
        from,
        "--simulated-changes",
        "500",
        "--chart",
        drawn,
    ]);
    let text = String::from_utf8(output.stdout).expect("text");
    let expected = common::repository("tests/probe/compare.txt");
    assert.eq(text, snapbox::Data::read_from(&expected, None).raw());
    assert_eq!(
        output.status.code(),
        Some(1),
        "a vector is cut inside a line"
    );

    let drawn = std::fs::read_to_string(&chart).expect("it was drawn");
    std::fs::remove_file(&chart).expect("it can be removed");
    let expected = common::repository("tests/probe/compare.svg");
    assert.eq(drawn, snapbox::Data::read_from(&expected, None).raw());

    let output = tearline(&["compare", "--from", from, "--format", "json"]);
    let mut report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert!(schema("compare").is_valid(&report), "{report:#}");
    report["cells"][0]["measured"]["kind"] = json!("3");
    assert!(!schema("compare").is_valid(&report));

    std::fs::write(&file, "{}").expect("it can be written");
    let output = tearline(&["compare", "--from", from]);
    std::fs::remove_file(&file).expect("it can be removed");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("not what `probe tear --format json` writes"),
        "{stderr}"
    );
}

/// Nothing that differs is not agreement.
#[test]
fn a_comparison_of_too_few_changes_does_not_agree() {
    let report = made_up();
    let both = |measured: &Seen, simulated: &Seen| Compared {
        measured: measured.clone(),
        simulated: simulated.clone(),
    };
    let (never, torn, few) = (&report.cells[0], &report.cells[57], &report.cells[60]);
    let cases = [
        (vec![both(never, never), both(torn, torn)], Some(true)),
        (vec![both(never, never), both(few, never)], None),
        (vec![both(few, torn), both(torn, never)], Some(false)),
        (vec![], None),
    ];
    for (cells, expected) in cases {
        let shown = format!("{cells:?}");
        let machine = ("desktop", "MESI", 64);
        let report = ComparisonReport::new(heading(), machine, cells, Vec::new(), None);
        assert_eq!(report.agrees(), expected, "{shown}");
    }
}

/// A file may be called anything, and the arguments stand in the answer.
#[test]
fn a_name_that_is_no_text_is_no_fault() {
    if !two_processors() {
        return;
    }
    let mut name = std::env::temp_dir().into_os_string();
    name.push(format!("/tearline-{}-", std::process::id()));
    name.push(OsStr::from_bytes(b"\xff.json"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tearline"));
    command.args(["probe", "tear", "--widths", "1", "--offsets", "0"]);
    command.args(["--changes", "10", "--format", "json", "-o"]);
    let output = command.arg(&name).output().expect("the command runs");
    let notes = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{notes}");
    let text = std::fs::read_to_string(&name).expect("it was written");
    std::fs::remove_file(&name).expect("it can be removed");
    assert!(text.contains("\u{fffd}.json"), "{text}");
}

/// Whoever is named twice is asked once.
#[test]
fn widths_that_are_named_twice_are_asked_once() {
    if !two_processors() {
        return;
    }
    if let Some(report) = asked("4,1,4", "8,9") {
        let kinds = cells(&report).iter().map(|cell| cell["kind"].clone());
        assert_eq!(kinds.collect::<Vec<_>>(), ["4", "4", "1", "1"]);
    }
}

/// Where the system lets nobody choose processors, that is said, and no number. It is played by
/// `strace`; without it this is skipped with a message.
#[test]
fn without_permission_to_pin_nothing_is_asked() {
    let refused = |question: &[&str]| {
        let mut strace = Command::new("strace");
        strace.args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=sched_setaffinity",
        ]);
        strace.args(["-e", "inject=sched_setaffinity:error=EPERM"]);
        strace.args([env!("CARGO_BIN_EXE_tearline"), "probe"]);
        strace.args(question).output()
    };
    let mut works = Command::new("strace");
    let works = works.args(["-qq", "-o", "/dev/null", "true"]).status();
    let works = works.is_ok_and(|status| status.success());
    if !works || !two_processors() {
        println!("skipped: strace is not installed, or not allowed");
        return;
    }
    let sb = common::repository("traces/litmus/SB.litmus");
    let questions: [&[&str]; 4] = [
        &["tear"],
        &["map"],
        &["latency"],
        &["litmus", sb.to_str().expect("its name is text")],
    ];
    let questions = questions
        .into_iter()
        .filter(|question| question[0] != "litmus" || cfg!(target_arch = "x86_64"));
    for question in questions {
        let output = refused(question).expect("it runs");
        let notes = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{question:?}: {notes}");
        let note = "note: nothing was asked: a thread cannot be kept on processor ";
        assert!(notes.starts_with(note), "{question:?}: {notes}");
        assert!(output.stdout.is_empty(), "{question:?}");
    }
}

/// What Ctrl-C leaves of a question that would take hours.
fn interrupted(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tearline"));
    let command = command.arg("probe").args(arguments);
    let child = command.args(["--format", "json"]).stdout(Stdio::piped());
    let child = child.stderr(Stdio::piped()).spawn().expect("it runs");
    std::thread::sleep(Duration::from_secs(1));
    let mut interrupt = Command::new("kill");
    let interrupt = interrupt.args(["-INT", &child.id().to_string()]);
    assert!(interrupt.status().expect("it can be sent").success());
    let output = child.wait_with_output().expect("it ends");
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{arguments:?}: {notes}");
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

#[test]
fn after_an_interrupt_what_was_seen_so_far_is_told() {
    if !two_processors() {
        return;
    }
    let hours = ["--changes", "1000000000000"];
    for question in [
        vec!["tear", "--seconds", "3600"],
        vec!["compare", "--simulated-changes", "100"],
    ] {
        let report = interrupted(&[&question[..], &hours].concat());
        let first = &cells(&report)[0];
        let seen = first.get("measured").unwrap_or(first);
        assert!(seen["changes"].as_u64() > Some(0), "{question:?}: {seen:#}");
    }
}

/// An answer that was written elsewhere is believed its counts, as far as they can be, and nothing else.
#[test]
fn answers_are_read_again_with_what_follows_from_their_counts() {
    let report = made_up();
    let json = serde_json::to_value(&report).expect("it can be written");
    let read = |json: &Value| TearReport::read(&json.to_string());
    let changed = |place: &str, value: Value| {
        let mut changed = json.clone();
        *changed.pointer_mut(place).expect("it is there") = value;
        changed
    };
    let again = read(&json).expect("it is one");
    assert_eq!(again.cells, report.cells);
    for (place, value) in [
        ("/cells/0/torn/at_most", json!(-5.0)),
        ("/cells/57/torn/at_least", json!(0.9)),
        ("/cells/60/enough", json!(true)),
    ] {
        let read = read(&changed(place, value)).expect("its counts can be");
        assert_eq!(read.cells, report.cells, "{place}");
    }
    for (place, value) in [
        ("/cells/0/offset", json!(64)),
        ("/cells/0/changes", json!(0)),
        ("/cells/0/reads", json!(3)),
        ("/cells/0/torn/of", json!(3)),
        ("/cells/0/torn/among", json!(u64::MAX)),
        ("/cells/57/cuts", json!({})),
        ("/cells/57/cuts", json!({"8": 20})),
        ("/cells/57/cuts", json!({"7": 21})),
        ("/cells/57/begins", json!([u64::MAX, 21])),
    ] {
        let why = read(&changed(place, value)).expect_err(place);
        assert!(why.ends_with("is none that can be seen"), "{place}: {why}");
    }
    let why = read(&changed("/version", json!(2))).expect_err("another version");
    assert_eq!(why, "version 2, and 1 is what is read here");
}

#[test]
fn wrong_arguments_are_refused() {
    let cases: [(&[&str], &str); 7] = [
        (&["tear", "--widths", "3"], "expected one of 1, 2, 4, 8, 16"),
        (
            &["tear", "--offsets", "64"],
            "expected offsets from 0 to 63",
        ),
        (&["tear", "--offsets", ""], "expected offsets from 0 to 63"),
        (&["tear", "--changes", "0"], "0 is not in 1.."),
        (
            &["tear", "--seconds", "-1"],
            "expected seconds, at most 3600",
        ),
        (
            &["tear", "--cpus", "0"],
            "expected two processors, like `0,1`",
        ),
        (
            &["tear", "--cpus", "0,0"],
            "two different processors are needed",
        ),
    ];
    for (arguments, expected) in cases {
        let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
        // A value that begins with a sign must not look like an option.
        let joined: Vec<String> = match &arguments[..] {
            [question, option, value] => vec![question.clone(), format!("{option}={value}")],
            other => other.to_vec(),
        };
        let joined: Vec<&str> = joined.iter().map(String::as_str).collect();
        let output = tearline(&joined);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{joined:?}: {stderr}");
        assert!(stderr.contains(expected), "{joined:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{joined:?}");
    }
    if two_processors() {
        let output = tearline(&["tear", "--cpus", "0,65000"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains("processor 65000 is switched off"),
            "{stderr}"
        );
    }
}

/// What a simulated machine shows, with blocks of so many bytes performed whole.
fn simulated(single_copy_bytes: usize, kind: Kind, place: Place, offset: usize) -> Seen {
    let machine = shipped::machine("desktop").expect("it is shipped");
    let config = Config::parse("desktop", machine).unwrap_or_else(|bad| panic!("{bad}"));
    let config = Config {
        single_copy_bytes,
        ..config
    };
    let table = shipped::protocol("mesi").expect("it is shipped");
    let protocol = Protocol::parse("mesi", table).unwrap_or_else(|bad| panic!("{bad}"));
    let cell = Cell {
        kind,
        place,
        offset,
    };
    let effort = Effort {
        changes: 2000,
        time: Duration::ZERO,
        all: Duration::MAX,
        seed: 1,
    };
    let seen = simulate(&Arc::new(config), &protocol, cell, &effort);
    seen.unwrap_or_else(|wrong| panic!("{wrong}"))
}

#[test]
fn simulated_values_tear_where_the_machine_performs_them_in_parts() {
    for kind in [Kind::Plain(2), Kind::Plain(8), Kind::Vector(16)] {
        for offset in [0, 1, 24, 48, 63] {
            let seen = simulated(64, kind, Place::Line, offset);
            assert!(seen.enough, "{seen:?}");
            let crosses = offset + kind.bytes() > LINE_BYTES;
            assert_eq!(seen.torn.of > 0, crosses, "{seen:?}");
            assert!(seen.is_cut_at_the_line(), "{seen:?}");
        }
    }
    let in_halves = simulated(8, Kind::Vector(16), Place::Line, 0);
    assert_eq!(in_halves.cuts.keys().collect::<Vec<_>>(), [&8]);
    let words = simulated(64, Kind::TwoWords, Place::Line, 56);
    assert_eq!(words.cuts.keys().collect::<Vec<_>>(), [&8]);
    let locked = simulated(64, Kind::Locked(8), Place::Page, 60);
    assert_eq!(locked.torn.of, 0);
}

/// Two threads that increment one counter lose some, unless they lock it; the simulated ones too.
#[test]
fn increments_get_lost_unless_they_are_locked() {
    if !two_processors() {
        return;
    }
    let output = tearline(&[
        "map",
        "--format",
        "json",
        "--changes",
        "1000",
        "--increments",
        "500000",
    ]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let races = report["races"].as_array().expect("a list");
    let lost: Vec<&Value> = races
        .iter()
        .filter(|race| race["counts"] == "lost")
        .collect();
    assert_eq!(lost.len(), 4, "{report:#}");
    for race in lost {
        let of = |whose: &str| race[whose]["of"].as_u64().expect("a count");
        let locked = race["instructions"] == Increment::Locked.instructions();
        if locked {
            assert_eq!((of("measured"), of("simulated")), (0, 0), "{race:#}");
        } else {
            assert!(of("simulated") > 0, "{race:#}");
        }
    }
}

/// What the other questions answer fits their schemas, and no longer when it is changed.
#[test]
fn other_answers_are_what_their_schemas_say() {
    if !two_processors() {
        return;
    }
    let questions: [(&str, &[&str], &str); 2] = [
        (
            "map",
            &["--changes", "100", "--increments", "100"],
            "/races/0/counts",
        ),
        ("latency", &["--seconds", "0.3"], "/pairs/0/seen/0/question"),
    ];
    for (question, arguments, place) in questions {
        let schema = schema(question);
        let output = tearline(&[&[question, "--format", "json"], arguments].concat());
        let notes = String::from_utf8_lossy(&output.stderr);
        let report = serde_json::from_slice(&output.stdout);
        let mut report: Value = report.unwrap_or_else(|why| panic!("{question}: {why}\n{notes}"));
        let problems: Vec<String> = schema
            .iter_errors(&report)
            .map(|error| format!("{}: {error:.300}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{question}: {problems:?}");
        *report.pointer_mut(place).expect("it is there") = json!("something else");
        assert!(!schema.is_valid(&report), "{question}");
    }
}

/// What cannot be simulated is an error in words, whatever the user's files say.
#[test]
fn loops_that_do_not_end_are_told() {
    let machine = shipped::machine("desktop").expect("it is shipped");
    let slow = machine.replace("max = 60", "max = 1000000");
    assert_ne!(slow, machine);
    let parse = |text: &str| Config::parse("test", text).unwrap_or_else(|bad| panic!("{bad}"));
    let mesi = shipped::protocol("mesi").expect("it is shipped");
    let mesi = Protocol::parse("mesi", mesi).unwrap_or_else(|bad| panic!("{bad}"));
    let why = calibrate::simulate(&parse(&slow), &mesi).expect_err("it takes too long");
    assert_eq!(why, "a loop makes too many accesses on this machine");
    let broken = common::any_protocol("models/broken/mesi-missing-cell.toml");
    let why = calibrate::simulate(&parse(machine), &broken).expect_err("a cell is missing");
    assert!(why.starts_with("the protocol goes wrong: "), "{why}");
}
