//! Traces with mistakes get the messages that stand beside them; traces without are read, and
//! written in a form that reads back as the same trace. `SNAPSHOTS=overwrite cargo test`
//! accepts changed messages.

#[path = "traces/arbitrary.rs"]
mod arbitrary;
mod common;

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tearline::trace::{self, Base, Header, Op, Operation, Place, Reader, Trace};

/// The maps that traces of tests may name.
const KINDS: [&str; 3] = ["go-classic", "go-classic-generic", "sharded"];

/// And shipped ones.
fn all_kinds() -> Vec<&'static str> {
    tearline::maps::KINDS.iter().map(|kind| kind.name).collect()
}

/// The traces of a folder, in the order of their names.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(common::repository(folder)).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|end| end == "trace"))
        .collect();
    files.sort();
    files
}

fn bare_name(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str());
    name.expect("the file has a name")
}

fn open(name: &str, bytes: &[u8]) -> Result<Trace, trace::Error> {
    open_with(&KINDS, name, bytes)
}

fn open_with(kinds: &[&str], name: &str, bytes: &[u8]) -> Result<Trace, trace::Error> {
    let bytes = bytes.to_vec();
    let open = move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn std::io::BufRead>);
    Trace::read(name, kinds, Box::new(open))
}

/// What is wrong with a trace, as it is drawn.
fn mistake(name: &str, bytes: &[u8]) -> String {
    match open(name, bytes) {
        Ok(_) => panic!("{name} is read"),
        Err(trace::Error::Io(error)) => panic!("{name}: {error}"),
        Err(trace::Error::Invalid(invalid)) => format!("{invalid}\n"),
    }
}

fn read(name: &str, bytes: &[u8]) -> (Header, Vec<Operation>) {
    let all = Reader::open(name, &all_kinds(), bytes).and_then(|mut reader| {
        let operations = reader.by_ref().collect::<Result<_, _>>()?;
        Ok((reader.into_header(), operations))
    });
    all.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn write(header: &Header, operations: &[Operation]) -> Vec<u8> {
    let mut text = Vec::new();
    trace::write(header, operations, &mut text).expect("memory takes it");
    text
}

/// The same without places in the file, which writing changes.
fn without_lines(
    (mut header, mut operations): (Header, Vec<Operation>),
) -> (Header, Vec<Operation>) {
    for operation in header.init.iter_mut().chain(&mut operations) {
        operation.line = 0;
    }
    for (line, _) in header.schedule.iter_mut().flat_map(|s| &mut s.steps) {
        *line = 0;
    }
    (header, operations)
}

#[test]
fn mistakes_are_explained() {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let files = files("tests/traces/bad");
    assert!(files.len() >= 100, "{} cases", files.len());
    for path in files {
        let bytes = fs::read(&path).expect("the file can be read");
        let actual = mistake(bare_name(&path), &bytes);
        let expected = snapbox::Data::read_from(&path.with_extension("stderr"), None);
        assert.eq(actual, expected.raw());
    }
}

/// Mistakes that editors and `git diff` would not show, or would mend.
#[test]
fn mistakes_in_bytes_are_explained() {
    let long = [b"0 fence # ", &[b'x'; 1 << 20][..]].concat();
    let lossy = [b"0 ", &[b'\xc3'; 5000][..]].concat();
    let cases: [(&str, &[u8], &str, &str); 13] = [
        ("empty", b"", "1:1", "no operations in this trace"),
        ("line end", b"\n\n", "1:1", "no operations in this trace"),
        (
            "comments",
            b"# a\n  # b",
            "1:1",
            "no operations in this trace",
        ),
        ("bom", b"\xef\xbb\xbf", "1:1", "no operations in this trace"),
        (
            "nul",
            b"var x\n0 load\0x\n",
            "2:7",
            "control character 0x00",
        ),
        (
            "escape",
            b"0 fence # \x1b[31m\n",
            "1:11",
            "control character 0x1b",
        ),
        (
            "lone return",
            b"0 fence\r0 fence\r",
            "1:8",
            "control character 0x0d",
        ),
        (
            "return at the end",
            b"0 fence\r",
            "1:8",
            "control character 0x0d",
        ),
        (
            "late bom",
            b"0 fence\n\xef\xbb\xbf0 fence\n",
            "2:1",
            "unknown word",
        ),
        (
            "latin-1",
            b"# na\xefve\n0 fence\n",
            "1:5",
            "byte 0xef is not UTF-8 text",
        ),
        (
            "cut letter",
            b"0 fence\n# \xc3",
            "2:3",
            "byte 0xc3 is not UTF-8 text",
        ),
        ("megabyte", &long, "1:1", "a line of more than 4096 bytes"),
        ("not text", &lossy, "1:1", "a line of more than 4096 bytes"),
    ];
    for (name, bytes, place, message) in cases {
        let drawn = mistake(name, bytes);
        assert!(drawn.starts_with(&format!("error: {message}")), "{drawn}");
        assert!(drawn.contains(&format!("--> {name}:{place}\n")), "{drawn}");
        assert!(drawn.len() < 1000, "{drawn}");
    }
}

#[test]
fn limits_of_the_header_are_explained() {
    for (word, most) in [("var v", 1024), ("map m", 64), ("init store x 1 #", 65536)] {
        let end = if word.starts_with("map") {
            " sharded"
        } else {
            ""
        };
        let lines = |count| {
            (0..count)
                .map(|n| format!("{word}{n}{end}\n"))
                .collect::<String>()
        };
        let first = if word.starts_with("init") {
            "var x\n"
        } else {
            ""
        };
        read(word, format!("{first}{}0 fence", lines(most)).as_bytes());
        let drawn = mistake("many", format!("{first}{}", lines(most + 1)).as_bytes());
        let line = most + 1 + first.lines().count();
        assert!(drawn.contains(&format!("--> many:{line}:1\n")), "{drawn}");
        assert!(drawn.contains(&format!("at most {most}")), "{drawn}");
    }
}

#[test]
fn unusual_files_are_read() {
    let plain = read("plain", b"var x\n0 load x\n1 store x 1\n");
    let longest = format!("{: <4096}", "var x");
    let long = format!("\u{feff}{longest}\r\n0 load x{: <4087}\n1 store x 1\n", ' ');
    let cases: [(&str, &[u8]); 4] = [
        ("CR LF", b"var x\r\n0 load x\r\n1 store x 1\r\n"),
        ("no last line end", b"var x\n0 load x\n1 store x 1"),
        (
            "byte order mark",
            b"\xef\xbb\xbfvar x\n0 load x\n1 store x 1\n",
        ),
        ("longest lines", long.as_bytes()),
    ];
    for (name, bytes) in cases {
        assert_eq!(read(name, bytes), plain, "{name}");
    }
}

#[test]
fn good_traces_are_read_and_written() {
    for path in files("tests/traces/good")
        .into_iter()
        .chain(files("traces"))
    {
        let name = bare_name(&path);
        let bytes = fs::read(&path).expect("the file can be read");
        let (header, operations) = read(name, &bytes);
        let text = write(&header, &operations);
        let again = without_lines(read(name, &text));
        assert_eq!(again, without_lines((header, operations.clone())), "{name}");
        let trace = open_with(&all_kinds(), name, &bytes).unwrap_or_else(|error| panic!("{error}"));
        let count: u64 = trace.threads().iter().map(|thread| thread.operations).sum();
        assert_eq!(count, operations.len() as u64, "{name}");
        let streamed = trace.operations().expect("it is still there");
        assert!(streamed.map(Result::unwrap).eq(operations), "{name}");
    }
}

#[test]
fn bare_columns_are_accesses_to_one_byte() {
    let (_, operations) = read("bare", b"0 r 0x1000\nP0 w 1000\n0 R 0x 1000\n");
    let place = Place {
        base: Base::Absolute,
        offset: 0x1000,
        bytes: 1,
    };
    let ops = operations.into_iter().map(|operation| operation.op);
    assert!(ops.eq([Op::Load(place), Op::Store(place, 2), Op::Load(place)]));
}

/// A trace that is too large to be held is read anew, and noticed if it is another by then.
#[test]
fn a_changed_trace_is_noticed() {
    let first = std::sync::atomic::AtomicBool::new(true);
    let open = move || {
        let first = first.swap(false, std::sync::atomic::Ordering::Relaxed);
        let text = if first {
            "var x\n0 load x x100000"
        } else {
            "var x\nvar y\n0 load y"
        };
        Ok(Box::new(Cursor::new(text)) as Box<dyn std::io::BufRead>)
    };
    let trace = Trace::read("changing", &KINDS, Box::new(open)).expect("it is right");
    assert_eq!(trace.threads()[0].operations, 100_000);
    let error = trace.operations().err().expect("it is another trace");
    assert!(error.to_string().contains("changed"), "{error}");
}

#[test]
fn repeats_are_counted_in_time() {
    let text = "0 fence x1000000\n1 compute 1 x1000000\n".repeat(5000);
    let trace = open("long", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let counts: Vec<u64> = trace
        .threads()
        .iter()
        .map(|thread| thread.operations)
        .collect();
    assert_eq!(counts, [5_000_000_000; 2]);
}

#[test]
fn a_problem_can_be_put_at_a_line() {
    let text = b"\xef\xbb\xbf# title\r\n\r\n  12 load 0x10\r\n";
    let trace = open("x", text).unwrap_or_else(|error| panic!("{error}"));
    let problem = trace.problem(3, "wrong").expect("it is still there");
    assert_eq!((problem.line, problem.column(), problem.span), (3, 3, 2..4));
    assert_eq!(problem.text, "  12 load 0x10");
}

/// Traces of other simulators that the bare columns cover have one operation a line.
#[test]
fn shared_traces_are_read() {
    let suites = common::repository("../shared/suites");
    if !suites.exists() {
        println!("skipped: {} is not there", suites.display());
        return;
    }
    let mut read_lines = 0;
    for file in [
        "atomic/traces/canneal.04t.debug",
        "small/multiprocessor_coherence.txt",
    ] {
        let text = fs::read_to_string(suites.join(file)).expect("the file can be read");
        let words = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
        let lines = text.lines().filter(words).count();
        let (_, operations) = read(file, text.as_bytes());
        assert_eq!(operations.len(), lines, "{file}");
        assert!(
            operations.iter().all(|operation| operation.thread < 4),
            "{file}"
        );
        read_lines += lines;
    }
    assert!(read_lines > 10_000, "{read_lines} lines");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a trace says, its text says the same.
    #[test]
    fn a_written_trace_reads_back((header, operations) in arbitrary::trace(&KINDS)) {
        let text = write(&header, &operations);
        prop_assert_eq!(without_lines(read("written", &text)), (header, operations));
    }

    /// A repeated operation is that many operations.
    #[test]
    fn repeats_are_expanded((header, operations) in arbitrary::trace(&KINDS), repeats in 1..5_usize) {
        let mut text = write(&header, &[]);
        for operation in &operations {
            let (thread, does) = (operation.thread, trace::describe(operation, &header));
            text.extend(format!("T{thread}\t{does} x{repeats} # again\r\n").bytes());
        }
        let expanded = operations.iter().flat_map(|operation| vec![operation.clone(); repeats]);
        let (_, read) = without_lines(read("repeated", &text));
        prop_assert_eq!(read, expanded.collect::<Vec<_>>());
    }
}
