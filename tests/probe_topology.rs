//! What the probe makes of the trees that Linux shows in `/sys`. Each file of `tests/probe_topology`
//! is such a tree, as lines `path: content`, and what is read from it stands beside it. The files say
//! which trees were recorded and which were written after the kernel's documentation.

#![cfg(all(
    feature = "probe",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::{read, repository};
use tearline::probe::{MOST_PROCESSORS, Pair, Relation, Topology, cpulist};

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sys-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("it can be made");
    folder
}

/// Makes the files of a recorded tree below a folder that stands for `/sys`.
fn unpack(root: &Path, recorded: &str) {
    let lines = recorded.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let (path, content) = line.split_once(':').expect("a path and a content");
        for path in each(path) {
            let file = root.join("devices/system/cpu").join(path);
            fs::create_dir_all(file.parent().expect("it is in a folder")).expect("it can be made");
            fs::write(file, format!("{}\n", content.trim())).expect("it can be written");
        }
    }
}

/// The paths that one with lists stands for: `a{0-1}` is `a0` and `a1`.
fn each(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else {
        return vec![path.to_owned()];
    };
    let (list, after) = rest.split_once('}').expect("a list ends");
    let numbers = cpulist::parse(list, MOST_PROCESSORS).expect("a list of numbers");
    let afters = each(after);
    let one = |number: u32| {
        afters
            .iter()
            .map(move |after| format!("{before}{number}{after}"))
    };
    numbers.into_iter().flat_map(one).collect()
}

/// A recorded tree as it is read.
fn tree(name: &str) -> Topology {
    let root = folder(&format!("{name}-pairs"));
    unpack(&root, &read(&format!("tests/probe_topology/{name}.sys")));
    Topology::read(&root).expect("it can be read")
}

/// What was read, and what any two processors share.
fn render(topology: &Topology) -> String {
    let mut out = String::new();
    for processor in &topology.processors {
        let caches = processor.caches.iter().map(|cache| {
            let bytes = cache
                .line_bytes
                .map_or("?".to_owned(), |bytes| bytes.to_string());
            let shared_by = cpulist::write(&cache.shared_by);
            format!("; L{} of {shared_by}, lines of {bytes}", cache.level)
        });
        let _ = writeln!(
            out,
            "processor {}: core {}; socket {}{}",
            processor.number,
            cpulist::write(&processor.core),
            cpulist::write(&processor.socket),
            caches.collect::<String>()
        );
    }
    let _ = writeln!(out, "lines: {:?}", topology.line_bytes());
    let mut pairs: BTreeMap<Relation, Vec<String>> = BTreeMap::new();
    for one in &topology.processors {
        for other in &topology.processors {
            let relation = topology.relation(one.number, other.number);
            let back = topology.relation(other.number, one.number);
            assert_eq!(relation, back, "{} and {}", one.number, other.number);
            if let (Some(relation), true) = (relation, one.number < other.number) {
                let pair = format!("{}+{}", one.number, other.number);
                pairs.entry(relation).or_default().push(pair);
            }
        }
    }
    for (relation, pairs) in pairs {
        let _ = writeln!(out, "{relation}: {}", pairs.join(" "));
    }
    out
}

#[test]
fn trees_are_read_as_they_were() {
    let files = fs::read_dir(repository("tests/probe_topology")).expect("the folder is there");
    let mut count = 0;
    for file in files {
        let path = file.expect("it can be listed").path();
        if path.extension().is_none_or(|extension| extension != "sys") {
            continue;
        }
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a name");
        let root = folder(name);
        unpack(&root, &read(&format!("tests/probe_topology/{name}.sys")));
        let text = match Topology::read(&root) {
            Ok(topology) => render(&topology),
            Err(why) => format!("error: {why}\n").replace(&root.display().to_string(), "/sys"),
        };
        let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
        let expected = snapbox::Data::read_from(&path.with_extension("txt"), None);
        assert.eq(text, expected.raw());
        count += 1;
    }
    assert!(count >= 11, "{count} trees");
}

/// Two sockets of 144 cores with two hardware threads each. The time is far above what it takes on a
/// machine with nothing else to do, and far below what a reading of each list for each pair would.
#[test]
fn a_large_machine_is_read_fast() {
    const CORES: u32 = 144;
    let mut recorded = "online: 0-575\n".to_owned();
    for number in 0..4 * CORES {
        let core = number % (2 * CORES);
        let (core, first) = (format!("{core},{}", core + 2 * CORES), core / CORES * CORES);
        let second = first + 2 * CORES;
        let socket = format!(
            "{first}-{},{second}-{}",
            first + CORES - 1,
            second + CORES - 1
        );
        let levels = [
            (1, "Data", &core),
            (1, "Instruction", &core),
            (2, "Unified", &core),
        ];
        let levels = levels.into_iter().chain([(3, "Unified", &socket)]);
        let mut file = |path: String, content: &str| {
            let _ = writeln!(recorded, "cpu{number}/{path}: {content}");
        };
        file("topology/core_cpus_list".to_owned(), &core);
        file("topology/package_cpus_list".to_owned(), &socket);
        for (index, (level, kind, shared_by)) in levels.enumerate() {
            file(format!("cache/index{index}/level"), &level.to_string());
            file(format!("cache/index{index}/type"), kind);
            file(format!("cache/index{index}/shared_cpu_list"), shared_by);
            file(format!("cache/index{index}/coherency_line_size"), "64");
        }
    }
    let root = folder("large");
    unpack(&root, &recorded);
    let start = Instant::now();
    let topology = Topology::read(&root).expect("it can be read");
    let mut pairs: BTreeMap<Relation, u32> = BTreeMap::new();
    for one in 0..4 * CORES {
        for other in 0..one {
            let relation = topology.relation(one, other).expect("both are there");
            *pairs.entry(relation).or_default() += 1;
        }
    }
    let taken = start.elapsed();
    println!("read and compared in {taken:?}");
    let (all, socket) = (
        4 * CORES * (4 * CORES - 1) / 2,
        2 * CORES * (2 * CORES - 1) / 2,
    );
    let expected = [
        (Relation::Core, 2 * CORES),
        (Relation::Cache(3), 2 * socket - 2 * CORES),
        (Relation::Machine, all - 2 * socket),
    ];
    assert_eq!(pairs, BTreeMap::from(expected));
    assert!(taken < Duration::from_secs(2), "{taken:?}");
    fs::remove_dir_all(root).expect("it can be removed");
}

#[test]
fn the_usual_two_are_not_one_core_if_others_are_there() {
    let topology = tree("sockets-smt");
    let usual = |allowed: Option<&[u32]>| Pair::usual(&topology, allowed);
    let pair = |writer, reader| Ok(Pair { writer, reader });
    assert_eq!(usual(None), pair(0, 1));
    assert_eq!(usual(Some(&[0, 4, 6])), pair(0, 6), "4 is the same core");
    assert_eq!(
        usual(Some(&[3, 7, 9])),
        pair(3, 7),
        "there is no other core"
    );
}

/// Whoever asks few pairs asks one of each kind first: same core, same cache, other socket.
#[test]
fn pairs_come_by_turns() {
    let topology = tree("sockets-smt");
    let all = Pair::all(&topology, None).expect("there are two");
    assert_eq!(all.len(), 8 * 7 / 2);
    let numbers = |pair: &Pair| (pair.writer, pair.reader);
    let turns = Pair::by_turns(&topology, all.clone());
    let first: Vec<_> = turns.iter().take(4).map(numbers).collect();
    assert_eq!(first, [(0, 4), (0, 1), (0, 2), (0, 3)]);
    let mut again = turns;
    again.sort_by_key(numbers);
    assert_eq!(again, all, "all are there");
    let some = Pair::all(&topology, Some(&[6, 1, 3])).expect("there are two");
    let some: Vec<_> = some.iter().map(numbers).collect();
    assert_eq!(some, [(1, 3), (1, 6), (3, 6)]);
}

#[test]
fn processors_that_cannot_be_asked_are_refused() {
    let topology = tree("offline");
    let usual = |allowed: &[u32]| Pair::usual(&topology, Some(allowed)).unwrap_err();
    assert_eq!(
        usual(&[2, 3]),
        "two processors are needed, and this process may use only processor 2"
    );
    assert_eq!(
        usual(&[3, 4]),
        "two processors are needed, and this process may use none that is known"
    );
    let of = |writer, reader| Pair::of(&topology, Some(&[0, 1, 2]), writer, reader);
    assert_eq!(
        of(1, 2),
        Ok(Pair {
            writer: 1,
            reader: 2
        })
    );
    assert_eq!(of(1, 1).unwrap_err(), "two different processors are needed");
    assert_eq!(
        of(0, 3).unwrap_err(),
        "processor 3 is switched off, or not there"
    );
    assert_eq!(
        of(8, 0).unwrap_err(),
        "processor 8 is switched off, or not there"
    );
    assert_eq!(
        of(0, 5).unwrap_err(),
        "this process may not use processor 5"
    );
}
