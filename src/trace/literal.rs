//! Maps, keys and values in operations on maps, with quoted texts.

use std::str::CharIndices;

use super::lexer::{Bad, Word, Words};
use super::number::{number, number_u64};
use super::texts::Texts;
use super::{Boxed, Header, Key, KeyKind, Literal, ValueKind};

const EXPECTED_TEXT: &str = "a text in quotes, like `\"go\"`";
const EXPECTED_STRUCT: &str = "three words, like `{1,2,3}`";
const EXPECTED_BOXED: &str = "`int(7)` or `str(\"x\")`";

/// A declared map, and what its keys and values are.
pub(super) fn map(
    header: &Header,
    words: &mut Words<'_>,
) -> Result<(u16, KeyKind, ValueKind), Bad> {
    let word = words.expect("a map's name")?;
    let index = header.maps.iter().position(|map| *map.name == *word.text);
    match index {
        Some(index) => {
            let declared = &header.maps[index];
            Ok((index as u16, declared.key, declared.value))
        }
        None => Err(word.unknown("map", header.maps.iter().map(|map| &*map.name))),
    }
}

/// A key of a map whose keys are of this kind.
pub(super) fn key(kind: KeyKind, texts: &mut Texts, words: &mut Words<'_>) -> Result<Key, Bad> {
    Ok(match kind {
        KeyKind::U64 => Key::Number(number_u64(words.expect("a key")?, "a key")?),
        KeyKind::U32 => {
            let word = words.expect("a key")?;
            Key::Number(number(word, "a key", u32::MAX.into())? as u64)
        }
        KeyKind::Text => {
            let (text, rest) = text(words.expect(EXPECTED_TEXT)?)?;
            end(rest, "")?;
            Key::Text(texts.share(&text))
        }
    })
}

/// A value of a map whose values are of this kind.
pub(super) fn literal(
    kind: ValueKind,
    texts: &mut Texts,
    words: &mut Words<'_>,
) -> Result<Literal, Bad> {
    Ok(match kind {
        ValueKind::U64 | ValueKind::Halves => {
            Literal::Number(number_u64(words.expect("a number")?, "a number")?)
        }
        ValueKind::Struct => Literal::Struct(structure(words.expect(EXPECTED_STRUCT)?)?),
        ValueKind::Text | ValueKind::Slice => {
            let (text, rest) = text(words.expect(EXPECTED_TEXT)?)?;
            end(rest, "")?;
            Literal::Text(texts.share(&text))
        }
        ValueKind::Interface => Literal::Boxed(boxed(texts, words.expect(EXPECTED_BOXED)?)?),
    })
}

/// `{1,2,3}`.
fn structure(word: Word<'_>) -> Result<[u64; 3], Bad> {
    let wrong = || {
        let message = format!("`{}` is not a struct of three words", word.shown());
        word.bad(message, format!("expected {EXPECTED_STRUCT}"))
    };
    let inside = word.strip("{").ok_or_else(wrong)?;
    let (inside, Some(rest)) = inside.split('}') else {
        return Err(wrong());
    };
    end(rest, "")?;
    let (first, rest) = inside.split(',');
    let (second, rest) = rest.ok_or_else(wrong)?.split(',');
    let (first, second) = (number_u64(first, "a word")?, number_u64(second, "a word")?);
    let third = number_u64(rest.ok_or_else(wrong)?, "a word")?;
    Ok([first, second, third])
}

/// `int(7)` or `str("x")`.
fn boxed(texts: &mut Texts, word: Word<'_>) -> Result<Boxed, Bad> {
    if let Some(inside) = word.strip("str(") {
        let (text, rest) = text(inside)?;
        end(rest, ")")?;
        return Ok(Boxed::Text(texts.share(&text)));
    }
    let Some(inside) = word.strip("int(") else {
        let message = format!("`{}` is not a value of an interface", word.shown());
        return Err(word.bad(message, format!("expected {EXPECTED_BOXED}")));
    };
    let (number, Some(rest)) = inside.split(')') else {
        return Err(inside.bad("the bracket is not closed", "expected a number and `)`"));
    };
    end(rest, "")?;
    Ok(Boxed::Number(number_u64(number, "a number")?))
}

/// Nothing but `wanted` at the end of a word.
fn end(rest: Word<'_>, wanted: &str) -> Result<(), Bad> {
    if rest.text == wanted {
        return Ok(());
    }
    Err(match (rest.text, wanted) {
        ("", _) => rest.bad("the bracket is not closed", "expected `)`"),
        (_, "") => rest.bad(format!("unexpected `{}`", rest.shown()), "expected a blank"),
        _ => rest.bad(
            format!("unexpected `{}`", rest.shown()),
            "expected `)` and a blank",
        ),
    })
}

/// A quoted text with its escapes resolved, and what follows it in its word.
pub(super) fn text(word: Word<'_>) -> Result<(String, Word<'_>), Bad> {
    let Some(inside) = word.strip("\"") else {
        let message = format!("`{}` is not a text", word.shown());
        return Err(word.bad(message, format!("expected {EXPECTED_TEXT}")));
    };
    let mut text = String::with_capacity(inside.text.len());
    let mut letters = inside.text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((text, inside.skip(at + 1))),
            '\\' => match escaped(&mut letters) {
                Some(letter) => text.push(letter),
                None => {
                    let wrong = Word {
                        text: &inside.text[at..letters.offset()],
                        start: inside.start + at,
                    };
                    let message = format!("unknown escape `{}`", wrong.shown());
                    let label = r#"known: \" \\ \n \t, and \x00 to \x7f"#;
                    return Err(wrong.bad(message, label));
                }
            },
            letter => text.push(letter),
        }
    }
    Err(word.bad(
        "the text has no closing quote",
        r#"expected `"` at its end"#,
    ))
}

/// What a backslash and the next letters stand for.
fn escaped(letters: &mut CharIndices<'_>) -> Option<char> {
    let mut next = || letters.next().map(|(_, letter)| letter);
    match next()? {
        'n' => Some('\n'),
        't' => Some('\t'),
        same @ ('"' | '\\') => Some(same),
        'x' => {
            let (high, low) = (next()?.to_digit(16)?, next()?.to_digit(16)?);
            char::from_u32(16 * high + low).filter(char::is_ascii)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: ValueKind, line: &str) -> Result<Literal, String> {
        let read = literal(kind, &mut Texts::default(), &mut Words::new(line));
        read.map_err(|bad| format!("{} {}", bad.span.start, bad.message))
    }

    #[test]
    fn texts_have_escapes() {
        let text = |line| read(ValueKind::Text, line);
        let read = text(r#""a\"\\\n\t\x41 # é""#);
        assert_eq!(read, Ok(Literal::Text("a\"\\\n\tA # é".into())));
        assert_eq!(text(r#""ab\q""#), Err(r"3 unknown escape `\q`".to_owned()));
        for wrong in [
            r#""a"#,
            r#""\""#,
            r#""\"#,
            r#""a"b"#,
            r#""\x+1""#,
            r#""\x80""#,
            r#""\é""#,
        ] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn interfaces_hold_numbers_or_texts() {
        let boxed = |line| read(ValueKind::Interface, line);
        assert_eq!(boxed("int(0x7)"), Ok(Literal::Boxed(Boxed::Number(7))));
        let text = Literal::Boxed(Boxed::Text(") #".into()));
        assert_eq!(boxed("str(\") #\")"), Ok(text));
        for wrong in [
            "int(7",
            "int()",
            "int(7)8",
            "str(7)",
            "str(\"a\"",
            "str(\"a)",
            "7",
            "int",
        ] {
            assert!(boxed(wrong).is_err(), "{wrong}");
        }
    }
}
