//! The book's pages of protocols are made from the protocols' files: one for each that is
//! shipped, and a line in the summary.

use std::collections::BTreeSet;
use std::fs;

use tearline::report::graph::{Format, Page};

use crate::{assert_is, common, page, protocols};

/// The summary's heading above the pages of protocols.
const HEADING: &str = "# Protocols\n";

/// What stands before a page.
fn made_from(name: &str) -> String {
    format!(
        "<!-- Made from models/protocols/{name}.toml by \
         `SNAPSHOTS=overwrite cargo test --release --test graph`. -->\n\n"
    )
}

/// The file of a page's drawing.
fn drawing_of(name: &str, page: &Page, number: usize) -> String {
    match &page.parts[..] {
        [_] => format!("{name}.svg"),
        parts => format!("{name}-{}.svg", parts[number].name),
    }
}

#[test]
fn every_shipped_protocol_has_its_page() {
    for (name, protocol) in protocols("models/protocols") {
        let page = page(&protocol);
        for (number, part) in page.parts.iter().enumerate() {
            let drawing = part.render(Format::Svg).expect("it can be drawn");
            let file = drawing_of(&name, &page, number);
            assert_is(&drawing, &format!("book/src/protocols/{file}"));
        }
        let beside = page.markdown_beside(|number| drawing_of(&name, &page, number));
        assert_is(
            &(made_from(&name) + &beside),
            &format!("book/src/protocols/{name}.md"),
        );
    }
}

#[test]
fn every_page_is_of_a_shipped_protocol() {
    let pages = fs::read_dir(common::repository("book/src/protocols")).expect("they are there");
    let pages = pages.map(|page| page.expect("it can be listed").file_name());
    let pages: BTreeSet<String> = pages.map(|page| page.to_string_lossy().into()).collect();
    let mut expected = BTreeSet::new();
    for (name, protocol) in protocols("models/protocols") {
        let page = page(&protocol);
        expected.insert(format!("{name}.md"));
        expected.extend((0..page.parts.len()).map(|number| drawing_of(&name, &page, number)));
    }
    assert_eq!(pages, expected);
}

#[test]
fn the_summary_lists_the_protocols() {
    let summary = common::read("book/src/SUMMARY.md");
    let (before, rest) = summary.split_once(HEADING).expect("it has the heading");
    let after = rest.find("\n# ").map_or("", |at| &rest[at..]);
    let list = protocols("models/protocols").into_iter();
    let list =
        list.map(|(name, protocol)| format!("- [{}](protocols/{name}.md)\n", protocol.name()));
    let list: String = list.collect();
    let expected = format!("{before}{HEADING}\n{list}{after}");
    assert_is(&expected, "book/src/SUMMARY.md");
}
