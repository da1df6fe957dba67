//! The lines before the first operation.

use super::declare::{lock, map, variable};
use super::lexer::{Bad, Word, Words};
use super::number::{model_name, number, number_u64};
use super::operation::{init, no_thread};
use super::schedule;
use super::texts::Texts;
use super::{Header, LockKind};

pub(super) const MAX_INIT: usize = 1 << 16;
const MAX_CORES: u128 = 64;

/// The first words of header lines.
const WORDS: [&str; 12] = [
    "machine", "cores", "protocol", "seed", "warm", "var", "mutex", "rwmutex", "map", "init",
    "schedule", "step",
];

/// Whether a line that begins with `word` belongs to the header.
pub(super) fn begins(word: &str) -> bool {
    WORDS.contains(&word)
}

/// Takes in one header line, whose first word is `first`. `kinds` are the maps that there are.
pub(super) fn line(
    header: &mut Header,
    kinds: &[&str],
    texts: &mut Texts,
    first: Word<'_>,
    words: &mut Words<'_>,
    line: u32,
) -> Result<(), Bad> {
    match first.text {
        "machine" => {
            let what = "a machine's name";
            let name = model_name(words.expect(what)?, what)?;
            once(&mut header.machine, first, name.to_owned())?;
        }
        "protocol" => {
            let what = "a protocol's name";
            let name = model_name(words.expect(what)?, what)?;
            once(&mut header.protocol, first, name.to_owned())?;
        }
        "seed" => {
            let seed = number_u64(words.expect("a seed")?, "a seed")?;
            once(&mut header.seed, first, seed)?;
        }
        "cores" => {
            let what = "a number of cores";
            let word = words.expect(what)?;
            let cores = number(word, what, MAX_CORES)? as u32;
            if cores == 0 {
                return Err(word.bad("a machine without cores", "at least 1"));
            }
            once(&mut header.cores, first, cores)?;
        }
        "warm" if header.warm => {
            return Err(first.bad("`warm` stands here a second time", "given once at most"));
        }
        "warm" => header.warm = true,
        "var" => variable(header, first, words)?,
        "mutex" => lock(header, LockKind::Mutex, first, words)?,
        "rwmutex" => lock(header, LockKind::ReadWrite, first, words)?,
        "map" => map(header, kinds, first, words)?,
        "schedule" => schedule::version(&mut header.schedule, first, words)?,
        "step" => schedule::step(&mut header.schedule, texts, first, words, line)?,
        "init" if header.init.len() == MAX_INIT => {
            return Err(first.bad("too many init lines", format!("at most {MAX_INIT}")));
        }
        "init" => {
            let operation = init(header, texts, words, line)?;
            header.init.push(operation);
        }
        _ => {
            let otherwise = format!(", or one of {}", WORDS.join(", "));
            return Err(no_thread(first, &otherwise));
        }
    }
    words.finish()
}

fn once<T>(slot: &mut Option<T>, first: Word<'_>, value: T) -> Result<(), Bad> {
    if slot.replace(value).is_some() {
        let message = format!("`{}` stands here a second time", first.text);
        return Err(first.bad(message, "given once at most"));
    }
    Ok(())
}
