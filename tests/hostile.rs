//! Files that are damaged or meant to harm: none makes the program panic, hang or lose its
//! words. Many cases run in this process; a few through the command itself.

#[path = "hostile/command.rs"]
mod command;
mod common;
#[path = "hostile/mutate.rs"]
mod mutate;
#[path = "hostile/replay.rs"]
mod replay;

use std::fs;
use std::panic::catch_unwind;
use std::thread;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use replay::Came;

/// A file's name and bytes.
type File = (String, Vec<u8>);

/// The files of some folders, in the order of their names.
fn files(folders: &[&str], end: &str) -> Vec<File> {
    let mut files = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(common::repository(folder)).expect("the folder is there") {
            let path = entry.expect("the folder can be listed").path();
            if path.extension().is_some_and(|found| found == end) {
                let bytes = fs::read(&path).expect("the file can be read");
                files.push((path.display().to_string(), bytes));
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "{folders:?} have files");
    files
}

/// The files that are changed, by what they are.
struct Files {
    traces: Vec<File>,
    machines: Vec<File>,
    protocols: Vec<File>,
    /// The teaching machine with four cores.
    four: Vec<u8>,
}

impl Files {
    fn new() -> Files {
        let four = common::read("models/machines/teaching.toml");
        let protocols = [
            "models/protocols",
            "models/broken",
            "models/protocols/courses",
            "tests/models/good-protocols",
        ];
        Files {
            traces: files(&["traces", "tests/traces/good"], "trace"),
            machines: files(&["models/machines"], "toml"),
            protocols: files(&protocols, "toml"),
            four: four.replace("= 2\nline_bytes", "= 4\nline_bytes").into(),
        }
    }

    /// The case of a number: always the same.
    fn case(&self, number: u64) -> [Vec<u8>; 3] {
        let mut dice = Xoshiro256PlusPlus::seed_from_u64(number);
        let mut any = |files: &[File]| files[mutate::below(files.len(), &mut dice)].1.clone();
        let mut case = [any(&self.traces), self.four.clone(), any(&self.protocols)];
        let changed = match number % 10 {
            0 | 1 => {
                case[1] = any(&self.machines);
                1
            }
            2 | 3 => 2,
            _ => 0,
        };
        case[changed] = mutate::mutate(&case[changed], &mut dice);
        case
    }

    /// Runs a case; tells which one it was if it panics.
    fn run(&self, number: u64) -> Came {
        let [trace, machine, protocol] = self.case(number);
        catch_unwind(|| replay::replay(&trace, &machine, &protocol, number)).unwrap_or_else(|_| {
            let shown = [&trace, &machine, &protocol].map(|bytes| bytes.escape_ascii().to_string());
            panic!(
                "case {number} panics:\n{}",
                shown.join("\n---\n").replace("\\n", "\n")
            )
        })
    }
}

#[test]
fn changed_files_do_no_harm() {
    const CASES: u64 = if cfg!(debug_assertions) {
        6_000
    } else {
        60_000
    };
    const THREADS: u64 = 2;
    let files = &Files::new();
    let share = |first: u64| {
        move || -> Vec<Came> {
            (first..CASES)
                .step_by(THREADS as usize)
                .map(|number| files.run(number))
                .collect()
        }
    };
    let came: Vec<Came> = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(share(first)))
            .collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined
            .flat_map(|came| came.expect("no case panics"))
            .collect()
    });
    assert_eq!(came.len() as u64, CASES);
    // The changes are such that all parts of the program see some of them.
    for kind in [Came::Refused, Came::Read, Came::Replayed] {
        let count = came.iter().filter(|&&other| other == kind).count();
        println!("{kind:?}: {count}");
        assert!(count > 20, "{kind:?}: {count}");
    }
}
