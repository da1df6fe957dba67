//! Proofs: every shipped protocol holds, with the counts that stand in `check/shipped.txt`; every
//! broken one fails by the property that its header names, with the shortest witness that stands
//! beside it. `SNAPSHOTS=overwrite cargo test --release --test check` accepts changed ones.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tearline::drive::exhaustive::Options;
use tearline::drive::proof::{Finding, Plan, Proven, Size, prove};
use tearline::protocol::Protocol;

/// The names of the protocols in a folder, in order.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(common::repository(folder)).expect("the folder is there");
    let names = entries.filter_map(|entry| {
        let name = entry.expect("it can be listed").file_name();
        Some(name.to_str()?.strip_suffix(".toml")?.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert!(!names.is_empty(), "{folder} has protocols");
    names
}

fn load(path: &str) -> Protocol {
    Protocol::parse(path, &common::read(path)).unwrap_or_else(|invalid| panic!("{invalid}"))
}

fn check(protocol: &Protocol, size: Size, symmetric: bool, threads: usize) -> Proven {
    let plan = Plan {
        size,
        symmetric,
        options: Options {
            threads,
            ..Options::default()
        },
    };
    prove(protocol, &plan, &mut ()).unwrap_or_else(|why| panic!("{}: {why}", protocol.name()))
}

fn size(cores: usize, lines: usize, values: u8) -> Size {
    Size {
        cores,
        lines,
        values,
    }
}

fn golden(actual: &str, path: PathBuf) {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let expected = snapbox::Data::read_from(&path, None);
    assert.eq(actual, expected.raw());
}

/// What the header of a broken protocol says that it breaks.
fn breaks(text: &str) -> &str {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("# Breaks: "));
    let line = line.expect("a header says what the protocol breaks");
    line.split('.').next().expect("a split has a first part")
}

/// The properties that the protocols of a folder break, each as its header says and with the
/// witness beside it.
fn broken_in(folder: &str) -> Vec<String> {
    let mut properties = Vec::new();
    for name in names(folder) {
        let path = format!("{folder}/{name}.toml");
        let text = common::read(&path);
        let property = breaks(&text);
        let output = Command::new(env!("CARGO_BIN_EXE_tearline"))
            .current_dir(common::repository(""))
            .args(["check", &path, "--cores", "3", "--jobs", "1"])
            .output()
            .expect("the command runs");
        let stdout = String::from_utf8(output.stdout).expect("a report is text");
        assert_eq!(output.status.code(), Some(1), "{name}: {stdout}");
        let first = stdout.lines().next();
        assert_eq!(first, Some(&*format!("violated   {property}")), "{name}");
        let witness = format!("{folder}/{name}.witness");
        golden(&stdout, common::repository(&witness));
        properties.push(property.to_owned());
    }
    properties.sort();
    properties.dedup();
    properties
}

#[test]
fn broken_protocols_fail_by_the_property_that_they_break() {
    let all = [
        "bounded channels",
        "data value",
        "every request is served",
        "no deadlock",
        "no unexpected event",
        "single writer or many readers",
    ];
    let broken = broken_in("models/broken");
    assert_eq!(broken, all, "each property is broken by some protocol");
}

/// What one who writes a first protocol forgets: the witness names the cell to look at.
#[test]
fn first_mistakes_are_found() {
    assert!(broken_in("tests/check/first").len() > 2);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without optimization")]
fn witnesses_are_as_short_with_other_means() {
    for name in names("models/broken") {
        let protocol = load(&format!("models/broken/{name}.toml"));
        let found = |symmetric, threads| {
            let proven = check(&protocol, size(3, 1, 2), symmetric, threads);
            match proven.verdict {
                Finding::Violated { property, witness } => (property, witness.steps.len()),
                verdict => panic!("{name}: {verdict:?}"),
            }
        };
        let expected = found(true, 1);
        for (symmetric, threads) in [(true, 2), (false, 1), (false, 2)] {
            let text = format!("{name}: symmetric {symmetric}, {threads} threads");
            assert_eq!(found(symmetric, threads), expected, "{text}");
        }
    }
}

/// Larger ones take more than ten seconds.
const SLOW_WITH_TWO_LINES: [&str; 1] = ["directory-moesi"];

/// One line of the table: the same counts for one thread and two.
fn row(table: &mut String, name: &str, protocol: &Protocol, size: Size) {
    let one_line = size.lines == 1;
    let counts = |proven: &Proven| (proven.states, proven.transitions, proven.depth);
    let run = |symmetric| {
        let proven = check(protocol, size, symmetric, 2);
        assert_eq!(proven.verdict, Finding::Verified, "{name}: {size:?}");
        if one_line {
            let again = check(protocol, size, symmetric, 1);
            assert_eq!(counts(&again), counts(&proven), "{name}: {size:?}");
        }
        proven
    };
    let proven = run(true);
    let shown = |(states, transitions, depth)| format!("{states:>7} {transitions:>8} {depth:>3}");
    let all = match one_line {
        true => shown(counts(&run(false))),
        false => String::new(),
    };
    let channels = proven.channels.iter();
    let channels: Vec<String> = channels
        .map(|(name, most)| format!("{name} {most}"))
        .collect();
    let Size {
        cores,
        lines,
        values,
    } = size;
    let line = format!(
        "{name:<16} {cores} {lines} {values}  {}  {all:20}  {:>3}/{:<3}  {}",
        shown(counts(&proven)),
        proven.cells - proven.unused.len(),
        proven.cells,
        channels.join(", ")
    );
    // Writing to a String cannot fail.
    let _ = writeln!(table, "{}", line.trim_end());
}

/// The head of the table.
const HEAD: &str = "\
# What `tearline check` finds: verified, all of them.
# C caches, L lines, V values; states, transitions and depth with symmetric ones counted once, and
# without symmetry; cells that were used, of all; the most messages that were in each channel.
# The depth can be less with symmetry: it counts from the initial state with any value in it.
#
# protocol       C L V   states   transi. dep   states  transi. dep  cells    channels
";

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without optimization")]
fn shipped_protocols_hold_with_these_counts() {
    let mut table = HEAD.to_owned();
    for name in names("models/protocols") {
        let protocol = load(&format!("models/protocols/{name}.toml"));
        let mut sizes = vec![size(2, 1, 2), size(2, 1, 3), size(3, 1, 2)];
        if matches!(protocol, Protocol::Bus(_)) || name == "german" {
            sizes.push(size(4, 1, 2));
        }
        if !SLOW_WITH_TWO_LINES.contains(&&*name) {
            sizes.push(size(2, 2, 2));
        }
        for size in sizes {
            row(&mut table, &name, &protocol, size);
        }
        let largest = check(&protocol, size(3, 1, 2), true, 2);
        assert_eq!(largest.unused, Vec::<[String; 3]>::new(), "{name}");
        assert_eq!(largest.unreached, Vec::<[String; 2]>::new(), "{name}");
    }
    golden(&table, common::repository("tests/check/shipped.txt"));
}

/// Protocols that show how wide the language is: one from the literature, and one of two levels.
#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without optimization")]
fn protocols_that_are_not_shipped_hold_with_these_counts() {
    let mut table = HEAD.to_owned();
    let sizes = [
        ("german-original", 2),
        ("german-original", 3),
        ("two-level", 1),
        ("two-level", 2),
    ];
    for (name, cores) in sizes {
        let protocol = load(&format!("tests/models/good-protocols/{name}.toml"));
        row(&mut table, name, &protocol, size(cores, 1, 2));
    }
    golden(&table, common::repository("tests/check/good.txt"));
}

/// A protocol of four controllers as large as anyone wants: a line that goes round in `phases`,
/// each with states and messages of its own. Acknowledgements go through two more controllers.
fn wide(phases: usize) -> String {
    let mut text = "name = \"wide\"\nfabric = \"network\"\nsource = \"generated\"\n".to_owned();
    let all = |each: &dyn Fn(usize, usize) -> String| -> String {
        (0..phases).map(|k| each(k, (k + 1) % phases)).collect()
    };
    for (channel, order) in [("up", "none"), ("down", "pairs"), ("data", "none")] {
        text += &format!("[[channel]]\nname = \"{channel}\"\norder = \"{order}\"\n");
    }
    let message = |name: &str, channel: &str, line: bool| {
        let carries = if line { "carries = [\"line\"]\n" } else { "" };
        format!("[[message]]\nname = \"{name}\"\nchannel = \"{channel}\"\n{carries}")
    };
    text += &message("Get", "up", false);
    text += &message("Put", "up", true);
    text += &message("Fwd", "down", false);
    text += &message("Put-Ack", "down", false);
    text += &all(&|k, _| message(&format!("Data-{k}"), "data", true));
    text += &all(&|k, _| message(&format!("Ack-{k}"), "down", false));
    let state = |name: &str| format!("  {{ name = \"{name}\", meaning = \"as it says\" }},\n");
    let passing = |name: &str| {
        let state = state(name);
        state.replace(" },", ", transient = true },")
    };
    let cell = |at: &str, event: &str, actions: &str, next: &str| {
        format!(
            "  {{ state = \"{at}\", event = \"{event}\", actions = [{actions}], next = \"{next}\" }},\n"
        )
    };
    let stall = |at: &str, event: &str| {
        format!("  {{ state = \"{at}\", event = \"{event}\", actions = [\"stall\"] }},\n")
    };
    let stalled = |at: &str| stall(at, "Load") + &stall(at, "Store");

    text += "[[controller]]\nname = \"cache\"\nat = \"core\"\ninitial = \"I\"\nstate = [\n";
    text += &(state("I") + &passing("I_L") + &passing("I_S"));
    text += &all(&|k, _| {
        state(&format!("V{k}")) + &passing(&format!("V{k}_I")) + &passing(&format!("I{k}_I"))
    });
    text += "]\ncell = [\n";
    text += &cell("I", "Load", "\"send Get to home\"", "I_L");
    text += &cell("I", "Store", "\"send Get to home\"", "I_S");
    for (waits, access) in [("I_L", "load"), ("I_S", "store")] {
        text += &(stalled(waits) + &stall(waits, "Fwd"));
        let takes = format!("\"line = message\", \"{access}\"");
        text += &all(&|k, _| cell(waits, &format!("Data-{k}"), &takes, &format!("V{k}")));
    }
    text += &all(&|k, _| {
        let (has, gives, gave) = (format!("V{k}"), format!("V{k}_I"), format!("I{k}_I"));
        let data = format!("\"send Data-{k} to requester\"");
        [
            cell(&has, "Load", "\"load\"", &has),
            cell(&has, "Store", "\"store\"", &has),
            cell(&has, "Evict", "\"send Put to home\"", &gives),
            cell(&has, "Fwd", &data, "I"),
            stalled(&gives),
            cell(&gives, "Fwd", &data, &gave),
            cell(&gives, "Put-Ack", "", "I"),
            stalled(&gave),
            cell(&gave, "Put-Ack", "", "I"),
        ]
        .concat()
    });
    text += "]\n";

    for (name, next, sends) in [("first", "second", true), ("second", "requester", false)] {
        text += &format!("[[controller]]\nname = \"{name}\"\nat = \"alone\"\ninitial = \"R0\"\n");
        text += &format!("state = [\n{}]\n", all(&|k, _| state(&format!("R{k}"))));
        let relay = |k: usize, then: usize| {
            let what = if sends {
                format!("Ack-{k}")
            } else {
                "Put-Ack".to_owned()
            };
            let send = format!("\"send {what} to {next}\"");
            cell(
                &format!("R{k}"),
                &format!("Ack-{k}"),
                &send,
                &format!("R{then}"),
            )
        };
        text += &format!("cell = [\n{}]\n", all(&relay));
    }

    text += "[[controller]]\nname = \"home\"\nat = \"memory\"\ninitial = \"I0\"\n";
    text += "variable = [ { name = \"owner\", holds = \"node\" } ]\nevent = [\n";
    text += "  { name = \"owner's Put\", message = \"Put\", when = [\"sender = owner\"] },\n";
    text += "  { name = \"late Put\", message = \"Put\" },\n]\n";
    let states = all(&|k, _| state(&format!("I{k}")) + &state(&format!("V{k}")));
    text += &format!("state = [\n{states}]\ncell = [\n");
    text += &all(&|k, then| {
        let (here, away) = (format!("I{k}"), format!("V{k}"));
        let gives = format!("\"send Data-{k} to requester\", \"owner = requester\"");
        let takes = format!("\"line = message\", \"owner = none\", \"send Ack-{k} to first\"");
        [
            cell(&here, "Get", &gives, &away),
            cell(
                &away,
                "Get",
                "\"send Fwd to owner\", \"owner = requester\"",
                &away,
            ),
            cell(&away, "owner's Put", &takes, &format!("I{then}")),
            cell(&here, "late Put", "\"send Put-Ack to sender\"", &here),
            cell(&away, "late Put", "\"send Put-Ack to sender\"", &away),
        ]
        .concat()
    });
    text + "]\n"
}

/// More than the 45 states and 374 cells that gem5's largest protocol has in its four machines.
#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without optimization")]
fn large_tables_are_proved() {
    let text = wide(20);
    let protocol =
        Protocol::parse("wide.toml", &text).unwrap_or_else(|invalid| panic!("{invalid}"));
    let Protocol::Network(network) = &protocol else {
        panic!("it sends messages");
    };
    let controllers = network.controllers.iter();
    let states: usize = controllers.map(|controller| controller.states.len()).sum();
    let proven = check(&protocol, size(2, 1, 2), true, 2);
    assert_eq!(proven.verdict, Finding::Verified);
    assert_eq!(
        (network.controllers.len(), states, proven.cells),
        (4, 143, 408)
    );
    assert_eq!(proven.unused, Vec::<[String; 3]>::new());
}

/// What a run of the program prints.
fn tearline(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tearline"))
        .args(arguments)
        .current_dir(common::repository("."))
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A folder of a test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("tearline-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder of its own");
        Folder(folder)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).expect("it can be written");
        path.to_str().expect("a plain path").to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // what is left is in the way of nobody
    }
}

/// Without the schedule, for an order that needs none.
fn unscheduled(trace: &str) -> String {
    let other = |line: &&str| !line.starts_with("step ") && !line.starts_with("schedule ");
    trace
        .lines()
        .filter(other)
        .map(|line| format!("{line}\n"))
        .collect()
}

/// What the timed driver's checks, or those of the other order, say of a trace.
fn violation(trace: &str, protocol: &str, more: &[&str]) -> String {
    let replay = ["replay", trace, "--protocol", protocol, "--check"];
    let replay = [&replay[..], &["--format", "json"], more].concat();
    let (code, report, errors) = tearline(&replay);
    assert_eq!(code, Some(1), "{protocol}: {report}{errors}");
    let report: serde_json::Value = serde_json::from_str(&report).expect("it is JSON");
    let what = &report["ending"]["what"];
    what.as_str().expect("it ends with a violation").to_owned()
}

/// Every witness, replayed in time, comes to a violation of the same property; one on a bus in
/// the order of its operations too.
#[test]
fn witnesses_replay_to_the_same_violation() {
    let folder = Folder::new("witness");
    for models in ["models/broken", "tests/check/first"] {
        for name in names(models) {
            let protocol = format!("{models}/{name}.toml");
            let text = common::read(&protocol);
            let expected = format!("{}: ", breaks(&text));
            for cores in ["2", "3"] {
                let check = ["check", &protocol, "--cores", cores, "--jobs", "1"];
                let (code, witness, errors) =
                    tearline(&[&check[..], &["--witness", "trace"]].concat());
                if cores == "2" && code == Some(0) {
                    continue; // needs a third cache
                }
                assert_eq!(code, Some(1), "{name}: {errors}");
                let trace = folder.write(&format!("{name}.trace"), &witness);
                let found = violation(&trace, &protocol, &[]);
                let (_, shown, _) = tearline(&check);
                let first = shown.lines().next().unwrap_or_default();
                let property = first.trim_start_matches("violated").trim();
                assert!(found.starts_with(property), "{name}: {first}, but {found}");
                if cores == "3" {
                    assert!(found.starts_with(&expected), "{name}: {found}");
                }
                if !text.contains("fabric  = \"network\"") {
                    let trace = folder.write("in-order.trace", &unscheduled(&witness));
                    let found = violation(&trace, &protocol, &["--order", "trace"]);
                    assert!(found.starts_with(property), "{name}, in order: {found}");
                }
            }
        }
    }
}

/// A schedule for other steps than the machine can take says where it stops fitting, and why.
#[test]
fn a_schedule_that_stops_fitting_says_where() {
    let folder = Folder::new("misfit");
    let trace = folder.write("plain.trace", "cores 2\n0 store 0x1000 1\n1 load 0x1000\n");
    let replay = |steps: &str, protocol: &str| {
        let schedule = folder.write("steps.schedule", &format!("schedule 1\n{steps}"));
        let arguments = ["replay", &trace, "--machine", "sc", "--schedule", &schedule];
        tearline(&[&arguments[..], &["--protocol", protocol]].concat())
    };
    let asked = "step core 0 issues\n";
    let cases = [
        (
            "directory-msi",
            "step core 2 issues",
            "there is no thread for this core",
        ),
        (
            "directory-msi",
            "step core 1 drains",
            "no store of it can leave",
        ),
        (
            "directory-msi",
            "step core 0 issues",
            "its last access is not over",
        ),
        (
            "directory-msi",
            "step core 0 served",
            "it does not wait for its turn",
        ),
        (
            "directory-msi",
            "step home receives GetS from cache 0 line 0x1000",
            "no such message is in flight",
        ),
        (
            "directory-msi",
            "step home receives GetM from cache 0 line 0x1040",
            "no such message is in flight",
        ),
        (
            "directory-msi",
            "step home receives GetM from cache 0 line 0x1000 nth 2",
            "no such message is in flight",
        ),
        (
            "directory-msi",
            "step home does something line 0x1000",
            "the controller cannot do that now",
        ),
        ("msi", "step core 0 issues", "its last access is not over"),
        ("msi", "step core 1 served", "it does not wait for its turn"),
        (
            "msi",
            "step home receives GetM from cache 0 line 0x1000",
            "no such message is in flight",
        ),
    ];
    for (protocol, step, why) in cases {
        let (code, shown, errors) = replay(&format!("{asked}{step}\n"), protocol);
        assert_eq!(
            (code, &*shown),
            (Some(2), ""),
            "{protocol}, {step}: {errors}"
        );
        let expected = [
            "the schedule does not fit here",
            "steps.schedule:3:1",
            step,
            why,
        ];
        for part in expected {
            assert!(errors.contains(part), "{protocol}, {step}: {errors}");
        }
        let possible = match protocol {
            "msi" => "`step core 1 issues`, `step core 0 served`",
            _ => "`step core 1 issues`, `step home receives GetM from cache 0 line 0x1000`",
        };
        assert!(errors.contains(possible), "{protocol}, {step}: {errors}");
    }
    let all = "step core 0 issues\nstep home receives GetM from cache 0 line 0x1000\n\
               step cache 0 receives Data from home line 0x1000\nstep core 0 issues\n";
    let (_, _, errors) = replay(all, "directory-msi");
    assert!(errors.contains("its program is at its end"), "{errors}");
    let stalled = "step core 0 issues\nstep core 1 issues\n\
                   step home receives GetM from cache 0 line 0x1000\n\
                   step home receives GetS from cache 1 line 0x1000\n\
                   step cache 0 receives Fwd-GetS from home line 0x1000\n";
    let (_, _, errors) = replay(stalled, "directory-msi");
    let why = "its receiver stalls it, or another must come first";
    assert!(errors.contains(why), "{errors}");
    let (code, _, errors) = replay("# none\n", "msi");
    assert_eq!(code, Some(0), "{errors}");
    let nothing = folder.write("empty.schedule", "");
    let (code, _, errors) = tearline(&["replay", &trace, "--schedule", &nothing]);
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("no schedule in this file"), "{errors}");
}
