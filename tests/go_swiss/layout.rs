//! Sizes and places.

use crate::{accesses, replay};

/// The size of the group that the first put makes.
fn first_group(settings: &str, value: &str) -> u64 {
    let key = match settings.contains("key=string") {
        true => "\"k\"",
        false => "1",
    };
    let text = format!("map m go-swiss {settings}\n0 put m {key} {value}\n");
    let sizes = accesses(&text).sizes("group");
    assert_eq!(sizes.len(), 1);
    sizes[0]
}

#[test]
fn groups_have_the_sizes_that_go_gives_them() {
    let sizes = [
        ("value=u64", "1", 136),
        ("key=u32 value=u64", "1", 136),
        ("key=u32 value=u64-halves", "1", 104),
        ("value=string", "\"a\"", 200),
        ("value=interface", "int(1)", 200),
        ("value=slice", "\"a\"", 264),
        ("value=struct", "{1,2,3}", 264),
        ("key=string value=u64", "1", 200),
        ("key=string value=string", "\"a\"", 264),
    ];
    for (settings, value, bytes) in sizes {
        assert_eq!(first_group(settings, value), bytes, "{settings}");
    }
}

/// What there is before the run, by name and size, without the map's name.
fn made(settings: &str) -> Vec<(String, u64)> {
    let places = replay(&format!("map m go-swiss {settings}\n0 len m\n")).places();
    let places = places.unwrap().into_iter();
    let made = places.map(|place| (place.name.trim_start_matches("m ").to_owned(), place.bytes));
    made.collect()
}

#[test]
fn a_hint_makes_tables_that_are_seven_eighths_full_with_it() {
    let with_header = |others: &[(&str, u64)]| -> Vec<(String, u64)> {
        let header = [("header", 48)];
        let all = header.iter().chain(others);
        all.map(|&(name, bytes)| (name.to_owned(), bytes)).collect()
    };
    let one = |groups: u64| [("directory", 8), ("table", 32), ("groups", groups * 136)];
    for settings in ["", "room=8"] {
        assert_eq!(made(settings), with_header(&[]));
    }
    for (settings, groups) in [
        ("room=9", 2),
        ("room=14", 2),
        ("room=15", 4),
        ("room=28", 4),
        ("room=896", 128),
        ("buckets=2", 2),
        ("buckets=128", 128),
    ] {
        assert_eq!(made(settings), with_header(&one(groups)), "{settings}");
    }
    // More than a table may have: two, each of which has half of the slots at first.
    let two = |groups: u64| {
        let table = [("table", 32), ("groups", groups * 136)];
        [&[("directory", 16)], &table[..], &table[..]].concat()
    };
    assert_eq!(made("room=897"), with_header(&two(64)));
    assert_eq!(made("buckets=256"), with_header(&two(128)));
    for settings in ["buckets=1", "at=60"] {
        assert_eq!(made(settings), with_header(&[("group", 136)]));
    }
}

#[test]
fn the_first_value_lies_where_the_trace_wants_it() {
    for settings in ["at=60", "at=60 buckets=4", "at=60 key=string value=string"] {
        let places = replay(&format!("map m go-swiss {settings}\n0 len m\n")).places();
        let places = places.unwrap();
        let group = places.iter().find(|place| place.name.contains("group"));
        let before = if settings.contains("key=string") {
            24
        } else {
            16
        };
        assert_eq!((group.unwrap().addr.0 + before) % 64, 60, "{settings}");
    }
}
