//! The block in braces: what locations and registers hold at first.

use super::cursor::{Cursor, thread_number};
use super::draft::{Declared, Draft, Given, Named};
use super::lexer::{Bad, Kind, Token};
use super::limits;
use crate::litmus::Type;

/// Reads the block. Addresses become locations after all that it declares.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Bad> {
    cursor.expect("{")?;
    while !cursor.accept("}") {
        if cursor.accept(";") {
            continue;
        }
        if is_after(cursor) {
            return Err(cursor.peek().unexpected("`}` after what holds at first"));
        }
        if let Err(bad) = entry(cursor, draft).and_then(|()| end(cursor)) {
            draft.note(bad)?;
            cursor.skip_to(&[";", "}"]);
            if cursor.peek().is("}") && cursor.after(1).is(";") {
                cursor.next(); // the brace of an array
            }
        }
    }
    let locations = draft
        .locations
        .iter()
        .filter_map(|named| named.given.clone());
    let registers = draft.registers.iter().filter_map(|register| register.given);
    let given: Vec<Given<'_>> = locations.flatten().chain(registers).collect();
    for given in given.iter().filter(|given| given.number.is_none()) {
        draft.location(given.token)?;
    }
    Ok(())
}

/// Whether the block was not closed: the row of threads or the end comes next.
fn is_after(cursor: &Cursor<'_>) -> bool {
    let (first, second) = (cursor.peek(), cursor.after(1));
    let thread = thread_number(&first).is_some() && (second.is("|") || second.is(";"));
    thread || first.kind == Kind::End
}

fn end(cursor: &Cursor<'_>) -> Result<(), Bad> {
    let token = cursor.peek();
    match token.is(";") || token.is("}") {
        true => Ok(()),
        false => Err(token.unexpected("`;` or `}`")),
    }
}

/// `TYPE PLACE = VALUE`, of which the type or the value may be absent.
fn entry<'a>(cursor: &mut Cursor<'a>, draft: &mut Draft<'a>) -> Result<(), Bad> {
    let first = cursor.peek();
    if first.kind == Kind::Name && cursor.after(1).is("*") {
        let star = cursor.after(1);
        return Err(star.bad("types of pointers are not read", "declare it as `uint64_t`"));
    }
    let is_type = first.kind == Kind::Name && begins_place(cursor);
    let declared = is_type.then(|| declared(&cursor.next())).transpose()?;
    match cursor.is_thread(0) {
        true => register(cursor, draft, declared),
        false => location(cursor, draft, declared),
    }
}

/// Whether a place follows the next word, which then is a type.
fn begins_place(cursor: &Cursor<'_>) -> bool {
    match cursor.after(1).kind {
        Kind::Name | Kind::Number(_) => true,
        Kind::Sign("[") => cursor.after(2).kind == Kind::Name,
        _ => false,
    }
}

fn declared(word: &Token<'_>) -> Result<Type, Bad> {
    Type::named(word.text).ok_or_else(|| {
        let message = format!("unknown type `{}`", word.shown());
        word.bad(
            message,
            "known: int8_t to int64_t, uint8_t to uint64_t, char, short, int, long",
        )
    })
}

fn register<'a>(
    cursor: &mut Cursor<'a>,
    draft: &mut Draft<'a>,
    declared: Option<Type>,
) -> Result<(), Bad> {
    let (thread, number, name, register) = cursor.register()?;
    let thread = draft.thread(number, thread)?;
    let given = match cursor.accept("=") {
        true => Some(value(cursor)?),
        false => None,
    };
    let same = |other: &&mut Declared<'_>| (other.thread, other.register) == (thread, register);
    match draft.registers.iter_mut().find(same) {
        Some(known) => {
            once(known.declared.is_some() && declared.is_some(), &name)?;
            once(known.given.is_some() && given.is_some(), &name)?;
            known.declared = known.declared.or(declared);
            known.given = known.given.or(given);
        }
        None => draft.registers.push(Declared {
            thread,
            register,
            declared,
            given,
        }),
    }
    Ok(())
}

fn location<'a>(
    cursor: &mut Cursor<'a>,
    draft: &mut Draft<'a>,
    declared: Option<Type>,
) -> Result<(), Bad> {
    let bracket = cursor.accept("[");
    let name = cursor.name("a location or a register of a thread, such as `x` or `0:rax`")?;
    if bracket {
        cursor.expect("]")?;
    }
    let length = match !bracket && cursor.accept("[") {
        true => Some(length(cursor)?),
        false => None,
    };
    if length.is_some() && declared.is_none() {
        let message = format!("the array `{}` has no type", name.shown());
        return Err(name.bad(message, "expected one before it, such as `uint8_t`"));
    }
    let given = match (cursor.accept("="), length) {
        (false, _) => None,
        (true, None) => Some(vec![value(cursor)?]),
        (true, Some(length)) => Some(values(cursor, length)?),
    };
    let location = draft.location(name)?;
    let known: &mut Named<'_> = &mut draft.locations[usize::from(location)];
    once(known.declared.is_some() && declared.is_some(), &name)?;
    once(known.given.is_some() && given.is_some(), &name)?;
    known.declared = known.declared.or(declared);
    known.given = known.given.take().or(given);
    known.length = known.length.or(length);
    Ok(())
}

fn once(twice: bool, name: &Token<'_>) -> Result<(), Bad> {
    match twice {
        true => Err(name.bad(
            format!("`{}` is declared twice", name.shown()),
            "expected one type and one value for each place",
        )),
        false => Ok(()),
    }
}

fn length(cursor: &mut Cursor<'_>) -> Result<usize, Bad> {
    let (length, token) = cursor.count("how many elements the array has")?;
    cursor.expect("]")?;
    match usize::try_from(length) {
        Ok(length) if (1..=limits::ELEMENTS).contains(&length) => Ok(length),
        _ => {
            let message = format!("an array of {} elements", token.shown());
            let label = format!("expected 1 to {} of them", limits::ELEMENTS);
            Err(token.bad(message, label))
        }
    }
}

fn value<'a>(cursor: &mut Cursor<'a>) -> Result<Given<'a>, Bad> {
    let what = "a number or the name of a location";
    let token = cursor.peek();
    if token.kind == Kind::Name {
        cursor.next();
        let number = None;
        return Ok(Given { number, token });
    }
    let (number, token) = cursor.number(what)?;
    let number = Some(number);
    Ok(Given { number, token })
}

fn values<'a>(cursor: &mut Cursor<'a>, length: usize) -> Result<Vec<Given<'a>>, Bad> {
    cursor.expect("{")?;
    let mut values = Vec::new();
    loop {
        if values.len() == length {
            let label = format!("expected `}}`: the array has {length} elements");
            return Err(cursor.peek().bad("too many values", label));
        }
        values.push(value(cursor)?);
        if !cursor.accept(",") {
            cursor.expect("}")?;
            return Ok(values);
        }
    }
}
