//! The modules of `src` form layers, and each looks down only; and no protocol is named in
//! them, because a protocol is a file. A plain reading of the text, not a Rust parser.

mod common;

use std::fs;

/// The modules, the lowest first.
const LAYERS: &str = "diagnostic dice memory toml_file protocol coherence machine trace maps drive litmus \
                      observe probe replay report shipped cli";

/// The files below a folder of the repository, as their paths in it and their texts.
fn files(folder: &str) -> Vec<(String, String)> {
    let (mut found, mut left) = (Vec::new(), vec![String::new()]);
    while let Some(path) = left.pop() {
        let name = format!("{folder}{path}");
        match fs::read_dir(common::repository(&name)) {
            Ok(entries) => left.extend(entries.map(|entry| {
                let entry = entry.expect("the folder can be listed").file_name();
                format!("{path}/{}", entry.to_string_lossy())
            })),
            Err(_) => found.push((path[1..].to_owned(), common::read(&name))),
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} has files");
    found
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The places after each `path` that stands for itself.
fn places<'a>(text: &'a str, path: &'a str) -> impl Iterator<Item = usize> + 'a {
    let whole = move |&(at, _): &(usize, &str)| !text[..at].ends_with(is_letter);
    text.match_indices(path)
        .filter(whole)
        .map(|(at, path)| at + path.len())
}

/// The modules that the text names as `crate::NAME` or `crate::{NAME…, NAME…}`, and where.
fn uses(text: &str) -> Vec<(usize, &str)> {
    let mut uses = Vec::new();
    for start in places(text, "crate::") {
        let mut depth = 0;
        let mut expected = true; // a name comes next
        for (at, c) in text[start..].char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => expected = true,
                c if is_letter(c) && expected => {
                    let rest = &text[start + at..];
                    let end = rest.find(|c| !is_letter(c)).unwrap_or(rest.len());
                    uses.push((start + at, &rest[..end]));
                    expected = false;
                }
                _ => {}
            }
            if depth == 0 && !expected {
                break;
            }
        }
    }
    uses
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[test]
fn modules_look_down_only() {
    let layer = |name: &str| LAYERS.split(' ').position(|known| known == name);
    let mut wrong = Vec::new();
    for (file, text) in files("src") {
        let module = file.split(['/', '.']).next().expect("a path has a part");
        let own = match module {
            "lib" | "main" => usize::MAX,
            _ => layer(module).unwrap_or_else(|| panic!("src/{file}: in no layer: add it")),
        };
        for (at, used) in uses(&text) {
            if layer(used).is_none_or(|used| used > own) {
                let line = line(&text, at);
                wrong.push(format!("src/{file}:{line}: `{module}` uses `{used}`"));
            }
        }
        for at in places(&text, "super::super") {
            let line = line(&text, at);
            wrong.push(format!("src/{file}:{line}: `super::super`"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn uses_are_found() {
    let text = "use crate::{a, b::{c, d},\n e::f}; x(crate::g::h(), $crate::i, mycrate::j)";
    let names: Vec<&str> = uses(text).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["a", "b", "e", "g", "i"]);
}

#[test]
fn no_protocol_is_named_in_the_source() {
    let mut names = Vec::new();
    for (file, text) in files("models/protocols") {
        let protocol = tearline::protocol::Protocol::parse(&file, &text).expect("it loads");
        names.push(protocol.name().to_lowercase());
        names.push(file.trim_end_matches(".toml").to_lowercase());
    }
    let mut wrong = Vec::new();
    for (file, text) in files("src") {
        for (number, line) in (1..).zip(text.lines()) {
            if line.contains("Example: tearline ") || line.trim_start().starts_with("tearline ") {
                continue; // an example in a command's help has to work as typed
            }
            let lower = line.to_lowercase();
            let mut words = lower.split(|c| !is_letter(c));
            if words.any(|word| names.iter().any(|name| name == word)) {
                wrong.push(format!("src/{file}:{number}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// How graphs are held and laid out is the business of the drawings alone.
#[test]
fn graph_libraries_are_used_by_drawings_alone() {
    let mut users = Vec::new();
    for (file, text) in files("src") {
        if ["petgraph::", "dagre::"]
            .into_iter()
            .any(|path| places(&text, path).next().is_some())
        {
            users.push(file);
        }
    }
    assert!(!users.is_empty());
    users.retain(|file| !file.starts_with("report/graph/"));
    assert!(users.is_empty(), "{users:?}");
}
