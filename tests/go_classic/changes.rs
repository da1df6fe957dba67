//! The stores of a put, a delete and a clear.

use crate::{last, line, stores};

/// What an operation stores after these lines.
fn stored(settings: &str, before: &str, operation: &str) -> String {
    let text = format!("map m {settings}\n{before}0 {operation}\n");
    line(&stores(&last(&text)))
}

#[test]
fn the_first_put_makes_a_bucket() {
    let order = "S1 header+8, S8 header+16, S1 buckets+0, S8 buckets+8, S8 header+0, \
                 S1 header+8, S8 buckets+72";
    assert_eq!(stored("go-classic", "", "put m 1 1"), order);
}

#[test]
fn each_variant_inserts_in_its_own_order() {
    let put = |settings, text| {
        let (key, value) = if text { ("\"b\"", "\"w\"") } else { ("2", "2") };
        let first = if text { "\"a\" \"v\"" } else { "1 1" };
        let init = format!("init put m {first}\n");
        stored(settings, &init, &format!("put m {key} {value}"))
    };
    // Tophash before key; the value after the flag is clear.
    let order = "S1 header+8, S1 buckets+1, S8 buckets+16, S8 header+0, S1 header+8, S8 buckets+80";
    assert_eq!(put("go-classic", false), order);
    let order = "S1 header+8, S1 buckets+1, S4 buckets+12, S8 header+0, S1 header+8, S8 buckets+48";
    assert_eq!(put("go-classic key=u32", false), order);
    // Key before tophash.
    let order = "S1 header+8, S8 buckets+16, S1 buckets+1, S8 header+0, S1 header+8, S8 buckets+80";
    assert_eq!(put("go-classic-generic", false), order);
    // Length before address, in the key as in the value.
    let order = "S1 header+8, S1 buckets+1, S8 buckets+32, S8 buckets+24, S8 header+0, \
                 S1 header+8, S8 buckets+160, S8 buckets+152";
    assert_eq!(put("go-classic key=string value=string", true), order);
    let order = "S1 header+8, S8 buckets+24, S8 buckets+32, S1 buckets+1, S8 header+0, \
                 S1 header+8, S8 buckets+160, S8 buckets+152";
    assert_eq!(
        put("go-classic-generic key=string value=string", true),
        order
    );
}

#[test]
fn the_flag_is_loaded_before_the_hash_and_again_for_each_store() {
    let made = last("map m go-classic\ninit put m 1 1\n0 put m 1 2\n");
    let order = "L1 header+8, L4 header+12, L1 header+8, S1 header+8, L8 header+16, \
                 L1 header+9, L8 header+24, L8 header+16, L1 buckets+0, L8 buckets+8, \
                 L1 header+8, L1 header+8, S1 header+8, S8 buckets+72";
    assert_eq!(line(&made), order);
}

#[test]
fn a_string_that_is_there_already_is_stored_again() {
    let put = |kind| {
        let settings = format!("{kind} key=string");
        stored(&settings, "init put m \"a\" 1\n", "put m \"a\" 2")
    };
    let order = "S1 header+8, S8 buckets+8, S1 header+8, S8 buckets+136";
    assert_eq!(put("go-classic"), order);
    let order = "S1 header+8, S8 buckets+8, S8 buckets+16, S1 header+8, S8 buckets+136";
    assert_eq!(put("go-classic-generic"), order);
}

#[test]
fn an_increment_loads_and_stores_after_the_flag_is_clear() {
    let made = last("map m go-classic\ninit put m 1 1\n0 inc m 1\n");
    let last = &made[made.len() - 3..];
    assert_eq!(line(last), "S1 header+8, L8 buckets+72, S8 buckets+72");
}

#[test]
fn a_delete_empties_its_slot_and_those_before_that_wait_for_it() {
    let init = "init put m 1 1\ninit put m 2 2\ninit put m 3 3\n";
    // Nothing follows the last one.
    let order = "S1 header+8, S8 buckets+88, S1 buckets+2, S1 buckets+2, S8 header+0, S1 header+8";
    assert_eq!(stored("go-classic", init, "delete m 3"), order);
    // Something follows the second one.
    let order = "S1 header+8, S8 buckets+80, S1 buckets+1, S8 header+0, S1 header+8";
    assert_eq!(stored("go-classic", init, "delete m 2"), order);
    let order = "S1 header+8, S8 buckets+88, S1 buckets+2, S1 buckets+2, S1 buckets+1, \
                 S8 header+0, S1 header+8";
    let init = format!("{init}0 delete m 2\n");
    assert_eq!(stored("go-classic", &init, "delete m 3"), order);
}

#[test]
fn the_last_delete_changes_the_seed() {
    let order = "S1 header+8, S8 buckets+72, S1 buckets+0, S1 buckets+0, S8 header+0, \
                 S4 header+12, S1 header+8";
    assert_eq!(
        stored("go-classic", "init put m 1 1\n", "delete m 1"),
        order
    );
}

#[test]
fn a_delete_takes_away_what_the_collector_would_follow() {
    let delete = |kind| {
        let settings = format!("{kind} key=string value=interface");
        let init = "init put m \"a\" int(1)\ninit put m \"b\" int(2)\n";
        stored(&settings, init, "delete m \"a\"")
    };
    let rest = "S8 buckets+136, S8 buckets+144, S1 buckets+0, S8 header+0, S1 header+8";
    let fast = format!("S1 header+8, S8 buckets+8, {rest}");
    assert_eq!(delete("go-classic"), fast);
    let generic = format!("S1 header+8, S8 buckets+8, S8 buckets+16, {rest}");
    assert_eq!(delete("go-classic-generic"), generic);
}

#[test]
fn a_clear_empties_slots_then_the_header_then_the_array() {
    let stores = stored("go-classic", "init put m 1 1\n", "clear m");
    let slots: Vec<String> = (0..8).map(|slot| format!("S1 buckets+{slot}")).collect();
    let header = "S1 header+8, S8 header+24, S8 header+32, S2 header+10, S8 header+0, S4 header+12";
    let words: Vec<String> = (0..18)
        .map(|word| format!("S8 buckets+{}", 8 * word))
        .collect();
    let array = line(&words);
    let order = format!(
        "S1 header+8, {}, {header}, {array}, S1 header+8",
        line(&slots)
    );
    assert_eq!(stores, order);
}
