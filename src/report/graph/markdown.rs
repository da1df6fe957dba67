//! A page in Markdown.

use std::fmt::Write as _;

use super::grid::{Entry, Grid, Row};
use super::page::Page;
use super::picture::{Kind, Picture};

/// The page; `drawing` makes Markdown of each part's picture.
pub(super) fn markdown(page: &Page, drawing: &dyn Fn(usize, &Picture) -> String) -> String {
    let mut out = format!("# {}\n", escaped(&page.title));
    for line in &page.about {
        let _ = write!(out, "\n{}\n", escaped(line));
    }
    if !page.source.is_empty() {
        let _ = write!(out, "\nSource: {}.\n", escaped(&page.source));
    }
    for (number, part) in page.parts.iter().enumerate() {
        if page.parts.len() > 1 {
            let _ = write!(out, "\n## {}\n", escaped(&part.name));
        }
        if let Some(picture) = &part.picture {
            let _ = write!(out, "\n{}", drawing(number, picture));
        }
        if let Some(grid) = &part.grid {
            states(&mut out, grid);
            table(&mut out, grid);
            list(&mut out, "Events", &grid.events());
            list(&mut out, "Notes", &grid.notes());
        }
    }
    out
}

fn states(out: &mut String, grid: &Grid) {
    out.push_str("\n| state | meaning |\n|---|---|\n");
    for row in &grid.rows {
        let mut remarks = Vec::new();
        if row.initial {
            remarks.push("initial".to_owned());
        }
        if row.kind == Kind::Transient {
            remarks.push("transient".to_owned());
        }
        if !row.meaning.is_empty() {
            remarks.push(escaped(&row.meaning));
        }
        let _ = writeln!(out, "| {} | {} |", name(row), remarks.join("; "));
    }
}

fn table(out: &mut String, grid: &Grid) {
    let names = grid.columns.iter().map(|column| escaped(&column.name));
    let names: Vec<String> = names.collect();
    let _ = write!(out, "\n| | {} |\n|---|", names.join(" | "));
    out.push_str(&"---|".repeat(names.len()));
    out.push('\n');
    for row in &grid.rows {
        let cells = row.cells.iter().map(|cell| match cell {
            None => String::new(),
            Some(entry) => text(entry),
        });
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(out, "| {} | {} |", name(row), cells.join(" | "));
    }
    for line in grid.legend() {
        let _ = write!(out, "\n{line}\n");
    }
}

fn text(entry: &Entry) -> String {
    let lines: Vec<String> = entry.lines().iter().map(|line| escaped(line)).collect();
    let text = lines.join("<br>");
    match entry.is_unused() {
        true => format!("<del>{text}</del>"),
        false => text,
    }
}

fn name(row: &Row) -> String {
    let name = escaped(&row.name);
    match row.kind {
        Kind::Stable | Kind::Wrong => format!("**{name}**"),
        Kind::Transient | Kind::Unreachable | Kind::Lost => format!("*{name}*"),
    }
}

fn list(out: &mut String, heading: &str, lines: &[String]) {
    if !lines.is_empty() {
        let _ = write!(out, "\n### {heading}\n\n");
    }
    for line in lines {
        let _ = writeln!(out, "- {}", escaped(line));
    }
}

/// The text in one line, with what Markdown or HTML would read as markup made harmless.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
    {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}
