//! The loads of a get.

use crate::{accesses, line};

/// What a get loads after `init` lines.
fn get(settings: &str, init: &str, key: &str) -> String {
    let text = format!("map m {settings}\n{init}0 get m {key}\n");
    line(&accesses(&text).made)
}

const COUNT_AND_FLAGS: &str = "L8 header+0, L1 header+8";
/// Seed, number of buckets, array, no old array.
const HASHED: &str = "L4 header+12, L1 header+9, L8 header+16, L8 header+24";

#[test]
fn an_empty_map_is_not_looked_into_and_its_flag_not_looked_at() {
    for kind in ["go-classic", "go-classic-generic"] {
        assert_eq!(get(kind, "", "1"), "L8 header+0");
    }
}

#[test]
fn fast64_compares_keys_and_then_looks_at_the_tophash() {
    let init = "init put m 1 1\ninit put m 2 2\ninit put m 3 3\n";
    // One bucket: no hash, and no old array.
    let before = format!("{COUNT_AND_FLAGS}, L1 header+9, L8 header+16");
    let keys = "L8 buckets+8, L8 buckets+16, L8 buckets+24";
    let found = format!("{before}, {keys}, L1 buckets+2, L8 buckets+88");
    assert_eq!(get("go-classic", init, "3"), found);
    // A key that is not there costs all eight, and the link.
    let others = "L8 buckets+32, L8 buckets+40, L8 buckets+48, L8 buckets+56, L8 buckets+64";
    let missed = format!("{before}, {keys}, {others}, L8 buckets+136");
    assert_eq!(get("go-classic", init, "4"), missed);
}

#[test]
fn fast64_hashes_when_there_are_more_buckets() {
    let found = get("go-classic buckets=2 at=0", "init put m 1 1\n", "1");
    let bucket = if found.contains("buckets+8,") { 0 } else { 144 };
    let [key, top, value] = [8, 0, 72].map(|at| bucket + at);
    let slot = format!("L8 buckets+{key}, L1 buckets+{top}, L8 buckets+{value}");
    let before = format!("{COUNT_AND_FLAGS}, L1 header+9, {HASHED}");
    assert_eq!(found, format!("{before}, {slot}"));
}

#[test]
fn fast32_has_keys_of_four_bytes() {
    let init = "init put m 1 1\ninit put m 2 2\n";
    let keys = "L4 buckets+8, L4 buckets+12, L1 buckets+1";
    let found = format!("{COUNT_AND_FLAGS}, L1 header+9, L8 header+16, {keys}, L8 buckets+48");
    assert_eq!(get("go-classic key=u32", init, "2"), found);
}

#[test]
fn the_generic_variant_looks_at_tophashes_and_stops_where_nothing_follows() {
    let init = "init put m 1 1\ninit put m 2 2\n";
    let tophashes = "L1 buckets+0, L1 buckets+1";
    let found = format!("{COUNT_AND_FLAGS}, {HASHED}, {tophashes}, L8 buckets+16, L8 buckets+80");
    assert_eq!(get("go-classic-generic", init, "2"), found);
    let missed = format!("{COUNT_AND_FLAGS}, {HASHED}, {tophashes}, L1 buckets+2");
    assert_eq!(get("go-classic-generic", init, "3"), missed);
}

#[test]
fn faststr_compares_lengths_first() {
    let settings = "go-classic key=string";
    let before = format!("{COUNT_AND_FLAGS}, L1 header+9, L8 header+16");
    let init = "init put m \"long\" 1\ninit put m \"ab\" 2\n";
    // Other lengths need a tophash, too: whether anything follows.
    let slots = "L8 buckets+16, L1 buckets+0, L8 buckets+32, L1 buckets+1, L8 buckets+24";
    let found = format!("{before}, {slots}, L8 buckets+144");
    assert_eq!(get(settings, init, "\"ab\""), found);
    let settings = "go-classic key=string buckets=2";
    let found = get(settings, "init put m \"ab\" 2\n", "\"ab\"");
    let bucket = if found.contains("buckets+16,") {
        0
    } else {
        208
    };
    let [len, top, addr, value] = [16, 0, 8, 136].map(|at| bucket + at);
    let slot = format!("L8 buckets+{len}, L1 buckets+{top}, L8 buckets+{addr}");
    let before = format!("{COUNT_AND_FLAGS}, L1 header+9, {HASHED}");
    assert_eq!(found, format!("{before}, {slot}, L8 buckets+{value}"));
}

/// A text of 33 bytes with these ends.
fn long(ends: &str, middle: char) -> String {
    let middle = middle.to_string().repeat(25);
    format!("\"{ends}{middle}{ends}\"")
}

#[test]
fn of_long_strings_only_one_is_compared_as_a_whole() {
    let settings = "go-classic key=string";
    let put = |text: String| format!("init put m {text} 1\n");
    let other_ends = put(long("efgh", 'x'));
    let same_ends = put(long("abcd", 'y')) + &put(long("abcd", 'z'));
    let wanted = long("abcd", 'x');
    let count = |init: &str, what: &str| {
        let made = get(settings, init, &wanted);
        made.split(", ")
            .filter(|made| made.starts_with(what))
            .count()
    };
    // Other ends: four bytes are enough.
    assert_eq!(count(&other_ends, "L4"), 1);
    assert_eq!(count(&put(long("abcd", 'y')), "L4"), 2);
    // Two with the same ends: then their hash is taken after all, which takes the seed.
    assert_eq!(count(&same_ends, "L4 header+12"), 1);
    assert_eq!(count(&same_ends, "L4"), 5);
}
