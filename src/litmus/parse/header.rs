//! What stands before a test's first brace: architecture, name, and what is said about it.

use super::lexer::{Bad, shown};
use crate::litmus::Architecture;

/// A test's first lines.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) architecture: Architecture,
    pub(super) name: String,
    pub(super) doc: Option<String>,
    pub(super) info: Vec<(String, String)>,
    /// Where the brace is that ends it.
    pub(super) end: usize,
}

/// Reads a file's lines up to one that begins with a brace.
pub(super) fn read(text: &str) -> Result<Header, Bad> {
    let (architecture, name, mut at) = title(text)?;
    let (mut doc, mut info) = (None, Vec::new());
    loop {
        at = text.len() - text[at..].trim_start().len();
        let rest = &text[at..];
        let line = rest.lines().next().unwrap_or("").trim_end();
        if rest.starts_with('{') {
            let end = at;
            return Ok(Header {
                architecture,
                name,
                doc,
                info,
                end,
            });
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let Some(length) = quoted.find('"') else {
                let message = "a text without an end";
                return Err(Bad::new(at..at + 1, message, "expected a `\"` later"));
            };
            if doc.replace(quoted[..length].to_owned()).is_some() {
                let message = "a second text about the test";
                return Err(Bad::new(at..at + length + 2, message, "expected one"));
            }
            at += length + 2;
        } else if let Some((key, value)) = line.split_once('=').filter(|(key, _)| is_key(key)) {
            info.push((key.trim().to_owned(), value.trim().to_owned()));
            at += line.len();
        } else {
            let message = match line {
                "" => "the file ends too early".to_owned(),
                _ => format!("unexpected `{}`", shown(line)),
            };
            let label = "expected a text in quotes, `Key=Value`, or `{` and what holds at first";
            return Err(Bad::new(at..at + line.len(), message, label));
        }
    }
}

fn is_key(text: &str) -> bool {
    let text = text.trim();
    let in_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !text.is_empty() && text.chars().all(in_key)
}

/// `X86_64 NAME`, and where the line ends.
fn title(text: &str) -> Result<(Architecture, String, usize), Bad> {
    let start = text.len() - text.trim_start().len();
    let line = text[start..].lines().next().unwrap_or("").trim_end();
    let (word, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let architecture = match word {
        "X86" => Architecture::X86,
        "X86_64" => Architecture::X86_64,
        _ => {
            let message = match word {
                "" => "the file is empty".to_owned(),
                _ => format!("unknown architecture `{}`", shown(word)),
            };
            let label = "expected `X86` or `X86_64`, and a name";
            return Err(Bad::new(start..start + word.len(), message, label));
        }
    };
    let end = start + line.len();
    match name.trim() {
        "" => Err(Bad::new(end..end, "the test has no name", "expected one")),
        name => Ok((architecture, name.to_owned(), end)),
    }
}
