//! One operation: `THREAD VERB … [-> NAME] [xN] [@LABEL]`, or the bare three columns of
//! teaching simulators, `0 r 0x1000`.

use super::lexer::{Bad, Word, Words};
use super::literal::{key, literal, map};
use super::number::{address, name, number};
use super::place::{place, rmw, value};
use super::texts::Texts;
use super::{Base, Header, Key, LAST_THREAD, LockKind, Op, Operation, Place};

const VERBS: [&str; 21] = [
    "load", "store", "rmw", "evict", "fence", "compute", "clock", "lock", "unlock", "rlock",
    "runlock", "put", "get", "inc", "delete", "len", "range", "clear", "grow", "r", "w",
];
const MAX_REPEATS: u128 = 1_000_000;
const MAX_COMPUTE_CYCLES: u128 = 1_000_000_000;

/// Whether a line's first word is meant as a thread.
pub(super) fn is_thread(word: Word<'_>) -> bool {
    let digits = digits(word);
    digits.text.starts_with(|c: char| c.is_ascii_digit())
}

/// A line begins with a word that is no thread; `otherwise` is what else may stand there.
pub(super) fn no_thread(first: Word<'_>, otherwise: &str) -> Bad {
    let word = first.text;
    if VERBS.contains(&word) {
        let message = format!("`{word}` without a thread before it");
        return first.bad(message, format!("expected a thread first: `0 {word} …`"));
    }
    let label = format!("expected a thread, like `0`{otherwise}");
    first.bad(format!("unknown word `{}`", first.shown()), label)
}

fn digits(word: Word<'_>) -> Word<'_> {
    word.skip(usize::from(word.text.starts_with(['P', 'p', 'T', 't'])))
}

fn thread(word: Word<'_>) -> Result<u16, Bad> {
    let digits = digits(word);
    if !digits.text.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("`{}` is not a thread", word.shown());
        return Err(word.bad(message, "expected a number such as `0`, or `P0` or `T0`"));
    }
    Ok(number(digits, "the thread's number", LAST_THREAD.into())? as u16)
}

/// The operation of a line whose first word is `first`, and how many times it is done.
pub(super) fn line(
    header: &Header,
    texts: &mut Texts,
    first: Word<'_>,
    words: &mut Words<'_>,
    line: u32,
) -> Result<(Operation, u32), Bad> {
    let thread = thread(first)?;
    let verb = words.expect("what the thread does")?;
    let bare = match verb.text {
        "r" | "R" => Some(Op::Load(byte(words)?)),
        // Values differ from line to line, so that one can tell who wrote.
        "w" | "W" => Some(Op::Store(byte(words)?, u128::from(line & 0xff))),
        _ => None,
    };
    let is_bare = bare.is_some();
    let mut operation = Operation {
        line,
        thread,
        op: bare.map_or_else(|| op(header, texts, verb, words), Ok)?,
        result: None,
        label: None,
    };
    let repeats = match is_bare {
        true => words.finish().map(|()| 1)?,
        false => ending(&mut operation, texts, words)?,
    };
    Ok((operation, repeats))
}

/// The address after `r` or `w`: one byte there.
fn byte(words: &mut Words<'_>) -> Result<Place, Bad> {
    let mut word = words.expect("an address")?;
    if matches!(word.text, "0x" | "0X") {
        word = words.expect("an address")?;
    }
    Ok(Place {
        base: Base::Absolute,
        offset: address(word)?,
        bytes: 1,
    })
}

/// An operation of the header: a `store` or a `put` before the run.
pub(super) fn init(
    header: &Header,
    texts: &mut Texts,
    words: &mut Words<'_>,
    line: u32,
) -> Result<Operation, Bad> {
    let verb = words.expect("`store` or `put`")?;
    if !matches!(verb.text, "store" | "put") {
        let message = format!("`{}` cannot be done before the run", verb.shown());
        return Err(verb.bad(message, "expected `store` or `put`"));
    }
    Ok(Operation {
        line,
        thread: 0,
        op: op(header, texts, verb, words)?,
        result: None,
        label: None,
    })
}

fn op(
    header: &Header,
    texts: &mut Texts,
    verb: Word<'_>,
    words: &mut Words<'_>,
) -> Result<Op, Bad> {
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
        "evict" => Op::Evict(place(header, words)?),
        "fence" => Op::Fence,
        "clock" => Op::Clock,
        "compute" => {
            let what = "a number of cycles";
            Op::Compute(number(words.expect(what)?, what, MAX_COMPUTE_CYCLES)? as u32)
        }
        "lock" => Op::Lock(lock(header, words, false)?),
        "unlock" => Op::Unlock(lock(header, words, false)?),
        "rlock" => Op::ReadLock(lock(header, words, true)?),
        "runlock" => Op::ReadUnlock(lock(header, words, true)?),
        "put" => {
            let (map, keys, values) = map(header, words)?;
            let key = key(keys, texts, words)?;
            let value = literal(values, texts, words)?;
            Op::Put { map, key, value }
        }
        "get" => {
            let (map, key) = map_and_key(header, texts, words)?;
            Op::Get { map, key }
        }
        "inc" => {
            let (map, key) = map_and_key(header, texts, words)?;
            Op::Increment { map, key }
        }
        "delete" => {
            let (map, key) = map_and_key(header, texts, words)?;
            Op::Delete { map, key }
        }
        "len" => Op::Len {
            map: map(header, words)?.0,
        },
        "range" => Op::Range {
            map: map(header, words)?.0,
        },
        "clear" => Op::Clear {
            map: map(header, words)?.0,
        },
        "grow" => Op::Grow {
            map: map(header, words)?.0,
        },
        _ => return Err(verb.unknown("operation", VERBS)),
    })
}

/// A declared lock; one that readers share, if they are to.
fn lock(header: &Header, words: &mut Words<'_>, shared: bool) -> Result<u16, Bad> {
    let word = words.expect("a lock's name")?;
    let index = header
        .locks
        .iter()
        .position(|lock| *lock.name == *word.text);
    let Some(index) = index else {
        if header.maps.iter().any(|map| *map.name == *word.text) {
            let message = format!("`{}` is a map, not a lock", word.shown());
            return Err(word.bad(message, "a lock is declared by `mutex` or `rwmutex`"));
        }
        return Err(word.unknown("lock", header.locks.iter().map(|lock| &*lock.name)));
    };
    if shared && header.locks[index].kind == LockKind::Mutex {
        let message = format!("`{}` is a mutex, which readers cannot share", word.shown());
        return Err(word.bad(message, "expected an `rwmutex`, or `lock` and `unlock`"));
    }
    Ok(index as u16)
}

fn map_and_key(
    header: &Header,
    texts: &mut Texts,
    words: &mut Words<'_>,
) -> Result<(u16, Key), Bad> {
    let (map, keys, _) = map(header, words)?;
    Ok((map, key(keys, texts, words)?))
}

/// What may follow an operation, in any order, each once: how many times it is done.
fn ending(operation: &mut Operation, texts: &mut Texts, words: &mut Words<'_>) -> Result<u32, Bad> {
    let mut repeats = None;
    while let Some(word) = words.next() {
        let (kind, is_second) = if word.text == "->" {
            let name = result(&operation.op, word, words)?;
            ("->", operation.result.replace(texts.share(name)).is_some())
        } else if let Some(label) = word.strip("@") {
            if label.text.is_empty() {
                return Err(word.bad("an empty label", "expected `@` and a label"));
            }
            let label = texts.share(label.text);
            ("@", operation.label.replace(label).is_some())
        } else if let Some(count) = repeat(word) {
            let count = number(count, "a number of repeats", MAX_REPEATS)?;
            if count == 0 {
                return Err(word.bad("an operation that is never done", "at least `x1`"));
            }
            ("x", repeats.replace(count as u32).is_some())
        } else {
            let label = "expected `-> NAME`, `xN`, `@LABEL` or the end of the line";
            return Err(word.bad(format!("unexpected `{}`", word.shown()), label));
        };
        if is_second {
            let message = format!("`{kind}` stands here a second time");
            return Err(word.bad(message, "given once at most"));
        }
    }
    Ok(repeats.unwrap_or(1))
}

/// What follows the `x` of `xN`.
fn repeat(word: Word<'_>) -> Option<Word<'_>> {
    let count = word.strip("x")?;
    let is_number = count.text.starts_with(|c: char| c.is_ascii_digit());
    is_number.then_some(count)
}

/// The name for an operation's result, after `arrow`.
fn result<'a>(op: &Op, arrow: Word<'_>, words: &mut Words<'a>) -> Result<&'a str, Bad> {
    if !matches!(
        op,
        Op::Load(_) | Op::Rmw(..) | Op::Get { .. } | Op::Len { .. } | Op::Range { .. }
    ) {
        let label = "only load, rmw, get, len and range have one";
        return Err(arrow.bad("this operation has no result", label));
    }
    let what = "a name for the result";
    name(words.expect(what)?, what)
}
