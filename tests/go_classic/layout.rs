//! Sizes and places.

use crate::{accesses, puts, replay};

/// The first object that a put makes, and its size.
fn first_bucket(settings: &str, value: &str) -> u64 {
    let key = match settings.contains("key=string") {
        true => "\"k\"",
        false => "1",
    };
    let text = format!("map m go-classic {settings}\n0 put m {key} {value}\n");
    let sizes = accesses(&text).sizes("buckets");
    assert_eq!(sizes.len(), 1);
    sizes[0]
}

#[test]
fn buckets_have_the_sizes_that_go_gives_them() {
    let sizes = [
        ("value=u64", "1", 144),
        ("key=u32 value=u64", "1", 112),
        ("value=string", "\"a\"", 208),
        ("value=interface", "int(1)", 208),
        ("value=slice", "\"a\"", 272),
        ("value=struct", "{1,2,3}", 272),
        ("key=string value=u64", "1", 208),
        ("key=string value=string", "\"a\"", 272),
    ];
    for (settings, value, bytes) in sizes {
        assert_eq!(first_bucket(settings, value), bytes, "{settings}");
    }
}

/// What there is before the run, by name and size.
fn made(settings: &str) -> Vec<(String, u64)> {
    let places = replay(&format!("map m go-classic {settings}\n0 len m\n")).places();
    let places = places.unwrap().into_iter();
    places.map(|place| (place.name, place.bytes)).collect()
}

#[test]
fn a_hint_makes_the_fewest_buckets_that_hold_it() {
    let bytes = |settings| {
        let made = made(settings);
        assert_eq!(made[0], ("m header".to_owned(), 48));
        made.get(1).map(|(_, bytes)| *bytes)
    };
    assert_eq!(["", "room=8"].map(bytes), [None, None]);
    let hints = [
        "room=9", "room=13", "room=14", "room=26", "room=27", "room=52",
    ];
    let buckets = [2, 2, 4, 4, 8, 8].map(|buckets| Some(buckets * 144));
    assert_eq!(hints.map(bytes), buckets);
    assert_eq!(["buckets=1", "at=60"].map(bytes), [Some(144), Some(144)]);
}

#[test]
fn sixteen_buckets_come_with_overflow_buckets() {
    // 16 and a sixteenth are 17 of 144 bytes; the size class of 2688 bytes has room for 18.
    let with_extra = |bytes| {
        let places = [("m header", 48), ("m buckets", bytes), ("m extra", 24)];
        places.map(|(name, bytes)| (name.to_owned(), bytes))
    };
    assert_eq!(made("room=53"), with_extra(18 * 144));
    assert_eq!(made("buckets=16"), with_extra(18 * 144));
    // 34 of 144 bytes: the class of 5120 bytes has room for 35.
    assert_eq!(made("room=105"), with_extra(35 * 144));
    // 68 of 208 bytes: 14336 bytes have room for 68.
    assert_eq!(made("room=209 value=string"), with_extra(68 * 208));
}

#[test]
fn a_map_doubles_when_it_has_more_than_thirteen_entries_for_two_buckets() {
    let text = format!("map m go-classic\n{}", puts("0", 1..=105));
    let made = accesses(&text);
    let grows = |operation: &[String]| operation.contains(&"S1 header+9".to_owned());
    let nth = (1..).zip(made.operations());
    let nth: Vec<u32> = nth
        .filter(|(_, made)| grows(made))
        .map(|(nth, _)| nth)
        .collect();
    assert_eq!(nth, [9, 14, 27, 53, 105]);
    let buckets = [1, 2, 4, 8, 18, 35].map(|buckets| buckets * 144);
    assert_eq!(made.sizes("buckets"), buckets);
}
