//! Bytes in memory as an operation names them, and values that fit there.

use super::lexer::{Bad, Words};
use super::number::{address, hexadecimal, number};
use super::{Base, Header, Place, Rmw};

/// The furthest that an access may lie from its variable's first byte.
const MAX_OFFSET: u128 = 1 << 32;

/// Whether one access can have this size.
pub(super) fn is_access_size(bytes: u64) -> bool {
    matches!(bytes, 1 | 2 | 4 | 8 | 16)
}

/// The largest number of `bytes` bytes, an access's size.
pub(super) fn largest(bytes: u64) -> u128 {
    u128::MAX >> (128 - 8 * bytes)
}

/// `NAME[+OFFSET][:BYTES]` or `0xADDRESS[:BYTES]`.
pub(super) fn place(header: &Header, words: &mut Words<'_>) -> Result<Place, Bad> {
    let word = words.expect("a variable or an address")?;
    let (place, size) = word.split(':');
    let bytes = match size {
        None => None,
        Some(size) => match number(size, "a size", u128::MAX) {
            Ok(bytes @ (1 | 2 | 4 | 8 | 16)) => Some(bytes as u8),
            _ => {
                let message = match size.text {
                    "" => "a size is missing".to_owned(),
                    _ => format!("`{}` is not the size of an access", size.shown()),
                };
                return Err(size.bad(message, "expected 1, 2, 4, 8 or 16"));
            }
        },
    };
    if place.text.starts_with(|c: char| c.is_ascii_digit()) {
        if hexadecimal(place).is_none() {
            let message = format!("`{}` is not an address", place.shown());
            return Err(place.bad(message, "expected an address that begins with `0x`"));
        }
        return Ok(Place {
            base: Base::Absolute,
            offset: address(place)?,
            bytes: bytes.unwrap_or(8),
        });
    }
    let (start, offset) = place.split('+');
    let variables = &header.variables;
    let index = variables
        .iter()
        .position(|known| *known.name == *start.text);
    let Some(index) = index else {
        let names = variables.iter().map(|variable| &*variable.name);
        return Err(start.unknown("variable", names));
    };
    let offset = match offset {
        Some(offset) => number(offset, "an offset", MAX_OFFSET)? as u64,
        None => 0,
    };
    let size = variables[index].bytes;
    let bytes = match bytes {
        Some(bytes) => bytes,
        None if is_access_size(size) => size as u8,
        None => {
            let name = start.text;
            let message = format!("`{name}` has {size} bytes, which is not the size of an access");
            return Err(word.bad(message, "expected `:BYTES` with 1, 2, 4, 8 or 16"));
        }
    };
    Ok(Place {
        base: Base::Variable(index as u16),
        offset,
        bytes,
    })
}

/// A value for the bytes of a place.
pub(super) fn value(place: Place, words: &mut Words<'_>, what: &str) -> Result<u128, Bad> {
    number(words.expect(what)?, what, largest(place.bytes.into()))
}

/// `xchg VALUE`, `add VALUE` or `cas EXPECTED NEW`.
pub(super) fn rmw(place: Place, words: &mut Words<'_>) -> Result<Rmw, Bad> {
    let word = words.expect("xchg, add or cas")?;
    Ok(match word.text {
        "xchg" => Rmw::Exchange(value(place, words, "a value")?),
        "add" => Rmw::Add(value(place, words, "a value")?),
        "cas" => Rmw::CompareExchange {
            expected: value(place, words, "the expected value")?,
            new: value(place, words, "the new value")?,
        },
        _ => return Err(word.unknown("update", ["xchg", "add", "cas"])),
    })
}
