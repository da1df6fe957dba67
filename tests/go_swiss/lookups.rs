//! The loads of a get.

use crate::{accesses, line};

/// What a get loads after `init` lines.
fn get(settings: &str, init: &str, key: &str) -> String {
    let text = format!("map m go-swiss {settings}\n{init}0 get m {key}\n");
    line(&accesses(&text).made)
}

const USED_AND_WRITING: &str = "L8 header+0, L1 header+34";
/// Length of the directory, directory, control word.
const SMALL: &str = "L8 header+24, L8 header+16, L8 group+0";

#[test]
fn an_empty_map_is_not_looked_into_and_its_flag_not_looked_at() {
    assert_eq!(get("", "", "1"), "L8 header+0");
}

#[test]
fn numbers_of_a_small_map_are_compared_without_a_hash() {
    let init = "init put m 1 1\ninit put m 2 2\ninit put m 3 3\n";
    let keys = "L8 group+8, L8 group+24, L8 group+40";
    let found = format!("{USED_AND_WRITING}, {SMALL}, {keys}, L8 group+48");
    assert_eq!(get("", init, "3"), found);
    // A key that is not there costs as many as there are.
    let missed = format!("{USED_AND_WRITING}, {SMALL}, {keys}");
    assert_eq!(get("", init, "4"), missed);
    let keys = "L4 group+8, L4 group+24";
    let found = format!("{USED_AND_WRITING}, {SMALL}, {keys}, L8 group+32");
    assert_eq!(get("key=u32", init, "2"), found);
}

#[test]
fn a_number_is_compared_with_a_key_that_is_gone_too() {
    let text = "map m go-swiss\ninit put m 1 1\ninit put m 2 2\n0 delete m 1\n0 get m 1 -> r\n";
    let made = accesses(text);
    let get = line(made.operations()[1]);
    let keys = "L8 group+8, L8 group+24";
    assert_eq!(get, format!("{USED_AND_WRITING}, {SMALL}, {keys}"));
}

/// Which group of 136 bytes of `groups` a get of a key that is there ends in, and its slot.
fn slot_of(made: &str) -> (u64, u64) {
    let value = made.rsplit(' ').next().unwrap();
    let value: u64 = value.trim_start_matches("groups+").parse().unwrap();
    (value / 136, (value % 136 - 16) / 16)
}

#[test]
fn a_table_is_found_by_the_directory_and_a_group_by_the_hash() {
    let made = get("buckets=2", "init put m 1 1\n", "1");
    let (group, slot) = slot_of(&made);
    let control = group * 136;
    let key = control + 8 + 16 * slot;
    let value = key + 8;
    let table = "L8 directory+0, L8 table+24, L8 table+16";
    let slot = format!("L8 groups+{control}, L8 groups+{key}, L8 groups+{value}");
    // The length of the directory is loaded before and after the hash.
    let before = format!("{USED_AND_WRITING}, L8 header+24, L8 header+8, L8 header+24");
    assert_eq!(made, format!("{before}, L8 header+16, {table}, {slot}"));
}

#[test]
fn one_control_word_answers_both_questions_for_a_number() {
    let made = get("buckets=2", "init put m 1 1\n", "2");
    let controls = made.matches("groups+").count();
    assert!(
        controls <= 2,
        "a word, and a key whose control byte is equal: {made}"
    );
    // Strings are compared by a call, after which the word is loaded again.
    let made = get("buckets=2 key=string", "init put m \"a\" 1\n", "\"b\"");
    let word = made.rsplit(", ").next().unwrap();
    assert_eq!(made.matches(word).count(), 2, "{made}");
}

#[test]
fn in_a_longer_directory_the_top_bits_say_which_table() {
    let mut places = [0; 2];
    for key in 1..=20 {
        let init = format!("init put m {key} 1\n");
        let made = get("buckets=256", &init, &key.to_string());
        let before = "L8 header+24, L1 header+33, L8 header+16, L8 directory+";
        let (_, rest) = made.split_once(before).expect(&made);
        places[usize::from(rest.starts_with('8'))] += 1;
    }
    assert!(places[0] > 0 && places[1] > 0, "{places:?}");
}

#[test]
fn a_string_is_compared_by_length_address_and_bytes() {
    let settings = "key=string";
    let init = "init put m \"long\" 1\ninit put m \"ab\" 2\n";
    let slot = "L8 group+40, L8 group+32, L8 group+48";
    let hashed = "L8 header+24, L8 header+16, L8 header+8, L8 group+0";
    let found = format!("{USED_AND_WRITING}, {hashed}, {slot}");
    assert_eq!(get(settings, init, "\"ab\""), found);
}

/// A text of 70 bytes with these ends.
fn long(ends: &str, middle: char) -> String {
    let middle = middle.to_string().repeat(54);
    format!("\"{ends}{middle}{ends}\"")
}

#[test]
fn long_strings_are_hashed_only_if_their_ends_do_not_tell_them_apart() {
    let put = |text: String| format!("init put m {text} 1\n");
    let wanted = long("abcdefgh", 'x');
    let hashes = |init: &str| {
        let made = get("key=string", init, &wanted);
        made.split(", ")
            .filter(|made| *made == "L8 header+8")
            .count()
    };
    let [x, y, z] = ['x', 'y', 'z'].map(|middle| put(long("abcdefgh", middle)));
    assert_eq!(hashes(&put(long("other678", 'x'))), 0);
    assert_eq!(hashes(&y), 0);
    assert_eq!(hashes(&x), 0);
    assert_eq!(hashes(&(y + &z)), 1);
}
