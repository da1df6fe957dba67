//! The order of a method's loads and stores.

use tearline::drive::Ending;

use crate::accesses::Accesses;
use crate::replay;

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
    let made = accesses("map m java-hashmap buckets=16\n0 put m 1 7000\n").made;
    let before = ["S8 Long+16", "L4 HashMap+36", "L4 table+12", "L4 table+20"];
    let mod_count = ["L4 HashMap+24", "S4 HashMap+24"];
    let size = ["L4 HashMap+20", "S4 HashMap+20", "L4 HashMap+28"];
    let order = [&before[..], &NEW_NODE, &["S4 table+20"], &mod_count, &size].concat();
    assert_eq!(made, order);
}

#[test]
fn a_put_at_a_tail_stores_the_last_next() {
    let text = "map m java-hashmap buckets=16\ninit put m 1 7000\n0 put m 17 8000\n";
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
    let text = "map m java-hashmap buckets=16\ninit put m 1 7000\n0 get m 1\n";
    let made = accesses(text).made;
    // Table, length, bin; hash and key, which is the same object; reference, then box.
    let order = "L4 HashMap+36,L4 table+12,L4 table+20,L4 Node+12,L4 Node+16,L4 Node+20,L8 Long+16";
    assert_eq!(made.join(","), order);
}

#[test]
fn resize_shows_the_new_table_while_it_is_empty() {
    let init = "init put m 1 1000\ninit put m 5 1000\ninit put m 2 1000\n";
    let text = format!("map m java-hashmap buckets=4\n{init}0 put m 7 1000\n");
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
    let init = "init put m 1 1000\ninit put m 5 1000\ninit put m 2 1000\n";
    let text = format!("map m java-hashmap7 buckets=4\n{init}0 put m 9 1000\n");
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
            .map(|key| format!("0 put m {key} 1000\n"))
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
    let text = "map m java-concurrent buckets=16\n0 put m 1 7000\n";
    let stores = [
        &["S8 Long+16"][..],
        &NEW_NODE,
        &["A4 table+20", "A8 ConcurrentHashMap+24"],
    ];
    assert_eq!(accesses(text).stores(), stores.concat());
    let text =
        "map m java-concurrent buckets=16\ninit put m 1 7000\n0 put m 17 8000\n0 put m 1 9000\n";
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
