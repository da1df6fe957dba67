//! The header lines that declare variables, locks and maps.

use super::lexer::{Bad, Word, Words};
use super::number::{name, number};
use super::place::{is_access_size, largest};
use super::{Header, KeyKind, LockDeclaration, LockKind, MapDeclaration, ValueKind, Variable};

const MAX_VARIABLES: usize = 1024;
const MAX_MAPS: usize = 64;
const MAX_LOCKS: usize = 1024;
const MAX_VARIABLE_BYTES: u128 = 1 << 20;
const MAX_BUCKETS: u128 = 1 << 16;
pub(super) const MAX_ROOM: u128 = 1 << 22;
const MAX_SHARDS: u128 = 1 << 12;
const MAX_PAD_BYTES: u128 = 256;
const LAST_OFFSET: u128 = 255;

/// `var NAME [size=BYTES] [at=OFFSET] [init=VALUE]`, after its first word.
pub(super) fn variable(
    header: &mut Header,
    first: Word<'_>,
    words: &mut Words<'_>,
) -> Result<(), Bad> {
    if header.variables.len() == MAX_VARIABLES {
        return Err(first.bad("too many variables", format!("at most {MAX_VARIABLES}")));
    }
    let name = new_name(header, words, "a variable's name")?;
    let [size, at, initial] = settings(words, ["size", "at", "init"])?;
    let bytes = match size {
        Some(size) => match number(size, "a size", MAX_VARIABLE_BYTES)? as u64 {
            0 => return Err(size.bad("a variable of no bytes", "at least 1")),
            bytes => bytes,
        },
        None => 8,
    };
    let initial = match initial {
        None => 0,
        Some(value) if is_access_size(bytes) => number(value, "a first value", largest(bytes))?,
        Some(value) => {
            let message = format!("a variable of {bytes} bytes has no single first value");
            return Err(value.bad(message, "only one of 1, 2, 4, 8 or 16 bytes has"));
        }
    };
    header.variables.push(Variable {
        name: name.into(),
        bytes,
        line_offset: at.map(offset).transpose()?,
        initial,
    });
    Ok(())
}

/// `mutex NAME [at=OFFSET]` or `rwmutex NAME [at=OFFSET]`, after its first word.
pub(super) fn lock(
    header: &mut Header,
    kind: LockKind,
    first: Word<'_>,
    words: &mut Words<'_>,
) -> Result<(), Bad> {
    if header.locks.len() == MAX_LOCKS {
        return Err(first.bad("too many locks", format!("at most {MAX_LOCKS}")));
    }
    let name = new_name(header, words, "a lock's name")?;
    let [at] = settings(words, ["at"])?;
    header.locks.push(LockDeclaration {
        name: name.into(),
        kind,
        line_offset: at.map(offset).transpose()?,
    });
    Ok(())
}

/// `map NAME KIND [key=…] [value=…] [room=N] [buckets=N] [at=OFFSET] [shards=N] [pad=N]
/// [over=KIND]`, after its first word. `kinds` are the maps that there are.
pub(super) fn map(
    header: &mut Header,
    kinds: &[&str],
    first: Word<'_>,
    words: &mut Words<'_>,
) -> Result<(), Bad> {
    if header.maps.len() == MAX_MAPS {
        return Err(first.bad("too many maps", format!("at most {MAX_MAPS}")));
    }
    let name = new_name(header, words, "a map's name")?;
    let kind = words.expect("the kind of map")?;
    if !kinds.contains(&kind.text) {
        return Err(kind.unknown("kind of map", kinds.iter().copied()));
    }
    let keys = [
        "key", "value", "room", "buckets", "at", "shards", "pad", "over",
    ];
    let [key, value, room, buckets, at, shards, pad, over] = settings(words, keys)?;
    let over = match over {
        Some(over) if !kinds.contains(&over.text) => {
            return Err(over.unknown("kind of map", kinds.iter().copied()));
        }
        over => over.map(|over| over.text.to_owned()),
    };
    let power = |word, what, most| power_of_two(word, what, most);
    header.maps.push(MapDeclaration {
        name: name.into(),
        kind: kind.text.to_owned(),
        key: key.map_or(Ok(KeyKind::U64), key_kind)?,
        value: value.map_or(Ok(ValueKind::U64), value_kind)?,
        room: match room {
            Some(room) => number(room, "a number of entries", MAX_ROOM)? as u64,
            None => 0,
        },
        buckets: buckets
            .map(|word| power(word, "a number of buckets", MAX_BUCKETS))
            .transpose()?,
        line_offset: at.map(offset).transpose()?,
        shards: shards
            .map(|word| power(word, "a number of shards", MAX_SHARDS))
            .transpose()?,
        pad: pad
            .map(|word| power(word, "a number of bytes", MAX_PAD_BYTES))
            .transpose()?,
        over,
    });
    Ok(())
}

fn power_of_two(word: Word<'_>, what: &str, most: u128) -> Result<u32, Bad> {
    let number = number(word, what, most)? as u32;
    if number.is_power_of_two() {
        return Ok(number);
    }
    let message = format!("`{}` is not a power of two", word.shown());
    Err(word.bad(message, "expected 1, 2, 4, 8, …"))
}

/// A name that is not taken yet.
fn new_name<'a>(header: &Header, words: &mut Words<'a>, what: &str) -> Result<&'a str, Bad> {
    let word = words.expect(what)?;
    let text = name(word, what)?;
    let variables = header.variables.iter().map(|variable| &*variable.name);
    let locks = header.locks.iter().map(|lock| &*lock.name);
    let mut taken = variables
        .chain(locks)
        .chain(header.maps.iter().map(|map| &*map.name));
    if taken.any(|other| other == text) {
        return Err(word.bad(
            format!("`{text}` is declared twice"),
            "expected another name",
        ));
    }
    Ok(text)
}

/// The rest of a line as `KEY=VALUE` words, in any order: the value of each key, if given.
fn settings<'a, const N: usize>(
    words: &mut Words<'a>,
    keys: [&str; N],
) -> Result<[Option<Word<'a>>; N], Bad> {
    let mut found = [None; N];
    while let Some(word) = words.next() {
        let (key, Some(value)) = word.split('=') else {
            let label = match keys.contains(&word.text) {
                true => format!("expected `{}=` and a value, without a blank", word.text),
                false => format!("expected `KEY=VALUE`, known keys: {}", keys.join(", ")),
            };
            return Err(word.bad(format!("unexpected `{}`", word.shown()), label));
        };
        let Some(at) = keys.iter().position(|&known| known == key.text) else {
            return Err(key.unknown("key", keys));
        };
        if found[at].replace(value).is_some() {
            let message = format!("`{}` stands here a second time", key.shown());
            return Err(key.bad(message, "given once at most"));
        }
    }
    Ok(found)
}

fn offset(word: Word<'_>) -> Result<u64, Bad> {
    Ok(number(word, "an offset in a line", LAST_OFFSET)? as u64)
}

fn key_kind(word: Word<'_>) -> Result<KeyKind, Bad> {
    let known = KeyKind::ALL.iter().find(|(_, name)| *name == word.text);
    let names = || KeyKind::ALL.map(|(_, name)| name);
    let found = known.map(|&(kind, _)| kind);
    found.ok_or_else(|| word.unknown("kind of key", names()))
}

fn value_kind(word: Word<'_>) -> Result<ValueKind, Bad> {
    let known = ValueKind::ALL.iter().find(|(_, name)| *name == word.text);
    let names = || ValueKind::ALL.map(|(_, name)| name);
    let found = known.map(|&(kind, _)| kind);
    found.ok_or_else(|| word.unknown("kind of value", names()))
}
