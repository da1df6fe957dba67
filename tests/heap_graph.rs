//! The objects that maps are made of at the end of a run: all of them are found, and what is lost
//! is told from what is merely replaced. And what stood in one place in the course of it.

mod common;

use std::io::Cursor;
use std::sync::Arc;

use common::{read, shipped_protocol};
use tearline::drive::Ending;
use tearline::machine::{Config, Thread};
use tearline::maps::KINDS;
use tearline::observe::{PlaceValues, Way};
use tearline::replay::{HeapGraph, HeapObject, Replay};
use tearline::trace::Trace;

fn replay(text: &str) -> Replay {
    let bytes: Arc<[u8]> = text.as_bytes().into();
    let open = Box::new(move || Ok(Box::new(Cursor::new(Arc::clone(&bytes))) as Box<_>));
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let trace = Trace::read("inline", &kinds, open).unwrap_or_else(|error| panic!("{error}"));
    let file = "models/machines/desktop.toml";
    let config = Config::parse(file, &read(file)).unwrap_or_else(|error| panic!("{error}"));
    let table = shipped_protocol(&config.protocol);
    let replay = Replay::new(config.into(), table.into(), trace.into(), None);
    replay.unwrap_or_else(|error| panic!("{error}"))
}

fn heap(text: &str, seed: u64) -> HeapGraph {
    let (heap, ended) = replay(text).heap_graph(seed).expect("it can be run");
    assert_eq!(ended.ending, Ending::Finished);
    heap
}

/// The values of a field in an object.
fn value(object: &HeapObject, field: &str) -> Option<u64> {
    let found = object.values.iter().find(|(name, _)| name == field);
    found.map(|(_, words)| words[0])
}

/// The number of the only object that a field of this object leads to.
fn next(heap: &HeapGraph, from: usize, field: &str) -> Option<usize> {
    let mut links = heap.links.iter();
    let link = links.find(|link| link.from == from && link.field == field)?;
    Some(link.to)
}

#[test]
fn every_map_is_followed_from_where_it_begins() {
    for kind in KINDS {
        let name = kind.name;
        // Large enough that none is a header and one array alone.
        let puts: String = (0..40).map(|key| format!("0 put m {key} 1\n")).collect();
        let heap = heap(&format!("map m {name}\n{puts}"), 0);
        let reachable = heap.objects.iter().filter(|object| object.reachable);
        assert!(reachable.count() > 1, "{name}: {heap:?}");
        assert!(heap.objects.iter().all(|object| !object.lost), "{name}");
        for link in &heap.links {
            assert!(link.from < heap.objects.len() && link.to < heap.objects.len());
            let [from, to] = [link.from, link.to].map(|end| heap.objects[end].reachable);
            assert!(to || !from, "{name}: {link:?}");
        }
    }
}

#[test]
fn a_node_that_was_overwritten_is_lost() {
    let heap = heap(&read("traces/java-same-bin.trace"), 0);
    let lost: Vec<_> = heap.objects.iter().filter(|object| object.lost).collect();
    assert_eq!(lost.len(), 1, "{heap:?}");
    assert_eq!(value(lost[0], "key"), Some(1));
    assert!(!lost[0].reachable);
}

#[test]
fn a_table_that_was_replaced_is_not_lost() {
    let puts: String = (0..13).map(|key| format!("0 put m {key} 1\n")).collect();
    let heap = heap(&format!("map m java-hashmap\n{puts}"), 0);
    let left: Vec<_> = heap
        .objects
        .iter()
        .filter(|object| !object.reachable)
        .collect();
    let names: Vec<&str> = left.iter().map(|object| &*object.name).collect();
    assert_eq!(names, ["m Node[]"]);
    assert!(!left[0].lost);
}

#[test]
fn the_circle_of_jdk_7_is_one() {
    let (heap, ended) = replay(&read("traces/java7-circle.trace"))
        .heap_graph(4)
        .expect("it can be run");
    assert!(matches!(ended.ending, Ending::Stuck(..)), "{ended:?}");
    let is_circle = |start: usize| {
        let mut at = next(&heap, start, "next");
        for _ in 0..heap.objects.len() {
            match at {
                Some(node) if node == start => return true,
                Some(node) => at = next(&heap, node, "next"),
                None => return false,
            }
        }
        false
    };
    assert_eq!(
        (0..heap.objects.len()).filter(|&at| is_circle(at)).count(),
        2
    );
}

#[test]
fn a_place_is_followed_store_by_store() {
    let replay = replay(
        "map m go-classic\ninit put m 1 1\n0 put m 1 2\n0 put m 1 3\n1 compute 9000\n1 put m 1 4\n",
    );
    let objects = replay.objects().expect("it can be laid out");
    let followed = |name| {
        let place = PlaceValues::new(name, objects.clone());
        replay.run(0, place).expect("it can be run").1
    };
    let way = |from, to, thread| Way {
        from,
        to,
        thread: Thread(thread),
    };
    for name in ["m header flags", "m header+8"] {
        let flags = followed(name);
        let ways = [
            (way(0, 4, 0), 2),
            (way(0, 4, 1), 1),
            (way(4, 0, 0), 2),
            (way(4, 0, 1), 1),
        ];
        assert!(
            flags
                .ways()
                .iter()
                .map(|(&way, &count)| (way, count))
                .eq(ways)
        );
        assert!(flags.first().iter().eq(&[0]));
        // Each put looks once before it sets it; what it looks at later may be its own store.
        assert!(flags.loads()[&0] >= 3);
    }
    let count = followed("m header count");
    assert!(count.ways().is_empty() && count.is_known());
    let nothing = followed("m heder");
    assert!(!nothing.is_known());
    assert!(nothing.others().any(|name| name == "m header flags"));
}
