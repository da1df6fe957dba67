//! One operation: `THREAD VERB … [-> NAME] [xN] [@LABEL]`, or the bare three columns of
//! teaching simulators, `0 r 0x1000`.

use super::lexer::{Bad, Word, Words};
use super::number::{address, name, number, text};
use super::{Base, Boxed, Header, LAST_THREAD, Literal, Op, Operation, Place, Rmw, ValueKind};

const VERBS: &str = "load, store, rmw, fence, compute, put, get, delete, len, range, r, w";
const MAX_REPEATS: u128 = 1_000_000;
const MAX_COMPUTE_CYCLES: u128 = 1_000_000_000;

/// Whether a word is meant as a thread.
pub(super) fn is_thread(word: Word<'_>) -> bool {
    let digits = word
        .text
        .strip_prefix(['P', 'p', 'T', 't'])
        .unwrap_or(word.text);
    digits.starts_with(|c: char| c.is_ascii_digit())
}

fn thread(word: Word<'_>) -> Result<u16, Bad> {
    let digits = word.text.trim_start_matches(['P', 'p', 'T', 't']);
    let digits = word.skip(word.text.len() - digits.len());
    Ok(number(digits, "a thread", LAST_THREAD.into())? as u16)
}

/// The operation of a line whose first word is `first`, and how many times it is done.
pub(super) fn line(
    header: &Header,
    first: Word<'_>,
    words: &mut Words<'_>,
    line: u32,
) -> Result<(Operation, u32), Bad> {
    let thread = thread(first)?;
    let verb = words.expect("what the thread does")?;
    if verb.text.eq_ignore_ascii_case("r") || verb.text.eq_ignore_ascii_case("w") {
        return Ok((bare(thread, verb, words, line)?, 1));
    }
    let op = op(header, verb, words)?;
    let mut operation = Operation {
        line,
        thread,
        op,
        result: None,
        label: None,
    };
    let repeats = ending(&mut operation, words)?;
    Ok((operation, repeats))
}

/// `r` or `w` and an address: one byte.
fn bare(thread: u16, verb: Word<'_>, words: &mut Words<'_>, line: u32) -> Result<Operation, Bad> {
    let mut word = words.expect("an address")?;
    if word.text.eq_ignore_ascii_case("0x") {
        word = words.expect("an address")?;
    }
    let place = Place {
        base: Base::Absolute,
        offset: address(word)?,
        bytes: 1,
    };
    words.finish()?;
    let op = if verb.text.eq_ignore_ascii_case("r") {
        Op::Load(place)
    } else {
        Op::Store(place, u128::from(line & 0xff))
    };
    Ok(Operation {
        line,
        thread,
        op,
        result: None,
        label: None,
    })
}

/// An operation of the header: a `store` or a `put` before the run.
pub(super) fn init(header: &Header, words: &mut Words<'_>, line: u32) -> Result<Operation, Bad> {
    let verb = words.expect("`store` or `put`")?;
    if !matches!(verb.text, "store" | "put") {
        return Err(verb.bad(
            format!("`{}` cannot be done before the run", verb.text),
            "expected `store` or `put`",
        ));
    }
    let op = op(header, verb, words)?;
    Ok(Operation {
        line,
        thread: 0,
        op,
        result: None,
        label: None,
    })
}

fn op(header: &Header, verb: Word<'_>, words: &mut Words<'_>) -> Result<Op, Bad> {
    Ok(match verb.text {
        "load" => Op::Load(place(header, words)?),
        "store" => {
            let place = place(header, words)?;
            Op::Store(place, value(place, words, "a value")?)
        }
        "rmw" => {
            let place = place(header, words)?;
            Op::Rmw(place, rmw(place, words)?)
        }
        "fence" => Op::Fence,
        "compute" => {
            let word = words.expect("a number of cycles")?;
            Op::Compute(number(word, "a number of cycles", MAX_COMPUTE_CYCLES)? as u32)
        }
        "put" => {
            let (map, kind) = map(header, words)?;
            let (key, value) = (key(words)?, literal(kind, words)?);
            Op::Put { map, key, value }
        }
        "get" => Op::Get {
            map: map(header, words)?.0,
            key: key(words)?,
        },
        "delete" => Op::Delete {
            map: map(header, words)?.0,
            key: key(words)?,
        },
        "len" => Op::Len {
            map: map(header, words)?.0,
        },
        "range" => Op::Range {
            map: map(header, words)?.0,
        },
        other => {
            return Err(verb.bad(
                format!("unknown operation `{other}`"),
                format!("known: {VERBS}"),
            ));
        }
    })
}

/// What may follow any operation: how often it is done.
fn ending(operation: &mut Operation, words: &mut Words<'_>) -> Result<u32, Bad> {
    let mut repeats = None;
    while let Some(word) = words.next() {
        if word.text == "->" && operation.result.is_none() {
            let gives = matches!(
                operation.op,
                Op::Load(_) | Op::Rmw(..) | Op::Get { .. } | Op::Len { .. }
            );
            if !gives {
                return Err(word.bad(
                    "this operation has no result",
                    "only load, rmw, get and len have one",
                ));
            }
            let word = words.expect("a name for the result")?;
            operation.result = Some(name(word, "a name for the result")?.into());
        } else if word.text.starts_with('@') && operation.label.is_none() {
            if word.text.len() == 1 {
                return Err(word.bad("an empty label", "expected `@` and a label"));
            }
            operation.label = Some(word.text[1..].into());
        } else if word.text.starts_with('x') && repeats.is_none() {
            let count = number(word.skip(1), "a number of repeats", MAX_REPEATS)?;
            if count == 0 {
                return Err(word.bad("an operation that is never done", "at least x1"));
            }
            repeats = Some(count as u32);
        } else {
            let label = "expected `-> NAME`, `xN`, `@LABEL` or the end of the line";
            return Err(word.bad(format!("unexpected `{}`", word.text), label));
        }
    }
    Ok(repeats.unwrap_or(1))
}

/// `NAME[+OFFSET][:BYTES]` or `0xADDRESS[:BYTES]`.
fn place(header: &Header, words: &mut Words<'_>) -> Result<Place, Bad> {
    let word = words.expect("a variable or an address")?;
    let (place, size) = word.split(':');
    let (start, offset) = place.split('+');
    let bytes = match size.map(|size| (size, number(size, "a size", 16))) {
        None => None,
        Some((_, Ok(bytes @ (1 | 2 | 4 | 8 | 16)))) => Some(bytes as u8),
        Some((size, _)) => {
            return Err(size.bad("not a size of an access", "expected 1, 2, 4, 8 or 16"));
        }
    };
    if start.text.starts_with(|c: char| c.is_ascii_digit()) {
        let base = Base::Absolute;
        let at = address(place)?;
        return Ok(Place {
            base,
            offset: at,
            bytes: bytes.unwrap_or(8),
        });
    }
    let known = header
        .variables
        .iter()
        .position(|variable| *variable.name == *start.text);
    let Some(index) = known else {
        let names: Vec<&str> = header
            .variables
            .iter()
            .map(|variable| &*variable.name)
            .collect();
        return Err(unknown("variable", start, &names));
    };
    let offset = offset.map_or(Ok(0), |offset| number(offset, "an offset", 1 << 32))? as u64;
    let size = header.variables[index].bytes;
    let bytes = match (bytes, size) {
        (Some(bytes), _) => bytes,
        (None, 1 | 2 | 4 | 8 | 16) => size as u8,
        (None, _) => {
            let message = format!("`{}` has {size} bytes, too many for one access", start.text);
            return Err(word.bad(message, "expected `:BYTES` with 1, 2, 4, 8 or 16"));
        }
    };
    Ok(Place {
        base: Base::Variable(index as u16),
        offset,
        bytes,
    })
}

fn unknown(what: &str, word: Word<'_>, known: &[&str]) -> Bad {
    let label = match known {
        [] => format!("no {what} is declared"),
        _ => format!("declared: {}", known.join(", ")),
    };
    word.bad(format!("unknown {what} `{}`", word.text), label)
}

fn value(place: Place, words: &mut Words<'_>, what: &str) -> Result<u128, Bad> {
    number(
        words.expect(what)?,
        what,
        u128::MAX >> (128 - 8 * u32::from(place.bytes)),
    )
}

fn rmw(place: Place, words: &mut Words<'_>) -> Result<Rmw, Bad> {
    let word = words.expect("xchg, add or cas")?;
    Ok(match word.text {
        "xchg" => Rmw::Exchange(value(place, words, "a value")?),
        "add" => Rmw::Add(value(place, words, "a value")?),
        "cas" => Rmw::CompareExchange {
            expected: value(place, words, "the expected value")?,
            new: value(place, words, "the new value")?,
        },
        other => return Err(word.bad(format!("unknown update `{other}`"), "known: xchg, add, cas")),
    })
}

fn map(header: &Header, words: &mut Words<'_>) -> Result<(u16, ValueKind), Bad> {
    let word = words.expect("a map's name")?;
    match header.maps.iter().position(|map| *map.name == *word.text) {
        Some(index) => Ok((index as u16, header.maps[index].value)),
        None => {
            let names: Vec<&str> = header.maps.iter().map(|map| &*map.name).collect();
            Err(unknown("map", word, &names))
        }
    }
}

fn key(words: &mut Words<'_>) -> Result<u64, Bad> {
    Ok(number(words.expect("a key")?, "a key", u64::MAX.into())? as u64)
}

fn literal(kind: ValueKind, words: &mut Words<'_>) -> Result<Literal, Bad> {
    let word = words.expect("a value")?;
    Ok(match kind {
        ValueKind::U64 => Literal::Number(number(word, "a number", u64::MAX.into())? as u64),
        ValueKind::Text => Literal::Text(text(word)?),
        ValueKind::Interface => Literal::Boxed(boxed(word)?),
    })
}

/// `int(7)` or `str("x")`.
fn boxed(word: Word<'_>) -> Result<Boxed, Bad> {
    let inner = |prefix: &str| {
        let inside = word.text.strip_prefix(prefix)?.strip_suffix(')')?;
        Some(Word {
            text: inside,
            start: word.start + prefix.len(),
        })
    };
    if let Some(inside) = inner("int(") {
        return Ok(Boxed::Number(
            number(inside, "a number", u64::MAX.into())? as u64
        ));
    }
    if let Some(inside) = inner("str(") {
        return Ok(Boxed::Text(text(inside)?));
    }
    Err(word.bad(
        "this is no value of an interface",
        "expected `int(7)` or `str(\"x\")`",
    ))
}
