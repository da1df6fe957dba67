//! Growing, and what calls do meanwhile.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tearline::maps::Key;

use crate::{accesses, line, puts, replay, stores};

#[test]
fn growth_stores_the_number_of_buckets_first_and_the_array_fourth() {
    let text = format!("map m go-classic\n{}0 put m 9 9\n", puts("init", 1..=8));
    let made = accesses(&text);
    let grow = "S1 header+8, S1 header+9, S1 header+8, S8 header+24, S8 header+16, \
                S8 header+32, S2 header+10";
    assert_eq!(line(&made.stores()[..7]), grow);
    // The only old bucket is emptied by the same put: marked, then copied, and then the mark
    // advances and growth is over.
    let first_slot = &made.stores()[7..10];
    assert_eq!(first_slot[0], "S1 buckets+0");
    assert!(first_slot[1].starts_with("S1 buckets2+"), "{first_slot:?}");
    let over = "S8 header+32, S8 header+24, S1 header+8";
    assert!(line(&made.stores()).contains(over));
}

#[test]
fn a_slot_is_marked_before_its_entry_is_copied() {
    let text = format!("map m go-classic\n{}0 put m 9 9\n", puts("init", 1..=8));
    let made = accesses(&text).made;
    let marks = (0..8).map(|slot| format!("S1 buckets+{slot}"));
    for (slot, mark) in marks.enumerate() {
        let at = made.iter().position(|made| *made == mark).unwrap();
        // Flag, seed and key decide where it goes; then tophash, key and value are copied.
        let key = format!("L8 buckets+{}", 8 + 8 * slot);
        let value = format!("L8 buckets+{}", 72 + 8 * slot);
        let before = format!("L1 buckets+{slot}, L1 header+8, L4 header+12, {key}");
        assert_eq!(line(&made[at - 4..at]), before);
        let copy = &made[at + 1..at + 6];
        assert!(copy[0].starts_with("S1 buckets2+"), "{copy:?}");
        assert_eq!([&copy[1], &copy[3]], [&key, &value]);
        let to_new = |made: &String| made.starts_with("S8 buckets2+");
        assert!(to_new(&copy[2]) && to_new(&copy[4]), "{copy:?}");
    }
}

/// For each operation how many of 64 old buckets it marks.
fn evacuated(operations: &str) -> Vec<usize> {
    let init = puts("init", 1..=416);
    let made = accesses(&format!("map m go-classic room=416\n{init}{operations}"));
    let bucket = |made: &String| {
        let at: u64 = made.strip_prefix("S1 buckets+")?.parse().unwrap();
        Some(at / 144).filter(|&bucket| bucket < 64)
    };
    let buckets = |made: &[String]| made.iter().filter_map(bucket).collect::<BTreeSet<_>>();
    let operations = made.operations();
    operations.iter().map(|made| buckets(made).len()).collect()
}

#[test]
fn each_put_and_delete_evacuates_two_old_buckets() {
    // 417 entries are too many for 64 buckets.
    let deletes: String = (1..64).map(|key| format!("0 delete m {key}\n")).collect();
    for operations in [puts("0", 417..=480), puts("0", [417]) + &deletes] {
        let evacuated = evacuated(&operations);
        let busy = evacuated.iter().position(|&buckets| buckets == 0).unwrap();
        let (during, after) = evacuated.split_at(busy);
        assert_eq!(after.iter().sum::<usize>(), 0, "{evacuated:?}");
        assert_eq!(during.iter().sum::<usize>(), 64, "{evacuated:?}");
        // Two, or one where the bucket that is about to change was moved before.
        assert!(during.iter().all(|&buckets| buckets <= 2), "{evacuated:?}");
        let ones = during.iter().filter(|&&buckets| buckets == 1).count();
        assert!(
            during[0] == 2 && ones < during.len() / 2 + 4,
            "{evacuated:?}"
        );
    }
}

#[test]
fn a_get_looks_into_the_old_bucket_until_that_is_evacuated() {
    // The 27th put makes 8 of 4 buckets and evacuates two of the four.
    let init = puts("init", 1..=27);
    for kind in ["go-classic", "go-classic-generic"] {
        let mut found = BTreeSet::new();
        for key in 1..=26 {
            let text = format!("map m {kind} room=26\n{init}0 get m {key}\n");
            let made = accesses(&text).made;
            let old = made.iter().position(|made| made == "L8 header+24").unwrap();
            // Is it as large as the new one? Then the old bucket's first tophash.
            assert_eq!(made[old + 1], "L1 header+8");
            assert!(made[old + 2].starts_with("L1 buckets+"), "{made:?}");
            let (value, _) = made.last().unwrap().rsplit_once('+').unwrap();
            found.insert(value.to_owned());
        }
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.contains("L8 buckets") && found.contains("L8 buckets2"));
    }
}

#[test]
fn an_old_bucket_is_zeroed_unless_it_has_no_pointers_or_an_iterator_may_be_in_it() {
    let zeroed = |value: &str, range: &str| {
        let put = |who: &str, key| format!("{who} put m {key} {value}\n");
        let init: String = (1..=8).map(|key| put("init", key)).collect();
        let kind = if value == "1" { "u64" } else { "interface" };
        let text = format!(
            "map m go-classic value={kind}\n{init}{range}{}",
            put("0", 9)
        );
        let made = accesses(&text).made;
        let zeroed = stores(&made)
            .into_iter()
            .filter(|made| made.starts_with("S8 buckets+"));
        zeroed.count()
    };
    assert_eq!(zeroed("int(1)", ""), (208 - 8) / 8);
    assert_eq!(zeroed("int(1)", "0 range m\n"), 0);
    assert_eq!(zeroed("1", ""), 0);
}

/// Keys that belong to this one of two buckets.
fn keys_of(bucket: u64, text: &str) -> impl Iterator<Item = u64> {
    let header = replay(text).places().unwrap()[0].addr;
    let seed = Key::Number(header.0).hash(0) as u32;
    (1..).filter(move |&key| Key::Number(key).hash(seed.into()) & 1 == bucket)
}

#[test]
fn too_many_overflow_buckets_make_it_grow_to_the_same_size() {
    let map = "map m go-classic buckets=2\n";
    let [left, right] = [0, 1].map(|bucket| {
        let text = format!("{map}0 len m\n");
        keys_of(bucket, &text).take(10).collect::<Vec<_>>()
    });
    // Nine keys in one bucket take an overflow bucket; so do nine in the other, once there is room.
    let mut text = map.to_owned() + &puts("0", left[..9].iter().copied());
    for key in &left[..6] {
        let _ = writeln!(text, "0 delete m {key}");
    }
    text += &puts("0", right[..9].iter().copied());
    text += &puts("0", [left[9]]);
    let made = accesses(&text);
    let last = *made.operations().last().unwrap();
    let grow = "S1 header+8, S1 header+8, S1 header+9, S1 header+8, S8 header+24, S8 header+16, \
                S8 header+32, S2 header+10, S8 extra+8, S8 extra+0";
    assert_eq!(line(&stores(last)[..10]), grow);
    assert_eq!(made.sizes("buckets"), [2 * 144]);
    // Where an entry goes is clear without its hash: no seed is loaded after the first.
    let seeds = last.iter().filter(|made| *made == "L4 header+12");
    assert_eq!(seeds.count(), 1);
}

#[test]
fn an_overflow_bucket_without_pointers_is_kept_in_a_slice() {
    let map = "map m go-classic buckets=2\n";
    let keys: Vec<u64> = keys_of(0, &format!("{map}0 len m\n")).take(9).collect();
    let text = map.to_owned() + &puts("init", keys[..8].iter().copied()) + &puts("0", [keys[8]]);
    let made = accesses(&text);
    let order = "S1 header+8, S2 header+10, S8 header+40, S8 extra+0, S8 slice+16, S8 slice+0, \
                 S8 slice+8, S8 list+0, S8 buckets+136, S1 bucket+0, S8 bucket+8, S8 header+0, \
                 S1 header+8, S8 bucket+72";
    let stores = line(&made.stores()).replace("overflow ", "");
    assert_eq!(stores, order);
    let text = text.replace("go-classic", "go-classic value=string");
    let text = text.lines().map(|line| match line.rsplit_once(' ') {
        Some((put, value)) if line.contains(" put ") => format!("{put} \"{value}\"\n"),
        _ => format!("{line}\n"),
    });
    let order = "S1 header+8, S2 header+10, S8 buckets+200, S1 bucket+0, S8 bucket+8, \
                 S8 header+0, S1 header+8, S8 bucket+80, S8 bucket+72";
    let made = accesses(&text.collect::<String>());
    assert_eq!(line(&made.stores()).replace("overflow ", ""), order);
}

#[test]
fn spare_buckets_are_taken_one_after_another_and_the_last_one_ends_it() {
    // 18 buckets were made for 16: two are spare.
    let map = "map m go-classic buckets=16\n";
    let header = replay(&format!("{map}0 len m\n")).places().unwrap()[0].addr;
    let seed = Key::Number(header.0).hash(0) as u32;
    let first = |key: &u64| Key::Number(*key).hash(seed.into()) & 15 == 0;
    let keys: Vec<u64> = (1..).filter(first).take(25).collect();
    let text = map.to_owned() + &puts("0", keys);
    let made = accesses(&text);
    let operations = made.operations();
    // What it stores into links and where the next spare bucket is noted.
    let taken = |nth: usize| {
        let is_link = |at: &str| at.parse::<u64>().unwrap() % 144 == 136;
        let about_spares = |made: &&str| match made.strip_prefix("S8 buckets+") {
            Some(at) => is_link(at),
            None => *made == "S8 extra+16",
        };
        line(
            &stores(operations[nth])
                .into_iter()
                .filter(about_spares)
                .collect::<Vec<_>>(),
        )
    };
    let link = |bucket: u64| format!("S8 buckets+{}", bucket * 144 + 136);
    assert_eq!(taken(8), format!("S8 extra+16, {}", link(0)));
    // Its link was not nil, to say that it is the last.
    assert_eq!(
        taken(16),
        format!("{}, S8 extra+16, {}", link(17), link(16))
    );
    assert!(
        made.sizes("overflow bucket").len() == 1,
        "the third is a new one"
    );
}
