//! Files as a bad disk, a careless editor or an enemy leaves them: random changes of bytes.

use rand::{Rng, RngExt};

/// What numbers are replaced by.
const NUMBERS: [&str; 20] = [
    "0",
    "-1",
    "1",
    "2",
    "4",
    "16",
    "56",
    "63",
    "64",
    "255",
    "4294967296",
    "4000000000",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "0xffffffffffffffffffffffffffffffffff",
    "0xc000002000",
    "1e9",
    "0x",
    "nan",
];

/// What is put in between.
const PIECES: [&[u8]; 16] = [
    b"\0",
    b"\xff\xfe",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\"",
    b"\"\"\"",
    b"'",
    b"\\",
    b"#",
    b"=",
    b"[",
    b"\r",
    b"\r\n",
    b" x1000000",
    b" -> r",
    b"\n0 store 0xc000000010 0xffffffffffffffff\n",
];

/// The file after one to three changes.
pub(crate) fn mutate(file: &[u8], dice: &mut impl Rng) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..dice.random_range(1..=3_u32) {
        change(&mut bytes, dice);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, dice: &mut impl Rng) {
    let from = below(bytes.len() + 1, dice);
    let to = bytes.len().min(from + below(60, dice));
    match dice.random_range(0..16_u32) {
        0 => bytes.truncate(from),
        1 => drop(bytes.drain(from..to)),
        2 => {
            let copy = bytes[from..to].to_vec();
            let at = below(bytes.len() + 1, dice);
            bytes.splice(at..at, copy);
        }
        3 | 4 => {
            if let Some(byte) = bytes.get_mut(from) {
                *byte ^= 1 << dice.random_range(0..8_u32);
            }
        }
        5 => lines(bytes, dice, |lines, a, b| lines.swap(a, b)),
        6 => lines(bytes, dice, |lines, a, b| lines.insert(a, lines[b].clone())),
        7 => lines(bytes, dice, |lines, a, _| drop(lines.remove(a))),
        8 => {
            *bytes = bytes
                .split(|&b| b == b'\n')
                .collect::<Vec<_>>()
                .join(&b"\r\n"[..])
        }
        9..=12 => number(bytes, dice),
        _ => {
            let piece = PIECES[below(PIECES.len(), dice)];
            bytes.splice(from..from, piece.iter().copied());
        }
    }
}

/// Replaces a number by another.
fn number(bytes: &mut Vec<u8>, dice: &mut impl Rng) {
    let digit = |at: &usize| bytes[*at].is_ascii_digit();
    let begins = |&at: &usize| at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
    let places: Vec<usize> = (0..bytes.len()).filter(digit).filter(begins).collect();
    if places.is_empty() {
        return;
    }
    let from = places[below(places.len(), dice)];
    let rest = bytes[from..].iter();
    let len = rest.take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let number = NUMBERS[below(NUMBERS.len(), dice)];
    bytes.splice(from..from + len, number.bytes());
}

/// Changes the file as lines, two of which are chosen.
fn lines(
    bytes: &mut Vec<u8>,
    dice: &mut impl Rng,
    change: impl FnOnce(&mut Vec<Vec<u8>>, usize, usize),
) {
    let mut lines: Vec<Vec<u8>> = bytes.split(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
    let [a, b] = [(); 2].map(|()| below(lines.len(), dice));
    change(&mut lines, a, b);
    *bytes = lines.join(&b'\n');
}

/// A number below `end`, from a stream that is the same on every platform.
pub(crate) fn below(end: usize, dice: &mut impl Rng) -> usize {
    dice.random_range(0..end as u64) as usize
}
