//! Numbers, names and quoted text in a trace.

use std::sync::Arc;

use super::lexer::{Bad, Word};

const MAX_NAME_BYTES: usize = 64;

/// A decimal number, or a hexadecimal one after `0x`, of at most `last`.
pub(super) fn number(word: Word<'_>, what: &str, last: u128) -> Result<u128, Bad> {
    let digits = word
        .text
        .strip_prefix("0x")
        .or(word.text.strip_prefix("0X"));
    let value = match digits {
        Some(digits) => parse(digits, 16),
        None => parse(word.text, 10),
    };
    match value {
        Some(Some(value)) if value <= last => Ok(value),
        Some(_) => Err(word.bad(
            format!("{what} is too large"),
            format!("at most {}", shown(last)),
        )),
        None => Err(word.bad(
            format!("`{}` is not a number", word.text),
            format!("expected {what}"),
        )),
    }
}

fn shown(last: u128) -> String {
    if last > 1 << 32 {
        format!("{last:#x}")
    } else {
        last.to_string()
    }
}

/// An address: hexadecimal, with `0x` or without.
pub(super) fn address(word: Word<'_>) -> Result<u64, Bad> {
    let lower = word
        .text
        .strip_prefix("0x")
        .or(word.text.strip_prefix("0X"));
    match parse(lower.unwrap_or(word.text), 16) {
        Some(Some(value)) => u64::try_from(value)
            .map_err(|_| word.bad("the address is too large", "at most 64 bits")),
        Some(None) => Err(word.bad("the address is too large", "at most 64 bits")),
        None => Err(word.bad(
            format!("`{}` is not an address", word.text),
            "expected a hexadecimal address",
        )),
    }
}

/// None if there is a wrong digit, `Some(None)` if the number has more than 128 bits.
fn parse(digits: &str, radix: u32) -> Option<Option<u128>> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    Some(u128::from_str_radix(digits, radix).ok())
}

/// A name: a letter or `_`, then letters, digits, `_` and `.`.
pub(super) fn name<'a>(word: Word<'a>, what: &str) -> Result<&'a str, Bad> {
    let mut letters = word.text.chars();
    let first = letters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !first || !letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')) {
        return Err(word.bad(
            format!("`{}` is not a name", word.text),
            format!("expected {what}: a letter, then letters, digits, `_` or `.`"),
        ));
    }
    if word.text.len() > MAX_NAME_BYTES {
        return Err(word.bad(
            "the name is too long",
            format!("at most {MAX_NAME_BYTES} bytes"),
        ));
    }
    Ok(word.text)
}

/// A quoted text with its escapes resolved.
pub(super) fn text(word: Word<'_>) -> Result<Arc<str>, Bad> {
    let inner = word
        .text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(inner) = inner else {
        return Err(word.bad(
            "this is not a text",
            "expected a text in quotes, like `\"go\"`",
        ));
    };
    let bad = || {
        word.bad(
            "the text has a wrong escape",
            r#"known: \" \\ \n \t \xNN below \x80"#,
        )
    };
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return Err(word.bad("a quote inside the text", r#"written as \" there"#)),
            '\\' => text.push(match letters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(same @ ('"' | '\\')) => same,
                Some('x') => {
                    let digits: String = letters.by_ref().take(2).collect();
                    let byte = (digits.len() == 2).then(|| u8::from_str_radix(&digits, 16).ok());
                    let byte = byte.flatten().filter(u8::is_ascii).ok_or_else(bad)?;
                    char::from(byte)
                }
                _ => return Err(bad()),
            }),
            letter => text.push(letter),
        }
    }
    Ok(text.into())
}
