//! What several threads do to a map.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tearline::drive::Ending;
use tearline::machine::Exit;
use tearline::observe::Findings;
use tearline::replay::Replay;

use crate::accesses::Accesses;
use crate::{replay, replay_paused};

/// Two threads put four keys each into an empty map; a third one looks up all eight later.
fn two_times_four(kind: &str) -> String {
    let mut text = format!("map m {kind}\n");
    for key in 0..8 {
        let _ = writeln!(text, "{} put m {key} 100{key}", key % 2);
    }
    text += "2 compute 1000000\n";
    for key in 0..8 {
        let _ = writeln!(text, "2 get m {key} -> k{key}");
    }
    text + "2 len m -> len\n"
}

/// How often how many keys are found, and what the size is then.
fn found_and_size(replay: &Replay, seeds: u64) -> BTreeMap<(usize, u128), u32> {
    let mut times = BTreeMap::new();
    for seed in 0..seeds {
        let (ended, findings) = replay.run(seed, Findings::default()).unwrap();
        assert_eq!(ended.ending, Ending::Finished);
        let named = &findings.named.values;
        let found = (0..8).filter(|key| named[format!("k{key}").as_str()].is_some());
        *times
            .entry((found.count(), named["len"].unwrap()))
            .or_default() += 1;
    }
    times
}

#[test]
fn two_first_puts_lose_a_table_and_the_size_does_not_show_it() {
    let replay = replay_paused(&two_times_four("java-hashmap"), (3000, 20_000));
    let times = found_and_size(&replay, 1000);
    println!("{times:?}");
    let with = |count| {
        let of = times.iter().filter(|((found, _), _)| *found == count);
        of.map(|(_, times)| times).sum::<u32>()
    };
    let others: u32 = (0..8).filter(|&found| found != 4).map(with).sum();
    assert!(with(4) > others && with(8) > 0, "mostly all or one table's");
    assert!(times.contains_key(&(4, 8)), "counted, and not found");
    assert!(times.contains_key(&(8, 4)), "found, and not counted");
}

#[test]
fn a_threshold_can_be_mistaken_for_a_capacity() {
    // The first table's threshold, 12, is there before the table is.
    let replay = replay(&two_times_four("java-hashmap"));
    let odd = |seed: &u64| {
        let (_, accesses) = replay.run(*seed, Accesses::of(&replay)).unwrap();
        accesses.sizes("Node[]").contains(&(16 + 4 * 12))
    };
    assert!((0..300).any(|seed| odd(&seed)));
}

#[test]
fn two_threads_that_grow_a_map_of_jdk_7_can_close_a_circle() {
    // Three pairs of keys that stay together in a table of 16 bins.
    let text = "map m java-hashmap7 buckets=8\n\
                init put m 0 1\ninit put m 17 1\ninit put m 1 1\ninit put m 16 1\n\
                init put m 2 1\ninit put m 19 1\n\
                0 put m 34 1\n1 put m 35 1\n2 compute 200000\n2 get m 68\n2 get m 69\n2 get m 70\n";
    let stuck = |text: &str| {
        let replay = replay(text);
        let endings = (0..400).map(|seed| replay.run(seed, ()).unwrap().0.ending);
        endings
            .filter(|end| matches!(end, Ending::Stuck(_)))
            .count()
    };
    let stuck_7 = stuck(text);
    println!("stuck: {stuck_7} of 400");
    assert!(stuck_7 > 0);
    assert_eq!(stuck(&text.replace("hashmap7", "hashmap")), 0);
    assert_eq!(stuck(&text.replace("hashmap7", "concurrent")), 0);
}

#[test]
fn an_iterator_notices_a_change_and_a_concurrent_one_does_not_mind() {
    let mut text = "map m java-hashmap buckets=64\n".to_owned();
    for key in 0..20 {
        let _ = writeln!(text, "init put m {key} 1");
    }
    text += "0 range m x3\n1 put m 40 1\n1 compute 1000\n1 put m 41 1\n";
    let thrown = |text: &str| {
        let replay = replay(text);
        let of = |seed| replay.run(seed, Accesses::of(&replay)).unwrap().1.exits;
        let thrown = Exit::Thrown("java.util.ConcurrentModificationException");
        (0..50).filter(|&seed| of(seed).contains(&thrown)).count()
    };
    assert!(thrown(&text) > 0);
    assert!(thrown(&text.replace("hashmap", "hashmap7")) > 0);
    assert_eq!(thrown(&text.replace("hashmap", "concurrent")), 0);
}

/// Four threads put, get and delete keys of their own, and all of them put key 1000. Later a
/// fifth one counts and visits what is left. With 64 bins and 47 keys the first put makes the
/// table grow, and there is room for four to move it.
fn four_threads(bins: u32, there: u64) -> String {
    let mut text = format!("map m java-concurrent buckets={bins}\n");
    for key in 0..there {
        let _ = writeln!(text, "init put m {} 0", 2000 + key);
    }
    for nth in 0..6 {
        for thread in 0..4 {
            let key = 16 * nth + thread;
            let _ = writeln!(text, "{thread} put m {key} {nth}");
            let _ = writeln!(text, "{thread} get m {key} -> a{key}");
            let _ = writeln!(text, "{thread} put m 1000 {thread}");
            if nth == 3 {
                let _ = writeln!(text, "{thread} delete m {}", 16 + thread);
                let _ = writeln!(text, "{thread} get m {} -> d{thread}", 16 + thread);
            }
        }
    }
    text + "4 range m\n4 compute 400000\n4 len m -> len\n4 range m -> visited\n"
}

#[test]
fn a_concurrent_map_is_right_whatever_its_threads_do() {
    for (bins, there) in [(1, 0), (16, 0), (64, 47)] {
        let replay = replay(&four_threads(bins, there));
        for seed in 0..seeds(100) {
            let observer = (Findings::default().with_races(), Accesses::of(&replay));
            let (ended, (findings, accesses)) = replay.run(seed, observer).unwrap();
            assert_eq!(ended.ending, Ending::Finished, "{bins} bins, seed {seed}");
            assert_eq!(accesses.exits, vec![Exit::Finished; 5]);
            let races = findings.races.unwrap();
            assert_eq!(races.count(), 0, "{:?}", races.found());
            assert_eq!((findings.torn.count(), findings.history.count()), (0, 0));
            for (name, value) in findings.named.values {
                let expected = match name.split_at(1) {
                    ("a", key) => Some(key.parse::<u128>().unwrap() / 16),
                    ("d", _) => None,
                    _ => Some(u128::from(there) + 6 * 4 + 1 - 4),
                };
                assert_eq!(value, expected, "{name}, {bins} bins, seed {seed}");
            }
        }
    }
}

/// How many seeds are tried: `TEARLINE_SEEDS`, or so many.
fn seeds(usual: u64) -> u64 {
    let chosen = std::env::var("TEARLINE_SEEDS").ok();
    chosen.and_then(|seeds| seeds.parse().ok()).unwrap_or(usual)
}
