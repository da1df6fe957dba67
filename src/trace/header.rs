//! The lines before the first operation.

use super::lexer::{Bad, Word, Words};
use super::number::{name, number};
use super::operation::{init, is_thread};
use super::{Header, MapDeclaration, ValueKind, Variable};

const MAX_VARIABLES: usize = 1024;
const MAX_MAPS: usize = 64;
const MAX_INIT: usize = 1 << 16;
const MAX_VARIABLE_BYTES: u128 = 1 << 20;
const MAX_BUCKETS: u128 = 1 << 16;
const LAST_OFFSET: u128 = 255;

/// The first words of header lines.
pub(super) const WORDS: &str = "machine, protocol, seed, var, map, init";

/// Whether a line that begins with `word` belongs to the header.
pub(super) fn begins(word: &str) -> bool {
    WORDS.split(", ").any(|known| known == word)
}

/// Takes in one header line, whose first word is `first`.
pub(super) fn line(
    header: &mut Header,
    kinds: &[&str],
    first: Word<'_>,
    words: &mut Words<'_>,
    line: u32,
) -> Result<(), Bad> {
    match first.text {
        "machine" => once(
            &mut header.machine,
            first,
            words.expect("a machine's name")?,
        )?,
        "protocol" => once(
            &mut header.protocol,
            first,
            words.expect("a protocol's name")?,
        )?,
        "seed" => {
            if header.seed.is_some() {
                return Err(twice(first));
            }
            let seed = number(words.expect("a seed")?, "a seed", u64::MAX.into())?;
            header.seed = Some(seed as u64);
        }
        "var" => variable(header, words)?,
        "map" => map(header, kinds, words)?,
        "init" if header.init.len() == MAX_INIT => {
            return Err(first.bad("too many init lines", format!("at most {MAX_INIT}")));
        }
        "init" => {
            let operation = init(header, words, line)?;
            header.init.push(operation);
        }
        _ if is_thread(first) => unreachable!("operations are not header lines"),
        other => {
            let label = format!("expected a thread, or one of {WORDS}");
            return Err(first.bad(format!("unknown word `{other}`"), label));
        }
    }
    words.finish()
}

fn once(slot: &mut Option<String>, first: Word<'_>, value: Word<'_>) -> Result<(), Bad> {
    match slot.replace(value.text.to_owned()) {
        None => Ok(()),
        Some(_) => Err(twice(first)),
    }
}

fn twice(first: Word<'_>) -> Bad {
    first.bad(
        format!("`{}` stands here a second time", first.text),
        "given once at most",
    )
}

/// A name that is not taken yet.
fn new_name<'a>(header: &Header, words: &mut Words<'a>, what: &str) -> Result<&'a str, Bad> {
    let word = words.expect(what)?;
    let text = name(word, what)?;
    let variables = header.variables.iter().map(|variable| &*variable.name);
    let mut taken = variables.chain(header.maps.iter().map(|map| &*map.name));
    if taken.any(|other| other == text) {
        return Err(word.bad(
            format!("`{text}` is declared twice"),
            "expected another name",
        ));
    }
    Ok(text)
}

/// `KEY=VALUE`: the key, and the value as a word.
fn setting<'a>(word: Word<'a>, known: &str) -> Result<(&'a str, Word<'a>), Bad> {
    let (key, value) = word.split('=');
    let is_known = known.split(", ").any(|other| other == key.text);
    match value {
        Some(value) if is_known => Ok((key.text, value)),
        _ => Err(key.bad(
            format!("unknown setting `{}`", key.text),
            format!("known: {known}, each with `=`"),
        )),
    }
}

fn variable(header: &mut Header, words: &mut Words<'_>) -> Result<(), Bad> {
    let name = new_name(header, words, "a variable's name")?;
    let mut variable = Variable {
        name: name.into(),
        bytes: 8,
        line_offset: None,
        initial: 0,
    };
    let mut initial = None;
    while let Some(word) = words.next() {
        let (key, value) = setting(word, "size, at, init")?;
        match key {
            "size" => {
                let bytes = number(value, "a size", MAX_VARIABLE_BYTES)?;
                if bytes == 0 {
                    return Err(value.bad("a variable of no bytes", "at least 1"));
                }
                variable.bytes = bytes as u64;
            }
            "at" => variable.line_offset = Some(number(value, "an offset", LAST_OFFSET)? as u64),
            _ => initial = Some(value),
        }
    }
    if let Some(value) = initial {
        if !matches!(variable.bytes, 1 | 2 | 4 | 8 | 16) {
            let label = "only a variable of 1, 2, 4, 8 or 16 bytes has one";
            return Err(value.bad("this variable has no single first value", label));
        }
        variable.initial = number(
            value,
            "a first value",
            u128::MAX >> (128 - 8 * variable.bytes),
        )?;
    }
    if header.variables.len() == MAX_VARIABLES {
        let end = Word { text: "", start: 0 };
        return Err(end.bad("too many variables", format!("at most {MAX_VARIABLES}")));
    }
    header.variables.push(variable);
    Ok(())
}

fn map(header: &mut Header, kinds: &[&str], words: &mut Words<'_>) -> Result<(), Bad> {
    let name = new_name(header, words, "a map's name")?;
    let kind = words.expect("the kind of map")?;
    if !kinds.contains(&kind.text) {
        let label = format!("known kinds: {}", kinds.join(", "));
        return Err(kind.bad(format!("unknown kind of map `{}`", kind.text), label));
    }
    let mut map = MapDeclaration {
        name: name.into(),
        kind: kind.text.to_owned(),
        value: ValueKind::U64,
        buckets: 1,
        line_offset: None,
    };
    while let Some(word) = words.next() {
        let (key, value) = setting(word, "value, buckets, at")?;
        match key {
            "value" => map.value = value_kind(value)?,
            "at" => map.line_offset = Some(number(value, "an offset", LAST_OFFSET)? as u64),
            _ => {
                let buckets = number(value, "a number of buckets", MAX_BUCKETS)? as u32;
                if !buckets.is_power_of_two() {
                    return Err(value.bad("not a power of two", "expected 1, 2, 4, 8, …"));
                }
                map.buckets = buckets;
            }
        }
    }
    if header.maps.len() == MAX_MAPS {
        return Err(kind.bad("too many maps", format!("at most {MAX_MAPS}")));
    }
    header.maps.push(map);
    Ok(())
}

fn value_kind(word: Word<'_>) -> Result<ValueKind, Bad> {
    match word.text {
        "u64" => Ok(ValueKind::U64),
        "string" => Ok(ValueKind::Text),
        "interface" => Ok(ValueKind::Interface),
        other => {
            let label = "known: u64, string, interface";
            Err(word.bad(format!("unknown kind of value `{other}`"), label))
        }
    }
}
