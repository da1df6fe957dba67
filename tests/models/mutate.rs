//! Files that somebody's editor, disk or cat walked over: random changes of a text.

use std::ops::Range;

use rand::{Rng, RngExt};

/// Pieces that mean something in these files, or are known to upset readers of TOML.
const PIECES: [&str; 24] = [
    "[",
    "]",
    "[[",
    "{",
    "}",
    "=",
    "\"",
    "'''",
    "\"\"\"",
    "\\u",
    "#",
    ",",
    ".",
    "\n",
    "\r",
    "\0",
    "-",
    "1_0",
    "0x",
    "1e400",
    "nan",
    "[[cell]]\n",
    "[cache]\n",
    "é",
];

/// The text after one to four changes.
pub(crate) fn mutate(text: &str, dice: &mut impl Rng) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..dice.random_range(1..=4u32) {
        change(&mut bytes, dice);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn change(bytes: &mut Vec<u8>, dice: &mut impl Rng) {
    let from = place(bytes, dice);
    let to = bytes.len().min(from + dice.random_range(0..60u32) as usize);
    match dice.random_range(0..8u32) {
        0 => bytes.truncate(from),
        1 => drop(bytes.drain(from..to)),
        2 => {
            let copy = bytes[from..to].to_vec();
            let at = place(bytes, dice);
            bytes.splice(at..at, copy);
        }
        3 => {
            if let Some(byte) = bytes.get_mut(from) {
                *byte ^= 1 << dice.random_range(0..8u32);
            }
        }
        4 => lines(bytes, dice, |lines, a, b| lines.swap(a, b)),
        5 => lines(bytes, dice, |lines, a, b| lines.insert(a, lines[b].clone())),
        6 => lines(bytes, dice, |lines, a, _| drop(lines.remove(a))),
        _ => {
            let piece = PIECES[dice.random_range(0..PIECES.len() as u32) as usize];
            bytes.splice(from..from, piece.bytes());
        }
    }
}

/// A place in the text, its end included.
fn place(bytes: &[u8], dice: &mut impl Rng) -> usize {
    dice.random_range(0..=bytes.len() as u64) as usize
}

/// Changes the text as lines, two of which are chosen.
fn lines(
    bytes: &mut Vec<u8>,
    dice: &mut impl Rng,
    change: impl FnOnce(&mut Vec<Vec<u8>>, usize, usize),
) {
    let mut lines: Vec<Vec<u8>> = bytes.split(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
    let [a, b] = [(); 2].map(|()| dice.random_range(0..lines.len() as u64) as usize);
    change(&mut lines, a, b);
    *bytes = lines.join(&b'\n');
}

/// The text with one or two of its words in the places of others: most of these still load.
pub(crate) fn swap_words(text: &str, dice: &mut impl Rng) -> String {
    let mut changed = text.to_owned();
    for _ in 0..dice.random_range(1..=2_u32) {
        let words = words(&changed);
        let [a, b] = [(); 2].map(|()| dice.random_range(0..words.len() as u64) as usize);
        let word = changed[words[b].clone()].to_owned();
        changed.replace_range(words[a].clone(), &word);
    }
    changed
}

/// Where the words of a text stand.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match words.last_mut() {
            _ if !(c.is_alphanumeric() || c == '-' || c == '_') => {}
            Some(word) if word.end == at => word.end = end,
            _ => words.push(at..end),
        }
    }
    words
}
