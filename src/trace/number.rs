//! Numbers and names in a trace.

use super::lexer::{Bad, Word};

const MAX_NAME_BYTES: usize = 64;

/// A decimal number, or a hexadecimal one after `0x`, of at most `last`.
pub(super) fn number(word: Word<'_>, what: &str, last: u128) -> Result<u128, Bad> {
    let value = match hexadecimal(word) {
        Some(digits) => parse(digits.text, 16),
        None => parse(word.text, 10),
    };
    match value {
        Parsed::Number(value) if value <= last => Ok(value),
        Parsed::Number(_) | Parsed::TooLarge => {
            let last = match last {
                0..=0xffff_ffff => last.to_string(),
                _ => format!("{last:#x}"),
            };
            Err(word.bad(format!("{what} is too large"), format!("at most {last}")))
        }
        Parsed::Wrong => {
            let message = match word.text {
                "" => format!("{what} is missing"),
                _ => format!("`{}` is not a number", word.shown()),
            };
            Err(word.bad(message, format!("expected {what}")))
        }
    }
}

/// The same for numbers of 64 bits.
pub(super) fn number_u64(word: Word<'_>, what: &str) -> Result<u64, Bad> {
    Ok(number(word, what, u64::MAX.into())? as u64)
}

/// The digits after `0x`, if the word begins so.
pub(super) fn hexadecimal(word: Word<'_>) -> Option<Word<'_>> {
    word.strip("0x").or_else(|| word.strip("0X"))
}

/// An address: hexadecimal, with `0x` or without.
pub(super) fn address(word: Word<'_>) -> Result<u64, Bad> {
    match parse(hexadecimal(word).unwrap_or(word).text, 16) {
        Parsed::Number(value) if value <= u64::MAX.into() => Ok(value as u64),
        Parsed::Number(_) | Parsed::TooLarge => {
            Err(word.bad("the address is too large", "at most 64 bits"))
        }
        Parsed::Wrong => {
            let message = format!("`{}` is not an address", word.shown());
            Err(word.bad(message, "expected a hexadecimal address"))
        }
    }
}

enum Parsed {
    Number(u128),
    TooLarge,
    Wrong,
}

fn parse(digits: &str, radix: u32) -> Parsed {
    /// With at most this many digits the number has at most 64 bits, in both radices.
    const SHORT: usize = 16;
    let is_digit = |byte: u8| char::from(byte).is_digit(radix);
    if digits.is_empty() || !digits.bytes().all(is_digit) {
        return Parsed::Wrong;
    }
    let value = match digits.len() {
        0..=SHORT => u64::from_str_radix(digits, radix).map(u128::from),
        _ => u128::from_str_radix(digits, radix),
    };
    value.map_or(Parsed::TooLarge, Parsed::Number)
}

/// A name: a letter or `_`, then letters, digits, `_` and `.`.
pub(super) fn name<'a>(word: Word<'a>, what: &str) -> Result<&'a str, Bad> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let other = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    if !word.text.starts_with(first) || !word.text.chars().all(other) {
        let label = format!("expected {what}: a letter or `_`, then letters, digits, `_` or `.`");
        return Err(word.bad(format!("`{}` is not a name", word.shown()), label));
    }
    short(word)
}

/// The name of a machine or a protocol: like other names, but `-` and digits may lead.
pub(super) fn model_name<'a>(word: Word<'a>, what: &str) -> Result<&'a str, Bad> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !word.text.chars().all(fits) {
        let label = format!("expected {what}: letters, digits, `_`, `.` or `-`");
        return Err(word.bad(format!("`{}` is not a name", word.shown()), label));
    }
    short(word)
}

fn short(word: Word<'_>) -> Result<&str, Bad> {
    if word.text.len() > MAX_NAME_BYTES {
        let label = format!("at most {MAX_NAME_BYTES} letters");
        return Err(word.bad("the name is too long", label));
    }
    Ok(word.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word<'_> {
        Word { text, start: 0 }
    }

    #[test]
    fn numbers_are_decimal_or_hexadecimal() {
        let read = |text| number(word(text), "a number", u128::MAX).ok();
        assert_eq!(read("010"), Some(10));
        assert_eq!(read("0X1f"), Some(31));
        let largest = format!("{:#x}", u128::MAX);
        assert_eq!(read(&largest), Some(u128::MAX));
        let larger = format!("{largest}0");
        for wrong in ["", "0x", "-1", "+1", "1_0", "ff", "0x+1", &larger] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn addresses_need_no_prefix() {
        let read = |text| address(word(text)).ok();
        assert_eq!(read("1000"), Some(0x1000));
        assert_eq!(read("0xffffffffffffffff"), Some(u64::MAX));
        for wrong in ["10000000000000000", "0x", "g"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_are_short_and_plain() {
        let read = |text| name(word(text), "a name").ok();
        assert_eq!(read("_a.1"), Some("_a.1"));
        for wrong in ["", "1a", "é", "a-b", &"a".repeat(65)] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
