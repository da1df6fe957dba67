//! Comparisons: the numbers are those of replays, every format says the same, and what cannot be
//! asked for is refused with what could be.

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use common::{read, repository};
use jsonschema::Validator;
use serde_json::{Value, json};

/// Few calls, so that a combination takes no time.
const SMALL: [&str; 7] = ["-n", "120", "--keys", "10", "--warm", "--seeds", "2"];

fn compare(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tearline"))
        .current_dir(repository(""))
        .arg("compare")
        .args(arguments)
        .output()
        .expect("the command runs")
}

/// What a comparison that must succeed prints.
fn printed(arguments: &[&str]) -> String {
    let output = compare(arguments);
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {notes}");
    String::from_utf8(output.stdout).expect("it is text")
}

fn small(arguments: &[&str]) -> String {
    printed(&[&SMALL, arguments].concat())
}

fn report(arguments: &[&str]) -> Value {
    let text = small(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&text).expect("it is JSON")
}

fn combinations(report: &Value) -> &Vec<Value> {
    report["combinations"].as_array().expect("a list")
}

fn schema() -> Validator {
    let schema = read("book/src/reference/compare.schema.json");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::meta::validate(&schema).expect("the schema is one");
    jsonschema::validator_for(&schema).expect("the schema can be used")
}

fn assert_fits(schema: &Validator, report: &Value) {
    let problems = schema.iter_errors(report);
    let problems: Vec<String> = problems
        .map(|error| format!("{}: {error:.300}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn assert_golden(path: &str, text: &str) {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let expected = snapbox::Data::read_from(&repository(path), None);
    assert.eq(text, expected.raw());
}

#[test]
fn a_small_comparison_is_as_it_was() {
    let arguments = ["--maps", "go-mutex,cow,go-classic", "--cores", "1,2"];
    let arguments = [&arguments[..], &["--reads", "50,90"]].concat();
    assert_golden("tests/compare/small.txt", &small(&arguments));
    assert_golden(
        "tests/compare/small.csv",
        &small(&[&arguments[..], &["--format", "csv"]].concat()),
    );
    let file = temporary("small.svg");
    small(&[&arguments[..], &["--chart", file.to_str().unwrap()]].concat());
    let drawn = fs::read_to_string(file).expect("it was drawn");
    assert_golden("tests/compare/small.svg", &drawn);
}

#[test]
fn json_reports_fit_the_schema() {
    let schema = schema();
    let all = ["--maps", "all", "--reads", "0,99.9", "--cores", "2"];
    let network = ["--protocols", "mesi,directory-mesi", "--races"];
    let unknown_keys = ["--maps", "go-mutex,java-concurrent", "--key", "string"];
    for arguments in [&all[..], &network, &unknown_keys] {
        let report = report(arguments);
        assert_fits(&schema, &report);
        assert_eq!(report["version"], 1);
        let mut wrong = report.clone();
        wrong["combinations"][0]["extra"] = json!(1);
        assert!(!schema.is_valid(&wrong));
        wrong["combinations"][0] = json!({});
        assert!(!schema.is_valid(&wrong));
    }
}

#[test]
fn a_trace_can_be_compared_instead() {
    let text = printed(&[
        "traces/split-line.trace",
        "--maps=safe",
        "--seeds=2",
        "--format=json",
    ]);
    let report: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_fits(&schema(), &report);
    assert_eq!(combinations(&report)[0]["reads"], Value::Null);
    let replay = combinations(&report)[0]["replay"].as_str().expect("a text");
    assert!(replay.starts_with("tearline replay traces/split-line.trace --map "));
}

/// A run that a check ended has not done its work, so there is no number for it, and none for
/// the lucky ones beside it.
#[test]
fn runs_that_end_early_have_no_throughput() {
    let report = report(&[
        "--maps",
        "go-classic,go-mutex",
        "--reads",
        "0",
        "--cores",
        "4",
    ]);
    let [unsafe_map, safe_map] = &combinations(&report)[..] else {
        panic!("two combinations: {report}");
    };
    assert_eq!(unsafe_map["work"]["calls_per_1000_cycles"], Value::Null);
    assert!(unsafe_map["finished"].as_u64() < unsafe_map["runs"].as_u64());
    assert!(safe_map["work"]["calls_per_1000_cycles"].is_f64());
    assert_eq!(safe_map["finished"], safe_map["runs"]);
    assert_eq!(safe_map["work"]["calls"], 2 * 120);
    let text = small(&["--maps", "go-classic", "--reads", "0", "--cores", "4"]);
    assert!(text.contains("ends early "), "{text}");
}

/// The command in the report replays the very run that was measured.
#[test]
fn a_combination_is_a_replay() {
    let once = "-n 120 --keys 10 --seeds 1 --maps go-mutex --cores 3 --format json";
    let arguments: Vec<&str> = once.split(' ').collect();
    let report: Value = serde_json::from_str(&printed(&arguments)).expect("it is JSON");
    let combination = &combinations(&report)[0];
    let command = combination["replay"].as_str().expect("a text");
    let (generate, replay) = command.split_once(" | ").expect("two commands");
    let run = |command: &str, input: Option<PathBuf>| {
        let mut words = command.split(' ').skip(1).map(str::to_owned);
        let mut run = Command::new(env!("CARGO_BIN_EXE_tearline"));
        let subcommand = words.next().expect("a command");
        run.arg(subcommand);
        let words: Vec<String> = words
            .map(|word| match (&*word, &input) {
                ("-", Some(file)) => file.display().to_string(),
                _ => word,
            })
            .collect();
        let output = run.args(words).output().expect("the command runs");
        assert!(output.status.success(), "{command}");
        String::from_utf8(output.stdout).expect("it is text")
    };
    let file = temporary("again.trace");
    fs::write(&file, run(generate, None)).expect("it can be written");
    let replay = replay.replace("SEED", "0") + " --seed 0 --format json";
    let replayed: Value = serde_json::from_str(&run(&replay, Some(file))).expect("it is JSON");
    assert_eq!(combination["work"]["cycles"], replayed["cycles"]);
    let total = &replayed["total"];
    assert_eq!(
        combination["traffic"]["transactions"],
        total["transactions"]
    );
    assert_eq!(combination["traffic"]["upgrades"], total["upgrades"]);
}

/// All lines have the columns of the first, and say what the JSON says.
#[test]
fn csv_says_the_same() {
    let arguments = ["--maps", "safe", "--reads", "50", "--key", "string"];
    let text = small(&[&arguments[..], &["--format", "csv"]].concat());
    let rows: Vec<Vec<String>> = text.lines().map(fields).collect();
    let report = report(&arguments);
    assert_eq!(rows.len(), 1 + combinations(&report).len());
    let column = |name: &str| rows[0].iter().position(|known| known == name).expect(name);
    for (row, combination) in rows[1..].iter().zip(combinations(&report)) {
        assert_eq!(row.len(), rows[0].len(), "{row:?}");
        assert_eq!(row[column("map")], combination["map"]);
        let cycles = combination["work"]["cycles"].to_string();
        assert_eq!(row[column("cycles")], cycles);
        let problem = combination["problem"].as_str().unwrap_or_default();
        assert_eq!(row[column("problem")], problem);
    }
    let problems = rows[1..]
        .iter()
        .filter(|row| !row[column("problem")].is_empty());
    assert!(problems.count() > 0, "some maps have no keys of this kind");
}

/// The fields of a line (RFC 4180); no field here has a line break.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let field = fields.last_mut().expect("there is always one");
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            letter => field.push(letter),
        }
    }
    assert!(!quoted, "{line}");
    fields
}

#[test]
fn threads_of_the_simulator_change_nothing() {
    let arguments = ["--maps", "safe", "--cores", "1,2", "--format", "json"];
    let on = |jobs| small(&[&arguments[..], &["--jobs", jobs]].concat());
    assert_eq!(on("1"), on("3"));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let lists = (1..=129)
        .map(|n| n.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let refused: [(&[&str], &str); 22] = [
        (&["--maps", "no-map"], "expected one of\n  go-classic "),
        (&["--maps", ""], "expected one of\n  go-classic "),
        (&["--cores", "0"], "0 cores: expected 1 to 64"),
        (&["--cores", "65"], "65 cores: expected 1 to 64"),
        (&["--cores", "two"], "invalid digit"),
        (
            &["--cores", &lists],
            "129 numbers of cores: expected at most 128",
        ),
        (&["--reads", "100.5"], "from 0 to 100"),
        (&["--reads", "50,,90"], "from 0 to 100"),
        (&["--machines", "none"], "unknown machine `none`"),
        (&["--protocols", "none"], "unknown protocol `none`"),
        (&["--threads", "0"], "0 threads: expected 1 to 64"),
        (&["--threads", "65"], "65 threads: expected 1 to 64"),
        (&["--seeds", "0"], "0 is not in 1..=1000000"),
        (&["--jobs", "0"], "0 is not in 1..=1024"),
        (&["--keys", "0"], "0 keys: expected 1 to 1048576"),
        (&["--format", "svg"], "possible values: text, json, csv"),
        (
            &["--chart", "no-such-folder/a.svg"],
            "cannot write no-such-folder/a.svg",
        ),
        (
            &["--maps", "java-concurrent", "--key", "string"],
            "cannot have keys of kind `string`",
        ),
        (
            &["--protocols", "directory-mesi", "--cores", "64"],
            "64 cores are too many for the protocol directory MESI",
        ),
        (
            &["--distribution", "normal"],
            "expected uniform, zipf:S or hot:PERCENT",
        ),
        (&["no-such.trace"], "cannot read no-such.trace"),
        (&["traces/ping-pong.trace"], "has no map to compare"),
    ];
    for (arguments, message) in refused {
        let output = match arguments[0].starts_with('-') {
            true => compare(&[&["-n", "10"], arguments].concat()),
            false => compare(arguments),
        };
        let notes = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {notes}");
        assert!(notes.contains(message), "{arguments:?}: {notes}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let trace = ["traces/split-line.trace", "--reads", "50"];
    let notes = String::from_utf8(compare(&trace).stderr).expect("it is text");
    assert!(notes.contains("cannot be used with '--reads"), "{notes}");
    let cores: Vec<String> = (1..=64).map(|cores| cores.to_string()).collect();
    let many = [
        "-n",
        "10000000",
        "--reads",
        "0,1",
        "--cores",
        &cores.join(","),
    ];
    let notes = String::from_utf8(compare(&many).stderr).expect("it is text");
    assert!(notes.contains("expected at most 4194304"), "{notes}");
}

/// The commands in the book's chapter make the drawings beside it.
/// `SNAPSHOTS=overwrite cargo test --release --test compare` makes them anew.
#[test]
fn the_drawings_in_the_book_are_current() {
    let chapter = read("book/src/what-a-cure-costs.md");
    let commands = chapter
        .lines()
        .filter(|line| line.starts_with("tearline compare "));
    let mut drawn = 0;
    for command in commands {
        let words = command.split(' ').skip(2).collect::<Vec<_>>();
        let [arguments @ .., "--chart", figure] = &words[..] else {
            panic!("`{command}` draws nothing");
        };
        let name = figure.strip_prefix("book/src/").expect("it is in the book");
        assert!(
            chapter.contains(&format!("]({name})")),
            "{name} is not shown"
        );
        let file = temporary(&name.replace('/', "-"));
        let chart = ["--chart", file.to_str().expect("a plain name")];
        printed(&[arguments, &chart].concat());
        assert_golden(figure, &fs::read_to_string(file).expect("it was drawn"));
        drawn += 1;
    }
    assert_eq!(drawn, 2);
}

/// A place for a file of this test's own.
fn temporary(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("compare-{name}"))
}
