//! Java's maps make the loads and stores of the JDK's methods in their order, and what several
//! threads do to them comes from that order alone.

#[path = "java/accesses.rs"]
mod accesses;
mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;

use accesses::Accesses;
use common::{read, shipped_protocol};
use tearline::drive::{Ending, Limits};
use tearline::machine::{Config, Exit};
use tearline::maps::KINDS;
use tearline::observe::Findings;
use tearline::replay::Replay;
use tearline::trace::Trace;

/// A trace on the desktop, where something else takes a core for up to so many cycles about
/// every so many cycles.
fn replay_paused(text: &str, (every, most): (u32, u32)) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("inline", &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let file = "models/machines/desktop.toml";
    let mut config = Config::parse(file, &read(file)).unwrap();
    config.vary.pause_every_cycles = every;
    config.vary.pause_cycles = most;
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), trace.into(), None).unwrap();
    replay.limited(Limits {
        accesses_per_operation: 20_000,
        ..Limits::default()
    })
}

fn replay(text: &str) -> Replay {
    replay_paused(text, (0, 0))
}

fn accesses(text: &str) -> Accesses {
    let replay = replay(text);
    let (ended, accesses) = replay.run(0, Accesses::of(&replay)).unwrap();
    assert_eq!(ended.ending, Ending::Finished);
    accesses
}

/// The keys in the order of a walk, after each of the trace's operations.
fn orders(text: &str) -> Vec<Vec<u64>> {
    let mut orders = Vec::new();
    let walked = replay(text).run_walking(&mut (), |_, walk| {
        let walk = walk().remove(0);
        assert_eq!(walk.faults, []);
        orders.push(walk.entries.iter().map(|entry| entry.key).collect());
    });
    assert_eq!(walked.unwrap().ending, Ending::Finished);
    orders
}

const NEW_NODE: [&str; 4] = ["S4 Node+12", "S4 Node+16", "S4 Node+20", "S4 Node+24"];

#[test]
fn a_put_into_an_empty_bin_loads_and_then_stores_the_bin() {
    let made = accesses("map m java-hashmap buckets=16\n0 put m 1 7\n").made;
    let before = ["S8 Long+16", "L4 HashMap+36", "L4 table+12", "L4 table+20"];
    let mod_count = ["L4 HashMap+24", "S4 HashMap+24"];
    let size = ["L4 HashMap+20", "S4 HashMap+20", "L4 HashMap+28"];
    let order = [&before[..], &NEW_NODE, &["S4 table+20"], &mod_count, &size].concat();
    assert_eq!(made, order);
}

#[test]
fn a_put_at_a_tail_stores_the_last_next() {
    let text = "map m java-hashmap buckets=16\ninit put m 1 7\n0 put m 17 8\n";
    let order = [
        "S8 Long2+16",
        "S4 Node2+12",
        "S4 Node2+16",
        "S4 Node2+20",
        "S4 Node2+24",
        "S4 Node+24",
        "S4 HashMap+24",
        "S4 HashMap+20",
    ];
    assert_eq!(accesses(text).stores(), order);
}

#[test]
fn a_boxed_value_costs_one_more_load() {
    let text = "map m java-hashmap buckets=16\ninit put m 1 7\n0 get m 1\n";
    let made = accesses(text).made;
    // Table, length, bin; hash and key, which is the same object; reference, then box.
    let order = "L4 HashMap+36,L4 table+12,L4 table+20,L4 Node+12,L4 Node+16,L4 Node+20,L8 Long+16";
    assert_eq!(made.join(","), order);
}

#[test]
fn resize_shows_the_new_table_while_it_is_empty() {
    let init = "init put m 1 1\ninit put m 5 1\ninit put m 2 1\n";
    let text = format!("map m java-hashmap buckets=4\n{init}0 put m 7 1\n");
    let accesses = accesses(&text);
    let stores = accesses.stores();
    let after_size = stores.iter().position(|&store| store == "S4 HashMap+20");
    let order = [
        "S4 HashMap+28", // threshold
        "S4 Node[]+12",  // the new table's length
        "S4 HashMap+36", // table
        "S4 table+20",   // bin 1: key 1 stays, key 5 goes up
        "S4 Node+24",
        "S4 Node[]+20",
        "S4 Node2+24",
        "S4 Node[]+36",
        "S4 table+24", // bin 2 has one node
        "S4 Node[]+24",
        "S4 table+28", // and so has bin 3
        "S4 Node[]+44",
    ];
    assert_eq!(stores[after_size.unwrap() + 1..], order);
}

#[test]
fn jdk_7_moves_all_entries_before_it_shows_the_new_table() {
    let init = "init put m 1 1\ninit put m 5 1\ninit put m 2 1\n";
    let text = format!("map m java-hashmap7 buckets=4\n{init}0 put m 9 1\n");
    let accesses = accesses(&text);
    let order = [
        "S8 Long4+16",
        "S4 HashMap+32", // modCount
        "S4 Entry[]+12", // the new table's length
        "S4 Node2+24",   // bin 1, from the front: key 5
        "S4 Entry[]+36",
        "S4 Node+24", // then key 1
        "S4 Entry[]+20",
        "S4 Node3+24", // bin 2
        "S4 Entry[]+24",
        "S4 HashMap+40", // table
        "S4 HashMap+24", // threshold
        "S4 Node4+12",   // and only now the new entry
        "S4 Node4+16",
        "S4 Node4+20",
        "S4 Node4+24",
        "S4 Entry[]+20",
        "S4 HashMap+20", // size
    ];
    assert_eq!(accesses.stores(), order);
}

#[test]
fn jdk_7_turns_chains_round_and_jdk_8_does_not() {
    let puts = |kind: &str, keys: [u64; 4]| {
        let puts: String = keys
            .iter()
            .map(|key| format!("0 put m {key} 1\n"))
            .collect();
        orders(&format!("map m {kind} buckets=4\n{puts}"))
    };
    let older = puts("java-hashmap7", [1, 9, 24, 5]);
    assert_eq!(older[2..], [vec![24, 9, 1], vec![1, 9, 24, 5]]);
    let newer = puts("java-hashmap", [1, 9, 17, 5]);
    assert_eq!(newer[2..], [vec![1, 9, 17], vec![1, 9, 17, 5]]);
}

#[test]
fn a_concurrent_put_swaps_in_the_first_node_and_locks_for_the_next() {
    let text = "map m java-concurrent buckets=16\n0 put m 1 7\n";
    let stores = [
        &["S8 Long+16"][..],
        &NEW_NODE,
        &["A4 table+20", "A8 ConcurrentHashMap+24"],
    ];
    assert_eq!(accesses(text).stores(), stores.concat());
    let text = "map m java-concurrent buckets=16\ninit put m 1 7\n0 put m 17 8\n0 put m 1 9\n";
    let order = [
        "S8 Long2+16",
        "A8 Node+0", // locks the bin's first node
        "S4 Node2+12",
        "S4 Node2+16",
        "S4 Node2+20",
        "S4 Node2+24",
        "A4 Node+24", // next is volatile
        "A8 Node+0",
        "A8 ConcurrentHashMap+24",
        "S8 Long3+16",
        "A8 Node+0",
        "A4 Node+20", // and so is val
        "A8 Node+0",
    ];
    assert_eq!(accesses(text).stores(), order);
}

/// Two threads put four keys each into an empty map; a third one looks up all eight later.
fn two_times_four(kind: &str) -> String {
    let mut text = format!("map m {kind}\n");
    for key in 0..8 {
        let _ = writeln!(text, "{} put m {key} {key}", key % 2);
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
