//! A page for browsers: one file, nothing loaded from elsewhere, no scripts.

use super::grid::{Entry, Grid};
use super::page::Page;
use super::svg;
use super::xml::Xml;

const STYLE: &str = "body { font-family: sans-serif; margin: 2em; color: #222; background: #fff; } \
    .drawing { overflow-x: auto; } \
    table { border-collapse: collapse; margin: 1em 0; } \
    th, td { border: 1px solid #bbb; padding: 0.4em 0.6em; text-align: left; vertical-align: top; } \
    td { font-family: monospace; white-space: nowrap; } \
    th.transient { font-style: italic; } \
    td.impossible { background: #eee; } \
    td.unused { color: #999; text-decoration: line-through; } \
    .meaning { font-weight: normal; }";

/// The page as HTML.
pub(super) fn html(page: &Page) -> String {
    let mut xml = Xml::new();
    xml.element("html", &[("lang", "en".to_owned())], |xml| {
        xml.element("head", &[], |xml| {
            xml.empty("meta", &[("charset", "utf-8".to_owned())]);
            xml.text("title", &[], &page.title);
            // Nothing in it needs to be escaped.
            xml.text("style", &[], STYLE);
        });
        xml.element("body", &[], |xml| body(xml, page));
    });
    format!("<!DOCTYPE html>\n{}", xml.finish())
}

fn body(xml: &mut Xml, page: &Page) {
    xml.text("h1", &[], &page.title);
    for line in &page.about {
        xml.text("p", &[], line);
    }
    if !page.source.is_empty() {
        xml.text("p", &[], &format!("Source: {}.", page.source));
    }
    for part in &page.parts {
        if page.parts.len() > 1 {
            xml.text("h2", &[], &part.name);
        }
        if let Some(picture) = &part.picture {
            xml.element("div", &[("class", "drawing".to_owned())], |xml| {
                svg::element(xml, picture);
            });
        }
        if let Some(grid) = &part.grid {
            table(xml, grid);
            for line in grid.legend() {
                xml.text("p", &[], &line);
            }
            notes(xml, grid);
        }
    }
}

fn table(xml: &mut Xml, grid: &Grid) {
    xml.element("table", &[], |xml| {
        xml.element("thead", &[], |xml| {
            xml.element("tr", &[], |xml| {
                xml.text("th", &[("rowspan", "2".to_owned())], "state");
                for (group, columns) in grid.groups() {
                    xml.text("th", &[("colspan", columns.to_string())], group);
                }
            });
            xml.element("tr", &[], |xml| {
                for column in &grid.columns {
                    let about = Some(&column.about).filter(|about| !about.is_empty());
                    let about = about.map(|about| ("title", about.clone()));
                    let head = [("scope", "col".to_owned())].into_iter().chain(about);
                    xml.text("th", &head.collect::<Vec<_>>(), &column.name);
                }
            });
        });
        xml.element("tbody", &[], |xml| rows(xml, grid));
    });
}

fn rows(xml: &mut Xml, grid: &Grid) {
    for row in &grid.rows {
        xml.element("tr", &[], |xml| {
            let class = row.kind.name().to_owned();
            let head = [("scope", "row".to_owned()), ("class", class)];
            xml.element("th", &head, |xml| {
                xml.text("span", &[], &row.name);
                let initial = row.initial.then_some("initial");
                let meaning = Some(&*row.meaning).filter(|meaning| !meaning.is_empty());
                let remarks: Vec<&str> = initial.into_iter().chain(meaning).collect();
                let class = [("class", "meaning".to_owned())];
                xml.text("div", &class, &remarks.join("; "));
            });
            for cell in &row.cells {
                match cell {
                    None => xml.text("td", &[("class", "impossible".to_owned())], ""),
                    Some(entry) => xml.lines("td", &attributes(entry), &entry.lines()),
                }
            }
        });
    }
}

fn attributes(entry: &Entry) -> Vec<(&'static str, String)> {
    let unused = entry.is_unused().then(|| ("class", "unused".to_owned()));
    let note = entry.note.clone().map(|note| ("title", note));
    unused.into_iter().chain(note).collect()
}

fn notes(xml: &mut Xml, grid: &Grid) {
    let events = grid.events();
    let lists = [("Events", events.as_slice()), ("Notes", &grid.notes())];
    for (heading, lines) in lists.iter().filter(|(_, lines)| !lines.is_empty()) {
        xml.text("h3", &[], heading);
        xml.element("ul", &[], |xml| {
            lines.iter().for_each(|line| xml.text("li", &[], line));
        });
    }
}
