//! Each format is what it claims to be, whatever the names of states and events are.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use tearline::report::graph::{Format, Page, Picture};

use crate::random::{alone, picture};
use crate::{common, page, protocols};

/// Pages of all kinds; the random ones are always the same.
fn pages(random: usize) -> Vec<Page> {
    let folders = ["models/protocols", "tests/models/good-protocols"];
    let tables = folders.into_iter().flat_map(protocols);
    // Each part alone: most formats show one.
    let mut pages: Vec<Page> = tables
        .map(|(_, protocol)| page(&protocol))
        .flat_map(|page| page.parts)
        .map(|part| Page {
            parts: vec![part],
            ..Page::default()
        })
        .collect();
    let mut runner = TestRunner::deterministic();
    for _ in 0..random {
        let tree = picture().new_tree(&mut runner).expect("a picture");
        pages.push(alone(proptest::strategy::ValueTree::current(&tree)));
    }
    pages
}

#[test]
fn graphviz_takes_the_dot() {
    if Command::new("dot").arg("-V").output().is_err() {
        eprintln!("skipped: Graphviz is not installed");
        return;
    }
    for page in pages(30) {
        let text = page.render(Format::Dot).expect("it can be drawn");
        let mut dot = Command::new("dot")
            .arg("-Tsvg")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("dot starts");
        let mut input = dot.stdin.take().expect("it is piped");
        input.write_all(text.as_bytes()).expect("dot reads");
        drop(input);
        let output = dot.wait_with_output().expect("dot ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && stderr.is_empty(),
            "{stderr}\n{text}"
        );
        let drawn = String::from_utf8_lossy(&output.stdout);
        let picture = page.parts[0].picture.as_ref().expect("there is one");
        let starts = picture.nodes().filter(|node| node.initial).count();
        let count = |what: &str| drawn.matches(what).count();
        assert_eq!(count("class=\"node\""), picture.nodes().len() + starts);
        assert_eq!(count("class=\"edge\""), picture.edges().len() + starts);
    }
}

/// A part of a GraphML file: its element's name, its attributes, its text.
type Part = (String, Vec<(String, String)>, String);

fn parts(xml: &str) -> Vec<Part> {
    let mut reader = Reader::from_str(xml);
    let mut parts: Vec<Part> = Vec::new();
    loop {
        match reader.read_event().expect("it is well formed") {
            Event::Start(element) | Event::Empty(element) => {
                let attributes = element.attributes().map(|attribute| {
                    let attribute = attribute.expect("it is well formed");
                    (
                        attribute.key.as_ref().to_owned(),
                        attribute.value.into_owned(),
                    )
                });
                let name = element.name().as_ref().to_owned();
                parts.push((name, attributes.collect(), String::new()));
            }
            Event::Text(text) => {
                if let Some(part) = parts.last_mut() {
                    part.2 += &text;
                }
            }
            Event::Eof => return parts,
            _ => {}
        }
    }
}

/// What the schema says of the elements that are used, and what it says of their order.
fn assert_graphml(picture: &Picture, xml: &str) {
    let (mut keys, mut ids, mut stage) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (name, attributes, text) in parts(xml) {
        let get = |key: &str| {
            let found = attributes.iter().find(|(name, _)| name == key);
            found.map(|(_, value)| value.clone())
        };
        let known = match &*name {
            "graphml" => 0,
            "key" => 1,
            "graph" => 2,
            "node" => 3,
            "edge" => 4,
            "data" => stage,
            other => panic!("GraphML has no {other} here"),
        };
        assert!(known >= stage, "{name} comes late");
        stage = known;
        match &*name {
            "key" => {
                let whose = get("for").expect("a key is for something");
                assert!(["graph", "node", "edge"].contains(&&*whose));
                let of = get("attr.type").expect("a key has a type");
                assert!(["boolean", "int", "long", "float", "double", "string"].contains(&&*of));
                assert!(keys.insert((get("id").expect("a key has an id"), of)));
            }
            "graph" => assert_eq!(get("edgedefault").as_deref(), Some("directed")),
            "node" | "edge" => {
                assert!(ids.insert(get("id").expect("it has an id")));
                for end in ["source", "target"].map(get).into_iter().flatten() {
                    assert!(ids.contains(&end), "{end} is no node");
                }
            }
            "data" => {
                let key = get("key").expect("data have a key");
                let of = keys.iter().find(|(id, _)| *id == key);
                let (_, of) = of.expect("the key is declared");
                match &**of {
                    "boolean" => assert!(text.trim().parse::<bool>().is_ok()),
                    "long" => assert!(text.trim().parse::<i64>().is_ok()),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    assert_eq!(ids.len(), picture.nodes().len() + picture.edges().len());
}

/// A Mermaid flowchart of the few forms that we write.
fn assert_mermaid(picture: &Picture, text: &str) {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("flowchart TD"));
    let (mut nodes, mut edges) = (0, 0);
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let plain = |text: &str| {
        let text = text.replace("<br/>", "");
        let mut rest = &*text;
        while let Some((before, after)) = rest.split_once('#') {
            assert!(
                before
                    .chars()
                    .all(|c| c.is_alphanumeric() || " ,/()→–×".contains(c)),
                "{text}"
            );
            let (code, after) = after.split_once(';').expect("a code ends");
            assert!(digits(code), "{code} in {text}");
            rest = after;
        }
        assert!(
            rest.chars()
                .all(|c| c.is_alphanumeric() || " ,/()→–×".contains(c)),
            "{text}"
        );
    };
    for line in lines {
        let line = line.strip_prefix("    ").expect("lines are indented");
        if line.starts_with("classDef ") || line.starts_with("linkStyle ") {
            continue;
        }
        let mut quoted = line.split('"');
        let (first, text) = (
            quoted.next().unwrap_or_default(),
            quoted.next().unwrap_or_default(),
        );
        let rest = quoted.next().expect("a line has a text in quotes");
        assert!(quoted.next().is_none(), "{line}");
        plain(text);
        if let Some(id) = first
            .strip_prefix('s')
            .and_then(|rest| rest.strip_suffix("(["))
        {
            assert!(digits(id) && rest.starts_with("])"), "{line}");
            nodes += 1;
        } else if let Some(from) = first.strip_suffix(" -->|") {
            let to = rest.strip_prefix("| s").expect("an edge leads somewhere");
            assert!(digits(from.trim_start_matches('s')) && digits(to), "{line}");
            edges += 1;
        } else {
            let id = first
                .strip_prefix('i')
                .and_then(|rest| rest.strip_suffix("(("));
            assert!(id.is_some_and(digits), "{line}");
        }
    }
    assert_eq!(
        (nodes, edges),
        (picture.nodes().len(), picture.edges().len())
    );
}

fn schema() -> jsonschema::Validator {
    let schema = common::read("book/src/reference/graph.schema.json");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::meta::validate(&schema).expect("the schema is one");
    jsonschema::validator_for(&schema).expect("the schema can be used")
}

fn assert_fits(schema: &jsonschema::Validator, text: &str) {
    let value: Value = serde_json::from_str(text).expect("it is JSON");
    let problems: Vec<String> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}\n{text}");
}

#[test]
fn json_fits_its_schema() {
    let schema = schema();
    for mut page in pages(30) {
        assert_fits(
            &schema,
            &page.render(Format::Json).expect("it can be drawn"),
        );
        page.parts[0].picture = None;
        if page.parts[0].grid.is_some() {
            assert_fits(
                &schema,
                &page.render(Format::Json).expect("it can be drawn"),
            );
        }
    }
    let wrong = r#"{ "version": 1, "title": "", "about": [], "states": [], "edges": [{}] }"#;
    assert!(!schema.is_valid(&serde_json::from_str(wrong).expect("it is JSON")));
}

/// The rows of a Markdown table have as many cells as its heading.
fn assert_tables(markdown: &str) {
    let mut width = None;
    for line in markdown.lines() {
        if !line.starts_with('|') {
            width = None;
            continue;
        }
        let cells = line
            .replace("\\\\", "")
            .replace("\\|", "")
            .matches('|')
            .count();
        assert_eq!(*width.get_or_insert(cells), cells, "{line}");
    }
}

#[test]
fn markdown_tables_are_even() {
    for page in pages(0) {
        assert_tables(&page.render(Format::Markdown).expect("it can be drawn"));
    }
}

#[test]
fn names_that_mean_something_in_markdown_stay_names() {
    let text = common::read("models/protocols/msi.toml");
    let odd = text.replace("\"S\"", "\"a|b`*_<x>\\\\|\"");
    let protocol = tearline::protocol::Protocol::parse("odd.toml", &odd).expect("it loads");
    let page = page(&protocol);
    let markdown = page.render(Format::Markdown).expect("it can be drawn");
    assert_tables(&markdown);
    assert!(
        markdown.contains(r"**a\|b\`\*\_&lt;x&gt;\\\|**"),
        "{markdown}"
    );
}

proptest! {
    #![proptest_config(Config { cases: 100, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_picture_fits_every_format(picture in picture()) {
        let page = alone(picture);
        let picture = page.parts[0].picture.as_ref().expect("there is one");
        let render = |format| page.render(format).expect("it can be drawn");
        for (from, to, edge) in picture.edges() {
            let states = picture.nodes().len();
            prop_assert!(from < states && to < states && !edge.labels.is_empty());
        }
        assert_graphml(picture, &render(Format::Graphml));
        assert_mermaid(picture, &render(Format::Mermaid));
        let html = render(Format::Html);
        parts(html.strip_prefix("<!DOCTYPE html>").expect("it is HTML"));
        let json: Value = serde_json::from_str(&render(Format::Json)).expect("it is JSON");
        prop_assert_eq!(&json["states"][0]["name"], &picture.nodes().next().unwrap().name);
        prop_assert!(render(Format::Text).lines().count() > picture.nodes().len());
    }
}
